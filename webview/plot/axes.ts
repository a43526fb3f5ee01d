/** The axes of a chart as the reader looks at it: the model's own, or with another scale or a part of the range. */
import { axisTicks, Extent, paddedDomain, sharedExponent, withExponent } from '../../src/chart/axis.js';
import type { Scales } from '../../src/chart/shown.js';
import { powerOfTen } from '../../src/chart/text.js';
import type { Axis, ChartModel, Series, Text } from '../../src/chart/types.js';
import type { AxisChoice, ChartChoice, Range } from '../memory.js';

export interface Axes {
  readonly x: Axis;
  readonly y: Axis;
}

/** Ticks are made for the place there is (`ticked`), not here. */
export function axesOf(model: ChartModel, choice: ChartChoice): Axes {
  return { x: axisOf(model, 'x', choice.x), y: axisOf(model, 'y', choice.y) };
}

export function scalesOf({ x, y }: Pick<ChartModel, 'x' | 'y'>, choice: ChartChoice): Scales {
  return { x: scaleOf(x, choice.x), y: scaleOf(y, choice.y) };
}

function scaleOf(own: Axis, { scale }: AxisChoice): Axis['scale'] {
  return scale === undefined || !switchable(own) ? own.scale : scale;
}

function axisOf(model: ChartModel, name: 'x' | 'y', choice: AxisChoice): Axis {
  const own = model[name];
  const scale = scaleOf(own, choice);
  const rescaled = scale === own.scale || scale === 'category' ? own : withScale(model, name, scale);
  if (choice.domain === undefined || (rescaled.scale === 'log' && choice.domain[0] <= 0)) return rescaled;
  return { ...rescaled, domain: choice.domain };
}

export function switchable(axis: Axis): boolean {
  return axis.scale !== 'category';
}

function withScale(model: ChartModel, name: 'x' | 'y', scale: 'linear' | 'log'): Axis {
  const own = model[name];
  const extent = new Extent(scale);
  for (const panel of model.panels) {
    for (const series of panel.series) if (leads(series)) addSeries(series, name, extent);
    if (name === 'y') for (const reference of panel.references) extent.add(reference.y);
  }
  const domain = paddedDomain(extent, name === 'y' ? 0.05 : scale === 'log' || own.infinity ? 0.035 : 0);
  const exponent = scale === 'log' ? 0 : sharedExponent(domain);
  return { ...own, scale, domain, exponent, label: withExponent(withoutExponent(own), exponent) };
}

/** Bounds may lie far off: what they bound decides what is seen. */
function leads(series: Series): boolean {
  return series.role === 'value' || series.role === 'overlay';
}

function addSeries(series: Series, name: 'x' | 'y', extent: Extent): void {
  if (name === 'x') {
    series.x.forEach((v, i) => {
      if (series.y[i] !== null) extent.add(v);
    });
    return;
  }
  for (const v of series.y) extent.add(v);
  extent.add(series.atInfinity?.y ?? null);
}

/** The label without the power of ten that `withExponent` put behind it. */
function withoutExponent(axis: Axis): Text {
  if (axis.exponent === 0) return axis.label;
  const [base, raised] = powerOfTen(axis.exponent);
  const label = [...axis.label];
  const close = label.pop();
  const script = label.pop();
  const open = label.pop();
  const before = open?.text.slice(0, -(base?.text.length ?? 0));
  if (close?.text !== ')' || script?.text !== raised?.text || before?.endsWith(' (') !== true) return axis.label;
  const rest = before.slice(0, -2);
  return rest === '' ? label : [...label, { ...open, text: rest }];
}

export function ticked(axis: Axis, pixels: number, spacing: number): Axis {
  return { ...axis, ticks: axisTicks(axis, Math.max(2, Math.min(10, Math.floor(pixels / spacing)))) };
}

/** Position of a value on an axis, 0 to 1 over its domain; NaN where it has none. */
export function place(axis: Axis, value: number): number {
  const [low, high] = axis.domain;
  if (axis.scale !== 'log') return (value - low) / (high - low);
  return value > 0 ? Math.log(value / low) / Math.log(high / low) : Number.NaN;
}

export function valueAt(axis: Axis, position: number): number {
  const [low, high] = axis.domain;
  return axis.scale === 'log' ? low * (high / low) ** position : low + position * (high - low);
}

/** Narrowest visible part of the model's own range. */
const deepest = 1e-9;
/** Widest view, in units of the model's own range. */
const widest = 4;

/**
 * The domain after moving and stretching: the point at `anchor` (0 to 1) stays, the range becomes `factor` times as wide, and all is moved by
 * `shift` of its width. Null when it would leave what makes sense.
 */
export function moved(axis: Axis, home: Axis, anchor: number, factor: number, shift: number): Range | null {
  const from = anchor * (1 - factor) + shift;
  const domain: Range = [valueAt(axis, from), valueAt(axis, from + factor)];
  const width = place(home, domain[1]) - place(home, domain[0]);
  const sound = domain.every((v) => Number.isFinite(v) && Math.abs(v) <= 1e300) && domain[0] < domain[1];
  if (!sound || width < deepest || width > widest) return null;
  // At least a tenth of the view shows something of the chart.
  return place(home, domain[0]) > 1 - width * 0.1 || place(home, domain[1]) < width * 0.1 ? null : domain;
}
