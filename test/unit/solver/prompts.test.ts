import assert from 'node:assert/strict';
import { AttentionSums, chunkTokens } from '../../../src/solver/attention-sums.js';
import { LimitPrompt, linkMoments } from '../../../src/solver/limit-prompts.js';
import type { Kernel, Law, Link } from '../../../src/solver/problem.js';
import { promptEvaluator, type Route } from '../../../src/solver/prompt-routes.js';
import { WorkingModel } from '../../../src/solver/prompts.js';
import { stream } from '../../../src/solver/random.js';
import { SolverFailure } from '../../../src/solver/result.js';
import { RunningMean } from '../../../src/solver/running-mean.js';
import { linkFunction, taskSampler } from '../../../src/solver/sampling.js';
import { gaussianLaw, kms, randomCovariance, randomVector, taskOfDimension } from './problems.js';

const kernels: readonly Kernel[] = ['softmax', 'linear'];

describe('attention over a prompt in chunks', () => {
  const width = 3;
  const heads = 2;
  const length = 3 * chunkTokens + 17;
  const rng = stream(1, 'sums', 0);
  // The largest score comes late and is far beyond where exp overflows.
  const tokens = Float64Array.from({ length: length * width }, (_, i) => rng.normal() * (1 + Math.floor(i / width / 50)));
  const tilt = randomVector(rng, heads * width, 150);
  const value = randomVector(rng, heads * width, 1);
  const z = (l: number, i: number): number => tokens[l * width + i];

  for (const kernel of kernels) {
    it(`is that of the formula, for ${kernel} attention`, () => {
      for (const scale of [1e-3, 1]) {
        const sums = new AttentionSums(kernel, heads, width, { slope: true, covariance: true });
        tilt.forEach((a, i) => {
          sums.tilt[i] = a * scale;
        });
        sums.value.set(value);
        sums.reset();
        for (let l = 0; l < length; l += chunkTokens) sums.add(tokens, Math.min(chunkTokens, length - l), l * width);
        sums.finish();
        for (let h = 0; h < heads; h++) {
          const dotWith = (v: Float64Array, l: number, by: number): number =>
            [0, 1, 2].reduce((sum, i) => sum + by * v[h * width + i] * z(l, i), 0);
          const scores = Array.from({ length }, (_, l) => dotWith(tilt, l, scale));
          const top = Math.max(...scores);
          const total = scores.reduce((sum, s) => sum + Math.exp(s - top), 0);
          const p = scores.map((s) => (kernel === 'softmax' ? Math.exp(s - top) / total : s / length));
          const q = kernel === 'softmax' ? p : p.map(() => 1 / length);
          const mean = [0, 1, 2].map((i) => p.reduce((sum, w, l) => sum + w * z(l, i), 0));
          const centre = kernel === 'softmax' ? mean : [0, 0, 0];
          const average = centre.reduce((sum, m, i) => sum + m * value[h * width + i], 0);
          for (let i = 0; i < width; i++) {
            const slope = q.reduce((sum, w, l) => sum + w * (dotWith(value, l, 1) - average) * z(l, i), 0);
            close(sums.mean[h * width + i], mean[i], 10);
            close(sums.slope[h * width + i], slope, 100);
            for (let j = 0; j < width; j++) {
              const covariance = q.reduce((sum, w, l) => sum + w * (z(l, i) - centre[i]) * (z(l, j) - centre[j]), 0);
              close(sums.covariance[(h * width + i) * width + j], covariance, 100);
            }
          }
        }
      }
    });
  }
});

function close(actual: number, expected: number, scale: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-12 * scale, `${actual}, ${expected} expected`);
}

