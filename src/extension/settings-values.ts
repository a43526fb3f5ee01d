/** Values of settings. */
export type ExportTheme = 'print' | 'light' | 'dark' | 'transparent';
