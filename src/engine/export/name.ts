/** Names of exported files. */

const longestName = 80;

/** A title as the name of a file, the same on every system. */
export function fileName(title: string): string {
  const name = title
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, longestName)
    .replace(/-+$/, '');
  // Names that Windows keeps for devices.
  return name === '' || /^(con|prn|aux|nul|com\d|lpt\d)$/.test(name) ? `experiment${name === '' ? '' : `-${name}`}` : name;
}
