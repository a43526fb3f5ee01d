/** NumPy's `.npy` format (NEP 1), versions 1 to 3: reals of 2, 4 and 8 bytes and integers, both byte orders, C and Fortran order, one or two axes. */

import * as l10n from '@vscode/l10n';
import { largestTable, type Table, type TableProblem } from './table.js';
import { decodeUtf8 } from './utf8.js';

type ReadValue = (view: DataView, at: number, little: boolean) => number;

const types: Readonly<Record<string, { readonly bytes: number; readonly read: ReadValue }>> = {
  f2: { bytes: 2, read: (view, at, little) => halfFloat(view.getUint16(at, little)) },
  f4: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  f8: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
  i1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  u1: { bytes: 1, read: (view, at) => view.getUint8(at) },
  i2: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  u2: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  i4: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  u4: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  i8: { bytes: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  u8: { bytes: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
};

/** IEEE 754 binary16. */
function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** An array of one axis is read as one column. */
export function parseNpy(bytes: Uint8Array): Table | TableProblem {
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  if (bytes.length < 12 || magic.some((byte, i) => bytes[i] !== byte)) {
    return { problem: 'format', message: l10n.t('is not a NumPy `.npy` file') };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6]!;
  if (version < 1 || version > 3) {
    return { problem: 'format', message: l10n.t('is of `.npy` version {0}; versions 1 to 3 are read', version) };
  }
  const headerStart = version === 1 ? 10 : 12;
  const headerLength = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = headerStart + headerLength;
  const header = start <= bytes.length ? decodeUtf8(bytes.subarray(headerStart, start)) : null;
  const type = header?.match(/'descr'\s*:\s*'([^']*)'/)?.[1];
  const fortran = header?.match(/'fortran_order'\s*:\s*(True|False)/)?.[1];
  const shape = header?.match(/'shape'\s*:\s*\(([\d\s,]*)\)/)?.[1];
  if (type === undefined || fortran === undefined || shape === undefined) {
    return { problem: 'format', message: l10n.t('has a damaged `.npy` header, or holds records') };
  }
  // `|` stands before types of one byte, `=` is not written by NumPy.
  const item = /^[<>|]/.test(type) ? types[type.slice(1)] : undefined;
  if (item === undefined) {
    return {
      problem: 'format',
      message: l10n.t('holds values of type `{0}`; real numbers and integers are read (`array.astype("<f8")`)', type),
    };
  }
  const { bytes: width, read } = item;
  const little = !type.startsWith('>');
  const axes = shape
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
  if (axes.length < 1 || axes.length > 2) {
    return { problem: 'format', message: l10n.t('has {0} axes; one (a column) or two (rows and columns) are read', axes.length) };
  }
  const rows = axes[0]!;
  const columns = axes[1] ?? 1;
  const count = rows * columns;
  if (count === 0) {
    return { problem: 'format', message: l10n.t('holds no numbers') };
  }
  if (count > largestTable) {
    return { problem: 'size', message: l10n.t('holds {0} values; at most {1} are read', count, largestTable) };
  }
  if (bytes.length - start !== count * width) {
    return { problem: 'format', message: l10n.t('should hold {0} bytes of values and holds {1}', count * width, bytes.length - start) };
  }
  const data = new Float64Array(count);
  const byColumns = fortran === 'True';
  for (let r = 0, i = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, i++) {
      const value = read(view, start + (byColumns ? c * rows + r : i) * width, little);
      if (!Number.isFinite(value)) {
        return {
          problem: 'value',
          message: l10n.t(
            'has {0} in row {1}, column {2}, where a finite number is needed',
            Number.isNaN(value) ? 'NaN' : l10n.t('an infinite value'),
            r + 1,
            c + 1,
          ),
        };
      }
      data[i] = value;
    }
  }
  return { header: null, rows, columns, data };
}
