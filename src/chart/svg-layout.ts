/** Where everything stands in a figure, in points, before anything is drawn. */
import { axisTicks, projection } from './axis.js';
import { textWidth, wrap } from './measure.js';
import type { SvgOptions } from './svg.js';
import { type LegendPlan, planLegend } from './svg-legend.js';
import { fontSizes } from './svg-style.js';
import { plain } from './text.js';
import type { ChartModel, ColourRole, Text, Tick } from './types.js';

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Right end of the finite part of the x axis; `right` without a tick at ∞. */
  readonly finiteRight: number;
  readonly infinityX: number;
  readonly title: readonly Text[];
  /** In the first column, with tick labels on the y axis. */
  readonly first: boolean;
  /** Nothing below it in its column: with tick labels on the x axis. */
  readonly lowest: boolean;
}

export interface DirectLabel {
  readonly text: Text;
  readonly colour: ColourRole;
  /** Where the line ends, and where the middle of the label stands. */
  readonly from: { readonly x: number; readonly y: number };
  readonly y: number;
  readonly x: number;
}

export interface PlacedLines {
  readonly lines: readonly Text[];
  /** Middle of the first line's base. */
  readonly x: number;
  readonly y: number;
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly margin: number;
  readonly title: readonly Text[];
  readonly titleY: number;
  readonly legend: LegendPlan;
  readonly legendX: number;
  readonly legendY: number;
  readonly panels: readonly Box[];
  readonly direct: readonly DirectLabel[];
  readonly xLabels: readonly PlacedLines[];
  readonly yLabels: readonly PlacedLines[];
  readonly xTicks: readonly Tick[];
  /** Long names of categories are set at an angle. */
  readonly slanted: boolean;
  readonly yCount: number;
  readonly notes: readonly Text[];
  readonly notesY: number;
}

const margin = 5;
const columnGap = 18;
const infinityZone = 19;
const slant = Math.sin((32 * Math.PI) / 180);

export function layout(model: ChartModel, options: SvgOptions): Frame {
  const direct = place(model, options, true);
  return direct ?? (place(model, options, false) as Frame);
}

