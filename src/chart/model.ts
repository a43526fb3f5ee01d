/** Chart models from the results of an experiment, complete or not. */
import type { ExperimentResult, RunOutcome } from '../engine/results.js';
import type { Experiment, Overlay, Plot, QuantityRef } from '../spec/experiment.js';
import { quantityKey } from '../spec/experiment.js';
import { axisTicks, Extent, paddedDomain, sharedExponent, showable, withExponent } from './axis.js';
import { carrierCharts } from './carriers.js';
import { type Channels, channelsOf, colourRoles, isLimitLevel, type Level, manyLevels, product, sweepChannel } from './channels.js';
import { acrossSweep, alongAxis, type Curve, isComplete, type Pick, resultOf } from './collect.js';
import { headKeys, headName, signColours, signOf } from './heads.js';
import { againstLabel, methodLabel, quantitiesLabel, quantityName, roleName } from './labels.js';
import { facetDash, legendOf } from './legend.js';
import { chartNotes, describe, type Gathered, remarksOf } from './notes.js';
import { belongs, overlaySeries } from './overlays.js';
import { condensationOf, hasPhases, markNote, phaseMarks, phaseNote, phasesAlong, phasesUp } from './phases.js';
import { onScales } from './shown.js';
import { joinWith, plain } from './text.js';
import type { Axis, ChartModel, ColourRole, FacetName, LineStyle, Panel, Reference, Series, SeriesRole, Text, Zone } from './types.js';
import { labelled } from './zones.js';

export interface ChartOptions {
  /** A plot with more small multiples than this goes on in further charts. Default 24. */
  readonly maxPanels?: number;
}

/** One model for each plot of the experiment, in their order, more where a plot has too many panels; then who carries errors, where rare queries do. */
export function chartModels(result: ExperimentResult, options: ChartOptions = {}): ChartModel[] {
  const { experiment } = result;
  const ids = new Set<string>();
  const maxPanels = Math.max(1, options.maxPanels ?? 24);
  const plots = experiment.plots.flatMap((plot) => new Builder(result, plot).models(maxPanels));
  return [...plots, ...carrierCharts(result)].map((model) => {
    let id = model.id;
    for (let n = 2; ids.has(id); n++) id = `${model.id}-${n}`;
    ids.add(id);
    return { ...model, id };
  });
}

/** More lines than this in a panel are drawn thin. */
const crowd = 12;

/** One line to draw: where it stands in the channels, and its curve. */
interface Line {
  readonly ref: QuantityRef;
  readonly role: SeriesRole;
  readonly colour: Level | null;
  readonly dash: Level | null;
  /** Key of one of several values that the quantity has, one for each head. */
  readonly head?: string;
}

class Builder {
  private readonly experiment: Experiment;
  private readonly channels: Channels;
  private readonly roles: ColourRole[];
  private readonly cells = new Map<string, Map<string, RunOutcome[]>>();
  private readonly free: readonly string[];
  /** Several colours: facets are drawn thin and pale behind their line. */
  private readonly muted: boolean;

  constructor(
    private readonly result: ExperimentResult,
    private readonly plot: Plot,
  ) {
    this.experiment = result.experiment;
    this.channels = channelsOf(this.experiment, plot);
    this.roles = this.channels.colour === null ? [] : colourRoles(this.channels.colour);
    this.muted = (this.channels.colour?.levels.length ?? 1) > 1;
    this.free = this.experiment.sweeps.filter((s) => s !== this.channels.against).map((s) => s.name);
    this.experiment.runs.forEach((run, i) => {
      const outcome = result.runs[i] ?? { status: 'waiting' };
      const group = JSON.stringify(this.free.map((name) => run.at[name]?.text ?? ''));
      const inner = this.cells.get(group) ?? new Map<string, RunOutcome[]>();
      this.cells.set(group, inner);
      const at = this.channels.against === null ? '' : (run.at[this.channels.against.name]?.text ?? '');
      const list = inner.get(at) ?? [];
      list.push(outcome);
      inner.set(at, list);
    });
  }

