/** Many cells of one size in a box that scrolls: only those in sight are in the page. */
import { element } from '../dom.js';
import { inSight } from '../in-sight.js';

/** Height of a row and of the box, as in the style sheet. */
const rowHeight = 22;
const boxHeight = 180;
/** Rows kept beside those in sight, for the Tab key to go on to. */
const margin = 2;

export class LongList {
  private readonly before = element('div', {});
  private readonly grid = element('div', { class: 'long-cells' });
  private readonly after = element('div', {});
  readonly node = element('div', { class: 'long-list' }, this.before, this.grid, this.after);
  private count = 0;
  private cellWidth = 1;
  private make: (index: number) => HTMLElement = () => element('div', {});
  private columns = 1;
  private scrolled = 0;
  /** Those in the page, by index. */
  private readonly cells = new Map<number, HTMLElement>();

  constructor() {
    this.node.addEventListener('scroll', () => {
      this.scrolled = this.node.scrollTop;
      this.draw();
    });
    new ResizeObserver(() => this.draw()).observe(this.node);
  }

  /** Other cells, at the place that was scrolled to. `cellWidth`: what the widest needs, in pixels. */
  show(count: number, cellWidth: number, make: (index: number) => HTMLElement): void {
    this.count = count;
    this.cellWidth = cellWidth;
    this.make = make;
    this.cells.clear();
    this.grid.replaceChildren();
    this.draw();
  }

  /** After it was put into the page again, which has it scroll back to the top. */
  settle(): void {
    this.draw();
    this.node.scrollTop = this.scrolled;
  }

  private draw(): void {
    const { clientWidth, clientHeight } = this.node;
    if (clientWidth > 0) this.columns = Math.max(1, Math.floor(clientWidth / this.cellWidth));
    const { columns, count, cells, grid } = this;
    const rows = Math.ceil(count / columns);
    const height = clientHeight > 0 ? clientHeight : boxHeight;
    const { first, end } = inSight({ scrollTop: this.scrolled, height }, { count: rows, height: rowHeight, margin });
    this.before.style.height = `${first * rowHeight}px`;
    this.after.style.height = `${(rows - end) * rowHeight}px`;
    grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    const from = first * columns;
    const to = Math.min(count, end * columns);
    for (const [index, cell] of cells) {
      if (index >= from && index < to) continue;
      cell.remove();
      cells.delete(index);
    }
    // What stays is not touched: it may have the focus.
    for (let index = from; index < to; index += 1) {
      let cell = cells.get(index);
      if (cell === undefined) {
        cell = this.make(index);
        cells.set(index, cell);
      }
      const place = grid.children[index - from] ?? null;
      if (place !== cell) grid.insertBefore(cell, place);
    }
  }
}
