/** One panel of a chart model on a canvas: a chart.js instance that lives as long as the panel and is updated in place. */
import { Chart, type ChartDataset, LineController, LineElement, PointElement } from 'chart.js';
import { dashPattern } from '../../src/chart/palette.js';
import { plainText } from '../../src/chart/text.js';
import type { ChartModel, Panel, Series, Zone } from '../../src/chart/types.js';
import { type Colours, colourIn, faded } from '../colours.js';
import { type Axes, place } from './axes.js';
import { decorations, type Scene, type SceneLine, type SceneZone } from './decorations.js';
import { across, bandOf, isSparse, type Point, polyline, projected, type Size } from './project.js';
import type { Column, Reading } from './reading.js';
import { type Placed, PlacedScale, placedTicks, sayTheSame, scaleOf, scaleOptions } from './ticks.js';

Chart.register(LineController, LineElement, PointElement, PlacedScale);

/** What is drawn in one panel. */
export interface PlotInput {
  readonly model: ChartModel;
  readonly panel: Panel;
  readonly axes: Axes;
  readonly hidden: (line: Series | Panel['references'][number]) => boolean;
  /** The same panel of the run that is compared with. */
  readonly ghosts: readonly Series[];
  readonly highlight: ((line: Series) => boolean) | null;
  readonly colours: Colours;
}

const widths = { thin: 1, normal: 1.6, heavy: 2.8 } as const;

type Data = ChartDataset<'line', Point[]>;

/** What the layout of a plot follows from. */
interface Frame {
  readonly x: readonly Placed[];
  readonly y: readonly Placed[];
  readonly size: Size;
  readonly colours: Colours;
  /** Names of categories may be turned, and some left out. */
  readonly isCategorical: boolean;
}

export class Plot {
  readonly canvas = document.createElement('canvas');
  private readonly chart: Chart<'line', Point[]>;
  private readonly scene: Scene = {
    zones: [],
    lines: [],
    references: [],
    across: { finite: 1, infinity: null },
    colours: null,
    column: null,
    focus: null,
  };
  private input: PlotInput | null = null;
  /** Null until it is drawn for the first time. */
  private frame: Frame | null = null;

  constructor() {
    this.chart = new Chart<'line', Point[]>(this.canvas, {
      type: 'line',
      data: { datasets: [] },
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        parsing: false,
        normalized: true,
        events: [],
        layout: { padding: { top: 6, right: 14, bottom: 0, left: 0 } },
        // Positions are projected beforehand, so that every scale, zoom and break is one and the same to chart.js.
        scales: { x: { type: 'placed', min: 0, max: 1 }, y: { type: 'placed', min: 0, max: 1 } },
      },
      plugins: [
        decorations(this.scene),
        // A new size has room for other ticks and other points.
        { id: 'size', afterLayout: () => this.resized() },
      ],
    });
  }

  /** Inner area of the plot, in CSS pixels of the canvas. */
  get area(): { left: number; top: number; right: number; bottom: number } {
    const { left, top, right, bottom } = this.chart.chartArea ?? { left: 0, top: 0, right: 1, bottom: 1 };
    return { left, top, right, bottom };
  }

  get layout(): Scene['across'] {
    return this.scene.across;
  }

  get shown(): PlotInput | null {
    return this.input;
  }

  /** Curves that are not hidden, in the order of the model. */
  get visible(): Series[] {
    const { input } = this;
    return input === null ? [] : input.panel.series.filter((series) => !input.hidden(series));
  }

  draw(input: PlotInput): void {
    this.input = input;
    this.rebuild();
  }

  /** The crosshair, and the point that the keyboard stands on. Nothing else is computed again. */
  point(column: Column | null, focus: Reading | null): void {
    if (this.scene.column === null && column === null && this.scene.focus === null && focus === null) return;
    this.scene.column = column;
    this.scene.focus = focus;
    this.chart.draw();
  }

  dispose(): void {
    this.chart.destroy();
  }

  private size(): Size {
    const { left, right, top, bottom } = this.area;
    return { width: Math.max(1, right - left), height: Math.max(1, bottom - top) };
  }

  private resized(): void {
    // The first layout comes before there is anything to draw, and before `chart` is there.
    if (this.input === null) return;
    const { width, height } = this.size();
    const drawn = this.frame?.size;
    if (drawn !== undefined && Math.abs(width - drawn.width) < 1 && Math.abs(height - drawn.height) < 1) return;
    requestAnimationFrame(() => {
      if (this.input !== null && this.canvas.isConnected) this.rebuild();
    });
  }

  private rebuild(): void {
    const input = this.input!;
    const { axes, panel, colours, ghosts } = input;
    const size = this.size();
    const { scene } = this;
    scene.across = across(axes.x, size.width);
    scene.colours = colours;
    const dim = (series: Series): boolean => input.highlight !== null && !input.highlight(series);
    const joined = axes.x.scale !== 'category';
    const visible = this.visible;
    scene.lines = visible.map((series): SceneLine => {
      const curve = projected(series, axes, scene.across.finite);
      const colour = colourIn(series.style.colour, colours);
      return { series, axes, curve, colour: dim(series) ? faded(colour, 0.25) : colour, joined, band: bandOf(series, curve, axes, size) };
    });
    scene.zones = panel.zones.map((zone) => zoneIn(zone, axes, scene.across)).filter(({ low, high }) => high - low > 1e-3);
    scene.references = panel.references
      .filter((reference) => !input.hidden(reference))
      .map((reference) => ({ reference, axes, colour: colourIn(reference.style.colour, colours) }));
    const data = [
      ...ghosts.map((series) => this.ghost(series, input, size, joined)),
      ...scene.lines.filter(({ series }) => !series.isLimit).map((line) => dataset(line, dim(line.series), size)),
      // The limit lies on top: it is what the others are compared with.
      ...scene.lines.filter(({ series }) => series.isLimit).map((line) => dataset(line, dim(line.series), size)),
    ].reverse();
    const finite = scene.across.finite;
    const frame: Frame = {
      x: placedTicks(axes.x, 'x', size.width, finite, scene.across.infinity),
      y: placedTicks(axes.y, 'y', size.height, 1, null),
      size,
      colours,
      isCategorical: !joined,
    };
    const stands = this.frame !== null && hasLayoutOf(frame, this.frame) && haveStylesOf(data, this.chart.data.datasets);
    this.frame = frame;
    if (stands) this.swap(data, frame);
    else this.layOut(data, frame, axes);
  }

  /** Everything anew. */
  private layOut(data: readonly Data[], { colours }: Frame, { x, y }: Axes): void {
    const { chart } = this;
    const { datasets } = chart.data;
    // chart.js keeps what it knows of a data set that stays the same object; so also, over updates without animation, the looks of its points.
    datasets.length = Math.min(datasets.length, data.length);
    data.forEach((next, i) => {
      const old = datasets[i];
      if (old !== undefined && hasStyleOf(next, old)) Object.assign(old, next);
      else datasets[i] = next;
    });
    chart.options.scales = {
      x: scaleOptions(x, 'x', () => this.frame?.x ?? [], colours),
      y: scaleOptions(y, 'y', () => this.frame?.y ?? [], colours),
    };
    chart.update('none');
  }

  /** New points, and ticks in other places, under a layout and styles that stay: most of an update of chart.js is about those. */
  private swap(data: readonly Data[], frame: Frame): void {
    const { chart } = this;
    for (const name of ['x', 'y'] as const) scaleOf(chart, name)?.move(frame[name]);
    data.forEach((next, i) => {
      chart.data.datasets[i]!.data = next.data;
      const { controller } = chart.getDatasetMeta(i);
      controller.buildOrUpdateElements();
      controller.update('none');
    });
    chart.draw();
  }

  private ghost(series: Series, { axes, colours }: PlotInput, size: Size, joined: boolean): Data {
    const line = {
      series,
      axes,
      curve: projected(series, axes, this.scene.across.finite),
      colour: faded(colourIn(series.style.colour, colours), 0.6),
    };
    return { ...dataset({ ...line, joined, band: [] }, false, size), borderWidth: 1, borderDash: [2, 2], pointRadius: 0 };
  }
}

