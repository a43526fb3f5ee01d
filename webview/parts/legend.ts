/** The legend: switches for lines, and a ramp where there are too many to name. */

import { standsFor } from '../../src/chart/legend-keys.js';
import { dashPattern } from '../../src/chart/palette.js';
import { plainText } from '../../src/chart/text.js';
import type { ChartModel, LegendEntry, LegendGroup, LegendKey, LineStyle } from '../../src/chart/types.js';
import { type Colours, colourIn } from '../colours.js';
import { element, fill, richText, svg } from '../dom.js';
import * as l10n from '../l10n.js';
import { keyText } from '../plot/legend-keys.js';
import { LongList } from './long-list.js';

export interface LegendHandlers {
  toggle(key: LegendKey): void;
  /** Hides all others of its group, or shows them again. */
  only(key: LegendKey, group: readonly LegendKey[]): void;
  /** null: the pointer has left. */
  emphasise(key: LegendKey | null): void;
}

export function legendGroups(model: ChartModel): readonly (readonly LegendKey[])[] {
  return model.legend.map((group) => group.all.map(({ lines }) => lines));
}

/** What an entry needs beside its words, and for a letter of them, in pixels. */
const swatchSpace = 46;
const letterWidth = 7;

export class Legend {
  readonly node = element('div', { class: 'legend', role: 'group', 'aria-label': l10n.t('Lines') });
  /** Groups whose rest is shown, and these rests, by the place of the group. */
  private readonly open = new Set<number>();
  private readonly lists = new Map<number, LongList>();

  constructor(private readonly handlers: LegendHandlers) {}

  show(model: ChartModel, hidden: readonly string[], colours: Colours): void {
    const key = JSON.stringify([model.legend, hidden, colours, methodsOf(model)]);
    const focused = this.node.contains(document.activeElement) ? document.activeElement?.getAttribute('data-key') : null;
    fill(this.node, key, () => model.legend.map((group, i) => this.group(group, i, model, hidden, colours)));
    for (const list of this.lists.values()) if (this.node.contains(list.node)) list.settle();
    this.node.hidden = model.legend.length === 0;
    if (focused != null && !this.node.contains(document.activeElement)) {
      const again = [...this.node.querySelectorAll('[data-key]')].find((button) => button.getAttribute('data-key') === focused);
      if (again instanceof HTMLElement) again.focus();
    }
  }

  private group(group: LegendGroup, index: number, model: ChartModel, hidden: readonly string[], colours: Colours): HTMLElement {
    const keys = group.all.map(({ lines }) => lines);
    const named = group.title.length > 0;
    const make = (entry: LegendEntry): HTMLElement => this.entry(entry, named ? entry.short : entry.label, keys, model, hidden, colours);
    const title = named ? [element('span', { class: 'legend-title' }, ...richText(group.title))] : [];
    if (group.kind === 'entries') {
      const more = group.all.slice(group.entries.length);
      return element(
        'div',
        { class: 'legend-group' },
        ...title,
        ...group.entries.map(make),
        this.rest(more, index, l10n.t('{0} more', more.length), make),
      );
    }
    const labels = group.ticks.map((tick) => plainText(tick.label ?? []));
    const ramp = element(
      'span',
      { class: 'ramp', role: 'img', 'aria-label': l10n.t('from {0} to {1}', labels[0] ?? '', labels.at(-1) ?? '') },
      rampOf(group, colours),
    );
    const limit = group.limit === null ? [] : [make(group.limit)];
    const others = group.all.filter((entry) => entry !== group.limit);
    return element(
      'div',
      { class: 'legend-group' },
      ...title,
      ramp,
      ...limit,
      this.rest(others, index, l10n.t('all {0}', others.length), make),
    );
  }