describe('prompts without tokens', () => {
  /**
   * z-scores between two routes with different seeds, over functions of everything a prompt yields: its components (where their variance is
   * safe), and bounded functions of each and of pairs, which see spread, tails and dependence.
   */
  function compare(route: Route, kernel: Kernel, length: number, seed: number, scale: number, noise: number, parallel = false): number[] {
    const rng = stream(seed, 'routes', length);
    const d = 2;
    const task = taskOfDimension(d, { covariance: randomCovariance(rng, d, 3), weights: gaussianLaw(kms(d, 0.3)), noise });
    const { root } = taskSampler(task);
    const model = new WorkingModel(root, d, 1);
    const U = randomVector(rng, 9, scale);
    const v = randomVector(rng, 3, 0.7);
    if (parallel) {
      // Score and value point the same way: nothing of the value is orthogonal to the score.
      U.fill(0);
      U[6] = 0.5;
      v.set([0, 0, 1]);
    }
    model.set({ U, v });
    const gather = (which: Route, runSeed: number): RunningMean[] => {
      const prompt = promptEvaluator(task, kernel, 1, length, which);
      const means: RunningMean[] = [];
      for (let n = 0; n < 20_000; n++) {
        const s = stream(runSeed, 'compare', n);
        prompt.draw(s);
        const error = prompt.evaluate(s, model) - prompt.target;
        const parts = [
          error,
          ...Array.from(prompt.mean, (x) => x * error),
          ...Array.from(prompt.slope, (x) => x * error * prompt.query[0]),
        ];
        const values = [...parts, 0.5 * error * error];
        parts.forEach((x, i) => {
          values.push((x * x) / (1 + x * x));
          for (let j = 0; j < i; j++) values.push(Math.tanh(3 * x * parts[j]));
        });
        values.forEach((x, i) => {
          means[i] ??= new RunningMean();
          means[i].add(x);
        });
      }
      return means;
    };
    const others = gather('explicit', 2 * seed + 1);
    return gather(route, 2 * seed).flatMap((a, i) => {
      const b = others[i];
      const error = Math.hypot(a.standardError, b.standardError);
      if (error > 1e-14) return [(a.mean - b.mean) / error];
      assert.ok(Math.abs(a.mean - b.mean) < 1e-12);
      return [];
    });
  }

  for (const [route, kernel] of [
    ['pairs', 'softmax'],
    ['wishart', 'linear'],
  ] as const) {
    it(`are equal in law to explicit ones: ${route}`, () => {
      const scores: number[] = [];
      [1, 2, 3, 7, 40].forEach((length, i) => {
        scores.push(...compare(route, kernel, length, 10 + i, 0.4, 0.5));
      });
      scores.push(...compare(route, kernel, 5, 20, 0.4, 0));
      scores.push(...compare(route, kernel, 5, 21, 0, 0.5));
      scores.push(...compare(route, kernel, 4, 22, 0, 0, true));
      assert.ok(scores.length > 200);
      for (const z of scores) assert.ok(Math.abs(z) < 5, `z = ${z}`);
      const square = scores.reduce((sum, z) => sum + z * z, 0) / scores.length;
      assert.ok(square > 0.5 && square < 1.6, `mean square of z: ${square}`);
    });
  }

  it('share task draws between lengths, kernels and routes, and tokens between lengths', () => {
    const task = taskOfDimension(3, { noise: 0.3 });
    const { root } = taskSampler(task);
    const model = new WorkingModel(root, 3, 1);
    const rng = stream(4, 'model', 0);
    model.set({ U: randomVector(rng, 16, 0.3), v: randomVector(rng, 4, 1) });
    const draws = [
      promptEvaluator(task, 'softmax', 1, 10),
      promptEvaluator(task, 'softmax', 1, 1000),
      promptEvaluator(task, 'softmax', 1, 1000, 'explicit'),
      promptEvaluator(task, 'linear', 1, 7),
      promptEvaluator(task, 'softmax', 1, Infinity),
    ].map((prompt) => {
      const s = stream(5, 'draw', 3);
      prompt.draw(s);
      prompt.evaluate(s, model);
      return [...prompt.query, prompt.target, prompt.targetNoise];
    });
    for (const draw of draws) assert.deepEqual(draw, draws[0]);
  });
});