  models(maxPanels: number): ChartModel[] {
    const combinations = product(this.channels.panels);
    const pages: Level[][][] = [];
    for (let i = 0; i < combinations.length; i += maxPanels) pages.push(combinations.slice(i, i + maxPanels));
    return pages.map((page, i) => this.model(page, pages.length > 1 ? ` (${i + 1} of ${pages.length})` : ''));
  }

  private model(page: readonly Level[][], suffix: string): ChartModel {
    const { channels, plot, experiment } = this;
    const gathered: Gathered = { curves: [], facetCurves: [] };
    const overlays = experiment.overlays.filter((o) => belongs(o, plot, experiment.plots));
    const xExtent = new Extent(this.xScale());
    const yExtent = new Extent(plot.logY ? 'log' : 'linear');
    const raw = page.map((levels) => this.panel(levels, overlays, gathered));
    // The whole axis from the start, whatever has its value so far: a chart that fills up keeps its place.
    for (const { series } of raw) for (const s of series) for (const v of s.x) xExtent.add(v);
    for (const v of channels.against?.values ?? []) xExtent.add(v.value);
    if (channels.against === null) for (const end of ends(this.result, plot.against)) xExtent.add(end);
    const bare = raw.map((p) => ({ ...p, series: p.series.map(finite).filter(drawable) }));
    spread(bare, yExtent);
    const x = this.xAxis(xExtent, bare);
    const yDomain = paddedDomain(yExtent, 0.05);
    const y = {
      scale: yExtent.scale,
      domain: yDomain,
      categories: [],
      infinity: false,
      exponent: plot.logY ? 0 : sharedExponent(yDomain),
    } as const;
    const panels = bare.map((p) => labelled(p, { x, y }));
    const yLabel = withExponent(quantitiesLabel(channels.mains), y.exponent);
    const title = experiment.title + suffix;
    const legend = legendOf(channels.colour, channels.dash, panels, this.muted);
    const whole = {
      id: `${channels.mains.map((q) => quantityKey(q)).join('-') || 'chart'}-against-${plot.against}`.replace(/[^\p{L}\p{N}]+/gu, '-'),
      title,
      x,
      y: { ...y, label: yLabel, ticks: axisTicks(y, 6) },
      panels,
      legend,
      notes: [],
      description: '',
      remarks: remarksOf(this.result),
      written: plot.written,
      complete: isComplete(this.result),
    };
    const notes = chartNotes(this.result, gathered, onScales(whole).panels, y, this.channels.against !== null);
    if (panels.some((p) => p.zones.length > 0)) notes.push(phaseNote);
    if (panels.some((p) => p.series.some(({ marks }) => marks !== undefined))) notes.push(markNote);
    const model = { ...whole, notes };
    return { ...model, description: describe(onScales(model)) };
  }

  private panel(levels: readonly Level[], overlays: readonly Overlay[], gathered: Gathered): Panel {
    const series: Series[] = [];
    const references: Reference[] = [];
    for (const colour of this.channels.colour?.levels ?? [null]) {
      for (const dash of this.channels.dash?.levels ?? [null]) {
        for (const line of this.lines([...levels, colour, dash], colour, dash)) this.draw(line, levels, series, references, gathered);
      }
    }
    const mains = series.filter(({ role }) => role === 'value');
    const zones = this.zones(mains);
    overlays.forEach((overlay, i) => {
      series.push(overlaySeries(overlay, i));
    });
    return {
      title: joinWith(
        ', ',
        levels.map((l) => l.label),
      ),
      series: zones.length > 0 || mains.length > crowd ? series : series.map((one) => this.marked(one)),
      references,
      zones,
    };
  }

