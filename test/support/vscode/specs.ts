import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './versions.js';

/** A file of `examples`. */
export const example = (name: string): string => readFileSync(join(root, 'examples', name), 'utf8');

/** Eight exact runs, solved at once. */
export const first = 'icl-gradient-flow.attn';

/** A run of minutes: far over the budget for typing. */
export const long = `experiment "Long" {
  sweep L over [400, 800]
  task linear_regression { dimension = 5 }
  prompt { length = L }
  attention { init = random(seed: 1) }
  train sgd { rate = 1e-3, batch = 128, steps = 2_000_000, record = 2000 }
  plot risk against step by L
}
`;

/** Two hundred exact runs. */
export const many = `experiment "Two hundred runs" {
  sweep L over 11..210
  task linear_regression { dimension = 3 }
  prompt { length = L }
  attention { init = balanced(0.1) }
  train gradient_flow { time = 8, points = 33 }
  plot risk against time by L
}
`;

/** One expectation that holds and one that does not. */
export const expecting = `experiment "Expectations" {
  sweep L over [10, 100]
  task linear_regression { dimension = 3 }
  prompt { length = L }
  attention { init = balanced(0.1) }
  train gradient_flow { time = 8, points = 9 }
  expect risk decreasing in L
  expect risk below 1e-6
}
`;
