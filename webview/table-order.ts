/** Order and text of the table's rows. */
import type { TableColumn, TableModel } from '../src/chart/table.js';
import type { TableSort } from './memory.js';

/** Indices of the rows. Numbers by size, words by the reader's alphabet, what does not exist always last; equal rows keep their order. */
export function sortedRows(model: TableModel, sort: TableSort | null): number[] {
  const order = Array.from({ length: model.rows }, (_, row) => row);
  const column = sort === null ? undefined : model.columns.find(({ key }) => key === sort.column);
  if (column === undefined || sort === null) return order;
  const direction = sort.descending ? -1 : 1;
  if (column.kind === 'text') return order.sort((a, b) => direction * alphabet.compare(column.cells[a]!, column.cells[b]!) || a - b);
  return order.sort((a, b) => {
    const [x, y] = [column.cells[a] ?? null, column.cells[b] ?? null];
    if (x === null || y === null) return x === y ? a - b : x === null ? 1 : -1;
    return x === y ? a - b : direction * (x < y ? -1 : 1);
  });
}

const alphabet = new Intl.Collator(undefined, { numeric: true });

/** Seven digits to look at; a copy has them all. */
export function cellText(cell: string | number | null): string {
  if (cell === null) return '';
  if (typeof cell === 'string') return cell;
  if (!Number.isFinite(cell)) return cell > 0 ? '∞' : '−∞';
  const size = Math.abs(cell);
  const text =
    Number.isInteger(cell) && size < 1e9
      ? String(cell)
      : size >= 1e-4 && size < 1e7
        ? String(Number(cell.toPrecision(7)))
        : cell.toExponential(5);
  return text.replace('-', '−');
}

function exactText(cell: string | number | null | undefined): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'string') return cell.replace(/[\t\r\n]+/g, ' ');
  return Number.isFinite(cell) ? String(cell) : cell > 0 ? 'inf' : '-inf';
}

/** Tab-separated, with heads, in the order of the screen: for a spreadsheet. */
export function tabSeparated(model: TableModel, order: readonly number[]): string {
  const head = model.columns.map(({ key }: TableColumn) => key).join('\t');
  const lines = order.map((row) => model.columns.map(({ cells }) => exactText(cells[row])).join('\t'));
  return `${[head, ...lines].join('\n')}\n`;
}
