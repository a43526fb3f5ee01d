/** The box beside the crosshair: the values of all curves at one place. */

import type { Colours } from '../colours.js';
import { element, richText } from '../dom.js';
import * as l10n from '../l10n.js';
import type { Axes } from '../plot/axes.js';
import { bandText, type Column, type Reading, slopeText, whereText } from '../plot/reading.js';
import { swatch } from './legend.js';

/** Rows shown at once; more would cover the chart. */
const most = 14;

export class Readout {
  readonly node = element('div', { class: 'readout', hidden: true, 'aria-hidden': 'true' });

  /** `near`: the curve under the pointer. */
  show(column: Column, near: Reading | null, axes: Axes, colours: Colours, client: { readonly x: number; readonly y: number }): void {
    const sorted = [...column.readings].sort((a, b) => b.y - a.y);
    const centre = near === null ? 0 : Math.max(0, sorted.indexOf(near));
    const from = Math.max(0, Math.min(sorted.length - most, centre - Math.floor(most / 2)));
    const rows = sorted.slice(from, from + most);
    const methods = new Set(rows.map(({ series }) => series.methodLabel));
    const sloped = rows.some((reading) => slopeText(reading, axes) !== '');
    this.node.replaceChildren(
      element('div', { class: 'readout-head' }, whereText(axes.x, column.x)),
      element(
        'table',
        {},
        ...rows.map((reading) =>
          element(
            'tr',
            { class: reading === near ? 'near' : null },
            element('td', {}, swatch(reading.series.style, colours)),
            element('td', { class: 'name' }, ...richText(reading.series.label)),
            element('td', { class: 'number' }, bandText(reading)),
            sloped ? element('td', { class: 'method' }, slopeText(reading, axes)) : null,
            methods.size > 1 ? element('td', { class: 'method' }, reading.series.methodLabel) : null,
          ),
        ),
      ),
    );
    const [method] = methods;
    const foot = [
      methods.size === 1 ? method : '',
      rows.length < sorted.length ? l10n.t('{0} more lines', sorted.length - rows.length) : '',
    ].filter(Boolean);
    if (foot.length > 0) this.node.append(element('div', { class: 'method' }, foot.join(' · ')));
    this.node.hidden = false;
    this.place(client);
  }

  hide(): void {
    this.node.hidden = true;
  }

  /** Beside the pointer, inside the window. */
  private place({ x, y }: { readonly x: number; readonly y: number }): void {
    const { offsetWidth: width, offsetHeight: height } = this.node;
    const [w, h] = [document.documentElement.clientWidth, document.documentElement.clientHeight];
    const left = x + 16 + width <= w ? x + 16 : Math.max(4, x - 16 - width);
    const top = Math.max(4, Math.min(h - height - 4, y - height / 2));
    this.node.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }
}
