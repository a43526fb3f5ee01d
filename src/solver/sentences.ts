/**
 * What a run may say to a reader: why it failed, and what it found out. Results go into caches and files, which know no editor and no language:
 * they hold finished English sentences. A sentence can be made from these templates alone, so that an editor that speaks another language can find
 * the template of a sentence again and translate that (`retold`).
 */

const failures = [
  'A matrix overflows at these parameters: they are beyond double precision.',
  'The errors at these parameters are beyond double precision.',
  'The scores have a mean variance above 10¹¹ at these parameters, beyond double precision: attention has long become a hard maximum.',
  'The flow needs more than {0} steps to reach time {1}.',
  'The flow cannot meet its tolerance at time {0}.',
  'The gradient flow grows without bound near time {0}.',
  'Gradient descent grows without bound at step {0}: the rate is too large.',
  'Training diverged: the mini-batch loss {0} at step {1}. Lower the rate ({2}).',
  'The infinite-prompt limit is not finite at this query.',
  'The infinite-prompt limit is not finite at these parameters.',
  'With the link `square` the infinite-prompt limit does not exist at these parameters: the value of a token grows faster than its softmax weight falls.',
  'Scores are too sharp here for the infinite-prompt limit of this law with this link, which is a sum over sampled points.',
  'The tokens of a task are whitened, but the covariance of this law is singular: its tokens lie on a subspace.',
  'This start has a key-query matrix of rank {0}, which factors of key dimension {1} cannot hold.',
  'The uniform error is of softmax attention with one head on plain tokens, over a ball of given radius.',
  'The limit on plain tokens needs `key_query`, `value` and a `query`.',
  'Concentration on plain tokens needs `key_query` and `value`.',
  'Concentration on plain tokens needs a `query`.',
  'Concentration in a task needs its parameters.',
  'Plain tokens need a `concentrate` block.',
  'Training needs a task.',
  'A gradient flow needs `train gradient_flow`.',
  'Gradient descent needs `train gradient_descent`.',
  'Stochastic training needs `train sgd` or `train adam`.',
  'The run needs more memory than there is ({0}).',
  'The run needs more memory than its worker has.',
  'The run was cancelled.',
  'The solver stopped on an internal error: {0}',
  'The worker stopped on an error: {0}',
  'The worker stopped with exit code {0}.',
] as const;

const findings = [
  "From the start the scores' mean variance is {0} % of 2 log L: {1}.",
  "At time {0} the scores' mean variance passes 2 log L: from there on {1}.",
  "The scores' mean variance is above 2 log L: softmax condenses on a few tokens, where the infinite-prompt limit says nothing.",
  'The Grönwall envelope of the parameter gap uses {0}; it is below the distance that the parameters move {1}.',
  'Rare queries govern the average: the error falls as L^−{0}, up to powers of log L, not as 1/L. `.rare` is the share that the hundredth with the widest scores carries.',
  'Rare queries govern the average at some recorded points: the error falls as L^−{0}, up to powers of log L, not as 1/L. `.rare` is the share that the hundredth with the widest scores carries.',
  'A few of the sampled prompts carry a mean: rarer and larger errors may be missing from it and from its band. More `samples`, or smaller scores, help.',
  'At L = {0} half of the mean {1} comes from queries whose scores have a variance above {2}: {3} % of all queries.',
  'Prompts were drawn without WebAssembly, slowly: results differ from those with it in rounding.',
  'The form of {0} is C²/L with C = {1}, fitted: the least that lies above the curve.',
  "The paper's form of {0} is {1} / L^(c₂/σ²) with c₁ = {2}, c₂ = {3} and σ² = {4}, fitted: above the curve, with the least mean excess in log.",
] as const;

/** Parts of sentences. */
const phrases = [
  'reached {0}',
  'is no longer finite',
  'softmax condenses on a few tokens, and the infinite-prompt limit says nothing about {0} tokens',
  'a proved bound of the curvature between the trajectories',
  'the largest curvature found between the trajectories',
  'until the end',
  'until time {0}',
  'at no recorded time',
] as const;

export const templates = [...failures, ...findings, ...phrases] as const;
type Template = (typeof templates)[number];
type Open = Extract<Template, `${string}{0}${string}`>;

declare const said: unique symbol;

/** A finished sentence, or part of one: a template without places, or one whose places `say` has filled. */
export type Sentence = Exclude<Template, Open> | (string & { readonly [said]: true });

export function say(template: Open, ...values: readonly (string | number)[]): Sentence {
  return filled(template, values) as Sentence;
}

/** `{0}`, `{1}`, … replaced by the values. */
export function filled(template: string, values: readonly (string | number)[]): string {
  return template.replace(/\{(\d+)\}/g, (whole, index: string) => String(values[Number(index)] ?? whole));
}

/** Where several runs differ in a number, its place holds a range (`chart/grouped-notes.ts`). */
const range = '{0} to {1}';
const ranges = /^([-−]?[\d.]+(?:e[+-]?\d+)?) to ([-−]?[\d.]+(?:e[+-]?\d+)?)$/;

/** What `retold` asks translations of. */
export const translatable: readonly string[] = [...templates, range];

const patterns = templates.map((template) => {
  const order: number[] = [];
  const source = template
    .split(/(\{\d+\})/)
    .map((part) => {
      if (!/^\{\d+\}$/.test(part)) return part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
      order.push(Number(part.slice(1, -1)));
      return '(.+?)';
    })
    .join('');
  return { template, order, pattern: new RegExp(`^${source}$`, 's') };
});

/** A sentence of a run in another language, its parts with it; as it is where no template is its own. */
export function retold(sentence: string, translate: (template: string, values: readonly string[]) => string): string {
  const ends = ranges.exec(sentence);
  if (ends !== null) return translate(range, ends.slice(1));
  for (const { template, order, pattern } of patterns) {
    const found = pattern.exec(sentence);
    if (found === null) continue;
    const values: string[] = [];
    order.forEach((place, i) => {
      values[place] = retold(found[i + 1]!, translate);
    });
    return translate(template, values);
  }
  return sentence;
}
