/** Reads the colours of the editor's theme from the page, again whenever it changes. */
import { type Colours, coloursIn, flattened } from './colours.js';

const chartColours = ['blue', 'orange', 'green', 'purple', 'yellow', 'red'].map((name) => `--vscode-charts-${name}`);

/** Colours as #rrggbb, whatever way the theme wrote them. */
class Reader {
  private readonly context = document.createElement('canvas').getContext('2d');

  read(text: string, over: string): string | null {
    if (this.context === null || text === '') return null;
    // A colour that cannot be read leaves the one before in place.
    this.context.fillStyle = '#010203';
    this.context.fillStyle = text;
    const first = this.context.fillStyle;
    return first === '#010203' ? null : flattened(first, over);
  }
}

const reader = new Reader();

export function currentColours(): Colours {
  const style = getComputedStyle(document.body);
  const variable = (name: string): string => style.getPropertyValue(name).trim();
  const forced = matchMedia('(forced-colors: active)').matches;
  const background = forced ? 'Canvas' : variable('--vscode-editor-background') || style.backgroundColor;
  const foreground = forced ? 'CanvasText' : variable('--vscode-foreground') || style.color;
  const base = reader.read(background, '#ffffff') ?? '#ffffff';
  const ink = reader.read(foreground, base) ?? '#000000';
  return coloursIn({
    background: base,
    foreground: ink,
    charts: forced ? [] : chartColours.map((name) => reader.read(variable(name), base)),
    highContrast: forced || document.body.classList.contains('vscode-high-contrast'),
    focus: reader.read(forced ? 'Highlight' : variable('--vscode-focusBorder'), base) ?? ink,
    fontFamily: variable('--vscode-font-family') || style.fontFamily,
  });
}

/** Calls back after a change of theme, once for each. */
export function onThemeChange(listener: () => void): void {
  let asked = 0;
  const ask = (): void => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(listener);
  };
  const observer = new MutationObserver(ask);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
  matchMedia('(forced-colors: active)').addEventListener('change', ask);
  matchMedia('(prefers-contrast: more)').addEventListener('change', ask);
}