  /** Where rare queries govern, errors follow another law than the phases of the mean score. */
  private zones(mains: readonly Series[]): Zone[] {
    const up = phasesUp(this.channels.mains);
    if (up.length > 0) return up;
    if (mains.length === 0 || !this.hasPhases()) return [];
    return phasesAlong(
      mains.map(({ at }) => this.curve(at, condensationOf)),
      this.xScale(),
      this.isLength(),
    );
  }

  /** Curves that differ in their phases are marked one by one. */
  private marked(series: Series): Series {
    if (series.role !== 'value' || !this.hasPhases()) return series;
    const scales = { x: this.xScale(), y: this.plot.logY ? 'log' : 'linear' } as const;
    const marks = phaseMarks(series, this.curve(series.at, condensationOf), scales, this.isLength());
    return marks.length === 0 ? series : { ...series, marks };
  }

  private hasPhases(): boolean {
    return this.channels.mains.every(hasPhases) && !this.isRare();
  }

  private isLength(): boolean {
    return this.channels.against?.isLength === true;
  }

  private isRare(): boolean {
    return this.result.runs.some((run) => Object.values(resultOf(run)?.quantities ?? {}).some(({ carriers }) => carriers !== undefined));
  }

  /** The quantity of a combination of levels with its facets, the facets first so that they lie behind. */
  private lines(levels: readonly (Level | null)[], colour: Level | null, dash: Level | null): Line[] {
    const chosen = levels.find((l) => l?.quantity != null)?.quantity ?? this.channels.mains[0];
    if (chosen === undefined) return [];
    const written = this.channels.facets.filter((f) => f.name === chosen.name);
    const automatic = this.automaticFacets(chosen).filter((f) => !written.some((w) => w.facet === f.facet));
    const facets = [...written, ...automatic].map((ref): Line => ({ ref, role: ref.facet as FacetName, colour, dash }));
    const heads = headKeys(chosen, this.result.runs).map((head): Line => ({ ref: chosen, role: 'value', colour, dash, head }));
    return heads.length > 0 ? heads : [...facets, { ref: chosen, role: 'value', colour, dash }];
  }

  /** An error against the prompt length shows its bounds, unless too many lines would lie over each other. */
  private automaticFacets(main: QuantityRef): QuantityRef[] {
    const few = (this.channels.colour?.levels.length ?? 1) < manyLevels && this.channels.dash === null;
    if (this.channels.against?.isLength !== true || !main.name.endsWith('_error') || main.form !== 'value' || main.facet !== null || !few)
      return [];
    return (['certified', 'asymptote', 'paper'] as const).map((facet) => ({ ...main, facet }));
  }

  private draw(line: Line, levels: readonly Level[], series: Series[], references: Reference[], gathered: Gathered): void {
    const at = this.at([...levels, line.colour, line.dash]);
    const key = line.head ?? quantityKey(line.ref);
    const curve = this.curve(at, ({ quantities }) => quantities[key]);
    if (curve === null) return;
    const sign = line.head === undefined ? null : signOf(curve);
    const style = sign === null || this.channels.colour !== null ? this.style(line) : { ...this.style(line), colour: signColours[sign] };
    const words = [
      line.colour?.label ?? [],
      line.dash?.label ?? [],
      plain(line.head === undefined ? roleName(line.role) : headName(line.head)),
    ];
    const label = joinWith(', ', words);
    const named = label.length > 0 ? label : plain(quantityName(line.ref));
    if (curve.constant) {
      const y = curve.y[0] ?? null;
      const known = references.some((r) => r.y === y && r.quantity === key && sameStyle(r.style, style));
      if (y !== null && !known) references.push({ label: named, quantity: key, at, y, style: { ...style, weight: 'thin' } });
      return;
    }
    (line.role === 'value' ? gathered.curves : gathered.facetCurves).push(curve);
    series.push({
      id: JSON.stringify([key, Object.entries(at)]),
      label: named,
      role: line.role,
      quantity: sign === null ? key : `${line.ref.name}.${sign}`,
      at,
      style,
      isLimit: isLimitLevel(this.channels.colour, line.colour) || isLimitLevel(this.channels.dash, line.dash),
      method: curve.method,
      methodLabel: methodLabel(curve.method, curve.samples, curve.repeats),
      samples: curve.samples,
      x: curve.x,
      y: curve.y,
      lower: curve.lower,
      upper: curve.upper,
      smooth: isSmooth(curve, this.channels.against === null),
      atInfinity: curve.atInfinity,
    });
  }

