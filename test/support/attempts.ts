// What went wrong although it came right at the second attempt, on its way to the reporter (reporter.cjs).
import { channel } from 'node:diagnostics_channel';

export interface Attempt {
  readonly title: string;
  readonly error: unknown;
}

export function report(attempt: Attempt): void {
  channel('attn:first-attempt').publish(attempt);
}
