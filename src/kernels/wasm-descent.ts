/** Whole training steps in WebAssembly (`assembly/descent.ts`): what is left to plain TypeScript is done once for many steps. */
import type { Descent, DescentSetting, DescentState, PromptSetting } from './setting.js';
import { streamName } from './streams.js';

export interface DescentExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  layOutDescent(isFactored: boolean, keyDimension: number, isDiagonal: boolean, isAdam: boolean, mostSteps: number): void;
  transposeRoot(): void;
  rootAt(): number;
  numbersAt(): number;
  thetaAt(): number;
  firstAt(): number;
  secondAt(): number;
  namesAt(): number;
  correctionsAt(): number;
  takeSteps(count: number, batch: number): number;
}

/** Steps of one call: their names are written before it. */
const mostSteps = 64;
/** The place of the ceiling among the numbers. */
const ceilingAt = 3;

export class WasmDescent implements Descent {
  private readonly theta: Float64Array;
  private readonly first: Float64Array;
  private readonly second: Float64Array;
  private readonly numbers: Float64Array;
  private readonly names: Int32Array;
  private readonly corrections: Float64Array;

  constructor(
    private readonly exports: DescentExports,
    private readonly setting: DescentSetting,
    { heads, dimension: d }: PromptSetting,
  ) {
    const { parameters, keyDimension, temperature, root, rule } = setting;
    const D = d + 1;
    const isFactored = parameters === 'factored';
    const isDiagonal = root.every((x, at) => x === 0 || at % (d + 1) === 0);
    exports.layOutDescent(isFactored, keyDimension, isDiagonal, rule.kind === 'adam', mostSteps);
    const view = (at: number, length: number): Float64Array => new Float64Array(exports.memory.buffer, at, length);
    if (isDiagonal) {
      const diagonal = view(exports.rootAt(), D);
      for (let i = 0; i < d; i++) diagonal[i] = root[i * D];
      diagonal[d] = 1;
    } else {
      view(exports.rootAt(), d * d).set(root);
      exports.transposeRoot();
    }
    this.numbers = view(exports.numbersAt(), 12);
    this.numbers.set([
      isFactored ? 1 / (Math.sqrt(keyDimension) * temperature) : temperature,
      setting.gradientScale,
      setting.lossScale,
      0,
      rule.rate,
      rule.momentum,
      rule.beta1,
      rule.beta2,
      setting.epsilon,
      setting.labelPower,
      setting.sharpestOnAverage,
      setting.sharpest,
    ]);
    const size = heads * (isFactored ? 2 * keyDimension * D + D * D + D : D * D + D);
    this.theta = view(exports.thetaAt(), size);
    this.first = view(exports.firstAt(), size);
    this.second = view(exports.secondAt(), rule.kind === 'adam' ? size : 0);
    this.names = new Int32Array(exports.memory.buffer, exports.namesAt(), 4 * mostSteps);
    this.corrections = view(exports.correctionsAt(), 2 * mostSteps);
  }

  take(state: DescentState, step: number, count: number, ceiling: number): number {
    const { exports, setting } = this;
    this.theta.set(state.theta);
    this.first.set(state.first);
    this.second.set(state.second);
    this.numbers[ceilingAt] = ceiling;
    let taken = 0;
    while (taken < count) {
      const next = Math.min(mostSteps, count - taken);
      this.prepare(step + taken, next);
      const done = exports.takeSteps(next, setting.batch);
      taken += done;
      if (done < next) break;
    }
    state.theta.set(this.theta);
    state.first.set(this.first);
    state.second.set(this.second);
    return taken;
  }

  /** Names of the steps from `step` on; and the corrections of Adam's moments, whose powers are those of `**`. */
  private prepare(step: number, count: number): void {
    const { seed, purpose, rule } = this.setting;
    for (let i = 0; i < count; i++) {
      const name = streamName(seed, purpose, step + i);
      for (let j = 0; j < 4; j++) this.names[4 * i + j] = name[j];
      if (rule.kind === 'adam') {
        this.corrections[2 * i] = 1 - rule.beta1 ** (step + i + 1);
        this.corrections[2 * i + 1] = 1 - rule.beta2 ** (step + i + 1);
      }
    }
  }
}