  /** The sweep values of a combination of levels (panels, colour, dash); a sweep with one value has no level and stands for itself. */
  private at(levels: readonly (Level | null)[]): Record<string, string> {
    const names = [...this.channels.panels.map((c) => c.name), this.channels.colour?.name, this.channels.dash?.name];
    const chosen = new Map(names.map((name, i) => [name, levels[i]?.key]));
    const sweeps = this.experiment.sweeps.filter((s) => s !== this.channels.against);
    return Object.fromEntries(sweeps.map((s) => [s.name, chosen.get(s.name) ?? s.values[0]?.text ?? '']));
  }

  private curve(at: Readonly<Record<string, string>>, pick: Pick): Curve | null {
    const inner = this.cells.get(JSON.stringify(this.free.map((name) => at[name] ?? '')));
    if (inner === undefined) return null;
    const { against } = this.channels;
    if (against === null) {
      const axis = this.plot.against === 'step' ? 'step' : 'time';
      return alongAxis([...inner.values()].flat(), pick, axis);
    }
    const numeric = against.values.every((v) => v.value !== null);
    return acrossSweep(
      against.values.map((v, i) => ({ x: numeric ? (v.value as number) : i, outcomes: inner.get(v.text) ?? [] })),
      pick,
    );
  }

  private style(line: Line): LineStyle {
    const { colour, dash } = this.channels;
    const index = colour?.levels.indexOf(line.colour as Level) ?? -1;
    const role: ColourRole = this.roles[index] ?? { kind: 'category', index: 0 };
    const limit = isLimitLevel(colour, line.colour) || isLimitLevel(dash, line.dash);
    const points = this.channels.against?.values.length ?? 0;
    if (line.role !== 'value' && line.role !== 'overlay') {
      const own: Record<FacetName, ColourRole> = {
        certified: { kind: 'category', index: 1 },
        asymptote: { kind: 'neutral' },
        paper: { kind: 'category', index: 3 },
        quantile: { kind: 'category', index: 0 },
        certified_quantile: { kind: 'category', index: 4 },
        rare: { kind: 'category', index: 2 },
        envelope: { kind: 'category', index: 1 },
      };
      return { colour: this.muted ? role : own[line.role], dash: facetDash[line.role], weight: 'thin', muted: this.muted, markers: false };
    }
    return {
      colour: role,
      dash: dash !== null ? dash.levels.indexOf(line.dash as Level) : role.kind === 'category' ? Math.floor(role.index / 6) : 0,
      weight: limit ? 'heavy' : (colour?.levels.length ?? 1) * (dash?.levels.length ?? 1) > crowd ? 'thin' : 'normal',
      muted: false,
      markers: points > 0 && points <= 60,
    };
  }

  private xScale(): Axis['scale'] {
    if (this.channels.against?.values.some((v) => v.value === null) === true) return 'category';
    return this.plot.logX ? 'log' : 'linear';
  }

