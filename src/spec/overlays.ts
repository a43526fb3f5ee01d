/** The user's own curves, drawn over a plot. */

import { nearest } from '../language/distance.js';
import type { Overlay as OverlayNode } from '../language/generated/ast.js';
import { codes } from './codes.js';
import { evaluate } from './evaluate.js';
import type { Overlay } from './experiment.js';
import type { Table } from './files/table.js';
import { Mistake, oneOf } from './mistake.js';
import { constantsOf, type Study } from './study.js';
import { describe, type FileValue } from './values.js';

/** Reads `overlay "label" = file("run.csv", x: step, y: loss)`. Without x and y the first two columns are taken. */
export function readOverlay(study: Study, node: OverlayNode): Overlay {
  const value = evaluate(node.value, constantsOf(study));
  if (value.kind !== 'file') {
    throw new Mistake(codes.type, node.value, `An overlay is a file, as in \`file("run.csv", x: step, y: loss)\`, not ${describe(value)}.`);
  }
  const { reference, table } = study.files.load(value);
  const x = columnOf(table, value, value.x, 0);
  const y = columnOf(table, value, value.y, 1);
  const column = (at: number): number[] => Array.from({ length: table.rows }, (_, i) => table.data[i * table.columns + at]!);
  return {
    label: node.label,
    x: table.header?.[x] ?? `column ${x + 1}`,
    y: table.header?.[y] ?? `column ${y + 1}`,
    file: reference,
    points: { x: column(x), y: column(y) },
    range: study.rangeOf(node),
  };
}

function columnOf(table: Table, file: FileValue, name: string | null, position: number): number {
  if (name === null) {
    if (position >= table.columns) {
      throw new Mistake(codes.column, file.node, `${JSON.stringify(file.path)} has one column, and a curve needs two.`);
    }
    return position;
  }
  if (table.header === null) {
    throw new Mistake(
      codes.column,
      file.node,
      `${JSON.stringify(file.path)} has no header line, so there is no column \`${name}\`; leave \`x\` and \`y\` out to take the first two columns.`,
    );
  }
  const index = table.header.indexOf(name);
  if (index < 0) {
    const guess = nearest(name, table.header);
    const known =
      guess === undefined
        ? `its columns are ${oneOf(table.header.slice(0, 12)).replace(/ or (?=[^,]*$)/, ' and ')}.`
        : `did you mean \`${guess}\`?`;
    throw new Mistake(codes.column, file.node, `${JSON.stringify(file.path)} has no column \`${name}\`; ${known}`);
  }
  return index;
}
