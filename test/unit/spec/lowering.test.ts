import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { quantityKey } from '../../../src/spec/experiment.js';
import { experimentOf, planOf, runOf, tokensWith, whole } from './support.js';

const example = (name: string): string => readFileSync(`examples/${name}.attn`, 'utf8');

describe('lowering', () => {
  describe('the examples', () => {
    it('icl-gradient-flow: 8 runs, the last sweep fastest', () => {
      const e = experimentOf(example('icl-gradient-flow'));
      assert.equal(e.runs.length, 8);
      assert.deepEqual(
        e.runs.map((run) => [run.problem.length, run.problem.attention.kernel]),
        [10, 100, 1000, Number.POSITIVE_INFINITY].flatMap((L) => ['softmax', 'linear'].map((kernel) => [L, kernel])),
      );
      const { setting, train, attention, measures } = e.runs[0]!.problem;
      assert.ok(setting.kind === 'task');
      assert.equal(setting.task.dimension, 5);
      assert.deepEqual(
        setting.task.covariance,
        Array.from({ length: 5 }, (_, i) => Array.from({ length: 5 }, (_, j) => 0.5 ** Math.abs(i - j))),
      );
      assert.ok(setting.task.weights.kind === 'gaussian');
      assert.equal(setting.task.weights.covariance[2]![2], 0.2);
      assert.equal(setting.task.noise, Math.sqrt(0.1));
      assert.deepEqual(attention.init, { kind: 'balanced', alpha: 0.1 });
      assert.deepEqual(train, { kind: 'gradient_flow', time: 32, points: 65, tolerance: 1e-8, extraTimes: [] });
      assert.deepEqual(measures, ['risk', 'parameter_gap', 'gradient_gap', 'balance']);
      assert.equal(e.sweeps[0]!.isLength, true);
      assert.equal(e.sweeps[1]!.isLength, false);
      const within = e.expectations[1]!;
      assert.equal(within.text, 'risk at [L = 1000, kind = softmax] within 20% of risk at [L = inf, kind = softmax]');
      assert.ok(within.relation.kind === 'within' && within.relation.right.kind === 'quantity');
      assert.equal(within.relation.fraction, 0.2);
      assert.deepEqual(within.relation.right.at[0], { kind: 'sweep', name: 'L', value: { text: 'inf', value: Number.POSITIVE_INFINITY } });
      assert.equal(e.settings['train.time']!.line, 17);
    });

    it('paper-grid: 38 runs of 300 000 steps, starting from the same weights', () => {
      const e = experimentOf(example('paper-grid'));
      assert.equal(e.runs.length, 38);
      for (const { problem } of e.runs) {
        assert.deepEqual(problem.train, {
          kind: 'sgd',
          rate: 1e-3,
          batch: 128,
          steps: 300_000,
          record: 1000,
          seed: 327,
          momentum: 0,
          beta1: 0.9,
          beta2: 0.999,
          extraSteps: [],
        });
        assert.deepEqual(problem.attention.init, { kind: 'random', seed: 327, scale: 1 });
        assert.equal(problem.attention.parameters, 'factored');
        assert.equal(problem.attention.keyDimension, 6);
        assert.ok(problem.setting.kind === 'task' && problem.setting.task.loss === 'squared');
      }
    });

    it('concentration: 75 runs, whole lengths from 2 to 10⁶', () => {
      const e = experimentOf(example('concentration'));
      assert.equal(e.runs.length, 75);
      const lengths = e.sweeps[0]!.values.map((v) => v.value!);
      assert.equal(lengths[0], 2);
      assert.equal(lengths[24], 1e6);
      assert.ok(lengths.every((L, i) => Number.isInteger(L) && (i === 0 || L > lengths[i - 1]!)));
      assert.deepEqual(
        e.sweeps[1]!.values.map((v) => v.text),
        ['identity', 'kms(0.5)', 'condition(8)'],
      );
      const last = e.runs[2]!.problem;
      assert.ok(last.setting.kind === 'tokens' && last.setting.law.kind === 'gaussian');
      const spectrum = last.setting.law.covariance.map((row, i) => row[i]!);
      for (const i of [0, 1, 2, 3]) assert.ok(Math.abs(spectrum[i]! - 2 ** -i) < 1e-15);
      assert.deepEqual(last.attention.keyQuery![1], [0, 0.22, 0, 0]);
      assert.deepEqual(last.concentrate!.of, ['output', 'value_gradient', 'key_query_gradient']);
      assert.deepEqual(e.measures.map(quantityKey), [
        'output_error',
        'value_gradient_error',
        'key_query_gradient_error',
        'rate of output_error',
      ]);
      assert.ok(last.facets.includes('rate') && last.facets.includes('certified'));
      const below = e.expectations[1]!.relation;
      assert.ok(below.kind === 'below' && below.right.kind === 'quantity' && below.right.quantity.facet === 'certified');
    });

    it('rademacher-limit: 6 runs at one query', () => {
      const e = experimentOf(example('rademacher-limit'));
      assert.equal(e.runs.length, 6);
      const { problem } = e.runs[5]!;
      assert.deepEqual(problem.query, { kind: 'at', at: [2] });
      assert.deepEqual(problem.setting, { kind: 'tokens', law: { kind: 'independent', dimension: 1, coordinate: { kind: 'rademacher' } } });
      assert.equal(problem.length, Number.POSITIVE_INFINITY);
      assert.deepEqual(problem.concentrate, { of: ['output'], confidence: 0.95, samples: 4096 });
    });
  });

  it('has the defaults of the language', () => {
    const { problem } = runOf('');
    assert.ok(problem.setting.kind === 'task');
    const { task } = problem.setting;
    assert.deepEqual([task.noise, task.link, task.loss, task.tokens], [0, 'identity', 'half_squared', null]);
    assert.ok(task.weights.kind === 'gaussian' && task.weights.covariance[1]![1] === 1);
    assert.deepEqual(problem.attention, {
      kernel: 'softmax',
      heads: 1,
      parameters: 'merged',
      keyDimension: 4,
      temperature: 1,
      init: { kind: 'balanced', alpha: 0.1 },
      keyQuery: null,
      value: null,
    });
    assert.deepEqual(problem.train, { kind: 'gradient_flow', time: 8, points: 101, tolerance: 1e-8, extraTimes: [] });
    assert.deepEqual(problem.solver, { method: 'auto', samples: null, precision: 'auto', seed: 0 });
    assert.deepEqual(problem.measures, ['risk']);
    assert.deepEqual(problem.facets, []);
    const sgd = runOf('train sgd { rate = 0.1, steps = 250 }\nsolver { seed = 7 }').problem.train!;
    assert.ok(sgd.kind === 'sgd');
    assert.deepEqual([sgd.batch, sgd.record, sgd.seed, sgd.momentum], [128, 2, 7, 0]);
    const short = runOf('train gradient_descent { rate = 0.1, steps = 5 }').problem.train!;
    assert.ok(short.kind === 'gradient_descent' && short.record === 1);
    const link = runOf('task single_index { dimension = 2 }').problem.setting;
    assert.ok(link.kind === 'task' && link.task.link === 'tanh');
  });

  it('shifts every seed by the repeat, repeats innermost', () => {
    const e = experimentOf(
      whole(
        'repeat 3\nsweep L over [5, 6]\nprompt { length = L }\nattention { init = random(seed: 4) }\ntrain sgd { rate = 0.1, steps = 10 }\nsolver { seed = 10 }',
      ),
    );
    assert.deepEqual(
      e.runs.map((run) => {
        const { train, solver, attention, length } = run.problem;
        assert.ok(train?.kind === 'sgd' && attention.init.kind === 'random');
        return [length, run.repeat, solver.seed, train.seed, attention.init.seed];
      }),
      [5, 6].flatMap((L) => [0, 1, 2].map((r) => [L, r, 10 + r, 10 + r, 4 + r])),
    );
    assert.equal(e.repeats, 3);
    assert.equal(new Set(e.runs.map((run) => run.hash)).size, 6);
  });

  it('gives matrices the dimension of their block', () => {
    const task = runOf('attention { key_query = 2 * identity, value = [0, 0, 0, 1] }').problem.attention;
    assert.equal(task.keyQuery!.length, 4);
    assert.deepEqual(task.value, [[0, 0, 0, 1]]);
    const wide = experimentOf(tokensWith('gaussian(1)', 'attention { key_query = identity, value = matrix([[1, 2], [3, 4], [5, 6]]) }', 2))
      .runs[0]!;
    assert.equal(wide.problem.attention.value!.length, 3);
    const sum = experimentOf(tokensWith('gaussian(identity + 2 * kms(0.5) - power_law(1))', '', 2)).runs[0]!.problem.setting;
    assert.ok(sum.kind === 'tokens' && sum.law.kind === 'gaussian');
    assert.deepEqual(sum.law.covariance, [
      [2, 1],
      [1, 2.5],
    ]);
  });

  it('lowers every law', () => {
    const law = (text: string, d = 2) => {
      const { setting } = experimentOf(tokensWith(text, '', d)).runs[0]!.problem;
      assert.ok(setting.kind === 'tokens');
      return setting.law;
    };
    const I = [
      [1, 0],
      [0, 1],
    ];
    assert.deepEqual(law('gaussian(1)'), { kind: 'gaussian', dimension: 2, mean: [0, 0], covariance: I });
    assert.deepEqual(law('gaussian(identity)'), law('gaussian(1)'));
    assert.deepEqual(law('gaussian(covariance: identity, mean: [1, 2])'), { kind: 'gaussian', dimension: 2, mean: [1, 2], covariance: I });
    assert.deepEqual(law('rademacher'), { kind: 'independent', dimension: 2, coordinate: { kind: 'rademacher' } });
    assert.deepEqual(law('uniform(-2, 2)'), { kind: 'independent', dimension: 2, coordinate: { kind: 'uniform', low: -2, high: 2 } });
    assert.deepEqual(law('sphere(3)'), { kind: 'sphere', dimension: 2, radius: 3 });
    const mixed = law('mixture([sphere(1), mixture([rademacher], weights: [1])], weights: [0.25, 0.75])');
    assert.ok(mixed.kind === 'mixture' && mixed.components[1]!.kind === 'mixture');
    assert.deepEqual(mixed.weights, [0.25, 0.75]);
  });

  it('takes Gaussian tokens of a task for N(0, I), whatever their variance', () => {
    const first = runOf('task linear_regression { dimension = 3, tokens = gaussian(4) }').problem;
    assert.deepEqual(first, runOf('').problem);
    const { setting } = runOf('task linear_regression { dimension = 3, tokens = rademacher }').problem;
    assert.ok(setting.kind === 'task' && setting.task.tokens?.kind === 'independent');
  });

  it('adds what plots and expectations name to the measures of a run, and not to those shown', () => {
    const e = experimentOf(whole('measure balance\nplot parameter_gap against time\nexpect excess_risk below 1'));
    assert.deepEqual(e.runs[0]!.problem.measures, ['excess_risk', 'parameter_gap', 'balance']);
    assert.deepEqual(e.measures.map(quantityKey), ['balance']);
  });

  it('takes what concentrate is of from the measures, else the output', () => {
    const named = runOf('concentrate { }\nmeasure key_query_gradient_error, output_error').problem;
    assert.deepEqual(named.concentrate!.of, ['output', 'key_query_gradient']);
    assert.deepEqual(runOf('concentrate { }').problem.concentrate!.of, ['output']);
    const both = runOf('concentrate { of = value_gradient }\ntrain gradient_flow { time = 1 }').problem;
    assert.deepEqual(both.measures, ['risk', 'value_gradient_error']);
    assert.deepEqual(both.facets, []);
  });

  it('adds the times and steps of expectations to the grid', () => {
    const flow = runOf('expect risk at [time = 3.3] below 1\nexpect risk at [time = 1.1] below risk at [time = 0.5]').problem.train!;
    assert.ok(flow.kind === 'gradient_flow');
    assert.deepEqual(flow.extraTimes, [0.5, 1.1, 3.3]);
    const descent = runOf(
      'train gradient_descent { rate = 0.1, steps = 100 }\nexpect risk at [time = 0.7] below 1\nexpect risk at [step = 3] below 1',
    );
    assert.ok(descent.problem.train?.kind === 'gradient_descent');
    assert.deepEqual(descent.problem.train.extraSteps, [3, 7]);
  });

  it('evaluates a bound in every run', () => {
    const e = experimentOf(
      whole(
        'sweep L over [10, 20]\nlet c = 2\nprompt { length = L }\nexpect risk between 1 / L and c\nexpect risk below 2 * risk at [L = 20]',
      ),
    );
    const [first, second] = e.expectations;
    assert.ok(first!.relation.kind === 'between' && first!.relation.low.kind === 'number' && first!.relation.high.kind === 'number');
    assert.deepEqual(first!.relation.low.perRun, [0.1, 0.05]);
    assert.deepEqual(first!.relation.high.perRun, [2, 2]);
    assert.ok(second!.relation.kind === 'below' && second!.relation.right.kind === 'quantity');
    assert.equal(second!.relation.right.factor, 2);
  });

  it('chooses charts where none is written', () => {
    const trained = experimentOf(
      whole('sweep kind over [softmax, linear]\nsweep L over [10, 20]\nprompt { length = L }\nattention { kernel = kind }'),
    );
    assert.deepEqual(
      trained.plots.map((p) => [p.quantities.map(quantityKey), p.against, p.by, p.written]),
      [[['risk'], 'time', ['L', 'kind'], false]],
    );
    const errors = experimentOf(tokensWith('gaussian(1)', 'sweep L over [10, 20]\nprompt { length = L }'));
    assert.deepEqual(
      errors.plots.map((p) => [p.against, p.logX, p.logY]),
      [['L', true, true]],
    );
    assert.deepEqual(experimentOf(tokensWith('gaussian(1)')).plots, []);
  });

  it('allows inf for a link that grows fast while the scores do not see y', () => {
    const e = experimentOf(whole('task single_index { dimension = 2, link = square }\nprompt { length = inf }'));
    assert.equal(e.runs.length, 1);
  });

  it('lowers a thousand runs in milliseconds each at most, and shares their matrices', () => {
    const text = whole(
      'sweep L over 1..1000\nsweep k over [softmax, linear]\ntask linear_regression { dimension = 40, covariance = kms(0.5) }\nprompt { length = L }\nattention { kernel = k }',
    );
    const start = performance.now();
    const { runs } = experimentOf(text);
    const elapsed = performance.now() - start;
    assert.equal(runs.length, 2000);
    const covariance = (i: number) => {
      const { setting } = runs[i]!.problem;
      assert.ok(setting.kind === 'task');
      return setting.task.covariance;
    };
    assert.equal(covariance(0), covariance(1999));
    assert.ok(elapsed < 4000, `${elapsed} ms`);
  });

  it('points at the lines of settings', () => {
    const { plan } = planOf(
      '\n\nexperiment "t" {\n  task linear_regression {\n    dimension = 3\n  }\n  prompt { length = 3 }\n  train gradient_flow { time = 1 }\n}\n',
    );
    const [e] = plan.experiments;
    assert.deepEqual([e!.range.line, e!.settings['task.dimension']!.line, e!.settings['task.dimension']!.column], [3, 5, 5]);
    assert.deepEqual([e!.settings.train!.line, e!.settings.train!.column], [8, 3]);
  });
});
