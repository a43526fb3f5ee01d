/** `attn check`: every mistake of some specs, for people or as JSON. */
import type { Arguments } from '../arguments.js';
import { humanDiagnostic, jsonDiagnostic } from '../diagnostics.js';
import { exit } from '../exit.js';
import { load } from '../load.js';
import { styleFor, write } from '../terminal.js';
import { version } from '../version.js';

export async function check(args: Arguments): Promise<number> {
  const { sources, diagnostics, failed } = load(args);
  if (args.values.get('format')?.[0] === 'json') {
    const files = sources.map(({ name, text }) => ({
      file: name,
      diagnostics: diagnostics
        .filter((one) => one.file === name)
        .map((one) => jsonDiagnostic(one.text === text ? text : one.text, one.diagnostic)),
    }));
    await write(process.stdout, `${JSON.stringify({ version, files })}\n`);
  } else {
    const style = styleFor(process.stdout);
    await write(process.stdout, diagnostics.map(({ file, text, diagnostic }) => humanDiagnostic(file, text, diagnostic, style)).join('\n'));
    const errors = diagnostics.filter(({ diagnostic }) => diagnostic.severity === 'error').length;
    const warnings = diagnostics.length - errors;
    const count = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;
    await write(
      process.stderr,
      `${[count(errors, 'error'), ...(warnings > 0 ? [count(warnings, 'warning')] : [])].join(', ')} in ${count(sources.length, 'file')}\n`,
    );
  }
  return failed ? exit.input : exit.ok;
}
