/** The legend above the panels: entries that flow in rows, and ramps. */
import { projection } from './axis.js';
import { textWidth, wrap } from './measure.js';
import { colourOf, mix, type Theme } from './palette.js';
import { strokeAttributes } from './svg-style.js';
import { element, number, textElement } from './svg-text.js';
import { plain } from './text.js';
import type { LegendGroup, LineStyle, Text } from './types.js';

const size = 7;
const rowHeight = 9.6;
const keyWidth = 15;
const rampWidth = 92;

type Item =
  | { readonly kind: 'text'; readonly text: Text; readonly x: number; readonly y: number; readonly quiet: boolean }
  | { readonly kind: 'key'; readonly style: LineStyle; readonly x: number; readonly y: number }
  | { readonly kind: 'ramp'; readonly group: Extract<LegendGroup, { kind: 'ramp' }>; readonly x: number; readonly y: number };

export interface LegendPlan {
  readonly items: readonly Item[];
  readonly height: number;
}

/** Lays the groups out in rows no wider than `width`; y is the base line of a row. */
export function planLegend(groups: readonly LegendGroup[], width: number): LegendPlan {
  const items: Item[] = [];
  let x = 0;
  let y = size;
  let rowTall = rowHeight;
  const advance = (needed: number): void => {
    if (x > 0 && x + needed > width) {
      x = 0;
      y += rowTall;
      rowTall = rowHeight;
    }
  };
  const words = (text: Text, quiet: boolean): void => {
    items.push({ kind: 'text', text, x, y, quiet });
    x += textWidth(text, size);
  };
  const entry = (text: Text, style: LineStyle): void => {
    const fitted = wrap(text, size, width - keyWidth - 4, 1)[0] ?? [];
    advance(keyWidth + 3 + textWidth(fitted, size));
    items.push({ kind: 'key', style, x, y });
    x += keyWidth + 3;
    words(fitted, false);
    x += 8;
  };
  for (const group of groups) {
    if (x > 0) x += 6;
    const head = group.title.length === 0 ? 0 : textWidth(group.title, size) + 5;
    if (group.kind === 'ramp') {
      advance(head + rampWidth + 8);
      if (head > 0) words(group.title, true);
      x += head > 0 ? 7 : 4;
      items.push({ kind: 'ramp', group, x, y });
      x += rampWidth + 12;
      rowTall = rowHeight + 9;
      if (group.limit !== null) entry(group.limit.short, group.limit.style);
      continue;
    }
    const widths = group.entries.map((e) => keyWidth + 3 + textWidth(e.short, size));
    const whole = head + widths.reduce((a, b) => a + b, 0) + 8 * (widths.length - 1);
    // A group that would fit in a row of its own is not torn.
    advance(whole <= width ? whole : head + (widths[0] ?? 0));
    if (head > 0) {
      words(group.title, true);
      x += 5;
    }
    for (const e of group.entries) entry(e.short, e.style);
    if (group.omitted > 0) {
      const more = plain(`and ${group.omitted} more`);
      advance(textWidth(more, size));
      words(more, true);
      x += 8;
    }
  }
  return { items, height: items.length === 0 ? 0 : y - size + rowTall };
}

export function legendBlock(plan: LegendPlan, left: number, top: number, theme: Theme): string[] {
  return plan.items.flatMap((item) => {
    const x = left + item.x;
    const y = top + item.y;
    if (item.kind === 'text') return [textElement(item.text, { x, y, size, fill: item.quiet ? theme.quietInk : theme.ink })];
    if (item.kind === 'ramp') return ramp(item.group, x, y, theme);
    const middle = y - size * 0.34;
    const line = element('path', { d: `M${number(x)},${number(middle)}h${keyWidth}`, ...strokeAttributes(item.style, theme) });
    if (!item.style.markers) return [line];
    return [line, element('circle', { cx: x + keyWidth / 2, cy: middle, r: 1.3, fill: colourOf(item.style.colour, theme) })];
  });
}

/** The ramp as adjoining rectangles: a gradient would need an id, and ids clash where several figures share a page. */
function ramp(group: Extract<LegendGroup, { kind: 'ramp' }>, x: number, y: number, theme: Theme): string[] {
  const steps = 46;
  const step = rampWidth / steps;
  const out: string[] = [];
  for (let i = 0; i < steps; i++) {
    const fill = colourOf({ kind: 'ordered', position: i / (steps - 1) }, theme);
    // Rectangles overlap a little, so that no seam shows between them.
    out.push(element('rect', { x: x + i * step, y: y - size + 1, width: i === steps - 1 ? step : step + 0.4, height: size - 1, fill }));
  }
  const at = projection(group, x, x + rampWidth);
  let edge = Number.NEGATIVE_INFINITY;
  for (const tick of group.ticks) {
    if (tick.label === null) continue;
    const tx = at(tick.value);
    const half = textWidth(tick.label, 6) / 2;
    if (tx - half < edge + 3) continue;
    edge = tx + half;
    out.push(element('path', { d: `M${number(tx)},${number(y)}v1.6`, stroke: theme.axis, 'stroke-width': 0.5 }));
    out.push(textElement(tick.label, { x: tx, y: y + 7.6, size: 6, fill: mix(theme.ink, theme.background, 0.15), anchor: 'middle' }));
  }
  return out;
}