function hasLayoutOf(next: Frame, old: Frame): boolean {
  const { width, height } = next.size;
  const isSameSize = width === old.size.width && height === old.size.height && next.colours === old.colours;
  return isSameSize && !next.isCategorical && !old.isCategorical && sayTheSame(next.x, old.x) && sayTheSame(next.y, old.y);
}

function haveStylesOf(next: readonly Data[], old: readonly Data[]): boolean {
  return next.length === old.length && next.every((data, i) => hasStyleOf(data, old[i]!));
}

function hasStyleOf(next: Data, old: Data): boolean {
  return (Object.keys(next) as (keyof Data)[]).every((key) => {
    const [value, before] = [next[key], old[key]];
    if (key === 'data' || value === before) return true;
    return Array.isArray(value) && Array.isArray(before) && value.length === before.length && value.every((one, i) => one === before[i]);
  });
}

/** What has no end goes on to infinite prompts. */
function zoneIn(zone: Zone, axes: Axes, { finite }: Scene['across']): SceneZone {
  const axis = axes[zone.axis];
  const share = zone.axis === 'x' ? finite : 1;
  const at = (value: number | null, open: number): number => {
    const position = value === null ? open : place(axis, value);
    return Number.isNaN(position) ? 0 : Math.min(1, Math.max(0, position));
  };
  const high = zone.to === null ? 1 : share * at(zone.to, 1);
  return { zone, low: share * at(zone.from, 0), high };
}

function dataset({ series, curve, colour, joined }: SceneLine, dim: boolean, size: Size): Data {
  const { style } = series;
  const width = widths[style.weight];
  const markers = style.markers || !joined;
  const smooth = series.smooth && isSparse(curve, size);
  return {
    label: plainText(series.label),
    data: polyline(curve, size, markers || smooth),
    cubicInterpolationMode: smooth ? 'monotone' : 'default',
    borderColor: style.muted && !dim ? faded(colour, 0.55) : colour,
    backgroundColor: colour,
    borderWidth: width,
    borderDash: dashPattern(style.dash).map((length) => length * width),
    borderJoinStyle: 'round',
    showLine: joined,
    pointRadius: joined ? (markers ? 2.2 : 0) : 3.5,
    pointBorderWidth: 0,
    pointBackgroundColor: colour,
    clip: joined ? 0 : 4,
    spanGaps: false,
  };
}