function place(model: ChartModel, options: SvgOptions, direct: boolean): Frame | null {
  const n = model.panels.length;
  const size = options.size ?? (n > 1 ? 'wide' : 'column');
  const width = size === 'column' ? 244.8 : size === 'wide' ? 504 : Math.max(120, size.width);
  const fixed = typeof size === 'object' ? size.height : undefined;
  const inner = width - 2 * margin;

  const ends = direct ? lineEnds(model) : [];
  if (direct && ends.length === 0) return null;
  const endWidth = ends.reduce((most, e) => Math.max(most, textWidth(e.text, fontSizes.legend)), 0);
  if (endWidth > 0.2 * width) return null;

  const titles = options.title === false || model.title === '' ? [] : wrap(plain(model.title), fontSizes.title, inner, 3, true);
  const titleHeight = titles.length === 0 ? 0 : titles.length * fontSizes.title * 1.2 + 2;
  const legend = planLegend(direct ? [] : model.legend, inner);
  const legendHeight = legend.height === 0 ? 0 : legend.height + 4;
  const notes = options.notes === false ? [] : model.notes.length === 0 ? [] : wrap(plain(model.notes.join(' ')), fontSizes.note, inner, 4);
  const notesHeight = notes.length === 0 ? 0 : notes.length * fontSizes.note * 1.25 + 2;

  const columns = columnCount(n, inner - 40);
  const rows = Math.ceil(n / columns);
  // The y labels need the height and the height follows from the width that they leave: two passes settle it.
  let plotHeight = fixed === undefined ? 100 : Math.max(30, (fixed - 90) / rows);
  let left = 0;
  let panelWidth = 0;
  let yLines: Text[] = [];
  let yCount = 4;
  const right = direct ? endWidth + 10 : Math.max(3, lastTickOverhang(model));
  let titleLines: Text[][] = [];
  let panelTitleHeight = 0;
  let xTicks: readonly Tick[] = [];
  let slanted = false;
  let below = 0;
  const headTop = margin + titleHeight + legendHeight;
  for (let pass = 0; pass < 3; pass++) {
    yCount = Math.min(8, Math.max(2, Math.round(plotHeight / 25)));
    yLines = wrap(model.y.label, fontSizes.label, rows * plotHeight + (rows - 1) * 16 + 10, 3);
    const tickWidth = axisTicks(model.y, yCount).reduce((most, t) => Math.max(most, textWidth(t.label ?? [], fontSizes.tick)), 0);
    left = margin + yLines.length * fontSizes.label * 1.2 + 3 + tickWidth + 4.4;
    panelWidth = (width - margin - right - left - (columns - 1) * columnGap) / columns;
    titleLines = model.panels.map((p) => (p.title.length === 0 ? [] : wrap(p.title, fontSizes.legend, panelWidth, 2)));
    panelTitleHeight = titleLines.reduce((most, t) => Math.max(most, t.length), 0) * fontSizes.legend * 1.15;
    const finite = panelWidth - (model.x.infinity ? infinityZone : 0);
    ({ ticks: xTicks, slanted } = fitTicks(model, finite));
    const slantedHeight = slanted ? xTicks.reduce((most, t) => Math.max(most, textWidth(t.label ?? [], fontSizes.tick)), 0) * slant : 0;
    below = 4 + fontSizes.tick * 1.2 + slantedHeight + fontSizes.label * 1.35 + 1;
    const ratio = n > 1 ? 0.74 : size === 'column' ? 0.68 : 0.46;
    const gaps = (rows - 1) * (8 + panelTitleHeight);
    plotHeight =
      fixed === undefined
        ? Math.min(190, Math.max(62, panelWidth * ratio))
        : Math.max(24, (fixed - headTop - 5 - panelTitleHeight - gaps - below - notesHeight - margin) / rows);
  }
  if (panelWidth < 40 && direct) return null;

  const gridTop = headTop + 5 + panelTitleHeight;
  const rowStep = plotHeight + 8 + panelTitleHeight;
  const boxes = model.panels.map((_, i): Box => {
    const column = i % columns;
    const row = Math.floor(i / columns);
    const x0 = left + column * (panelWidth + columnGap);
    const y0 = gridTop + row * rowStep;
    const x1 = x0 + panelWidth;
    const finiteRight = model.x.infinity ? x1 - infinityZone : x1;
    const lowest = i + columns >= n;
    return {
      left: x0,
      right: x1,
      top: y0,
      bottom: y0 + plotHeight,
      finiteRight,
      infinityX: x1 - 6,
      title: titleLines[i] ?? [],
      first: column === 0,
      lowest,
    };
  });
  const gridBottom = gridTop + (rows - 1) * rowStep + plotHeight;
  const gridRight = left + columns * panelWidth + (columns - 1) * columnGap;
  const xLabelY = gridBottom + below - 2;
  const notesY = gridBottom + below + 2 + fontSizes.note;
  const height = fixed ?? gridBottom + below + notesHeight + margin;

  const labels = direct ? placeEnds(model, boxes[0]!, ends) : [];
  if (labels === null) return null;
  const xWords = wrap(model.x.label, fontSizes.label, gridRight - left + 20, 1);
  return {
    width,
    height: Math.max(60, height),
    margin,
    title: titles,
    titleY: margin + fontSizes.title,
    legend,
    legendX: margin,
    legendY: margin + titleHeight,
    panels: boxes,
    direct: labels,
    xLabels: [{ lines: xWords, x: (left + gridRight) / 2, y: xLabelY }],
    yLabels: [{ lines: yLines, x: margin + fontSizes.label * 0.85, y: (gridTop + gridBottom) / 2 }],
    xTicks,
    slanted,
    yCount,
    notes,
    notesY,
  };
}

/** As many columns as keep a panel readable, the rows as even as possible. */
function columnCount(panels: number, width: number): number {
  const most = Math.max(1, Math.min(panels, Math.floor((width + columnGap) / (98 + columnGap))));
  return Math.ceil(panels / Math.ceil(panels / most));
}

function lastTickOverhang(model: ChartModel): number {
  return textWidth(axisTicks(model.x, 5).findLast((t) => t.label !== null)?.label ?? [], fontSizes.tick) / 2;
}