  private xAxis(extent: Extent, panels: readonly Panel[]): Axis {
    const { against } = this.channels;
    const label = againstLabel(this.plot.against, against ?? undefined);
    if (extent.scale === 'category') {
      const categories = against === null ? [] : sweepChannel(against).levels.map((l) => l.label);
      const domain = [-0.5, categories.length - 0.5] as const;
      const axis = { scale: 'category', domain, categories, infinity: false, exponent: 0 } as const;
      return { ...axis, label, ticks: axisTicks(axis, categories.length) };
    }
    const infinity = panels.some((p) => p.series.some((s) => s.atInfinity !== null));
    const domain = paddedDomain(extent, against === null ? 0 : 0.035);
    const exponent = extent.scale === 'log' ? 0 : sharedExponent(domain);
    const axis = { scale: extent.scale, domain, categories: [] as Text[], infinity, exponent };
    return { ...axis, label: withExponent(label, exponent), ticks: axisTicks(axis, 6) };
  }
}

/** Where the trainings that are not done yet will end on their axis. */
function ends({ experiment, runs }: ExperimentResult, axis: string): number[] {
  return experiment.runs.flatMap(({ problem: { train } }, i) => {
    const status = runs[i]?.status ?? 'waiting';
    if (train === null || status === 'done' || status === 'failed') return [];
    if (!('steps' in train)) return axis === 'time' ? [train.time] : [];
    return [axis === 'time' ? train.rate * train.steps : train.steps];
  });
}

/** Makes null what no axis can show. */
function finite(series: Series): Series {
  const shows = (v: number | null): v is number => showable(v, 'linear');
  const value = series.y.map((v, i) => (shows(series.x[i]!) && shows(v) ? v : null));
  const bounded = (list: Series['lower']): Series['lower'] =>
    list?.map((v, i) => (value[i] == null || v === null ? null : Math.max(-1e300, Math.min(1e300, v)))) ?? null;
  const end = series.atInfinity;
  return {
    ...series,
    x: series.x.map((v) => (shows(v) ? v : 0)),
    y: value,
    lower: bounded(series.lower),
    upper: bounded(series.upper),
    atInfinity: end !== null && shows(end.y) ? end : null,
  };
}

function drawable(series: Series): boolean {
  return series.atInfinity !== null || series.y.some((v) => v !== null);
}

function sameStyle(a: LineStyle, b: LineStyle): boolean {
  return JSON.stringify(a.colour) === JSON.stringify(b.colour) && a.dash === b.dash;
}

/**
 * The extent of the values, their bands and references. Bounds may reach a decade and a half past the values, and bands a decade below
 * on a log axis; what lies farther off is cut, as it would flatten what the figure is about.
 */
function spread(panels: readonly Panel[], extent: Extent): void {
  const main = (s: Series): boolean => s.role === 'value' || s.role === 'overlay';
  const all = panels.flatMap((p) => p.series);
  const add = (s: Series): void => {
    for (const v of s.y) extent.add(v);
    extent.add(s.atInfinity?.y ?? null);
  };
  for (const s of all) if (main(s)) add(s);
  if (extent.empty) for (const s of all) add(s);
  for (const p of panels) {
    for (const r of p.references) extent.add(r.y);
    for (const zone of p.zones) if (zone.axis === 'y') for (const edge of [zone.from, zone.to]) extent.add(edge);
  }
  if (extent.empty) return;
  const { low, high } = extent;
  const log = extent.scale === 'log';
  const reach = (v: number | null, factor: number, share: number): void => {
    const [least, most] = log ? [low / factor, high * factor] : [low - share * (high - low), high + share * (high - low)];
    if (extent.shows(v)) extent.add(Math.min(most, Math.max(least, v)));
  };
  for (const s of all) {
    for (const v of [...(s.lower ?? []), ...(s.upper ?? []), s.atInfinity?.lower ?? null, s.atInfinity?.upper ?? null]) reach(v, 10, 1);
    if (!main(s)) for (const v of s.y) reach(v, 30, 1);
  }
}

/** Trajectories that are solved, not sampled; with more points than this the straight pieces are shorter than the eye sees. */
const mostSmoothPoints = 400;

function isSmooth(curve: Curve, isTrajectory: boolean): boolean {
  return isTrajectory && curve.method !== 'sampled' && curve.lower === null && curve.x.length <= mostSmoothPoints;
}
