/** Curves with as many digits as a screen can show, and no more to be passed on to a panel while somebody types. */
import type { ChartModel, Series } from './types.js';

/** Significant digits. */
const digits = 7;

/** The model with the heights of its curves rounded; places on the x axis stay as they are. */
export function roundedModel(model: ChartModel): ChartModel {
  return { ...model, panels: model.panels.map((panel) => ({ ...panel, series: panel.series.map(roundedSeries) })) };
}

function roundedSeries(series: Series): Series {
  const { y, lower, upper } = series;
  return {
    ...series,
    y: y.map(rounded),
    lower: lower === null ? null : lower.map(rounded),
    upper: upper === null ? null : upper.map(rounded),
  };
}

/** Scaled and rounded: `toPrecision` takes several times as long. */
function rounded(value: number | null): number | null {
  if (value === null || value === 0 || !Number.isFinite(value)) return value;
  const exponent = digits - 1 - Math.floor(Math.log10(Math.abs(value)));
  // Powers of ten up to 10²² are whole doubles, so that the quotient is the double nearest to the rounded value.
  if (exponent < 0 || exponent > 22) return value;
  const scale = 10 ** exponent;
  return Math.round(value * scale) / scale;
}