  private rest(
    entries: readonly LegendEntry[],
    index: number,
    words: string,
    make: (entry: LegendEntry) => HTMLElement,
  ): HTMLElement | null {
    if (entries.length === 0) return null;
    const details = element('details', { open: this.open.has(index) }, element('summary', {}, words));
    const list = this.lists.get(index) ?? new LongList();
    this.lists.set(index, list);
    details.append(list.node);
    const longest = Math.max(...entries.map(({ label, short }) => Math.max(plainText(label).length, plainText(short).length)));
    const fillIn = (): void => list.show(entries.length, swatchSpace + longest * letterWidth, (i) => make(entries[i]!));
    details.addEventListener('toggle', () => {
      if (details.open === this.open.has(index)) return;
      if (details.open) this.open.add(index);
      else this.open.delete(index);
      if (details.open) fillIn();
    });
    if (details.open) fillIn();
    return details;
  }

  private entry(
    entry: LegendEntry,
    label: LegendEntry['label'],
    group: readonly LegendKey[],
    model: ChartModel,
    hidden: readonly string[],
    colours: Colours,
  ): HTMLElement {
    const on = !hidden.includes(keyText(entry.lines));
    const method = methodOf(model, entry.lines);
    const name = plainText(entry.label) + (method === '' ? '' : `, ${method}`);
    const made = element(
      'button',
      {
        type: 'button',
        class: 'legend-entry',
        'aria-pressed': String(on),
        'aria-label': name,
        title: name,
        'data-key': keyText(entry.lines),
      },
      swatch(entry.style, colours),
      element('span', {}, ...richText(label)),
    );
    made.addEventListener('click', (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) this.handlers.only(entry.lines, group);
      else this.handlers.toggle(entry.lines);
    });
    made.addEventListener('dblclick', () => this.handlers.only(entry.lines, group));
    made.addEventListener('pointerenter', () => this.handlers.emphasise(entry.lines));
    made.addEventListener('pointerleave', () => this.handlers.emphasise(null));
    return made;
  }
}

function methodsOf(model: ChartModel): string[] {
  return model.legend.flatMap((group) => group.all.map(({ lines }) => methodOf(model, lines)));
}

/** How the lines of an entry came about; empty when they differ. */
export function methodOf(model: ChartModel, key: LegendKey): string {
  const labels = new Set<string>();
  for (const panel of model.panels) {
    for (const series of panel.series)
      if (standsFor(key, series) && (key.kind === 'role' || series.role === 'value')) labels.add(series.methodLabel);
  }
  const [only] = labels;
  return labels.size === 1 && only !== undefined ? only : '';
}

export function swatch(style: LineStyle, colours: Colours): SVGSVGElement {
  const width = { thin: 1, normal: 2, heavy: 3 }[style.weight];
  const colour = colourIn(style.colour, colours);
  const pattern = dashPattern(style.dash).map((length) => length * Math.min(2, width));
  const line = svg('path', {
    d: 'M1 5H23',
    stroke: colour,
    'stroke-width': String(width),
    'stroke-dasharray': pattern.length === 0 ? null : pattern.join(' '),
    fill: 'none',
  });
  const mark = style.markers ? [svg('circle', { cx: '12', cy: '5', r: '2.6', fill: colour })] : [];
  return svg('svg', { viewBox: '0 0 24 10', width: '24', height: '10', class: 'swatch', 'aria-hidden': 'true' }, line, ...mark);
}

const rampWidth = 150;

function rampOf(group: Extract<LegendGroup, { kind: 'ramp' }>, colours: Colours): SVGSVGElement {
  const [low, high] = group.domain;
  const at = (v: number): number => (group.scale === 'log' ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low));
  const cells = Array.from({ length: 50 }, (_, i) =>
    svg('rect', {
      x: String(8 + (i * rampWidth) / 50),
      y: '0',
      width: String(rampWidth / 50 + 0.5),
      height: '7',
      fill: colourIn({ kind: 'ordered', position: i / 49 }, colours),
    }),
  );
  const labels = group.ticks.map((tick) => {
    const text = svg('text', {
      x: String(8 + at(tick.value) * rampWidth),
      y: '17',
      'text-anchor': 'middle',
      'font-size': '9.5',
      fill: colours.quiet,
    });
    text.textContent = plainText(tick.label ?? []);
    return text;
  });
  return svg(
    'svg',
    { viewBox: `0 0 ${rampWidth + 24} 19`, width: String(rampWidth + 24), height: '19', 'aria-hidden': 'true' },
    ...cells,
    ...labels,
  );
}
