import assert from 'node:assert/strict';
import { errorAverages, type LayerParameters } from '../../../src/solver/concentration.js';
import { lawBounds } from '../../../src/solver/law-bounds.js';
import * as linear from '../../../src/solver/linear-algebra.js';
import type { Law, Problem } from '../../../src/solver/problem.js';
import { stream } from '../../../src/solver/random.js';
import { sampleErrors } from '../../../src/solver/sampled-errors.js';
import { solve } from '../../../src/solver/solve.js';
import { of, problem } from './concentration-problem.js';
import { fileOf, gaussianLaw, identityMatrix, kms, randomMatrix, taskOfDimension, taskProblem } from './problems.js';

const d = 2;
const rng = stream(12, 'law bounds', 0);
const lawsOfX: Readonly<Record<string, Law>> = {
  rademacher: { kind: 'independent', dimension: d, coordinate: { kind: 'rademacher' } },
  uniform: { kind: 'independent', dimension: d, coordinate: { kind: 'uniform', low: -1, high: 2 } },
  sphere: { kind: 'sphere', dimension: d, radius: 1 },
  mixture: { kind: 'mixture', dimension: d, weights: [0.3, 0.7], components: [gaussianLaw(kms(d, 0.2), [1, 0]), gaussianLaw(identityMatrix(d))] },
  file: fileOf(randomMatrix(rng, 30, d, 1)),
}; // biome-ignore format: laws

/** Scores see x alone, or y and its noise too: then the 1/L term diverges for normal w. */
const ofX: LayerParameters = { U: [[0.2, 0.06, 0], [0, 0.15, 0], [0, 0, 0]], V: [[0.3, 0, 1]] }; // biome-ignore format: matrices
const layer: LayerParameters = { U: [[0.3, 0.1, 0], [0, 0.25, 0], [0.15, -0.1, 0]], V: [[0.3, 0, 1]] }; // biome-ignore format: matrices
const inTask = (tokens: Law | null, length: number, noise = 0.4): Problem =>
  taskProblem(taskOfDimension(d, { tokens, noise, covariance: kms(d, 0.4), weights: gaussianLaw(identityMatrix(d)) }), length);

function sampled(p: Problem, { U, V }: LayerParameters, samples: number, confidence: number) {
  const merged = { U: Float64Array.from(U.flat()), v: Float64Array.from(V[0]!) };
  const steps = sampleErrors(p, merged, { of, confidence, samples });
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value.estimates;
}

describe('bounds in a task for any law of x', function () {
  this.timeout(120_000);

  it('have the exact asymptote where x is Gaussian, and lie above the exact errors', () => {
    for (const [noise, own] of [
      [0, ofX],
      [0.4, layer],
    ] as const) {
      const p = inTask(null, 1, noise);
      const exact = errorAverages(p, of, own)!;
      const bounds = lawBounds(p, own)!;
      for (const quantity of of) {
        for (const length of [1, 60, 1e3, 1e6]) {
          const one = exact.at(quantity, length);
          const { certified, asymptote } = bounds.at(quantity, length);
          const where = `${quantity}, L = ${length}, noise ${noise}`;
          assert.ok(certified >= one.value - 5 * one.standardError, `${where}: ${certified} < ${one.value}`);
          // Where scores see y, the 1/L term of normal w diverges: no asymptote is right.
          if (own === layer) continue;
          const near = quantity === 'key_query_gradient' ? 0.1 : 0.03;
          assert.ok(Math.abs(asymptote / one.asymptote - 1) < near, `${where}: ${asymptote}, ${one.asymptote}`);
          if (length === 1e6) assert.ok(certified < (1.05 + 3 * near) * one.value, `${where}: ${certified}, ${one.value}`);
        }
      }
    }
  });

  for (const [name, law] of Object.entries(lawsOfX)) {
    it(`are not below sampled means and quantiles, and the asymptote is what long prompts go to: ${name}`, () => {
      for (const [length, own] of [
        [2, layer],
        [30, layer],
        [600, ofX],
      ] as const) {
        const p = inTask(law, length);
        const bounds = lawBounds(p, own)!;
        const estimates = sampled(p, own, 500, 0.9);
        for (const quantity of of) {
          const { mean, standardError, quantile } = estimates[quantity]!;
          const { certified, asymptote } = bounds.at(quantity, length);
          assert.ok(certified >= mean - 4 * standardError, `${quantity}, L = ${length}: ${certified} < ${mean} ± ${standardError}`);
          const tail = bounds.quantile(quantity, length, 0.9);
          assert.ok(tail >= quantile!.lower && tail <= certified / 0.1 + 1e-9 * tail, `${quantity}, L = ${length}: ${tail}`);
          if (length < 600) continue;
          assert.ok(
            Math.abs(mean - asymptote) < 5 * standardError + 0.05 * asymptote,
            `${quantity}: ${mean} ± ${standardError}, ${asymptote}`,
          );
        }
      }
    });
  }

  it('are series of a run, certified quantiles among them, and are missing with a reason under a link', () => {
    const facets = ['certified', 'asymptote', 'certified_quantile'] as const;
    const run = (link: 'identity' | 'tanh') => {
      const p = inTask(lawsOfX.sphere!, 40);
      if (p.setting.kind !== 'task') assert.fail();
      const attention = { ...p.attention, keyQuery: layer.U, value: layer.V };
      const concentrate = { of, confidence: 0.9, samples: 300 };
      const steps = solve({ ...p, attention, setting: { kind: 'task', task: { ...p.setting.task, link } }, concentrate, facets });
      for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value.quantities;
    };
    const identity = run('identity');
    const tanh = run('tanh');
    for (const quantity of of) {
      const at = (facet: string) => identity[`${quantity}_error.${facet}`]!.value[0]!;
      assert.ok(at('asymptote') > 0 && at('certified') > at('asymptote') && at('certified_quantile') > at('certified'));
      for (const facet of facets) {
        const { value, reason } = tanh[`${quantity}_error.${facet}`]!;
        assert.ok(Number.isNaN(value[0]!) && /links other than the identity/.test(reason ?? ''), `${facet}: ${reason}`);
      }
    }
  });
});