describe('infinite prompts of a task', () => {
  /** Average of f(U)^i U^j e^{q f(U)} by Simpson's rule on either side of 0, normalised. */
  function quadrature(link: Link, m: number, n: number, q: number): (g: (f: number, u: number) => number) => number {
    const f = linkFunction(link);
    const root = Math.sqrt(n);
    const reach = 14 * root;
    const nodes: { u: number; w: number }[] = [];
    for (const [a, b] of [
      [Math.min(0, m - reach), 0],
      [0, Math.max(0, m + reach)],
    ]) {
      const panels = 20_000;
      for (let i = 0; i <= panels; i++) {
        const u = a + ((b - a) * i) / panels;
        // One-sided limits at 0, where sign jumps.
        const at = u === 0 ? (b === 0 ? -1e-300 : 1e-300) : u;
        const simpson = i === 0 || i === panels ? 1 : i % 2 === 1 ? 4 : 2;
        nodes.push({ u: at, w: simpson * (b - a) * Math.exp((-0.5 * (u - m) ** 2) / n + q * f(at)) });
      }
    }
    const total = nodes.reduce((sum, node) => sum + node.w, 0);
    return (g) => nodes.reduce((sum, { u, w }) => sum + w * g(f(u), u), 0) / total;
  }

  it('have the moments of the link that quadrature gives', () => {
    for (const link of ['identity', 'tanh', 'relu', 'sign', 'square'] as const) {
      for (const [m, n, q] of [
        [0, 1, 0],
        [0.7, 0.3, 0],
        [-1.2, 2.5, 0.08],
        [2, 0.2, -1.3],
        [-0.4, 9, 0.01],
      ]) {
        const moments = linkMoments(link, m, n, q);
        const average = quadrature(link, m, n, q);
        const f = average((x) => x);
        const u = average((_, x) => x);
        const expected = {
          f,
          u,
          ff: average((x) => (x - f) ** 2),
          fu: average((x, y) => (x - f) * (y - u)),
          uu: average((_, y) => (y - u) ** 2),
        };
        for (const key of ['f', 'u', 'ff', 'fu', 'uu'] as const) {
          const scale = 1 + Math.abs(expected[key]);
          assert.ok(
            Math.abs(moments[key] - expected[key]) < 1e-8 * scale,
            `${link} ${m} ${n} ${q} ${key}: ${moments[key]}, ${expected[key]}`,
          );
        }
      }
    }
  });

  it('do not exist where the square outgrows the weights', () => {
    assert.throws(
      () => linkMoments('square', 0, 2, 0.25),
      (error) => error instanceof SolverFailure && error.code === 'no_limit',
    );
    assert.ok(Number.isFinite(linkMoments('square', 0, 2, 0.249).f));
  });

  it('are what prompts of many tokens tend to: prediction and derivatives', () => {
    const uniform: Law = { kind: 'independent', dimension: 2, coordinate: { kind: 'uniform', low: -1, high: 1 } };
    const cases: readonly { link: Link; tokens: Law | null; kernel: Kernel }[] = [
      ...(['tanh', 'relu', 'sign', 'square', 'identity'] as const).flatMap((link) =>
        kernels.map((kernel) => ({ link, tokens: null, kernel })),
      ),
      ...kernels.map((kernel) => ({ link: 'identity' as const, tokens: uniform, kernel })),
      { link: 'identity', tokens: { kind: 'sphere', dimension: 2, radius: 2 }, kernel: 'softmax' },
    ];
    cases.forEach(({ link, tokens, kernel }, k) => {
      const rng = stream(30, 'limit', k);
      const task = taskOfDimension(2, {
        link,
        tokens,
        noise: 0.4,
        covariance: kms(2, 0.5),
        weights: gaussianLaw([
          [0.3, 0],
          [0, 0.3],
        ]),
      });
      const { root } = taskSampler(task);
      const model = new WorkingModel(root, 2, 2);
      model.set({ U: randomVector(rng, 18, 0.12), v: randomVector(rng, 6, 1) });
      const infinite = promptEvaluator(task, kernel, 2, Infinity);
      assert.ok(infinite instanceof LimitPrompt);
      const repeats = 12;
      const means = Array.from({ length: 13 }, () => new RunningMean());
      for (let r = 0; r < repeats; r++) {
        const finite = promptEvaluator(task, kernel, 2, 6000, 'explicit');
        const first = stream(31, 'limit', k);
        infinite.draw(first);
        finite.draw(stream(31, 'limit', k));
        const limit = [infinite.evaluate(first, model), ...infinite.mean, ...infinite.slope];
        const found = [finite.evaluate(stream(32, 'limit', 100 * k + r), model), ...finite.mean, ...finite.slope];
        found.forEach((x, i) => {
          means[i].add(x - limit[i]);
        });
      }
      means.forEach((mean, i) => {
        // Twelve prompts: Student's t, whose 10⁻⁵ point at 11 degrees of freedom is 7.4, and the bias O(1/L).
        assert.ok(
          Math.abs(mean.mean) < 7.4 * mean.standardError + 1e-3,
          `${kernel} ${link} ${k} ${i}: ${mean.mean} ± ${mean.standardError}`,
        );
      });
    });
  });
});
