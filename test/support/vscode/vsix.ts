import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';

/** A file in a ZIP archive; reading it checks nothing but its length. */
export interface Entry {
  readonly name: string;
  readonly size: number;
  read(): Buffer;
}

/** The files of a ZIP archive by its central directory (APPNOTE 4.3.12). */
export function entriesOf(path: string): Entry[] {
  const bytes = readFileSync(path);
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0) throw new Error(`${path} is no ZIP archive`);
  const entries: Entry[] = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let count = bytes.readUInt16LE(end + 10); count > 0; count -= 1) {
    const method = bytes.readUInt16LE(at + 10);
    const packed = bytes.readUInt32LE(at + 20);
    const size = bytes.readUInt32LE(at + 24);
    const nameLength = bytes.readUInt16LE(at + 28);
    const local = bytes.readUInt32LE(at + 42);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const read = (): Buffer => {
      const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
      const content = bytes.subarray(start, start + packed);
      const whole = method === 0 ? content : inflateRawSync(content);
      if (whole.length !== size) throw new Error(`${name} is damaged`);
      return whole;
    };
    if (!name.endsWith('/')) entries.push({ name, size, read });
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return entries;
}
