/** Numbers from comma-separated text (RFC 4180 as far as numbers need it), with or without a header line. */

import * as l10n from '@vscode/l10n';
import { largestTable, type Table, type TableProblem } from './table.js';
import { decodeUtf8 } from './utf8.js';

const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** Reads the text; a first line with a field that is not a number is the header. Empty lines and lines starting with # are skipped. */
export function parseCsv(bytes: Uint8Array): Table | TableProblem {
  const text = decodeUtf8(bytes);
  if (text === null) {
    return { problem: 'format', message: l10n.t('is not UTF-8 text; a `.csv` file holds numbers separated by commas') };
  }
  let header: string[] | null = null;
  let columns = 0;
  let rows = 0;
  let data = new Float64Array(1024);
  let lineNumber = 0;
  let from = 0;
  while (from < text.length) {
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(from, text[end - 1] === '\r' ? end - 1 : end);
    from = end + 1;
    lineNumber++;
    if (line.trim() === '' || line.startsWith('#')) {
      continue;
    }
    const fields = splitLine(line);
    if (fields === null) {
      return { problem: 'format', message: l10n.t('has a quote that is never closed on line {0}', lineNumber) };
    }
    if (columns === 0) {
      columns = fields.length;
      if (fields.some((field) => field !== '' && !numberPattern.test(field) && !isNotFinite(field))) {
        header = fields;
        continue;
      }
    }
    if (fields.length !== columns) {
      const expected = l10n.t('{0} value{1}', columns, columns === 1 ? '' : 's');
      return {
        problem: 'ragged',
        message: l10n.t('has {0} on line {1} where the lines before have {2}', fields.length, lineNumber, expected),
      };
    }
    if ((rows + 1) * columns > largestTable) {
      return { problem: 'size', message: l10n.t('holds more than {0} values', largestTable) };
    }
    if ((rows + 1) * columns > data.length) {
      const grown = new Float64Array(Math.max(data.length * 2, (rows + 1) * columns));
      grown.set(data);
      data = grown;
    }
    for (let j = 0; j < columns; j++) {
      const field = fields[j]!;
      const value = numberPattern.test(field) ? Number(field) : Number.NaN;
      if (!Number.isFinite(value)) {
        const what = field === '' ? l10n.t('an empty value') : `\`${field.slice(0, 20)}\``;
        const where = header === null ? l10n.t('column {0}', j + 1) : l10n.t('column `{0}`', header[j]);
        return {
          problem: 'value',
          message: l10n.t('has {0} in {1} on line {2}, where a finite number is needed', what, where, lineNumber),
        };
      }
      data[rows * columns + j] = value;
    }
    rows++;
  }
  if (rows === 0) {
    return { problem: 'format', message: l10n.t('holds no numbers') };
  }
  return { header, rows, columns, data: data.slice(0, rows * columns) };
}

function isNotFinite(field: string): boolean {
  return /^[+-]?(nan|inf|infinity)$/i.test(field);
}

function splitLine(line: string): string[] | null {
  if (!line.includes('"')) {
    return line.split(',').map((field) => field.trim());
  }
  const fields: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"\s*|([^",]*))(,|$)/y;
  let done = false;
  while (!done) {
    const match = pattern.exec(line);
    if (match === null) {
      return null;
    }
    fields.push(match[1] === undefined ? match[2]!.trim() : match[1].replaceAll('""', '"'));
    done = match[3] === '';
  }
  return fields;
}
