import { PairsPrompt, WishartPrompt } from './gaussian-prompts.js';
import { LimitPrompt } from './limit-prompts.js';
import type { Kernel, Task } from './problem.js';
import { ExplicitPrompt, type PromptEvaluator, TaskDraw } from './prompts.js';
import { type TaskSampler, taskSampler } from './sampling.js';

/**
 * How a prompt is drawn: `explicit`, token by token; `pairs`, two normals per token, and `wishart`, a handful of numbers per prompt
 * (Gaussian (x, y), one head: section 5); `limit`, an infinite prompt by its limit. All are exact in law.
 */
export type Route = 'explicit' | 'pairs' | 'wishart' | 'limit';

export function fastestRoute(sampler: TaskSampler, kernel: Kernel, heads: number, length: number): Route {
  if (length === Infinity) return 'limit';
  if (heads > 1 || !sampler.gaussian) return 'explicit';
  return kernel === 'linear' ? 'wishart' : 'pairs';
}

/**
 * An evaluator of prompts of `length` tokens. `route` defaults to the fastest; where it is given, it must be that one, or `explicit`
 * at a finite length.
 */
export function promptEvaluator(task: Task, kernel: Kernel, heads: number, length: number, route?: Route): PromptEvaluator {
  const draw = new TaskDraw(taskSampler(task));
  switch (route ?? fastestRoute(draw.sampler, kernel, heads, length)) {
    case 'explicit':
      return new ExplicitPrompt(draw, kernel, heads, length);
    case 'pairs':
      return new PairsPrompt(draw, length);
    case 'wishart':
      return new WishartPrompt(draw, length);
    case 'limit':
      return new LimitPrompt(task, draw, kernel, heads);
  }
}
