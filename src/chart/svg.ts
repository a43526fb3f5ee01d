/**
 * A chart model as a self-contained SVG, fit for print: sizes in points, no scripts, no external fonts, no ids (so that several figures can
 * stand in one page), the same text for the same input.
 */

import { axisTicks, projection } from './axis.js';
import { type Theme, type ThemeName, themes } from './palette.js';
import { onScales } from './shown.js';
import { type Frame, layout } from './svg-layout.js';
import { legendBlock } from './svg-legend.js';
import { panelMarks } from './svg-marks.js';
import { fontSizes } from './svg-style.js';
import { element, escapeText, number, textElement } from './svg-text.js';
import { zoneMarks } from './svg-zones.js';
import { plain } from './text.js';
import type { ChartModel, Tick } from './types.js';

export interface SvgOptions {
  /** `column` is 3.4 in wide, `wide` 7 in. By default a column for one panel, else wide. Sizes in points; the height follows if absent. */
  readonly size?: 'column' | 'wide' | { readonly width: number; readonly height?: number };
  /** Default print. */
  readonly theme?: ThemeName;
  /** Default the theme's own. */
  readonly background?: 'theme' | 'transparent';
  /** Written into `<metadata>` as JSON: hash, seed, method, tolerance, version. */
  readonly metadata?: Readonly<Record<string, string | number | null>>;
  /** False leaves out the title, for a figure with a caption. */
  readonly title?: boolean;
  /** False leaves out the notes under the figure. */
  readonly notes?: boolean;
}

const fonts = "Helvetica, Arial, 'Liberation Sans', 'Nimbus Sans', 'DejaVu Sans', sans-serif";

export function toSvg(whole: ChartModel, options: SvgOptions = {}): string {
  const model = onScales(whole);
  const theme = themes[options.theme ?? 'print'];
  const frame = layout(model, options);
  const { width, height } = frame;
  const parts: string[] = [
    `<title>${escapeText(model.title)}</title>`,
    `<desc>${escapeText(model.description)}</desc>`,
    ...(options.metadata === undefined ? [] : [`<metadata>${escapeText(JSON.stringify(options.metadata))}</metadata>`]),
  ];
  if (options.background !== 'transparent') parts.push(element('rect', { width, height, fill: theme.background }));
  frame.title.forEach((line, i) => {
    const at = { x: frame.margin, y: frame.titleY + i * fontSizes.title * 1.2, size: fontSizes.title, fill: theme.ink, bold: true };
    parts.push(textElement(line, at));
  });
  parts.push(...legendBlock(frame.legend, frame.legendX, frame.legendY, theme));
  model.panels.forEach((panel, i) => {
    const box = frame.panels[i]!;
    const { shades, labels } = zoneMarks(model, panel, box, theme);
    const body = [...shades, ...panelAxes(model, frame, i, theme), ...labels, ...panelMarks(model, panel, box, frame, theme)];
    parts.push(`<g>\n${body.join('\n')}\n</g>`);
  });
  parts.push(...outerLabels(frame, theme));
  frame.notes.forEach((line, i) => {
    parts.push(
      textElement(line, { x: frame.margin, y: frame.notesY + i * fontSizes.note * 1.25, size: fontSizes.note, fill: theme.quietInk }),
    );
  });
  const head = `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="${number(width)}pt" height="${number(height)}pt" viewBox="0 0 ${number(width)} ${number(height)}" font-family="${fonts}" font-size="${fontSizes.label}">`;
  return `${head}\n${parts.join('\n')}\n</svg>\n`;
}

function outerLabels(frame: Frame, theme: Theme): string[] {
  const out: string[] = [];
  frame.xLabels.forEach(({ lines, x, y }) => {
    lines.forEach((line, i) => {
      out.push(textElement(line, { x, y: y + i * fontSizes.label * 1.2, size: fontSizes.label, fill: theme.ink, anchor: 'middle' }));
    });
  });
  for (const { lines, x, y } of frame.yLabels) {
    lines.forEach((line, i) => {
      const lx = x + i * fontSizes.label * 1.2;
      out.push(textElement(line, { x: lx, y, size: fontSizes.label, fill: theme.ink, anchor: 'middle', rotate: -90 }));
    });
  }
  return out;
}

/** Frame, ticks and tick labels of one panel. */
function panelAxes(model: ChartModel, frame: Frame, index: number, theme: Theme): string[] {
  const box = frame.panels[index]!;
  const { left, top, right, bottom } = box;
  const x = projection(model.x, left, box.finiteRight);
  const y = projection(model.y, bottom, top);
  const out: string[] = [];
  const line = (d: string, stroke: string, width: number): void => {
    out.push(element('path', { d, fill: 'none', stroke, 'stroke-width': width }));
  };
  const yTicks = axisTicks(model.y, frame.yCount);
  const xTicks = frame.xTicks;
  line(
    yTicks
      .filter((t) => t.label !== null)
      .map((t) => `M${number(left)},${number(y(t.value))}H${number(right)}`)
      .join(''),
    theme.grid,
    0.4,
  );
  const breakAt = (box.finiteRight + box.infinityX) / 2;
  const axisPath = model.x.infinity
    ? `M${number(left)},${number(top)}V${number(bottom)}H${number(breakAt - 1.6)}M${number(breakAt + 1.6)},${number(bottom)}H${number(right)}`
    : `M${number(left)},${number(top)}V${number(bottom)}H${number(right)}`;
  const slash = (at: number): string => `M${number(at - 1.2)},${number(bottom + 2.4)}L${number(at + 1.2)},${number(bottom - 2.4)}`;
  const tickMarks = [
    ...yTicks.map((t) => `M${number(left)},${number(y(t.value))}h${t.label === null ? -1.6 : -2.8}`),
    ...(model.x.scale === 'category' ? [] : xTicks.map((t) => `M${number(x(t.value))},${number(bottom)}v${t.label === null ? 1.6 : 2.8}`)),
    ...(model.x.infinity ? [`M${number(box.infinityX)},${number(bottom)}v2.8`, slash(breakAt - 1.6), slash(breakAt + 1.6)] : []),
  ];
  line(axisPath + tickMarks.join(''), theme.axis, 0.5);
  if (box.first) {
    for (const t of yTicks) {
      if (t.label === null) continue;
      out.push(
        textElement(t.label, {
          x: left - 4.4,
          y: y(t.value) + fontSizes.tick * 0.35,
          size: fontSizes.tick,
          fill: theme.ink,
          anchor: 'end',
        }),
      );
    }
  }
  if (box.lowest) {
    const at = { y: bottom + 4 + fontSizes.tick, size: fontSizes.tick, fill: theme.ink, anchor: 'middle' } as const;
    for (const t of labelled(xTicks)) {
      const slanted = frame.slanted ? ({ anchor: 'end', rotate: -32 } as const) : {};
      out.push(textElement(t.label, { ...at, x: x(t.value), ...slanted }));
    }
    if (model.x.infinity) out.push(textElement(plain('∞'), { ...at, x: box.infinityX }));
  }
  box.title.forEach((words, i) => {
    const at = { x: left, y: top - 5 - (box.title.length - 1 - i) * fontSizes.legend * 1.15, size: fontSizes.legend, fill: theme.ink };
    out.push(textElement(words, at));
  });
  return out;
}

function labelled(ticks: readonly Tick[]): { value: number; label: NonNullable<Tick['label']> }[] {
  return ticks.flatMap((t) => (t.label === null ? [] : [{ value: t.value, label: t.label }]));
}