describe('certified quantiles for any law', () => {
  const V = identityMatrix(d);
  const plain = (law: Law, size: number, at: readonly number[] | null): Problem => ({
    ...problem(identityMatrix(d), linear.scale(identityMatrix(d), size), V, at),
    setting: { kind: 'tokens', law },
  });

  it('grow with log 1/η on a bounded support, and as its square root where only moments are known', () => {
    for (const quantity of of) {
      const cube = lawBounds(plain(lawsOfX.rademacher!, 0.5, [1, -0.5]))!;
      const [near, far] = [1e-3, 1e-9].map((eta) => cube.quantile(quantity, 1e5, 1 - eta));
      assert.ok(far! < 4 * near!, `${quantity}: ${far! / near!}`);
      assert.ok(near! < cube.at(quantity, 1e5).certified / 1e-3 / 20, quantity);
    }
    const mixture = lawBounds(plain(lawsOfX.mixture!, 0.3, [1, -0.5]))!;
    const [near, far] = [1e-2, 1e-4].map((eta) => mixture.quantile('output', 1e5, 1 - eta));
    assert.ok(Math.abs(far! / near! - 10) < 0.5, `${far! / near!}`);
    assert.ok(far! < mixture.at('output', 1e5).certified / 1e-4 / 20);
  });

  it('and bounds come closer as prompts grow', () => {
    for (const [name, law] of Object.entries(lawsOfX)) {
      const p = plain(law, 1, [1, 0]);
      for (const quantity of of) {
        const ratios = [1e3, 1e4, 1e6, 1e8].map((length) => {
          const { certified, asymptote } = lawBounds(p)!.at(quantity, length);
          return certified / asymptote;
        });
        const where = `${name}, ${quantity}: ${ratios}`;
        assert.ok(
          ratios.every((ratio, i) => ratio > 1 && (i === 0 || ratio < ratios[i - 1]!)),
          where,
        );
        assert.ok(ratios[2]! < 1.3 && ratios[3]! < 1.05, where);
      }
    }
  });

  it('over queries lie between those of one query, below Markov’s', () => {
    const bounds = lawBounds(plain(lawsOfX.sphere!, 0.5, null))!;
    for (const quantity of of) {
      const found = bounds.quantile(quantity, 1e4, 0.999);
      assert.ok(found < bounds.at(quantity, 1e4).certified / 1e-3 / 5, `${quantity}: ${found}`);
    }
    assert.equal(bounds.quantile('output', Number.POSITIVE_INFINITY, 0.9), 0);
  });

  it('and asymptotes are not shown where a few queries carry them', () => {
    const wide = lawBounds(plain(lawsOfX.mixture!, 1.2, null))!;
    for (const quantity of of) {
      const { asymptote, certified } = wide.at(quantity, 100);
      assert.ok(Number.isNaN(asymptote) && certified > 0, `${quantity}: ${asymptote}`);
    }
  });
});
