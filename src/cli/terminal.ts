/** Writing to a terminal, or to whatever stands in its place. */

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  blue(text: string): string;
}

const identity = (text: string) => text;
export const plain: Style = { bold: identity, dim: identity, red: identity, green: identity, yellow: identity, blue: identity };

const paint = (code: number) => (text: string) => (text === '' ? '' : `\u001b[${code}m${text}\u001b[0m`);
const coloured: Style = { bold: paint(1), dim: paint(2), red: paint(31), green: paint(32), yellow: paint(33), blue: paint(34) };

/** Colours on a terminal, unless NO_COLOR is set (no-color.org) or the terminal is dumb; FORCE_COLOR overrides. */
export function styleFor(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv = process.env): Style {
  if (environment.NO_COLOR !== undefined && environment.NO_COLOR !== '') return plain;
  if (environment.FORCE_COLOR !== undefined && environment.FORCE_COLOR !== '0') return coloured;
  return stream.isTTY && environment.TERM !== 'dumb' ? coloured : plain;
}

/** Characters that a terminal would obey rather than show are shown as what they are. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Resolves when the text is handed to the system: a pipe may be slower than the process that is about to end. */
export function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (text === '' || stream.destroyed || !stream.writable) resolve();
    else stream.write(text, () => resolve());
  });
}
