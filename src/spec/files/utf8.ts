/** UTF-8 text of `bytes` without its byte order mark; null when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  const parts: string[] = [];
  let units: number[] = [];
  let i = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (i < bytes.length) {
    const first = bytes[i++]!;
    let point = first;
    if (first >= 0x80) {
      const more = first >= 0xf0 && first < 0xf5 ? 3 : first >= 0xe0 && first < 0xf0 ? 2 : first >= 0xc2 && first < 0xe0 ? 1 : 0;
      if (more === 0 || i + more > bytes.length) {
        return null;
      }
      point = first & (0x3f >> more);
      for (let k = 0; k < more; k++) {
        const next = bytes[i++]!;
        if ((next & 0xc0) !== 0x80) {
          return null;
        }
        point = (point << 6) | (next & 0x3f);
      }
      const least = [0, 0x80, 0x800, 0x10000][more]!;
      if (point < least || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
        return null;
      }
    }
    if (point > 0xffff) {
      units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
    } else {
      units.push(point);
    }
    if (units.length > 8192) {
      parts.push(String.fromCharCode(...units));
      units = [];
    }
  }
  parts.push(String.fromCharCode(...units));
  return parts.join('');
}
