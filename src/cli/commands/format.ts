/** `attn format`: rewrites specs in place, or says which are not formatted. */
import { formatSpec, parseSpec } from '../../language/index.js';
import type { Arguments } from '../arguments.js';
import { humanDiagnostic } from '../diagnostics.js';
import { exit } from '../exit.js';
import { readSource, writeWhole } from '../files.js';
import { styleFor, write } from '../terminal.js';

export async function format(args: Arguments): Promise<number> {
  let status: number = exit.ok;
  const only = args.flags.has('check');
  for (const name of args.operands) {
    const { text } = readSource(name);
    const formatted = formatSpec(text);
    if (formatted === null) {
      const style = styleFor(process.stderr);
      const errors = parseSpec(text).diagnostics.filter(({ severity }) => severity === 'error');
      await write(process.stderr, errors.map((diagnostic) => humanDiagnostic(name, text, diagnostic, style)).join('\n'));
      await write(process.stderr, `attn: ${name} is not formatted: it has a mistake\n`);
      status = exit.input;
    } else if (only) {
      if (formatted === text) continue;
      await write(process.stdout, `${name}\n`);
      status = exit.input;
    } else if (name === '-') await write(process.stdout, formatted);
    else if (formatted !== text) writeWhole(name, formatted);
  }
  return status;
}
