/** Batch kernels against the solver's one-prompt-at-a-time sampler, which shares neither their draws nor their algebra. */
import assert from 'node:assert/strict';
import { createBatchKernel } from '../../../src/kernels/index.js';
import { promptEvaluator } from '../../../src/solver/prompt-routes.js';
import { WorkingModel } from '../../../src/solver/prompts.js';
import { stream } from '../../../src/solver/random.js';
import { RunningMean } from '../../../src/solver/running-mean.js';
import { identityMatrix } from '../solver/problems.js';
import { averages, type Case, cases, type Parameters, parametersFor, settingOf } from './support.js';

/** The same averages from explicit tokens drawn by the solver's own generator. */
function explicitAverages({ task, kernel, heads, length }: Case, at: Parameters, seed: number, prompts: number): RunningMean[] {
  const d = task.dimension;
  const model = new WorkingModel(Float64Array.from(identityMatrix(d).flat()), d, heads);
  model.keyQuery.set(at.keyQuery);
  model.value.set(at.value);
  const prompt = promptEvaluator(task, kernel, heads, length, 'explicit');
  const means: RunningMean[] = [];
  for (let n = 0; n < prompts; n++) {
    const rng = stream(seed, 'explicit', n);
    prompt.draw(rng);
    const label = prompt.target + prompt.targetNoise;
    const error = prompt.evaluate(rng, model) - label;
    const list = [error * error, label * label, ...Array.from(prompt.mean, (m) => error * m)];
    for (const s of prompt.slope) for (let j = 0; j < d; j++) list.push(error * s * prompt.query[j]);
    list.forEach((x, i) => {
      means[i] ??= new RunningMean();
      means[i].add(x);
    });
  }
  return means;
}

describe('batch kernels agree with explicit prompts', () => {
  const scores: { z: number; what: string }[] = [];
  cases.forEach((one, index) => {
    it(one.title, () => {
      const kernel = createBatchKernel(settingOf(one), 'double', null);
      const at = parametersFor(kernel, 0.8, 20 + index);
      const fast = averages(kernel, at, 100 + index, 200, 64);
      const slow = explicitAverages(one, at, 200 + index, 12_000);
      assert.equal(fast.length, slow.length);
      for (const [i, mean] of fast.entries()) {
        const error = Math.hypot(mean.standardError, slow[i].standardError);
        const difference = mean.mean - slow[i].mean;
        if (error === 0) assert.ok(Math.abs(difference) < 1e-12);
        else {
          const z = difference / error;
          assert.ok(Math.abs(z) < 5, `entry ${i}: ${mean.mean} and ${slow[i].mean}, z = ${z}`);
          scores.push({ z, what: `${one.title}, entry ${i}` });
        }
      }
    });
  });

  it('with differences that are spread as their standard errors say', () => {
    const inside = scores.filter(({ z }) => Math.abs(z) < 1.959964).length / scores.length;
    assert.ok(inside > 0.9 && inside < 0.99, `${inside} of ${scores.length} within two standard errors`);
  });
});
