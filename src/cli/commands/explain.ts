/** `attn explain`: the catalogue's text on a diagnostic code. */
import { catalogue } from '../../language/catalogue.js';
import { nearest } from '../../language/distance.js';
import type { Arguments } from '../arguments.js';
import { exit, UsageError } from '../exit.js';
import { styleFor, write } from '../terminal.js';

export async function explain(args: Arguments): Promise<number> {
  const given = args.operands[0]!;
  const code = given.replace(/^attn\./i, '').toUpperCase();
  const entries = new Map(Object.entries(catalogue).map(([key, entry]) => [key.replace(/^attn\./, ''), entry]));
  const entry = entries.get(code);
  if (entry === undefined) {
    const guess = nearest(code, entries.keys());
    throw new UsageError(`there is no code \`${given}\`${guess === undefined ? '' : `; did you mean \`attn.${guess}\`?`}`);
  }
  const style = styleFor(process.stdout);
  const example = (title: string, text: string) =>
    text === '' ? [] : ['', style.bold(title), ...text.split('\n').map((line) => `    ${line}`)];
  const lines = [
    style.bold(`attn.${code}: ${entry.title}`),
    '',
    ...wrap(entry.explanation, 100),
    ...example('Wrong', entry.wrong),
    ...example('Right', entry.right),
  ];
  await write(process.stdout, `${lines.join('\n')}\n`);
  return exit.ok;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
