/** The table of all numbers: only the rows in sight are in the page. Sorted by a click on a head, read by arrow keys, copied as TSV. */

import { element, fill, setAttributes, setText } from '../dom.js';
import { inSight } from '../in-sight.js';
import * as l10n from '../l10n.js';
import type { TableSort } from '../memory.js';
import type { Table } from '../models.js';
import { cellText, sortedRows, tabSeparated } from '../table-order.js';
import { button } from '../toolkit.js';
import { rowsText } from '../words.js';
import { icon } from './icons.js';

export interface TableHandlers {
  sort(sort: TableSort | null): void;
  copy(text: string): void;
  say(sentence: string): void;
}

/** Height of a row, as in the style sheet. */
const rowHeight = 22;
/** Rows kept beside those in sight. */
const margin = 12;

export class TableView {
  private readonly count = element('span', { class: 'status' });
  private readonly head = element('tr', { role: 'row' });
  private readonly body = element('tbody', {});
  private readonly before = element('div', {});
  private readonly after = element('div', {});
  private readonly table = element('table', { class: 'numbers' }, element('thead', {}, this.head), this.body);
  private readonly scroll = element(
    'div',
    { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': l10n.t('All numbers') },
    this.before,
    this.table,
    this.after,
  );
  readonly node = element('div', { class: 'page table-page' });
  private model: Table | null = null;
  private sort: TableSort | null = null;
  private order: readonly number[] = [];
  private first = -1;
  private cell: { row: number; column: number } | null = null;

  constructor(private readonly handlers: TableHandlers) {
    const copy = button({ label: l10n.t('Copy table'), icon: icon('copy'), press: () => this.copy() });
    this.node.append(element('div', { class: 'table-tools' }, this.count, copy), this.scroll);
    this.scroll.addEventListener('scroll', () => this.rows());
    this.scroll.addEventListener('keydown', (event) => this.key(event));
    new ResizeObserver(() => this.rows()).observe(this.scroll);
  }

  show(model: Table | null, sort: TableSort | null): void {
    if (model === this.model && sort === this.sort) return;
    this.model = model;
    this.sort = sort;
    this.first = -1;
    if (model === null) {
      setText(this.count, '');
      this.body.replaceChildren();
      return;
    }
    this.order = sortedRows(model, sort);
    setText(this.count, rowsText(model.rows) + (model.omitted > 0 ? `; ${l10n.t('{0} more in an export', model.omitted)}` : ''));
    setAttributes(this.table, { 'aria-rowcount': String(model.rows + 1), 'aria-colcount': String(model.columns.length) });
    this.heads(model);
    this.rows();
  }

  private heads(model: Table): void {
    fill(this.head, JSON.stringify([model.columns.map(({ key, label, kind }) => [key, label, kind]), this.sort]), () =>
      model.columns.map(({ key, label, kind }) => {
        const sorted = this.sort?.column === key ? this.sort : null;
        const made = element(
          'button',
          { type: 'button', title: key },
          label,
          sorted === null ? null : icon(sorted.descending ? 'descending' : 'ascending'),
        );
        made.addEventListener('click', () => {
          const next = sorted === null ? { column: key, descending: false } : sorted.descending ? null : { column: key, descending: true };
          this.handlers.sort(next);
          this.show(this.model, next);
          [...this.head.querySelectorAll('button')].find(({ title }) => title === key)?.focus();
        });
        const order = sorted === null ? 'none' : sorted.descending ? 'descending' : 'ascending';
        return element('th', { scope: 'col', class: kind, 'aria-sort': order }, made);
      }),
    );
  }

  /** Puts the rows in sight into the page, with empty space for the rest. */
  private rows(): void {
    const { model } = this;
    if (model === null || this.scroll.clientHeight === 0) return;
    const { first, end: last } = inSight(
      { scrollTop: this.scroll.scrollTop, height: this.scroll.clientHeight },
      { count: model.rows, height: rowHeight, margin },
    );
    if (first === this.first) return;
    this.first = first;
    this.before.style.height = `${first * rowHeight}px`;
    this.after.style.height = `${(model.rows - last) * rowHeight}px`;
    this.body.replaceChildren(
      ...this.order.slice(first, last).map((row, i) =>
        element(
          'tr',
          { 'aria-rowindex': String(first + i + 2) },
          ...model.columns.map((column, c) => {
            const chosen = this.cell?.row === first + i && this.cell.column === c;
            return element('td', { class: chosen ? `${column.kind} chosen` : column.kind }, cellText(column.cells[row] ?? null));
          }),
        ),
      ),
    );
  }

  private key(event: KeyboardEvent): void {
    const { model } = this;
    if (model === null || model.rows === 0 || event.target !== this.scroll) return;
    if ((event.ctrlKey || event.metaKey) && event.key === 'c') {
      this.copy();
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.scroll.clientHeight / rowHeight) - 2);
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowDown: [1, 0],
      ArrowUp: [-1, 0],
      ArrowRight: [0, 1],
      ArrowLeft: [0, -1],
      PageDown: [page, 0],
      PageUp: [-page, 0],
      Home: [-model.rows, 0],
      End: [model.rows, 0],
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const from = this.cell ?? { row: -1, column: 0 };
    const row = Math.min(model.rows - 1, Math.max(0, from.row + move[0]));
    const column = Math.min(model.columns.length - 1, Math.max(0, from.column + move[1]));
    this.cell = { row, column };
    const above = row * rowHeight;
    const room = this.scroll.clientHeight - 2 * rowHeight;
    if (above < this.scroll.scrollTop) this.scroll.scrollTop = above;
    else if (above > this.scroll.scrollTop + room) this.scroll.scrollTop = above - room;
    this.first = -1;
    this.rows();
    const chosen = this.body.querySelector('.chosen');
    chosen?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    const { label, cells } = model.columns[column]!;
    this.handlers.say(l10n.t('{0}: {1}, row {2}', label, cellText(cells[this.order[row]!] ?? null) || l10n.t('none'), row + 1));
  }

  private copy(): void {
    if (this.model === null) return;
    this.handlers.copy(tabSeparated(this.model, this.order));
    this.handlers.say(l10n.t('{0} copied', rowsText(this.model.rows)));
  }
}
