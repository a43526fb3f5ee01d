/** The phases of softmax attention as stretches of an axis: where errors fall as 1/L, where more slowly, and where softmax condenses. */
import type { QuantityRef } from '../spec/experiment.js';
import type { Curve, RunResult } from './collect.js';
import { plain, rich } from './text.js';
import type { Axis, Mark, Series, Zone } from './types.js';

/** By the condensation, E τ²/(2 log L), at which each ends (docs/mathematics.md, section 3). */
const phases = [
  { below: 1 / 3, label: rich('$1/L$ decay'), depth: 0 },
  { below: 1, label: plain('slowed'), depth: 1 },
  { below: Number.POSITIVE_INFINITY, label: plain('condensed'), depth: 2 },
] as const;

export const phaseNote =
  'Shaded: errors fall more slowly than 1/L where E τ²/(2 log L) is above 1/3, and from 1 on softmax condenses on a few tokens.';

/** More changes of phase than this are noise, and no background. */
const mostStretches = 6;
/** Boundaries of two curves that differ by less than this part of the axis are one. */
const tolerance = 0.01;

/** The condensation of a run, measured or not. */
export function condensationOf(result: RunResult): RunResult['quantities'][string] | undefined {
  return result.quantities.condensation ?? result.condensation;
}

/** A chart of the condensation itself has its phases up the y axis. */
export function phasesUp(quantities: readonly QuantityRef[]): Zone[] {
  if (quantities.length === 0 || !quantities.every(({ name, form }) => name === 'condensation' && form === 'value')) return [];
  return phases.map(({ below, label, depth }, i) => ({
    axis: 'y',
    from: i === 0 ? null : phases[i - 1]!.below,
    to: Number.isFinite(below) ? below : null,
    label,
    depth,
    labelAt: 0,
  }));
}

/** Whether a quantity is one that the phases are told of: the participation ratio and the distance from the infinite prompt. */
export function hasPhases({ name, form }: QuantityRef): boolean {
  return (name === 'effective_tokens' || name.endsWith('_error')) && (form === 'value' || form === 'rate');
}

interface Boundary {
  readonly at: number;
  readonly phase: number;
}

/**
 * The phases along the x axis where all curves agree on them; none where there is only the first. `curves`: the condensation of each line. Over the prompt
 * length its inverse is linear in log L, so that boundaries between two lengths are found exactly.
 */
export function phasesAlong(curves: readonly (Curve | null)[], scale: Axis['scale'], isLength: boolean): Zone[] {
  if (scale === 'category' || curves.length === 0) return [];
  const found = curves.map((curve) => (curve === null ? null : boundariesOf(curve, scale, isLength)));
  const [first] = found;
  if (first == null || first.length > mostStretches || !found.every((other) => other !== null && agree(first, other, scale, curves)))
    return [];
  if (first.length === 1 && first[0]!.phase === 0) return [];
  const { from, to } = known(curves[0]!);
  return first.map(({ at, phase }, i) => ({
    axis: 'x',
    from: i === 0 ? from : at,
    to: first[i + 1]?.at ?? to,
    label: phases[phase]!.label,
    depth: phases[phase]!.depth,
    labelAt: 1,
  }));
}

export const markNote =
  'Ring: E τ²/(2 log L) is 1/3, and beyond it errors fall more slowly than 1/L. Square: it is 1, and softmax condenses on a few tokens.';

/** Where a line changes its phase, on the line. `curve` is its condensation. */
export function phaseMarks(
  line: Pick<Series, 'x' | 'y'>,
  curve: Curve | null,
  axes: { readonly [name in 'x' | 'y']: Axis['scale'] },
  isLength: boolean,
): Mark[] {
  const boundaries = curve === null || axes.x === 'category' ? null : boundariesOf(curve, axes.x, isLength);
  if (boundaries === null || boundaries.length > mostStretches) return [];
  return boundaries.slice(1).flatMap(({ at, phase }, i): Mark[] => {
    const next = line.x.findIndex((v) => v >= at);
    const [x0, x1, y0, y1] = [line.x[next - 1], line.x[next], line.y[next - 1], line.y[next]];
    if (x0 === undefined || x1 === undefined || y0 == null || y1 == null) return [];
    const share = axes.x === 'log' && x0 > 0 ? Math.log(at / x0) / Math.log(x1 / x0) : (at - x0) / (x1 - x0);
    const y = axes.y === 'log' && y0 > 0 && y1 > 0 ? y0 * (y1 / y0) ** share : y0 + share * (y1 - y0);
    return [{ x: at, y, kind: Math.min(phase, boundaries[i]!.phase) === 0 ? 'ring' : 'square' }];
  });
}

function phaseOf(condensation: number): number {
  return phases.findIndex(({ below }) => condensation < below);
}

/** The ends of what is known, null where that is all: while runs are under way nothing is said of the rest. */
function known({ x, y }: Curve): { readonly from: number | null; readonly to: number | null } {
  const [first, last] = [y.findIndex((v) => v !== null), y.findLastIndex((v) => v !== null)];
  return { from: first === 0 ? null : x[first]!, to: last === y.length - 1 ? null : x[last]! };
}

/** Where each phase begins, the first at the first value. Null without a value. */
function boundariesOf({ x, y }: Curve, scale: Axis['scale'], isLength: boolean): Boundary[] | null {
  const boundaries: Boundary[] = [];
  let last = 0;
  for (let i = 0; i < x.length; i++) {
    const value = y[i] ?? null;
    if (value === null) continue;
    const phase = phaseOf(value);
    const before = boundaries.at(-1)?.phase;
    if (before === undefined) boundaries.push({ at: x[i]!, phase });
    else {
      const towards = Math.sign(phase - before);
      for (let next = before + towards; next !== phase + towards && towards !== 0; next += towards) {
        const level = phases[Math.min(next, next - towards)]!.below;
        boundaries.push({ at: crossing([x[last]!, y[last]!], [x[i]!, value], level, scale, isLength), phase: next });
      }
    }
    last = i;
  }
  return boundaries.length === 0 ? null : boundaries;
}

function crossing(
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
  level: number,
  scale: Axis['scale'],
  isLength: boolean,
): number {
  const log = isLength || scale === 'log';
  const height = (v: number): number => (isLength ? 1 / v : log && y0 > 0 && y1 > 0 ? Math.log(v) : v);
  const share = (height(level) - height(y0)) / (height(y1) - height(y0));
  return log && x0 > 0 ? x0 * (x1 / x0) ** share : x0 + share * (x1 - x0);
}

function agree(first: readonly Boundary[], other: readonly Boundary[], scale: Axis['scale'], curves: readonly (Curve | null)[]): boolean {
  if (first === other) return true;
  const place = (v: number): number => (scale === 'log' && v > 0 ? Math.log(v) : v);
  const xs = curves[0]!.x;
  const width = Math.abs(place(xs.at(-1)!) - place(xs[0]!));
  return (
    first.length === other.length &&
    first.every(({ at, phase }, i) => phase === other[i]!.phase && Math.abs(place(at) - place(other[i]!.at)) <= tolerance * width)
  );
}
