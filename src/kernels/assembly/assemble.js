// Compiles the AssemblyScript of this folder; a tool of build and tests.
import asc from 'assemblyscript/asc';

/** A path also on Windows, where the one of a URL begins with a slash before the drive. */
const entry = decodeURIComponent(new URL('index.ts', import.meta.url).pathname).replace(/^\/(?=[A-Za-z]:)/, '');

// Nothing is imported, and memory is handed out by the module itself.
const options = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--enable', 'bulk-memory'];
// Lanes pass between functions of the module only; offsets mix i32 and usize, which are one on wasm32.
const quiet = ['--disableWarning', '112', '--disableWarning', '201'];

/**
 * The bytes of the WebAssembly module; rejects with the compiler's messages.
 *
 * @returns {Promise<Uint8Array>}
 */
export async function assemble() {
  let module;
  const { error, stderr } = await asc.main([entry, ...options, ...quiet, '--outFile', 'kernels.wasm'], {
    writeFile: (_, contents) => {
      module = contents;
    },
  });
  if (error !== null || module === undefined) throw new Error(`${error?.message ?? 'no module'}\n${stderr}`);
  return module;
}
