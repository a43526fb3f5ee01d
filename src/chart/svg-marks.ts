/** Lines, bands, points and direct labels of one panel. */
import { area, curveMonotoneX, line } from 'd3-shape';
import { projection } from './axis.js';
import { simplify, thin } from './decimate.js';
import { colourOf, contrast, mix, type Theme } from './palette.js';
import type { Box, Frame } from './svg-layout.js';
import { fontSizes, strokeAttributes } from './svg-style.js';
import { element, escapeText, number, textElement } from './svg-text.js';
import { plainText } from './text.js';
import type { ChartModel, Panel, Series } from './types.js';

/** A quarter of a point: finer than a printer's dot at 288 dpi. */
const columnWidth = 0.25;
const tolerance = 0.04;
const bandTolerance = 0.1;

type Point = readonly [number, number];

export function panelMarks(model: ChartModel, panel: Panel, box: Box, frame: Frame, theme: Theme): string[] {
  if (panel.series.length === 0 && panel.references.length === 0) {
    const at = {
      x: (box.left + box.right) / 2,
      y: (box.top + box.bottom) / 2,
      size: fontSizes.legend,
      fill: theme.quietInk,
      anchor: 'middle',
    } as const;
    return [textElement([{ text: 'no values to draw' }], at)];
  }
  const x = projection(model.x, box.left, box.finiteRight);
  const y = projection(model.y, box.bottom, box.top);
  const out: string[] = [];
  for (const reference of panel.references) {
    const d = `M${number(box.left)},${number(y(reference.y))}H${number(box.right)}`;
    out.push(
      `<g><title>${escapeText(plainText(reference.label))}</title>${element('path', { d, ...strokeAttributes(reference.style, theme) })}</g>`,
    );
  }
  const projected = panel.series.map((series) => ({
    series,
    xs: Float64Array.from(series.x, x),
    ys: Float64Array.from(series.y, y),
  }));
  const joined = model.x.scale !== 'category';
  for (const p of projected) out.push(...band(p.series, p.xs, p.ys, y, box, theme, joined));
  // The limit lies on top: it is what the others are compared with.
  const ordered = [...projected.filter((p) => !p.series.isLimit), ...projected.filter((p) => p.series.isLimit)];
  for (const { series, xs, ys } of ordered) {
    const marks = seriesMarks(series, xs, ys, { x, y }, box, theme, joined);
    if (marks.length > 0) out.push(`<g><title>${escapeText(spoken(series))}</title>${marks.join('')}</g>`);
  }
  for (const label of frame.direct) {
    const fill = readable(colourOf(label.colour, theme), theme);
    if (Math.abs(label.y - label.from.y) > 1.2 || label.from.x < box.right - 1) {
      const d = `M${number(label.from.x + 1.8)},${number(label.from.y)}L${number(label.x - 1.2)},${number(label.y)}`;
      out.push(element('path', { d, fill: 'none', stroke: mix(fill, theme.background, 0.4), 'stroke-width': 0.4 }));
    }
    out.push(textElement(label.text, { x: label.x, y: label.y + fontSizes.legend * 0.35, size: fontSizes.legend, fill }));
  }
  return out;
}

function spoken(series: Series): string {
  return [plainText(series.label), series.methodLabel].filter((s) => s !== '').join(' (') + (series.methodLabel === '' ? '' : ')');
}

/** Text is thin: it takes more contrast than a line of the same colour. */
function readable(colour: string, theme: Theme): string {
  for (let share = 0; share < 1; share += 0.1) {
    const mixed = mix(colour, theme.ink, share);
    if (contrast(mixed, theme.background) >= 4.5) return mixed;
  }
  return theme.ink;
}

