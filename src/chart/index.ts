export { axisTicks, projection } from './axis.js';
export { simplify, thin } from './decimate.js';
export { type ChartOptions, chartModels } from './model.js';
export { colourOf, dashPattern, type Theme, type ThemeName, themes } from './palette.js';
export type { ParametersModel, ParametersRun } from './parameters.js';
export { type SvgOptions, toSvg } from './svg.js';
export { type TableColumn, type TableModel, type TableOptions, tableModel } from './table.js';
export { plainText } from './text.js';
export type * from './types.js';
