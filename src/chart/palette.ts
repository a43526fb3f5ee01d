/**
 * Colours and dashes of the three themes. Every line colour has a contrast of at least 3:1 with its background. Categories keep the hues and
 * the order of Okabe and Ito (Color Universal Design, 2008), moved just so far (at most 30 of 255 in a channel) that they meet that contrast
 * and stay apart for colour-blind readers. Ordered values run along a ramp of falling (dark theme: rising) lightness, made in OKLCH, towards
 * the colour of L = ∞.
 */
import type { ColourRole } from './types.js';

export type ThemeName = 'print' | 'light' | 'dark';

export interface Theme {
  readonly background: string;
  readonly ink: string;
  readonly quietInk: string;
  readonly axis: string;
  readonly grid: string;
  readonly limit: string;
  readonly neutral: string;
  readonly categories: readonly string[];
  readonly ramp: readonly string[];
}

const paperCategories = ['#0d54ca', '#b74106', '#00a966', '#b1579c', '#ca8502', '#2687ec'] as const;
const paperRamp = ['#da7e05', '#dd601f', '#d44644', '#c43260', '#ac2677', '#8e2289', '#6e2193', '#4c2194', '#26228a'] as const;

export const themes: Readonly<Record<ThemeName, Theme>> = {
  print: {
    background: '#ffffff',
    ink: '#000000',
    quietInk: '#4d4d4d',
    axis: '#333333',
    grid: '#ececec',
    limit: '#000000',
    neutral: '#6b6b6b',
    categories: paperCategories,
    ramp: paperRamp,
  },
  light: {
    background: '#ffffff',
    ink: '#1f2328',
    quietInk: '#57606a',
    axis: '#57606a',
    grid: '#e6e8eb',
    limit: '#000000',
    neutral: '#6b6b6b',
    categories: paperCategories,
    ramp: paperRamp,
  },
  dark: {
    background: '#1e1e1e',
    ink: '#e6e6e6',
    quietInk: '#b0b0b0',
    axis: '#a0a0a0',
    grid: '#333333',
    limit: '#ffffff',
    neutral: '#9d9d9d',
    categories: ['#7397de', '#f35e3c', '#23dd8a', '#c0a2b7', '#f38508', '#ffea48'],
    ramp: ['#796eda', '#a46ed7', '#ca6fc9', '#e974b2', '#fe8198', '#ff9b89', '#feb282', '#ffc77a', '#ffdc51'],
  },
};

/** Dash patterns in units of the line width; index 0 is solid. Longer sweeps start over. */
export const dashes: readonly (readonly number[])[] = [
  [],
  [4.5, 2.2],
  [1.2, 1.8],
  [6, 1.8, 1.2, 1.8],
  [9, 2.4],
  [3, 1.5, 1.2, 1.5, 1.2, 1.5],
];

export function dashPattern(index: number): readonly number[] {
  return dashes[index % dashes.length] ?? [];
}

/** Colour of a role, as #rrggbb. */
export function colourOf(role: ColourRole, theme: Theme): string {
  switch (role.kind) {
    case 'limit':
      return theme.limit;
    case 'neutral':
      return theme.neutral;
    case 'category':
      return theme.categories[role.index % theme.categories.length] ?? theme.ink;
    case 'ordered':
      return along(theme.ramp, role.position);
  }
}

function along(ramp: readonly string[], position: number): string {
  const at = Math.min(1, Math.max(0, position)) * (ramp.length - 1);
  const i = Math.min(ramp.length - 2, Math.floor(at));
  return mix(ramp[i] ?? '#000000', ramp[i + 1] ?? '#000000', at - i);
}

/** How much of the ink is in the shade of a zone, by its depth: quiet enough for curves and words upon it. */
export const zoneShades = [0, 0.05, 0.1] as const;

/** Colour between two, `share` of the second. */
export function mix(first: string, second: string, share: number): string {
  const a = channels(first);
  const b = channels(second);
  return `#${a
    .map((v, i) =>
      Math.round(v + (b[i]! - v) * share)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}

/** Red, green and blue, 0 to 255, of #rrggbb. */
export function channels(colour: string): [number, number, number] {
  const n = Number.parseInt(colour.slice(1), 16);
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255];
}

/** Contrast ratio of two colours, 1 to 21 (Web Content Accessibility Guidelines 2.2). */
export function contrast(first: string, second: string): number {
  const [low, high] = [luminance(first), luminance(second)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const [r, g, b] = channels(colour).map((c) => {
    const v = c / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
