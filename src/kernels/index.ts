/**
 * Inner loops at the speed of the machine: the prompts of a training step drawn, evaluated and summed, and the contour sums of an exact gradient flow.
 * WebAssembly SIMD where a compiled module is given (`assembly/`), plain TypeScript where it is not.
 */
import { type ContourKernel, PlainContour } from './contour.js';
import type { BatchKernel, Precision, PromptSetting } from './setting.js';
import { TwinKernel } from './twin.js';
import { type KernelModule, WasmKernel } from './wasm.js';
import { wasmContour } from './wasm-contour.js';

export type { ContourKernel, ContourTable } from './contour.js';
export { ContourNode } from './contour.js';
export type {
  BaseLaw,
  BatchKernel,
  Descent,
  DescentSetting,
  DescentState,
  KernelLink,
  LawComponent,
  LawForm,
  Precision,
  PromptSetting,
  PromptSums,
} from './setting.js';
export { blockPrompts, hasPlaneForm, recordShape } from './setting.js';
export { streamName } from './streams.js';
export type { KernelModule } from './wasm.js';

/** Answers the compiled module, which may be made when it is first asked for; null where there is none. */
export type KernelLoader = () => KernelModule | null;

/** A kernel for `setting`. Without a module (the file is missing, or the machine has no SIMD) `precision` is ignored and the result is `portable`. */
export function createBatchKernel(setting: PromptSetting, precision: Precision, module: KernelModule | null): BatchKernel {
  return module === null ? new TwinKernel(setting) : new WasmKernel(setting, precision, module);
}

/** The sums over a contour of at most `mostNodes` nodes (even), in `dimension` coordinates. The same bits with and without a module. */
export function createContourKernel(dimension: number, mostNodes: number, module: KernelModule | null): ContourKernel {
  return module === null ? new PlainContour(dimension) : wasmContour(dimension, mostNodes, module);
}
