/** Sizes and strokes of a figure, in points. */
import { colourOf, dashPattern, mix, type Theme } from './palette.js';
import { number } from './svg-text.js';
import type { LineStyle } from './types.js';

export const fontSizes = { title: 8.5, label: 7.5, tick: 6.8, legend: 7, note: 6.2 } as const;

const strokeWidths = { thin: 0.75, normal: 1.1, heavy: 1.7 } as const;

export function strokeAttributes(style: LineStyle, theme: Theme): Record<string, string | number | undefined> {
  const width = strokeWidths[style.weight];
  const dash = dashPattern(style.dash);
  return {
    fill: 'none',
    stroke: style.muted ? mix(colourOf(style.colour, theme), theme.background, 0.3) : colourOf(style.colour, theme),
    'stroke-width': width,
    'stroke-linejoin': 'round',
    'stroke-dasharray': dash.length === 0 ? undefined : dash.map((d) => number(d * Math.max(0.9, width * 0.85))).join(' '),
  };
}
