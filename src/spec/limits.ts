/** What is out of reach. A spec beyond a limit is refused with the estimate before anything is allocated. */

import * as l10n from '@vscode/l10n';

const [minute, hour, day, year] = [60, 3600, 86_400, 31_557_600];

/** Longest list that a range, linspace, logspace or sweep may make. */
export const longestList = 100_000;
/** Most runs of one experiment, repeats included. */
export const mostRuns = 20_000;
/** Seconds of one core that one run may be estimated at (about twelve days). */
export const mostSecondsPerRun = 1e6;
/** Seconds of one core for all runs of an experiment (about four months). */
export const mostSecondsPerExperiment = 1e7;
/** Bytes that one run may hold at once. */
export const mostBytesPerRun = 1.5e9;
/** Bytes of all matrices of one plan together. */
export const mostMatrixBytes = 1e9;

/** `3.2 years`, `41 minutes`, in the largest unit that gives at least one. */
export function durationText(seconds: number): string {
  const text = (size: number): string => short(seconds / size);
  const isOne = (size: number): boolean => text(size) === '1';
  if (seconds >= year) return isOne(year) ? l10n.t('1 year') : l10n.t('{0} years', text(year));
  if (seconds >= day) return isOne(day) ? l10n.t('1 day') : l10n.t('{0} days', text(day));
  if (seconds >= hour) return isOne(hour) ? l10n.t('1 hour') : l10n.t('{0} hours', text(hour));
  if (seconds >= minute) return isOne(minute) ? l10n.t('1 minute') : l10n.t('{0} minutes', text(minute));
  return isOne(1) ? l10n.t('1 second') : l10n.t('{0} seconds', text(1));
}

/** `7.3 TB`, in powers of 1000. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  let scaled = bytes;
  let unit = 0;
  while (scaled >= 1000 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  return `${short(scaled)} ${units[unit]}`;
}

function short(x: number): string {
  return x >= 1e6 ? x.toExponential(1).replace('e+', 'e') : String(Number(x.toPrecision(2)));
}
