/** What differs between two values of plain JSON, where it differs, so that a message about curves that have moved is little more than their numbers. */

/** The value anew; or what of an object or a list of the same shape is another, by key. */
export type Patch = { readonly whole: unknown } | { readonly parts: Readonly<Record<string, Patch>> };

/**
 * Null when nothing differs.
 * @param before plain JSON: no NaN, no infinities
 * @param after the same
 */
export function patchBetween(before: unknown, after: unknown): Patch | null {
  if (before === after) return null;
  if (typeof before !== 'object' || typeof after !== 'object' || before === null || after === null) return { whole: after };
  if (Array.isArray(before) !== Array.isArray(after)) return { whole: after };
  // One by one numbers would take more words than room.
  if (isNumbers(after)) return isNumbers(before) && haveSame(before, after) ? null : { whole: after };
  const keys = Object.keys(after);
  if (keys.length !== Object.keys(before).length || !keys.every((key) => Object.hasOwn(before, key))) return { whole: after };
  const parts: [string, Patch][] = [];
  for (const key of keys) {
    const part = patchBetween((before as Record<string, unknown>)[key], (after as Record<string, unknown>)[key]);
    if (part !== null) parts.push([key, part]);
  }
  return parts.length === 0 ? null : { parts: Object.fromEntries(parts) };
}

/**
 * What a patch makes of the value that it was made for. Parts that have not changed are the same objects.
 * @throws {TypeError} for a value of another shape
 */
export function patched(before: unknown, patch: Patch): unknown {
  if ('whole' in patch) return patch.whole;
  if (typeof before !== 'object' || before === null) throw new TypeError('The patch is of another value.');
  const after = (Array.isArray(before) ? [...before] : { ...before }) as Record<string, unknown>;
  for (const [key, part] of Object.entries(patch.parts)) {
    if (!Object.hasOwn(after, key)) throw new TypeError('The patch is of another value.');
    after[key] = patched(after[key], part);
  }
  return after;
}

type Numbers = readonly (number | null)[];

function isNumbers(value: object): value is Numbers {
  return Array.isArray(value) && value.length > 0 && value.every((one) => one === null || typeof one === 'number');
}

function haveSame(before: Numbers, after: Numbers): boolean {
  return before.length === after.length && after.every((value, i) => value === before[i]);
}
