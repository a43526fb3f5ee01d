/** What a canvas leaves out of its PNG: the size on paper, and text that viewers show (W3C PNG, 11.3.3 and 11.3.4.3). Knows no editor. */
import { crc32 } from 'node:zlib';

export interface PngDetails {
  readonly dotsPerInch: number;
  /** By keyword: 1 to 79 Latin-1 characters. */
  readonly texts: Readonly<Record<string, string>>;
}

const signatureLength = 8;

/**
 * The picture with these details right after its header.
 *
 * @throws when `png` does not begin as a PNG does
 */
export function withDetails(png: Uint8Array, { dotsPerInch, texts }: PngDetails): Uint8Array {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  if (bytes.toString('latin1', 1, 4) !== 'PNG' || bytes.toString('latin1', 12, 16) !== 'IHDR') throw new Error('This is no PNG picture.');
  const headerEnd = signatureLength + 12 + bytes.readUInt32BE(signatureLength);
  const chunks = [physicalSize(dotsPerInch), ...Object.entries(texts).map(([keyword, text]) => internationalText(keyword, text))];
  return Buffer.concat([bytes.subarray(0, headerEnd), ...chunks, bytes.subarray(headerEnd)]);
}

/** Pixels to the metre in both directions. */
function physicalSize(dotsPerInch: number): Buffer {
  const data = Buffer.alloc(9);
  const perMetre = Math.round(dotsPerInch / 0.0254);
  data.writeUInt32BE(perMetre, 0);
  data.writeUInt32BE(perMetre, 4);
  data.writeUInt8(1, 8);
  return chunk('pHYs', data);
}

/** Keyword, not compressed, no language, no translated keyword, UTF-8 text. */
function internationalText(keyword: string, text: string): Buffer {
  return chunk('iTXt', Buffer.concat([Buffer.from(keyword, 'latin1'), Buffer.alloc(5), Buffer.from(text, 'utf8')]));
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
