/** The channel to a panel is JSON, which has no infinities. Charts have none either; the other parts of a message cross packed. */
import { packed, unpacked } from './language.js';
import type { ToPanel } from './messages.js';

const parts = ['table', 'parameters', 'held'] as const;

function mapParts(content: object, each: (value: unknown) => unknown): object {
  const found = parts.filter((part) => part in content);
  return { ...content, ...Object.fromEntries(found.map((part) => [part, each((content as Record<string, unknown>)[part])])) };
}

/** What is put into the channel for a message. */
export function toChannel(message: ToPanel): unknown {
  if (message.type === 'state') return { ...message, content: mapParts(message.content, packed) };
  if (message.type === 'update') return { ...message, changes: mapParts(message.changes, packed) };
  return message;
}

/** What came out of the channel, as it was put in; it may be anything. */
export function fromChannel(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const key of ['content', 'changes'] as const) {
    const content = (value as Record<string, unknown>)[key];
    if (typeof content === 'object' && content !== null) return { ...value, [key]: mapParts(content, unpacked) };
  }
  return value;
}
