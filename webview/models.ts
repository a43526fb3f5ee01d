/** The models behind the outlines of the protocol. */
import type { ParametersModel } from '../src/chart/parameters.js';
import type { TableModel } from '../src/chart/table.js';
import type { ChartModel } from '../src/chart/types.js';
import type { PanelContent } from '../src/protocol/messages.js';

export type Chart = ChartModel;
export type Table = TableModel;
export type Parameters = ParametersModel;
export type Content = PanelContent<Chart, Table, Parameters>;
