/** What chart.js does not draw: confidence bands, references, the axis break with the points at infinity, crosshair and keyboard focus. */
import type { ChartArea, Plugin } from 'chart.js';
import { textWidth } from '../../src/chart/measure.js';
import { dashPattern, zoneShades } from '../../src/chart/palette.js';
import { plainText } from '../../src/chart/text.js';
import type { Reference, Series, Zone } from '../../src/chart/types.js';
import { zoneLabel } from '../../src/chart/zones.js';
import { type Colours, faded } from '../colours.js';
import { type Axes, place } from './axes.js';
import type { Across, Projected } from './project.js';
import type { Column, Reading } from './reading.js';

export interface SceneLine {
  readonly series: Series;
  readonly axes: Axes;
  readonly curve: Projected;
  readonly colour: string;
  /** False on an axis of categories, which have no order that a line could follow. */
  readonly joined: boolean;
  readonly band: readonly (readonly (readonly [number, number, number])[])[];
}

export interface SceneReference {
  readonly reference: Reference;
  readonly axes: Axes;
  readonly colour: string;
}

export interface SceneZone {
  readonly zone: Zone;
  /** What is seen of it, 0 to 1 along its axis. */
  readonly low: number;
  readonly high: number;
}

/** Shared with the plot, which fills it before every drawing. */
export interface Scene {
  zones: readonly SceneZone[];
  lines: readonly SceneLine[];
  references: readonly SceneReference[];
  across: Across;
  colours: Colours | null;
  column: Column | null;
  focus: Reading | null;
}

const bandOpacity = 0.16;

export function decorations(scene: Scene): Plugin<'line'> {
  return {
    id: 'decorations',
    beforeDatasetsDraw: ({ ctx, chartArea }) => {
      const { colours } = scene;
      if (colours === null) return;
      clipped(ctx, chartArea, () => {
        for (const zone of scene.zones) drawZone(ctx, chartArea, zone, colours);
        for (const line of scene.lines) drawBand(ctx, chartArea, line);
        for (const reference of scene.references) drawReference(ctx, chartArea, reference);
      });
    },
    afterDatasetsDraw: ({ ctx, chartArea }) => {
      const { colours } = scene;
      if (colours === null) return;
      for (const line of scene.lines) drawMarks(ctx, chartArea, line, scene.across.finite, colours);
      if (scene.across.infinity !== null) {
        for (const line of scene.lines) drawInfinity(ctx, chartArea, line, scene.across.infinity);
        drawBreak(ctx, chartArea, scene.across, colours);
      }
      if (scene.column !== null) drawCrosshair(ctx, chartArea, scene, scene.column, colours);
      if (scene.focus !== null) drawFocus(ctx, chartArea, scene, scene.focus, colours);
    },
  };
}

type Context = CanvasRenderingContext2D;

function across(area: ChartArea, x: number): number {
  return area.left + x * (area.right - area.left);
}

function up(area: ChartArea, y: number): number {
  return area.bottom - y * (area.bottom - area.top);
}

function clipped(ctx: Context, area: ChartArea, draw: () => void): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(area.left, area.top, area.right - area.left, area.bottom - area.top);
  ctx.clip();
  draw();
  ctx.restore();
}

const zoneText = 11;

function drawZone(ctx: Context, area: ChartArea, { zone, low, high }: SceneZone, colours: Colours): void {
  const isAcross = zone.axis === 'x';
  const [left, right] = isAcross ? [across(area, low), across(area, high)] : [area.left, area.right];
  const [top, bottom] = isAcross ? [area.top, area.bottom] : [up(area, high), up(area, low)];
  const shade = zoneShades[zone.depth];
  ctx.fillStyle = faded(colours.foreground, shade);
  if (shade > 0) ctx.fillRect(left, top, right - left, bottom - top);
  if (zone.from !== null) {
    ctx.save();
    ctx.strokeStyle = faded(colours.foreground, 0.4);
    ctx.lineWidth = 1;
    ctx.setLineDash([2, 3]);
    ctx.beginPath();
    ctx.moveTo(left, bottom);
    if (isAcross) ctx.lineTo(left, top);
    else ctx.lineTo(right, bottom);
    ctx.stroke();
    ctx.restore();
  }
  ctx.font = `${zoneText}px ${colours.fontFamily}`;
  const wider = ctx.measureText(plainText(zone.label)).width / textWidth(zone.label, zoneText);
  const label = zoneLabel(zone, zoneText, right - left, bottom - top, wider);
  if (label === null) return;
  const { lines } = label;
  const lineHeight = zoneText * 1.2;
  ctx.fillStyle = colours.quiet;
  ctx.textBaseline = 'top';
  const atEnd = zone.labelAt > 0.5;
  if (label.upwards) {
    ctx.save();
    ctx.translate((left + right - lineHeight) / 2, atEnd ? top + 5 : bottom - 5);
    ctx.rotate(-Math.PI / 2);
    ctx.textAlign = atEnd ? 'right' : 'left';
    ctx.fillText(plainText(lines[0]!), 0, 0);
    ctx.restore();
    return;
  }
  ctx.textAlign = isAcross ? 'center' : 'left';
  const y = isAcross && !atEnd ? bottom - 4 - lines.length * lineHeight : top + 4;
  lines.forEach((line, i) => {
    const text = plainText(line);
    const x = isAcross ? (left + right) / 2 : left + 5 + zone.labelAt * (right - left - 10 - ctx.measureText(text).width);
    ctx.fillText(text, x, y + i * lineHeight);
  });
}

