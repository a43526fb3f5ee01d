/** Colours of a chart in the theme of the editor: its own chart colours, moved towards the text's colour until they can be told from the background. */
import { contrast, mix, themes } from '../src/chart/palette.js';
import type { ColourRole } from '../src/chart/types.js';

/** What is read from the page, all as #rrggbb. */
export interface Surroundings {
  readonly background: string;
  readonly foreground: string;
  /** The editor's colours for charts, where it has any. */
  readonly charts: readonly (string | null)[];
  readonly highContrast: boolean;
  readonly focus: string;
  readonly fontFamily: string;
}

export interface Colours {
  readonly background: string;
  readonly foreground: string;
  readonly quiet: string;
  readonly grid: string;
  readonly axis: string;
  readonly focus: string;
  readonly fontFamily: string;
  readonly categories: readonly string[];
  readonly ramp: readonly string[];
  readonly neutral: string;
  readonly limit: string;
}

export function coloursIn(around: Surroundings): Colours {
  const { background, foreground, highContrast } = around;
  const dark = isDark(background);
  const base = dark ? themes.dark : themes.light;
  const wanted = highContrast ? 4.5 : 3;
  const told = (colour: string): string => distinct(colour, background, foreground, wanted);
  return {
    background,
    foreground,
    quiet: distinct(mix(foreground, background, highContrast ? 0 : 0.25), background, foreground, 4.5),
    grid: mix(background, foreground, highContrast ? 0.3 : 0.1),
    axis: highContrast ? foreground : mix(background, foreground, 0.5),
    focus: around.focus,
    fontFamily: around.fontFamily,
    categories: base.categories.map((own, i) => told(around.charts[i] ?? own)),
    ramp: base.ramp.map(told),
    neutral: told(base.neutral),
    limit: extreme(foreground, dark),
  };
}

export function isDark(background: string): boolean {
  return contrast(background, '#ffffff') > contrast(background, '#000000');
}

/** The line everything is compared with is drawn in the strongest colour there is. */
function extreme(foreground: string, dark: boolean): string {
  return mix(foreground, dark ? '#ffffff' : '#000000', 0.6);
}

/** The colour, or as little of the foreground mixed in as makes the contrast. */
export function distinct(colour: string, background: string, foreground: string, wanted: number): string {
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = mix(colour, foreground, share);
    if (contrast(mixed, background) >= wanted) return mixed;
  }
  return foreground;
}

export function colourIn(role: ColourRole, colours: Colours): string {
  switch (role.kind) {
    case 'limit':
      return colours.limit;
    case 'neutral':
      return colours.neutral;
    case 'category':
      return colours.categories[role.index % colours.categories.length] ?? colours.foreground;
    case 'ordered': {
      const at = Math.min(1, Math.max(0, role.position)) * (colours.ramp.length - 1);
      const i = Math.min(colours.ramp.length - 2, Math.floor(at));
      return mix(colours.ramp[i]!, colours.ramp[i + 1]!, at - i);
    }
  }
}

/** A colour for −1 to 1: the background at 0, one hue on either side; and ink that can be read on it. */
export function divergent(value: number, { background, foreground, categories }: Colours): { readonly fill: string; readonly ink: string } {
  const hue = (value < 0 ? categories[1] : categories[0]) ?? foreground;
  const fill = mix(background, hue, Math.min(1, Math.abs(value)));
  return { fill, ink: contrast(fill, foreground) >= contrast(fill, background) ? foreground : background };
}

/** With an opacity of 0 to 1, as #rrggbbaa. */
export function faded(colour: string, opacity: number): string {
  return `${colour}${Math.round(Math.min(1, Math.max(0, opacity)) * 255)
    .toString(16)
    .padStart(2, '0')}`;
}

/** A colour with an opacity laid over another; both as the canvas writes them: #rrggbb or rgba(r, g, b, a). */
export function flattened(colour: string, over: string): string {
  const parts = /^rgba?\(\s*([\d.]+),\s*([\d.]+),\s*([\d.]+)(?:,\s*([\d.]+))?\s*\)$/.exec(colour);
  if (parts === null) return /^#[0-9a-f]{6}$/i.test(colour) ? colour : over;
  const [r, g, b] = [1, 2, 3].map((i) => Number(parts[i]));
  const hex = `#${[r, g, b].map((v) => Math.round(v!).toString(16).padStart(2, '0')).join('')}`;
  return mix(over, hex, Number(parts[4] ?? 1));
}
