/** The user's own curves, drawn over a plot. */

import * as l10n from '@vscode/l10n';
import { nearest } from '../language/distance.js';
import type { Overlay as OverlayNode } from '../language/generated/ast.js';
import { listed } from '../language/wording.js';
import { codes } from './codes.js';
import { evaluate } from './evaluate.js';
import type { Overlay } from './experiment.js';
import type { Table } from './files/table.js';
import { Mistake } from './mistake.js';
import { constantsOf, type Study } from './study.js';
import { describe, type FileValue } from './values.js';

/** Reads `overlay "label" = file("run.csv", x: step, y: loss)`. Without x and y the first two columns are taken. */
export function readOverlay(study: Study, node: OverlayNode): Overlay {
  const value = evaluate(node.value, constantsOf(study));
  if (value.kind !== 'file') {
    throw new Mistake(
      codes.type,
      node.value,
      l10n.t('An overlay is a file, as in `file("run.csv", x: step, y: loss)`, not {0}.', describe(value)),
    );
  }
  const { reference, table } = study.files.load(value);
  const x = columnOf(table, value, value.x, 0);
  const y = columnOf(table, value, value.y, 1);
  const column = (at: number): number[] => Array.from({ length: table.rows }, (_, i) => table.data[i * table.columns + at]!);
  return {
    label: node.label,
    x: table.header?.[x] ?? l10n.t('column {0}', x + 1),
    y: table.header?.[y] ?? l10n.t('column {0}', y + 1),
    file: reference,
    points: { x: column(x), y: column(y) },
    range: study.rangeOf(node),
  };
}

function columnOf(table: Table, file: FileValue, name: string | null, position: number): number {
  if (name === null) {
    if (position >= table.columns) {
      throw new Mistake(codes.column, file.node, l10n.t('{0} has one column, and a curve needs two.', JSON.stringify(file.path)));
    }
    return position;
  }
  if (table.header === null) {
    throw new Mistake(
      codes.column,
      file.node,
      l10n.t(
        '{0} has no header line, so there is no column `{1}`; leave `x` and `y` out to take the first two columns.',
        JSON.stringify(file.path),
        name,
      ),
    );
  }
  const index = table.header.indexOf(name);
  if (index < 0) {
    const guess = nearest(name, table.header);
    const known =
      guess === undefined ? l10n.t('its columns are {0}.', listed(table.header.slice(0, 12))) : l10n.t('did you mean `{0}`?', guess);
    throw new Mistake(codes.column, file.node, l10n.t('{0} has no column `{1}`; {2}', JSON.stringify(file.path), name, known));
  }
  return index;
}
