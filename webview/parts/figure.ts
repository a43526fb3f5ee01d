/** One chart model: heading and switches, legend, its panels side by side, notes. */

import { standsFor } from '../../src/chart/legend-keys.js';
import { onScales } from '../../src/chart/shown.js';
import { plainText } from '../../src/chart/text.js';
import type { ChartModel, LegendKey, Panel, Series } from '../../src/chart/types.js';
import type { ExportFormat } from '../../src/protocol/messages.js';
import type { Colours } from '../colours.js';
import { element, fill, richText, setAttributes, setText } from '../dom.js';
import * as l10n from '../l10n.js';
import type { AxisChoice, ChartChoice } from '../memory.js';
import { type Axes, axesOf, moved, scalesOf, switchable } from '../plot/axes.js';
import { hiddenBy, keyText, parseKeys } from '../plot/legend-keys.js';
import { button, setPressed } from '../toolkit.js';
import { ExportMenu } from './export-menu.js';
import { icon } from './icons.js';
import { Legend, legendGroups } from './legend.js';
import { type PanelHost, PanelView, type Shared } from './panel-view.js';

export interface FigureInput {
  readonly model: ChartModel;
  /** The same chart of the run that is compared with. */
  readonly previous: ChartModel | null;
  readonly choice: ChartChoice;
  readonly colours: Colours;
  /** The curves of these sweep values stand out. */
  readonly highlight: Readonly<Record<string, string>> | null;
}

export interface FigureHandlers {
  choose(choice: ChartChoice): void;
  reveal(series: Series): void;
  save(format: ExportFormat): void;
  copy(): void;
  say(sentence: string): void;
}

export class Figure implements PanelHost {
  readonly node = element('section', { class: 'figure' });
  private readonly heading = element('h2', {});
  private readonly switches = element('div', { class: 'switches', role: 'toolbar' });
  private readonly grid = element('div', { class: 'panels' });
  private readonly xLabel = element('div', { class: 'x-label', 'aria-hidden': 'true' });
  private readonly notes = element('p', { class: 'notes' });
  private readonly description = element('p', { class: 'spoken' });
  private readonly legend: Legend;
  private readonly logX: HTMLElement;
  private readonly logY: HTMLElement;
  private readonly reset: HTMLElement;
  private readonly views: PanelView[] = [];
  private emphasis: LegendKey | null = null;
  private input: FigureInput | null = null;
  /** What the axes that the reader chose can show of it. */
  private model!: ChartModel;

  constructor(
    private readonly handlers: FigureHandlers,
    readonly shared: Shared,
  ) {
    this.legend = new Legend({
      toggle: (key) => this.toggle(key),
      only: (key, group) => this.only(key, group),
      emphasise: (key) => {
        this.emphasis = key;
        this.drawPanels();
      },
    });
    this.logX = button({ label: l10n.t('log x'), toggle: true, press: () => this.switchScale('x') });
    this.logY = button({ label: l10n.t('log y'), toggle: true, press: () => this.switchScale('y') });
    this.reset = button({ label: l10n.t('Reset zoom'), icon: icon('reset'), press: () => this.resetZoom() });
    const copy = button({ label: l10n.t('Copy figure'), icon: icon('copy'), press: () => this.handlers.copy() });
    const menu = new ExportMenu((format) => this.handlers.save(format));
    setAttributes(this.logX, { title: l10n.t('Logarithmic x axis') });
    setAttributes(this.logY, { title: l10n.t('Logarithmic y axis') });
    this.switches.append(this.logX, this.logY, this.reset, copy, menu.node);
    this.node.append(
      element('header', {}, this.heading, this.switches),
      this.legend.node,
      this.grid,
      this.xLabel,
      this.notes,
      this.description,
    );
  }

  axes(): Axes {
    return axesOf(this.model, this.input!.choice);
  }

  /** Draws nothing where nothing differs: what is told of a study is mostly not about its charts. */
  show(input: FigureInput): void {
    const before = this.input;
    if (before !== null && (Object.keys(input) as (keyof FigureInput)[]).every((key) => input[key] === before[key])) return;
    this.input = input;
    const { previous, choice, colours } = input;
    this.model = onScales(input.model, scalesOf(input.model, choice));
    const { model } = this;
    const axes = this.axes();
    const part = /\(\d+ of \d+\)$/.exec(model.title)?.[0] ?? '';
    fill(this.heading, JSON.stringify([axes.y.label, part]), () => [...richText(axes.y.label), part === '' ? null : ` ${part}`]);
    fill(this.xLabel, JSON.stringify(axes.x.label), () => richText(axes.x.label));
    setText(this.notes, [...model.notes, ...(previous === null ? [] : [l10n.t('Dotted: the previous run.')])].join(' '));
    this.logX.hidden = !switchable(model.x);
    this.logY.hidden = !switchable(model.y);
    setPressed(this.logX, axes.x.scale === 'log');
    setPressed(this.logY, axes.y.scale === 'log');
    this.reset.hidden = choice.x.domain === undefined && choice.y.domain === undefined;
    this.legend.show(model, choice.hidden, colours);
    this.matchViews(model.panels.length);
    this.drawPanels();
    this.shared.later.ask(this, () => this.describe(model, axes, part));
  }

