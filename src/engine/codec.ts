/** Results as text and back, with the values that JSON does not know. */
import type { RunResult } from '../solver/result.js';

const format = 2;
const words: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, '-inf': Number.NEGATIVE_INFINITY };

function toJson(_key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isFinite(value)) return value;
  return { number: Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf' };
}

function fromJson(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('number' in value)) return value;
  const { number } = value;
  return typeof number === 'string' && number in words ? words[number] : value;
}

/** The hash and the length of the content stand in the entry, so that one cut short or misplaced is known for what it is. */
export function encodeResult(result: RunResult, hash: string): string {
  const body = JSON.stringify(result, toJson);
  return `${JSON.stringify({ format, hash, length: body.length })}\n${body}`;
}

/** Null when the text is not an entry of this hash, or is damaged. */
export function decodeResult(text: string, hash: string): RunResult | null {
  const newline = text.indexOf('\n');
  try {
    const head: unknown = JSON.parse(text.slice(0, newline));
    const body = text.slice(newline + 1);
    if (typeof head !== 'object' || head === null) return null;
    const { format: found, hash: named, length } = head as Record<string, unknown>;
    if (found !== format || named !== hash || length !== body.length) return null;
    const result: unknown = JSON.parse(body, fromJson);
    return isResult(result) ? result : null;
  } catch {
    return null;
  }
}

function isResult(value: unknown): value is RunResult {
  if (typeof value !== 'object' || value === null) return false;
  const { method, axes, quantities, notes } = value as Record<string, unknown>;
  if (typeof method !== 'string' || typeof axes !== 'object' || axes === null || !Array.isArray(notes)) return false;
  if (typeof quantities !== 'object' || quantities === null) return false;
  return Object.values(quantities).every(
    (series: unknown) => typeof series === 'object' && series !== null && Array.isArray((series as { value?: unknown }).value),
  );
}
