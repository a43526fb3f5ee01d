import { readFileSync } from 'node:fs';
import type { TrainingMeans } from '../../solver/sgd.js';

/** As much of it as is used here. */
declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object };

type Kernels = NonNullable<TrainingMeans['kernels']>;

/** Reads and compiles the WebAssembly at `file` when it is first asked for; null where it is missing or this machine cannot run it. */
export function kernelLoader(file: URL): Kernels {
  let loaded: ReturnType<Kernels> | undefined;
  return () => {
    if (loaded === undefined) loaded = load(file);
    return loaded;
  };
}

function load(file: URL): ReturnType<Kernels> {
  try {
    return new WebAssembly.Module(readFileSync(file));
  } catch {
    return null;
  }
}