function seriesMarks(
  series: Series,
  xs: Float64Array,
  ys: Float64Array,
  { x, y }: Readonly<Record<'x' | 'y', (v: number | null) => number>>,
  box: Box,
  theme: Theme,
  joined: boolean,
): string[] {
  const out: string[] = [];
  const colour = colourOf(series.style.colour, theme);
  const dot = (cx: number, cy: number, r: number): void => {
    if (cy >= box.top - 0.5 && cy <= box.bottom + 0.5) out.push(element('circle', { cx, cy, r, fill: colour }));
  };
  const paths: string[] = [];
  const draw = line<Point>().digits(2);
  if (series.smooth) draw.curve(curveMonotoneX);
  // Categories have no order that a line could follow.
  for (const stretch of joined ? thin(xs, ys, columnWidth) : []) {
    if (stretch.length === 1) {
      if (!series.style.markers) dot(xs[stretch[0]!]!, ys[stretch[0]!]!, 1.3);
      continue;
    }
    const kept = series.smooth ? Array.from(stretch) : simplify(xs, ys, stretch, tolerance);
    const points = Array.from(kept, (i): Point => [xs[i]!, ys[i]!]);
    for (const piece of clip(points, box.top, box.bottom)) paths.push(draw(piece as Point[]) ?? '');
  }
  if (paths.length > 0) out.push(element('path', { d: paths.join(''), ...strokeAttributes(series.style, theme) }));
  if (series.style.markers) for (let i = 0; i < xs.length; i++) if (Number.isFinite(xs[i]! + ys[i]!)) dot(xs[i]!, ys[i]!, 1.25);
  for (const mark of series.marks ?? []) {
    const [cx, cy] = [x(mark.x), y(mark.y)];
    if (!(cx >= box.left - 0.5 && cx <= box.right && cy >= box.top - 0.5 && cy <= box.bottom + 0.5)) continue;
    const look = { fill: theme.background, stroke: colour, 'stroke-width': 0.9 };
    out.push(
      mark.kind === 'ring'
        ? element('circle', { cx, cy, r: 2.4, ...look })
        : element('rect', { x: cx - 2.1, y: cy - 2.1, width: 4.2, height: 4.2, ...look }),
    );
  }
  const end = series.atInfinity;
  if (end !== null) {
    const [low, high] = [limited(y(end.lower), box), limited(y(end.upper), box)];
    if (end.lower !== null && end.upper !== null) {
      const d = `M${number(box.infinityX)},${number(Number.isNaN(low) ? box.bottom : low)}V${number(high)}`;
      out.push(element('path', { d, fill: 'none', stroke: colour, 'stroke-width': 0.7 }));
    }
    dot(box.infinityX, y(end.y), 1.7);
  }
  return out;
}

function limited(v: number, box: Box): number {
  return Math.min(box.bottom, Math.max(box.top, v));
}

function band(
  series: Series,
  xs: Float64Array,
  ys: Float64Array,
  y: (v: number | null) => number,
  box: Box,
  theme: Theme,
  joined: boolean,
): string[] {
  if (series.lower === null || series.upper === null) return [];
  const n = xs.length;
  const lows = new Float64Array(n).fill(Number.NaN);
  const highs = new Float64Array(n).fill(Number.NaN);
  for (let i = 0; i < n; i++) {
    const [low, high] = [series.lower[i] ?? null, series.upper[i] ?? null];
    if (!Number.isFinite(ys[i]!) || low === null || high === null) continue;
    highs[i] = limited(y(high), box);
    const projectedLow = y(low);
    // On a log axis a band that reaches 0 reaches the foot of the chart.
    lows[i] = Number.isNaN(projectedLow) ? box.bottom : limited(projectedLow, box);
  }
  const shape = area<number>()
    .x((i) => xs[i]!)
    .y0((i) => lows[i]!)
    .y1((i) => highs[i]!)
    .digits(1);
  const upper = thin(xs, highs, columnWidth);
  const lower = thin(xs, lows, columnWidth);
  const fill = colourOf(series.style.colour, theme);
  const d: string[] = [];
  const bars: string[] = [];
  upper.forEach((stretch, k) => {
    const kept = [...new Set([...simplify(xs, highs, stretch, bandTolerance), ...simplify(xs, lows, lower[k] ?? [], bandTolerance)])].sort(
      (a, b) => a - b,
    );
    if (kept.length === 1) bars.push(`M${number(xs[kept[0]!]!)},${number(lows[kept[0]!]!)}V${number(highs[kept[0]!]!)}`);
    else if (joined) d.push(shape(kept) ?? '');
    else bars.push(...kept.map((i) => `M${number(xs[i]!)},${number(lows[i]!)}V${number(highs[i]!)}`));
  });
  const out: string[] = [];
  if (d.length > 0) out.push(element('path', { d: d.join(''), fill, 'fill-opacity': 0.18, stroke: 'none' }));
  if (bars.length > 0) out.push(element('path', { d: bars.join(''), fill: 'none', stroke: fill, 'stroke-width': 0.7 }));
  return out;
}

/** The parts of a line between two heights, cut where it crosses them. */
export function clip(points: readonly Point[], top: number, bottom: number): Point[][] {
  const pieces: Point[][] = [];
  let current: Point[] = [];
  const inside = (p: Point): boolean => p[1] >= top && p[1] <= bottom;
  const flush = (): void => {
    if (current.length > 1) pieces.push(current);
    current = [];
  };
  points.forEach((p, i) => {
    const previous = points[i - 1];
    if (previous !== undefined && (!inside(previous) || !inside(p))) {
      const cuts = [top, bottom]
        .filter((level) => (previous[1] < level && p[1] > level) || (previous[1] > level && p[1] < level))
        .map((level): Point => [previous[0] + ((p[0] - previous[0]) * (level - previous[1])) / (p[1] - previous[1]), level])
        .sort((a, b) => Math.abs(a[1] - previous[1]) - Math.abs(b[1] - previous[1]));
      for (const cut of cuts) {
        current.push(cut);
        // Leaving, or passing through: after every second point outside, a piece is whole.
        if (inside(previous) || current.length > 1) flush();
      }
    }
    if (inside(p)) current.push(p);
  });
  flush();
  return pieces;
}
