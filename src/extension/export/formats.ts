/** The formats of exported files. Knows no editor. */
import type { ExportFormat } from '../../protocol/messages.js';
import type { ExportTheme } from '../settings-values.js';

export interface FormatInfo {
  readonly format: ExportFormat;
  readonly extension: string;
  readonly name: string;
}

export const figureFormats: readonly FormatInfo[] = [
  { format: 'svg', extension: 'svg', name: 'SVG' },
  { format: 'png', extension: 'png', name: 'PNG' },
  { format: 'pgfplots', extension: 'tex', name: 'pgfplots' },
];

export const dataFormats: readonly FormatInfo[] = [
  { format: 'csv', extension: 'csv', name: 'CSV' },
  { format: 'json', extension: 'json', name: 'JSON' },
];

export function formatInfo(format: ExportFormat): FormatInfo {
  return [...figureFormats, ...dataFormats].find((one) => one.format === format)!;
}

/** How a theme of the settings is asked of the solver. */
export function themeParts(theme: ExportTheme): { readonly theme: 'print' | 'light' | 'dark'; readonly transparent: boolean } {
  return theme === 'transparent' ? { theme: 'print', transparent: true } : { theme, transparent: false };
}
