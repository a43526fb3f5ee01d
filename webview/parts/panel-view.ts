/** One panel of a figure: its plot, what the pointer reads there, and the way through it by keyboard. */

import { plainText } from '../../src/chart/text.js';
import type { Series } from '../../src/chart/types.js';
import { element, fill, richText, setAttributes } from '../dom.js';
import * as l10n from '../l10n.js';
import type { Later } from '../later.js';
import type { Axes } from '../plot/axes.js';
import { type Cursor, type Step, step } from '../plot/cursor.js';
import { listenToGestures } from '../plot/gestures.js';
import { Plot, type PlotInput } from '../plot/plot.js';
import { closest, columnAt, type Reading, readingAt, spoken } from '../plot/reading.js';
import type { Sight } from '../sight.js';
import type { Readout } from './readout.js';

/** What all charts of a page share. */
export interface Shared {
  readonly readout: Readout;
  readonly later: Later;
  readonly sight: Sight;
}

/** What a panel asks of its figure. */
export interface PanelHost {
  readonly shared: Shared;
  axes(): Axes;
  reveal(series: Series): void;
  say(sentence: string): void;
  move(anchor: { readonly x: number; readonly y: number }, factor: number, shift: { readonly x: number; readonly y: number }): void;
  select(x: readonly [number, number], y: readonly [number, number]): void;
  resetZoom(): void;
}

const steps: Readonly<Record<string, Step>> = {
  ArrowRight: 'next',
  ArrowLeft: 'previous',
  ArrowUp: 'up',
  ArrowDown: 'down',
  Home: 'first',
  End: 'last',
  PageDown: 'forward',
  PageUp: 'back',
};
const shifts: Readonly<Record<string, readonly [number, number]>> = {
  ArrowRight: [0.1, 0],
  ArrowLeft: [-0.1, 0],
  ArrowUp: [0, 0.1],
  ArrowDown: [0, -0.1],
};
/** Share of the height within which a curve is the one that is meant. */
const aim = 0.04;
const still = { x: 0, y: 0 };
const middle = { x: 0.5, y: 0.5 };

export class PanelView {
  readonly node = element('div', { class: 'panel' });
  private readonly title = element('h3', {});
  private readonly frame = element('div', {
    class: 'plot',
    tabindex: '0',
    role: 'application',
    'aria-roledescription': 'chart',
  });
  private readonly plot = new Plot();
  private cursor: Cursor | null = null;
  private near: Reading | null = null;
  /** What is not drawn yet. */
  private waiting: PlotInput | null = null;

  constructor(private readonly host: PanelHost) {
    this.frame.append(this.plot.canvas);
    setAttributes(this.plot.canvas, { 'aria-hidden': 'true' });
    this.node.append(this.title, this.frame);
    listenToGestures(this.frame, {
      area: () => this.plot.area,
      hover: (at, client) => this.hover(at, client),
      click: () => {
        if (this.near !== null) host.reveal(this.near.series);
      },
      zoom: (at, factor) => host.move({ x: at.x / this.plot.layout.finite, y: at.y }, factor, still),
      pan: (x, y) => host.move(middle, 1, { x: x / this.plot.layout.finite, y }),
      select: (from, to) => {
        const { finite } = this.plot.layout;
        const [x0, x1] = ordered(from.x / finite, to.x / finite);
        host.select([x0, x1], ordered(from.y, to.y));
      },
      reset: () => host.resetZoom(),
    });
    this.frame.addEventListener('keydown', (event) => this.key(event));
    this.frame.addEventListener('blur', () => {
      this.plot.point(null, null);
      host.shared.readout.hide();
    });
    host.shared.sight.watch(this.frame, () => this.drawWaiting());
  }

  /** At once what is in sight, the rest when that has been painted. */
  draw(input: PlotInput): void {
    this.waiting = input;
    if (this.host.shared.sight.has(this.frame)) this.drawWaiting();
    this.host.shared.later.ask(this, () => {
      this.drawWaiting();
      this.name(input);
    });
  }

