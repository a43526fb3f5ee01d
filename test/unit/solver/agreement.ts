/** Random cases for comparisons of exact with sampled values, and how far apart the two may be. */
import assert from 'node:assert/strict';
import type { RandomStream } from '../../../src/solver/random.js';
import { identityMatrix, kms, randomCovariance } from './problems.js';
import { pick } from './random-laws.js';

/** z-scores of all comparisons, by family. */
export class Tally {
  readonly scores: { z: number; what: string }[] = [];
  cases = 0;

  compare(sampled: { readonly mean: number; readonly standardError: number }, exact: number, exactError: number, what: string): void {
    const error = Math.hypot(sampled.standardError, exactError);
    if (error < 1e-13 * (1 + Math.abs(exact))) {
      assert.ok(
        Math.abs(sampled.mean - exact) < 1e-10 * (1 + Math.abs(exact)),
        `${what}: ${sampled.mean} without spread, ${exact} exactly`,
      );
      return;
    }
    this.scores.push({ z: (sampled.mean - exact) / Math.hypot(sampled.standardError, exactError), what });
  }

  check(): void {
    for (const { z, what } of this.scores) assert.ok(Math.abs(z) < 5, `${what}: z = ${z}`);
    const inside = this.scores.filter(({ z }) => Math.abs(z) < 1.959964).length / this.scores.length;
    assert.ok(
      inside >= 0.92 && inside <= 0.98,
      `${(100 * inside).toFixed(1)} % of ${this.scores.length} exact values inside their 95 % band`,
    );
  }
}

export const lengths = [1, 2, 3, 4, 5, 8, 13, 30, 60];

export function positiveCovariance(rng: RandomStream, d: number): number[][] {
  switch (pick(rng, ['identity', 'kms', 'power_law', 'random'])) {
    case 'identity':
      return identityMatrix(d);
    case 'kms':
      return kms(d, 1.6 * rng.uniform() - 0.8);
    case 'power_law':
      return identityMatrix(d).map((row, i) => row.map((x) => x / (i + 1)));
    default:
      return randomCovariance(rng, d, d + 2);
  }
}

/** A test that runs so many cases. */
export function itAgrees(name: string, cases: number, run: (index: number, tally: Tally) => void): void {
  it(`agree on ${name}: ${cases} random cases`, function () {
    this.timeout(300_000);
    const tally = new Tally();
    for (let index = 0; index < cases; index++) run(index, tally);
    assert.equal(tally.cases, cases);
    tally.check();
  });
}
