/** E4: files, costs and options. */
import { entry } from './entry.js';

export const files = {
  E401: entry('File not found', 'Paths are relative to the spec.', '', ''),
  E402: entry('Path outside the folder', "A path stays inside the spec's folder or `--root`.", '', ''),
  E403: entry(
    'File that cannot be read',
    'Data files are CSV (numbers, with or without a header) or NumPy `.npy` (little-endian floats or integers, C order).',
    '',
    '',
  ),
  E404: entry('Ragged file', 'The rows of a file have equal length.', '', ''),
  E405: entry('Value in a file that is not a finite number', 'Every value is a finite number.', '', ''),
  E406: entry('File too large', 'The file holds more values than are read.', '', ''),
  E407: entry('No such column', 'The column is not in the header of the file.', '', ''),
  E410: entry(
    'Too many runs',
    'The product of the sweeps and repeats is out of reach.',
    'sweep L over 1..1000\nsweep n over 1..1000\nprompt { length = L }\ntrain gradient_flow { time = n }',
    'sweep L over 1..10\nprompt { length = L }',
  ),
  E411: entry(
    'Computation out of reach',
    'The estimated time is out of reach. The estimate is made before anything is allocated.',
    'solver { samples = 1e12, method = monte_carlo }',
    'solver { samples = 1e4, method = monte_carlo }',
  ),
  E412: entry(
    'Memory out of reach',
    'The estimated memory is out of reach. The estimate is made before anything is allocated.',
    'task linear_regression { dimension = 1e6 }',
    'task linear_regression { dimension = 10 }',
  ),
  E420: entry('Nothing to set', '`--set` replaces a top-level `let` or a setting of a block that the spec has.', '', ''),
  E421: entry('Malformed `--set`', '`--set` takes NAME=EXPRESSION or block.setting=EXPRESSION.', '', ''),
};
