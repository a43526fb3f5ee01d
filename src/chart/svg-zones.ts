/** Zones of one panel: shaded stretches with a fine line where each begins, and their labels. */
import { projection } from './axis.js';
import { textWidth } from './measure.js';
import { mix, type Theme, zoneShades } from './palette.js';
import type { Box } from './svg-layout.js';
import { fontSizes } from './svg-style.js';
import { element, number, textElement } from './svg-text.js';
import type { ChartModel, Panel, Zone } from './types.js';
import { ends, zoneLabel } from './zones.js';

/** The shades lie under the grid, the labels upon it. */
export function zoneMarks(
  model: ChartModel,
  { zones }: Panel,
  box: Box,
  theme: Theme,
): { readonly shades: string[]; readonly labels: string[] } {
  const x = projection(model.x, box.left, box.finiteRight);
  const y = projection(model.y, box.bottom, box.top);
  const shades: string[] = [];
  const labels: string[] = [];
  for (const zone of zones) {
    const [low, high] = ends(zone, model, zone.axis === 'x' ? x : y);
    if (!(high - low > 0.5)) continue;
    const { left, right, top, bottom } = extentOf(zone, low, high, box);
    const shade = zoneShades[zone.depth];
    if (shade > 0) {
      const fill = mix(theme.background, theme.ink, shade);
      shades.push(element('rect', { x: left, y: top, width: right - left, height: bottom - top, fill }));
    }
    if (zone.from !== null) {
      const d =
        zone.axis === 'x' ? `M${number(left)},${number(top)}V${number(bottom)}` : `M${number(left)},${number(bottom)}H${number(right)}`;
      const stroke = mix(theme.background, theme.ink, 0.35);
      shades.push(element('path', { d, fill: 'none', stroke, 'stroke-width': 0.4, 'stroke-dasharray': '1.2 1.6' }));
    }
    const size = fontSizes.note;
    const label = zoneLabel(zone, size, right - left, bottom - top);
    if (label?.upwards) {
      const [y, anchor] = zone.labelAt > 0.5 ? ([top + 3, 'end'] as const) : ([bottom - 3, 'start'] as const);
      labels.push(
        textElement(label.lines[0]!, { x: (left + right) / 2 + size * 0.35, y, size, fill: theme.quietInk, anchor, rotate: -90 }),
      );
      continue;
    }
    label?.lines.forEach((line, i) => {
      const place = labelPlace(zone, { left, right, top, bottom }, size, textWidth(line, size), i, label.lines.length);
      labels.push(textElement(line, { ...place, size, fill: theme.quietInk }));
    });
  }
  return { shades, labels };
}

interface Extent {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function extentOf(zone: Zone, low: number, high: number, box: Box): Extent {
  if (zone.axis === 'y') return { left: box.left, right: box.right, top: low, bottom: high };
  // What has no end goes on to infinite prompts.
  return { left: low, right: zone.to === null ? box.right : high, top: box.top, bottom: box.bottom };
}

/** Over the middle of a stretch of the x axis, along the top of one of the y axis. `width`: of the line. */
function labelPlace(zone: Zone, { left, right, top, bottom }: Extent, size: number, width: number, line: number, lines: number) {
  if (zone.axis === 'y') {
    const x = left + 3 + zone.labelAt * (right - left - 6 - width);
    return { x, y: top + size * (1.2 + 1.2 * line), anchor: 'start' as const };
  }
  const first = zone.labelAt > 0.5 ? top + size * 1.2 : bottom - size * (0.5 + 1.2 * (lines - 1));
  return { x: (left + right) / 2, y: first + size * 1.2 * line, anchor: 'middle' as const };
}
