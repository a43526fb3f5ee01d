/** NumPy's `.npy` format, versions 1 to 3: little-endian f4, f8, i4, i8, C order, one or two axes. */

import { largestTable, type Table, type TableProblem } from './table.js';
import { decodeUtf8 } from './utf8.js';

const itemBytes: Readonly<Record<string, number>> = { '<f4': 4, '<f8': 8, '<i4': 4, '<i8': 8 };

/** An array of one axis is read as one column. */
export function parseNpy(bytes: Uint8Array): Table | TableProblem {
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  if (bytes.length < 12 || magic.some((byte, i) => bytes[i] !== byte)) {
    return { problem: 'format', message: 'is not a NumPy `.npy` file' };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6]!;
  if (version < 1 || version > 3) {
    return { problem: 'format', message: `is of \`.npy\` version ${version}; versions 1 to 3 are read` };
  }
  const headerStart = version === 1 ? 10 : 12;
  const headerLength = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = headerStart + headerLength;
  const header = start <= bytes.length ? decodeUtf8(bytes.subarray(headerStart, start)) : null;
  const type = header?.match(/'descr'\s*:\s*'([^']*)'/)?.[1];
  const fortran = header?.match(/'fortran_order'\s*:\s*(True|False)/)?.[1];
  const shape = header?.match(/'shape'\s*:\s*\(([\d\s,]*)\)/)?.[1];
  if (type === undefined || fortran === undefined || shape === undefined) {
    return { problem: 'format', message: 'has a damaged `.npy` header, or holds records' };
  }
  const width = itemBytes[type];
  if (width === undefined) {
    return {
      problem: 'format',
      message: `holds values of type \`${type}\`; \`<f4\`, \`<f8\`, \`<i4\` and \`<i8\` are read (\`array.astype("<f8")\`)`,
    };
  }
  const axes = shape
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
  if (axes.length < 1 || axes.length > 2) {
    return { problem: 'format', message: `has ${axes.length} axes; one (a column) or two (rows and columns) are read` };
  }
  const rows = axes[0]!;
  const columns = axes[1] ?? 1;
  if (fortran === 'True' && rows > 1 && columns > 1) {
    return { problem: 'format', message: 'is in Fortran order; save `numpy.ascontiguousarray(array)`' };
  }
  const count = rows * columns;
  if (count === 0) {
    return { problem: 'format', message: 'holds no numbers' };
  }
  if (count > largestTable) {
    return { problem: 'size', message: `holds ${count} values; at most ${largestTable} are read` };
  }
  if (bytes.length - start !== count * width) {
    return { problem: 'format', message: `should hold ${count * width} bytes of values and holds ${bytes.length - start}` };
  }
  const data = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const at = start + i * width;
    const value =
      type === '<f8'
        ? view.getFloat64(at, true)
        : type === '<f4'
          ? view.getFloat32(at, true)
          : type === '<i4'
            ? view.getInt32(at, true)
            : Number(view.getBigInt64(at, true));
    if (!Number.isFinite(value)) {
      const place = `row ${Math.floor(i / columns) + 1}, column ${(i % columns) + 1}`;
      return {
        problem: 'value',
        message: `has ${Number.isNaN(value) ? 'NaN' : 'an infinite value'} in ${place}, where a finite number is needed`,
      };
    }
    data[i] = value;
  }
  return { header: null, rows, columns, data };
}
