/** The bytes of the WebAssembly module, compiled from this folder; rejects with the compiler's messages. */
export function assemble(): Promise<Uint8Array>;