function drawBand(ctx: Context, area: ChartArea, { band, colour, joined }: SceneLine): void {
  ctx.fillStyle = translucent(colour, bandOpacity);
  ctx.strokeStyle = translucent(colour, 0.8);
  ctx.lineWidth = 1;
  for (const stretch of band) {
    ctx.beginPath();
    if (!joined || stretch.length === 1) {
      for (const [x, low, high] of stretch) {
        ctx.moveTo(across(area, x), up(area, low));
        ctx.lineTo(across(area, x), up(area, high));
      }
      ctx.stroke();
      continue;
    }
    for (const [x, , high] of stretch) ctx.lineTo(across(area, x), up(area, high));
    for (const [x, low] of [...stretch].reverse()) ctx.lineTo(across(area, x), up(area, low));
    ctx.closePath();
    ctx.fill();
  }
}

/** A dimmed colour has an opacity already. */
function translucent(colour: string, opacity: number): string {
  return colour.length > 7 ? faded(colour.slice(0, 7), opacity * 0.3) : faded(colour, opacity);
}

function drawReference(ctx: Context, area: ChartArea, { reference, axes, colour }: SceneReference): void {
  const y = up(area, place(axes.y, reference.y));
  if (!Number.isFinite(y)) return;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1;
  ctx.setLineDash([...dashPattern(reference.style.dash)]);
  ctx.beginPath();
  ctx.moveTo(area.left, y);
  ctx.lineTo(area.right, y);
  ctx.stroke();
  ctx.restore();
}

/** Where a curve changes its phase. */
function drawMarks(ctx: Context, area: ChartArea, { series, axes, colour }: SceneLine, finite: number, colours: Colours): void {
  if (series.marks === undefined) return;
  ctx.strokeStyle = colour;
  ctx.fillStyle = colours.background;
  ctx.lineWidth = 1.4;
  for (const { x, y, kind } of series.marks) {
    const [at, height] = [across(area, finite * place(axes.x, x)), up(area, place(axes.y, y))];
    if (!(at >= area.left && at <= area.right && height >= area.top && height <= area.bottom)) continue;
    ctx.beginPath();
    if (kind === 'ring') ctx.arc(at, height, 4, 0, 2 * Math.PI);
    else ctx.rect(at - 3.5, height - 3.5, 7, 7);
    ctx.fill();
    ctx.stroke();
  }
}

function drawInfinity(ctx: Context, area: ChartArea, { series, axes, colour }: SceneLine, at: number): void {
  const end = series.atInfinity;
  if (end === null) return;
  const x = across(area, at);
  const y = up(area, place(axes.y, end.y));
  if (!(y >= area.top - 1 && y <= area.bottom + 1)) return;
  ctx.fillStyle = colour;
  if (end.lower !== null && end.upper !== null) {
    const low = up(area, place(axes.y, end.lower));
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(x, Number.isFinite(low) ? Math.min(area.bottom, low) : area.bottom);
    ctx.lineTo(x, Math.max(area.top, up(area, place(axes.y, end.upper))));
    ctx.stroke();
  }
  dot(ctx, x, y, series.style.weight === 'heavy' ? 4 : 3.2);
}

function dot(ctx: Context, x: number, y: number, radius: number): void {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fill();
}

/** Two strokes through the axis between the finite values and infinity. */
function drawBreak(ctx: Context, area: ChartArea, layout: Across, colours: Colours): void {
  const x = across(area, (layout.finite + layout.infinity!) / 2);
  const y = area.bottom;
  ctx.save();
  ctx.strokeStyle = colours.background;
  ctx.lineWidth = 3;
  ctx.beginPath();
  ctx.moveTo(x - 2, y);
  ctx.lineTo(x + 2, y);
  ctx.stroke();
  ctx.strokeStyle = colours.axis;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (const offset of [-3, 3]) {
    ctx.moveTo(x + offset - 2, y + 4);
    ctx.lineTo(x + offset + 2, y - 4);
  }
  ctx.stroke();
  ctx.restore();
}

function drawCrosshair(ctx: Context, area: ChartArea, scene: Scene, column: Column, colours: Colours): void {
  const x = across(area, column.position);
  ctx.save();
  ctx.strokeStyle = faded(colours.foreground, 0.5);
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(Math.round(x) + 0.5, area.top);
  ctx.lineTo(Math.round(x) + 0.5, area.bottom);
  ctx.stroke();
  for (const reading of column.readings) {
    const line = scene.lines.find(({ series }) => series === reading.series);
    if (line === undefined) continue;
    const y = up(area, place(line.axes.y, reading.y));
    if (!(y >= area.top - 1 && y <= area.bottom + 1)) continue;
    ctx.fillStyle = colours.background;
    dot(ctx, x, y, 4);
    ctx.fillStyle = line.colour;
    dot(ctx, x, y, 3);
  }
  ctx.restore();
}

function drawFocus(ctx: Context, area: ChartArea, scene: Scene, reading: Reading, colours: Colours): void {
  const line = scene.lines.find(({ series }) => series === reading.series);
  if (line === undefined) return;
  const position = reading.index < 0 ? scene.across.infinity : line.curve.x[reading.index];
  const x = across(area, position ?? 0);
  const y = up(area, place(line.axes.y, reading.y));
  if (!Number.isFinite(x + y)) return;
  ctx.save();
  ctx.strokeStyle = colours.focus;
  ctx.lineWidth = 2;
  ctx.beginPath();
  ctx.arc(x, y, 7, 0, 2 * Math.PI);
  ctx.stroke();
  ctx.fillStyle = line.colour;
  dot(ctx, x, y, 3);
  ctx.restore();
}
