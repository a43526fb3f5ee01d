/** Which rows of a long list are in the page: those in sight and some around them. */

export interface Sight {
  /** The first row in the page, and the row behind the last. */
  readonly first: number;
  readonly end: number;
}

export interface Box {
  /** Pixels. */
  readonly scrollTop: number;
  readonly height: number;
}

export interface Rows {
  readonly count: number;
  /** Pixels; every row is as high as the others. */
  readonly height: number;
  /** Rows kept above those in sight, and the step in which they change; below there are up to three times as many. */
  readonly margin: number;
}

export function inSight({ scrollTop, height }: Box, { count, height: rowHeight, margin }: Rows): Sight {
  const visible = Math.ceil(height / rowHeight);
  const top = Math.max(0, Math.min(Math.floor(scrollTop / rowHeight) - margin, count - visible));
  const first = top - (top % margin);
  return { first, end: Math.min(count, first + visible + 3 * margin) };
}
