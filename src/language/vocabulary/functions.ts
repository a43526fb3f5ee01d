/** Functions, laws, matrices and starts. */

export interface FunctionInfo {
  /** What the value is. */
  readonly gives: 'number' | 'list' | 'law' | 'matrix' | 'init' | 'data';
  /** Number of arguments without a key, least and most. */
  readonly least: number;
  readonly most: number;
  readonly keys: readonly string[];
  readonly usage: string;
  readonly meaning: string;
}

const fn = (
  gives: FunctionInfo['gives'],
  usage: string,
  least: number,
  most: number,
  meaning: string,
  keys: readonly string[] = [],
): FunctionInfo => ({ gives, least, most, keys, usage, meaning });

export const functions: Readonly<Record<string, FunctionInfo>> = {
  sqrt: fn('number', 'sqrt(x)', 1, 1, 'Square root.'),
  exp: fn('number', 'exp(x)', 1, 1, 'Exponential.'),
  log: fn('number', 'log(x)', 1, 1, 'Natural logarithm.'),
  abs: fn('number', 'abs(x)', 1, 1, 'Absolute value.'),
  min: fn('number', 'min(x, y, …)', 1, Number.POSITIVE_INFINITY, 'Least of its arguments.'),
  max: fn('number', 'max(x, y, …)', 1, Number.POSITIVE_INFINITY, 'Largest of its arguments.'),
  round: fn('number', 'round(x)', 1, 1, 'Nearest integer.'),
  floor: fn('number', 'floor(x)', 1, 1, 'Largest integer that is not larger.'),
  ceil: fn('number', 'ceil(x)', 1, 1, 'Least integer that is not smaller.'),
  linspace: fn('list', 'linspace(a, b, n)', 3, 3, 'n numbers from a to b, equally spaced.'),
  logspace: fn('list', 'logspace(a, b, n)', 3, 3, 'n numbers from a to b with equal ratios.'),
  gaussian: fn('law', 'gaussian(variance), gaussian(matrix) or gaussian(covariance: M, mean: v)', 0, 1, 'Gaussian law.', [
    'covariance',
    'mean',
    'variance',
  ]),
  uniform: fn('law', 'uniform(-h, h)', 2, 2, 'Uniform law on an interval, for each coordinate.'),
  sphere: fn('law', 'sphere(radius)', 1, 1, 'Uniform law on a sphere.', ['radius']),
  mixture: fn('law', 'mixture([law, …], weights: […])', 1, 1, 'Mixture of laws.', ['weights']),
  file: fn('data', 'file("path")', 1, 1, 'Data from a file: an empirical law, a matrix, or a curve of an overlay.', ['x', 'y']),
  kms: fn('matrix', 'kms(rho)', 1, 1, 'Kac-Murdock-Szegő matrix, rho^|i−j|.', ['rho']),
  diagonal: fn('matrix', 'diagonal([…])', 1, 1, 'Diagonal matrix.'),
  power_law: fn('matrix', 'power_law(exponent)', 1, 1, 'Diagonal matrix with eigenvalues i^−exponent.', ['exponent']),
  condition: fn('matrix', 'condition(k)', 1, 1, 'Diagonal matrix with a geometric spectrum from 1 to 1/k.', ['k']),
  matrix: fn('matrix', 'matrix([[…], …])', 1, 1, 'Matrix by its rows.'),
  balanced: fn('init', 'balanced(alpha)', 1, 1, 'Balanced start: A = alpha I/√d, b = alpha.', ['alpha']),
  random: fn('init', 'random(seed: …, scale: …)', 0, 0, 'Random start; factored: uniform on ±1/√fan_in, merged: N(0, scale²/(d+1)).', [
    'seed',
    'scale',
  ]),
  small_identity: fn('init', 'small_identity(scale)', 1, 1, 'A multiple of the identity.', ['scale']),
};