/** Ticks of the x axis with only the labels that fit beside each other; names of categories stay and are slanted instead. */
function fitTicks(model: ChartModel, width: number): { ticks: Tick[]; slanted: boolean } {
  const x = projection(model.x, 0, width);
  const half = (t: Tick): number => textWidth(t.label ?? [], fontSizes.tick) / 2;
  const crowded = (ticks: readonly Tick[]): boolean => {
    const shown = ticks.filter((t) => t.label !== null);
    return shown.some((t, i) => i > 0 && x(t.value) - half(t) < x(shown[i - 1]!.value) + half(shown[i - 1]!) + 4);
  };
  if (model.x.scale === 'category') {
    const ticks = axisTicks(model.x, 0);
    return { ticks, slanted: crowded(ticks) };
  }
  let count = Math.min(8, Math.max(2, Math.floor(width / 30)));
  let ticks = axisTicks(model.x, count);
  while (crowded(ticks) && count > 2) ticks = axisTicks(model.x, --count);
  let edge = Number.NEGATIVE_INFINITY;
  const fitted = ticks.map((t) => {
    if (t.label === null) return t;
    const at = x(t.value);
    if (at - half(t) < edge + 3) return { ...t, label: null };
    edge = at + half(t);
    return t;
  });
  return { ticks: fitted, slanted: false };
}

interface End {
  readonly text: Text;
  readonly colour: ColourRole;
  readonly series: number;
}

/** Labels for the ends of the lines, when every line has a legend entry of its own and there are few; else none. */
function lineEnds(model: ChartModel): End[] {
  const [panel] = model.panels;
  const [group] = model.legend;
  if (model.panels.length !== 1 || model.legend.length !== 1 || panel === undefined || group?.kind !== 'entries') return [];
  if (group.omitted > 0 || panel.series.length > 7 || panel.series.length !== group.entries.length || panel.references.length > 0)
    return [];
  const facets = panel.series.some((s) => s.role !== 'value' && s.role !== 'overlay');
  return panel.series.map((s, series) => ({
    series,
    colour: s.style.colour,
    text: facets && s.role === 'value' ? group.entries[0]!.label : s.label,
  }));
}

/** Puts labels beside line ends, moved apart where they would overlap; null when one would stand too far from its line. */
function placeEnds(model: ChartModel, box: Box, ends: readonly End[]): DirectLabel[] | null {
  const x = projection(model.x, box.left, box.finiteRight);
  const y = projection(model.y, box.bottom, box.top);
  const placed: { end: End; from: { x: number; y: number }; y: number }[] = [];
  for (const end of ends) {
    const series = model.panels[0]!.series[end.series]!;
    let from: { x: number; y: number };
    if (series.atInfinity !== null) from = { x: box.infinityX, y: y(series.atInfinity.y) };
    else {
      const last = series.y.findLastIndex((v) => v !== null);
      from = { x: x(series.x[last] ?? null), y: y(series.y[last] ?? null) };
    }
    if (!(from.x > box.right - 0.12 * (box.right - box.left)) || !Number.isFinite(from.y)) return null;
    if (from.y < box.top - 1 || from.y > box.bottom + 1) return null;
    placed.push({ end, from, y: from.y });
  }
  placed.sort((a, b) => a.from.y - b.from.y || a.end.series - b.end.series);
  const gap = fontSizes.legend * 1.12;
  spreadApart(placed, gap, box.top - 2, box.bottom + 2);
  if (placed.some((p) => Math.abs(p.y - p.from.y) > 1.6 * gap || p.y < box.top - 4 || p.y > box.bottom + 4)) return null;
  return placed.map((p) => ({ text: p.end.text, colour: p.end.colour, from: p.from, y: p.y, x: box.right + 7 }));
}

/** Moves sorted positions as little as needed to be `gap` apart: overlapping neighbours become clusters about their mean. */
function spreadApart(items: { y: number; from: { y: number } }[], gap: number, top: number, bottom: number): void {
  const clusters: { members: typeof items; start: number }[] = [];
  const settle = (members: typeof items): { members: typeof items; start: number } => {
    const mean = members.reduce((sum, m, i) => sum + m.from.y - i * gap, 0) / members.length;
    return { members, start: Math.min(bottom - (members.length - 1) * gap, Math.max(top, mean)) };
  };
  for (const item of items) {
    let cluster = settle([item]);
    for (let last = clusters.at(-1); last !== undefined && last.start + last.members.length * gap > cluster.start; last = clusters.at(-1)) {
      clusters.pop();
      cluster = settle([...last.members, ...cluster.members]);
    }
    clusters.push(cluster);
  }
  for (const { members, start } of clusters) {
    members.forEach((m, i) => {
      m.y = start + i * gap;
    });
  }
}
