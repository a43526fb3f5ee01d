/** Values of a slider on its track of whole steps, and the round numbers that are written into the text. */
import type { SliderModel } from '../src/protocol/messages.js';

type Scale = Pick<SliderModel, 'min' | 'max' | 'step' | 'scale' | 'integer'>;

/** Steps of a logarithmic track, and of a linear one without a sensible step. */
const fine = 400;

export function trackSteps({ min, max, step, scale, integer }: Scale): number {
  if (scale === 'log') return integer ? Math.min(fine, Math.max(1, Math.round(max - min))) : fine;
  const steps = (max - min) / (step > 0 ? step : (max - min) / fine);
  return Math.max(1, Math.min(10_000, Math.round(steps)));
}

export function fromTrack(model: Scale, at: number): number {
  const { min, max, scale } = model;
  const share = at / trackSteps(model);
  return scale === 'log' ? min * (max / min) ** share : min + share * (max - min);
}

export function toTrack(model: Scale, value: number): number {
  const { min, max, scale } = model;
  const inside = Math.min(max, Math.max(min, value));
  const share = scale === 'log' ? Math.log(inside / min) / Math.log(max / min) : (inside - min) / (max - min);
  return Math.round(share * trackSteps(model));
}

/** Three significant digits on a logarithmic track, whole steps on a linear one; never outside the range. */
export function roundedTo({ min, max, step, scale, integer }: Scale, value: number): number {
  const rounded = integer
    ? Math.round(value)
    : scale === 'log'
      ? Number(value.toPrecision(3))
      : step > 0
        ? Number((Math.round(value / step) * step).toPrecision(12))
        : Number(value.toPrecision(4));
  return Math.min(max, Math.max(min, rounded));
}
