/** Translation of what the panel says. Of its own, as the library for it can load bundles over the network, which nothing in the panel may. */

let strings: Readonly<Record<string, string>> = {};

/** Translations by the English text; what has none stays English. */
export function config(translations: Readonly<Record<string, string>>): void {
  strings = translations;
}

/** The text in the language of the editor, with `{0}`, `{1}`, … replaced. */
export function t(text: string, ...values: readonly (string | number)[]): string {
  return (strings[text] ?? text).replace(/\{(\d+)\}/g, (whole, index: string) => String(values[Number(index)] ?? whole));
}
