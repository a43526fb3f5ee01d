/** Figures as tables of Markdown. */

export function quantile(samples: readonly number[], share: number): number {
  if (samples.length === 0) throw new Error('nothing was measured');
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

export const ms = (time: number): string => `${time.toFixed(time < 10 ? 1 : 0)} ms`;
export const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export const spreadHead = ['', 'median', '95th percentile', 'least', 'most'] as const;

/** A row of times under `spreadHead`. */
export function spreadRow(name: string, samples: readonly number[]): string[] {
  return [name, ...[0.5, 0.95, 0, 1].map((share) => ms(quantile(samples, share)))];
}
