import type { SettingInfo } from '../vocabulary.js';

/** What is asked of a number. `positive`: 0 itself is excluded. */
export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
  readonly positive?: boolean;
}

export interface SliderScale {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly scale: 'linear' | 'log';
  readonly integer: boolean;
}

export function rangeOfSetting(info: SettingInfo): NumberRange {
  const integer = info.kind === 'integer';
  const positive = info.min === 0 && (info.excludes === 'min' || info.excludes === 'both');
  const inner = (bound: number, sign: number): number => bound + sign * 0.01;
  const max = info.max !== undefined && (info.excludes === 'max' || info.excludes === 'both') ? inner(info.max, -1) : info.max;
  // A seed has no scale: the small ones are as good as any.
  const isSeed = integer && max !== undefined && max > 1e9;
  return {
    ...(info.min === undefined ? {} : { min: positive && max !== undefined ? inner(info.min, 1) : info.min }),
    ...(max === undefined || isSeed ? {} : { max }),
    integer,
    positive,
  };
}

const ofCalls: Readonly<Record<string, NumberRange>> = {
  kms: { min: 0, max: 0.99 },
  power_law: { min: 0, max: 4 },
  condition: { min: 1, max: 1000, positive: true },
  balanced: { positive: true },
  small_identity: { positive: true },
  sphere: { positive: true },
  gaussian: { min: 0 },
};

const ofKeys: Readonly<Record<string, NumberRange>> = { seed: { min: 0, integer: true }, scale: { positive: true } };

/** What a call asks of an argument. */
export function argumentRange(callee: string, key: string | null, index: number): NumberRange {
  if (key !== null && Object.hasOwn(ofKeys, key)) return ofKeys[key]!;
  if ((callee === 'linspace' || callee === 'logspace') && index === 2) return { min: 2, integer: true };
  return Object.hasOwn(ofCalls, callee) ? ofCalls[callee]! : {};
}

/** Ends, step and scale around a value, for a hand that tries what happens: within the range, near the value, in round numbers. */
export function sliderScale(value: number, range: NumberRange): SliderScale {
  const integer = range.integer === true;
  const low = range.min ?? Number.NEGATIVE_INFINITY;
  const high = range.max ?? Number.POSITIVE_INFINITY;
  if (Number.isFinite(low) && Number.isFinite(high) && !(low > 0 && high / low >= 100)) {
    return linear(Math.min(low, value), Math.max(high, value), integer);
  }
  if (integer) {
    if (value >= 50) return { min: Math.max(low, Math.round(value / 10)), max: Math.min(high, value * 10), step: 1, scale: 'log', integer };
    const least = Number.isFinite(low) ? low : Math.min(0, 2 * value);
    return { min: Math.min(least, value), max: Math.min(high, Math.max(2 * value, value + 10)), step: 1, scale: 'linear', integer };
  }
  const isPositive = range.positive === true || low > 0;
  if (isPositive && value > 0) {
    const min = Math.max(low > 0 ? low : 0, roundNumber(value / 10));
    const max = Math.min(high, roundNumber(value * 10));
    return { min: Math.min(min, value), max: Math.max(max, value), step: roundNumber(value / 100), scale: 'log', integer };
  }
  if (value >= 0 && value <= 1 && low >= 0) return linear(0, Math.min(high, 1), integer);
  if (value > 0 && value < 1 && range.min === undefined) return linear(0, Math.min(high, 1), integer);
  const reach = value === 0 ? 1 : roundNumber(2 * Math.abs(value));
  return linear(Math.max(low, Math.min(0, Math.sign(value) * reach, value === 0 ? -1 : 0)), Math.min(high, value < 0 ? 0 : reach), integer);
}

function linear(min: number, end: number, integer: boolean): SliderScale {
  // A value outside its range leaves no room; the slider still has two ends.
  const max = end > min ? end : min + 1;
  const step = integer ? 1 : roundNumber((max - min) / 100);
  return { min, max, step, scale: 'linear', integer };
}

/** The nearest of 1, 2, 5 times a power of ten. */
function roundNumber(x: number): number {
  const power = 10 ** Math.floor(Math.log10(x));
  const lead = x / power;
  const nearest = lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10;
  return Number((nearest * power).toPrecision(1));
}
