/** SVG elements as text. */
import { scriptScale } from './measure.js';
import type { Text } from './types.js';

/** At most two decimals, no trailing zeros, no −0: coordinates are in points. */
export function number(value: number): string {
  const rounded = Math.round(value * 100) / 100;
  return String(rounded === 0 ? 0 : rounded);
}

/** Escapes mark-up and leaves out what XML cannot hold. */
export function escapeText(text: string): string {
  return [...text]
    .filter((c) => {
      const code = c.codePointAt(0) ?? 0;
      return (
        (code >= 32 || code === 9 || code === 10 || code === 13) &&
        !(code >= 0xd800 && code <= 0xdfff) &&
        code !== 0xfffe &&
        code !== 0xffff
      );
    })
    .join('')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

export function element(name: string, attributes: Readonly<Record<string, string | number | undefined>>): string {
  const list = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${typeof value === 'number' ? number(value) : escapeText(value)}"`],
  );
  return `<${name}${list.join('')}/>`;
}

export interface TextPlace {
  readonly x: number;
  /** Base line. */
  readonly y: number;
  readonly size: number;
  readonly fill: string;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly bold?: boolean;
  /** Degrees about (x, y). */
  readonly rotate?: number;
}

export function textElement(text: Text, place: TextPlace): string {
  const { x, y, size, fill, anchor, bold, rotate } = place;
  let shift = 0;
  const spans = text.map((span) => {
    const target = span.script === 'super' ? -0.38 * size : span.script === 'sub' ? 0.2 * size : 0;
    const dy = target - shift;
    shift = target;
    const attributes = [
      Math.abs(dy) > 1e-9 ? ` dy="${number(dy)}"` : '',
      span.script === undefined ? '' : ` font-size="${number(size * scriptScale)}"`,
      span.italic === true ? ' font-style="italic"' : '',
    ].join('');
    const content = escapeText(span.text);
    return attributes === '' ? content : `<tspan${attributes}>${content}</tspan>`;
  });
  const attributes = [
    ` x="${number(x)}" y="${number(y)}" font-size="${number(size)}" fill="${fill}"`,
    anchor === undefined || anchor === 'start' ? '' : ` text-anchor="${anchor}"`,
    bold === true ? ' font-weight="bold"' : '',
    rotate === undefined ? '' : ` transform="rotate(${rotate} ${number(x)} ${number(y)})"`,
  ].join('');
  // Some renderers drop a space at the edge of a tspan unless told to keep it.
  const space = text.length > 1 ? ' xml:space="preserve"' : '';
  return `<text${attributes}${space}>${spans.join('')}</text>`;
}