  private drawWaiting(): void {
    if (this.waiting === null) return;
    const { panel } = this.waiting;
    this.title.hidden = panel.title.length === 0;
    fill(this.title, JSON.stringify(panel.title), () => richText(panel.title));
    this.plot.draw(this.waiting);
    this.waiting = null;
    if (this.cursor !== null && this.frame.matches(':focus')) this.plot.point(null, this.focusReading());
  }

  private name({ panel, axes }: PlotInput): void {
    const name = [plainText(panel.title), plainText(axes.y.label)].filter((part) => part !== '').join(': ');
    const lines = panel.series.length === 1 ? l10n.t('1 line') : l10n.t('{0} lines', panel.series.length);
    setAttributes(this.frame, {
      'aria-label': l10n.t('{0}, {1}. Arrow keys read the values, plus and minus zoom, 0 resets, Enter goes to the text.', name, lines),
    });
  }

  dispose(): void {
    this.host.shared.later.drop(this);
    this.host.shared.sight.forget(this.frame);
    this.plot.dispose();
    this.node.remove();
  }

  private hover(at: { readonly x: number; readonly y: number } | null, client: { readonly x: number; readonly y: number }): void {
    const { shown, layout } = this.plot;
    const column = at === null || shown === null ? null : columnAt(this.plot.visible, shown.axes, layout, at.x);
    this.near = column === null || at === null ? null : closest(column.readings, shown!.axes, at.y, aim);
    this.frame.classList.toggle('on-curve', this.near !== null);
    this.plot.point(column, null);
    if (column === null || column.readings.length === 0) this.host.shared.readout.hide();
    else this.host.shared.readout.show(column, this.near, shown!.axes, shown!.colours, client);
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.act(event)) event.preventDefault();
  }

  /** False when the key means nothing here. */
  private act(event: KeyboardEvent): boolean {
    const { host } = this;
    const shift = event.shiftKey ? shifts[event.key] : undefined;
    if (shift !== undefined) {
      host.move(middle, 1, { x: shift[0], y: shift[1] });
      return true;
    }
    const direction = steps[event.key];
    if (direction !== undefined) {
      this.cursor = step(this.plot.visible, this.cursor, direction);
      this.readCursor();
      return true;
    }
    switch (event.key) {
      case '+':
      case '=':
        host.move(middle, 0.8, still);
        return true;
      case '-':
      case '_':
        host.move(middle, 1.25, still);
        return true;
      case '0':
        host.resetZoom();
        return true;
      case 'Enter': {
        const reading = this.focusReading();
        if (reading !== null) host.reveal(reading.series);
        return reading !== null;
      }
      case 'Escape':
        if (this.cursor === null) return false;
        this.cursor = null;
        this.plot.point(null, null);
        host.shared.readout.hide();
        return true;
      default:
        return false;
    }
  }

  private focusReading(): Reading | null {
    const series = this.plot.visible.find(({ id }) => id === this.cursor?.series);
    return series === undefined || this.cursor === null ? null : readingAt(series, this.cursor.index);
  }

  private readCursor(): void {
    const reading = this.focusReading();
    const { shown, layout } = this.plot;
    if (reading === null || shown === null) return;
    const { finite, infinity } = layout;
    const x = reading.index < 0 ? (infinity ?? 1) : finite * this.positionOf(reading);
    const column = columnAt(this.plot.visible, shown.axes, layout, x);
    this.plot.point(column, reading);
    const title = plainText(shown.panel.title);
    this.host.say(`${title === '' ? '' : `${title}, `}${spoken(reading, shown.axes)}`);
    if (column === null) return;
    const box = this.frame.getBoundingClientRect();
    const { left, right, top, bottom } = this.plot.area;
    const same = column.readings.find(({ series }) => series === reading.series) ?? null;
    const client = { x: box.left + left + column.position * (right - left), y: box.top + (top + bottom) / 2 };
    this.host.shared.readout.show(column, same, shown.axes, shown.colours, client);
  }

  private positionOf({ series, index }: Reading): number {
    const { x } = this.host.axes();
    const value = series.x[index]!;
    const [low, high] = x.domain;
    return x.scale === 'log' ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  }
}

function ordered(a: number, b: number): readonly [number, number] {
  const [low, high] = a < b ? [a, b] : [b, a];
  return [Math.max(0, low), Math.min(1, high)];
}
