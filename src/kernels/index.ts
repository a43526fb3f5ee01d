/**
 * Sampling loops: the prompts of a training step drawn, evaluated and summed at the speed of the machine. WebAssembly SIMD where a compiled module is
 * given (`assembly/`), plain TypeScript where it is not.
 */
import type { BatchKernel, Precision, PromptSetting } from './setting.js';
import { TwinKernel } from './twin.js';
import { type KernelModule, WasmKernel } from './wasm.js';

export type { BaseLaw, BatchKernel, KernelLink, LawComponent, LawForm, Precision, PromptSetting, PromptSums } from './setting.js';
export { blockPrompts, hasPlaneForm } from './setting.js';
export { streamName } from './streams.js';
export type { KernelModule } from './wasm.js';

/** A kernel for `setting`. Without a module (the file is missing, or the machine has no SIMD) `precision` is ignored and the result is `portable`. */
export function createBatchKernel(setting: PromptSetting, precision: Precision, module: KernelModule | null): BatchKernel {
  return module === null ? new TwinKernel(setting) : new WasmKernel(setting, precision, module);
}