  /** What is heard, and not seen. */
  private describe(model: ChartModel, axes: Axes, part: string): void {
    const spoken = [l10n.t('{0} against {1}', plainText(axes.y.label), plainText(axes.x.label)), ...(part === '' ? [] : [part])].join(' ');
    setAttributes(this.node, { 'aria-label': spoken });
    setAttributes(this.switches, { 'aria-label': l10n.t('View of {0}', spoken) });
    setAttributes(this.notes, { title: model.remarks.length === 0 ? null : model.remarks.join('\n') });
    setText(this.description, model.description);
  }

  dispose(): void {
    this.shared.later.drop(this);
    for (const view of this.views) view.dispose();
    this.node.remove();
  }

  reveal(series: Series): void {
    this.handlers.reveal(series);
  }

  say(sentence: string): void {
    this.handlers.say(sentence);
  }

  /** Stretches or moves what is seen; every panel of the figure follows. */
  move(anchor: { readonly x: number; readonly y: number }, factor: number, shift: { readonly x: number; readonly y: number }): void {
    const { choice } = this.input!;
    const { model } = this;
    const axes = this.axes();
    const home = axesOf(model, { x: withoutDomain(choice.x), y: withoutDomain(choice.y), hidden: [] });
    const x = moved(axes.x, home.x, anchor.x, factor, shift.x);
    const y = moved(axes.y, home.y, anchor.y, factor, shift.y);
    if (x === null && y === null) return;
    this.handlers.choose({
      ...choice,
      x: x === null || axes.x.scale === 'category' ? choice.x : { ...choice.x, domain: x },
      y: y === null ? choice.y : { ...choice.y, domain: y },
    });
  }

  /** Shows a part of the plot, 0 to 1 in both directions. */
  select(x: readonly [number, number], y: readonly [number, number]): void {
    const { choice } = this.input!;
    const { model } = this;
    const axes = this.axes();
    const home = axesOf(model, { x: withoutDomain(choice.x), y: withoutDomain(choice.y), hidden: [] });
    const part = (name: 'x' | 'y', [low, high]: readonly [number, number]): AxisChoice => {
      const size = high - low;
      const domain = size < 1e-6 || size >= 1 ? null : moved(axes[name], home[name], low / (1 - size), size, 0);
      return domain === null || axes[name].scale === 'category' ? choice[name] : { ...choice[name], domain };
    };
    this.handlers.choose({ ...choice, x: part('x', x), y: part('y', y) });
  }

  resetZoom(): void {
    const { choice } = this.input!;
    this.handlers.choose({ ...choice, x: withoutDomain(choice.x), y: withoutDomain(choice.y) });
  }

  private switchScale(name: 'x' | 'y'): void {
    const { model, choice } = this.input!;
    const scale = this.axes()[name].scale === 'log' ? 'linear' : 'log';
    this.handlers.choose({ ...choice, [name]: scale === model[name].scale ? {} : { scale } });
  }

  private toggle(key: LegendKey): void {
    const { choice } = this.input!;
    const text = keyText(key);
    const hidden = choice.hidden.includes(text) ? choice.hidden.filter((other) => other !== text) : [...choice.hidden, text];
    this.handlers.choose({ ...choice, hidden });
  }

  private only(key: LegendKey, group: readonly LegendKey[]): void {
    const { choice } = this.input!;
    const own = group.map(keyText);
    const others = own.filter((text) => text !== keyText(key));
    const alone = others.every((text) => choice.hidden.includes(text)) && !choice.hidden.includes(keyText(key));
    const kept = choice.hidden.filter((text) => !own.includes(text));
    this.handlers.choose({ ...choice, hidden: alone ? kept : [...kept, ...others] });
  }

  private matchViews(count: number): void {
    while (this.views.length > count) this.views.pop()!.dispose();
    while (this.views.length < count) {
      const view = new PanelView(this);
      this.views.push(view);
      this.grid.append(view.node);
    }
    setAttributes(this.grid, { 'data-count': count === 1 ? 'one' : count <= 4 ? 'few' : 'many' });
  }

  private drawPanels(): void {
    if (this.input === null) return;
    const { previous, choice, colours, highlight } = this.input;
    const { model } = this;
    const keys = parseKeys(choice.hidden, legendGroups(model).flat());
    const hidden = (line: Series | Panel['references'][number]): boolean => hiddenBy(keys, line);
    // Nothing stands out by being hidden.
    const emphasis = this.emphasis !== null && choice.hidden.includes(keyText(this.emphasis)) ? null : this.emphasis;
    const axes = this.axes();
    model.panels.forEach((panel, i) => {
      const ghosts = previous?.panels[i]?.series.filter((series) => series.role === 'value' && !hidden(series)) ?? [];
      const stands = standsOut(panel, emphasis, highlight);
      this.views[i]!.draw({ model, panel, axes, hidden, ghosts, highlight: stands, colours });
    });
  }
}

function withoutDomain({ scale }: AxisChoice): AxisChoice {
  return scale === undefined ? {} : { scale };
}

/** Null when nothing stands out: the highlight has no curve here, or all of them. */
function standsOut(
  panel: Panel,
  emphasis: LegendKey | null,
  at: Readonly<Record<string, string>> | null,
): ((line: Series) => boolean) | null {
  const test = (line: Series): boolean =>
    emphasis !== null
      ? standsFor(emphasis, line)
      : at !== null && Object.entries(at).every(([name, value]) => !(name in line.at) || line.at[name] === value);
  if (emphasis === null && at === null) return null;
  const count = panel.series.filter(test).length;
  return count === 0 || count === panel.series.length ? null : test;
}
