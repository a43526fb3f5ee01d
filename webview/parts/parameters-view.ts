/** The trained matrix at a moment of the training, as a heat map, and its eigenvalues along the training against where they tend. */

import type { ParametersRun } from '../../src/chart/parameters.js';
import { plainText } from '../../src/chart/text.js';
import type { ChartModel, Series } from '../../src/chart/types.js';
import { type Colours, divergent } from '../colours.js';
import { element, fill, richText, setAttributes, setText, svg } from '../dom.js';
import { eigenvalueChart } from '../eigenvalue-chart.js';
import * as l10n from '../l10n.js';
import { untouched } from '../memory.js';
import type { Parameters } from '../models.js';
import { axesOf } from '../plot/axes.js';
import { valueText } from '../plot/reading.js';
import { dropdown } from '../toolkit.js';
import { PanelView, type Shared } from './panel-view.js';

export interface ParametersHandlers {
  choose(run: number, moment: number): void;
  say(sentence: string): void;
}

/** Cells of a matrix up to this size are written out. */
const mostWritten = 8;

export class ParametersView {
  private readonly picker;
  private readonly slider = element('input', { type: 'range', min: '0', step: '1', 'aria-label': l10n.t('Moment of the training') });
  private readonly when = element('output', {});
  private readonly heading = element('h2', {});
  private readonly map = element('div', { class: 'heat-map' });
  private readonly scale = element('div', { class: 'heat-scale', 'aria-hidden': 'true' });
  private readonly eigenHeading = element('h2', {});
  private readonly eigen: PanelView;
  private readonly note = element('p', { class: 'notes' });
  private readonly empty = element(
    'p',
    { class: 'empty' },
    l10n.t('There are no parameters to show: runs have none without training, or while they are not done.'),
  );
  private readonly body: HTMLElement;
  readonly node = element('div', { class: 'page parameters-page' });
  private run: ParametersRun | null = null;
  private index = 0;
  private largestIndex = 0;
  private colours: Colours | null = null;

  constructor(
    private readonly handlers: ParametersHandlers,
    shared: Shared,
  ) {
    this.picker = dropdown(l10n.t('Run'), (index) => {
      this.index = index;
      this.handlers.choose(index, this.moment());
    });
    this.eigen = new PanelView({
      shared,
      axes: () => this.axes(),
      reveal: () => {},
      say: (sentence) => this.handlers.say(sentence),
      move: () => {},
      select: () => {},
      resetZoom: () => {},
    });
    this.slider.addEventListener('input', () => {
      this.drawMatrix();
      this.handlers.choose(this.index, this.moment());
    });
    const time = element(
      'label',
      { class: 'slider moment' },
      element('span', { class: 'slider-name' }, l10n.t('time')),
      this.slider,
      this.when,
    );
    this.body = element(
      'div',
      {},
      element('div', { class: 'parameters-tools' }, this.picker.node, time),
      element(
        'div',
        { class: 'parameters-grid' },
        element('section', {}, this.heading, this.map, this.scale),
        element('section', {}, this.eigenHeading, this.eigen.node, this.note),
      ),
    );
    this.node.append(this.empty, this.body);
  }

  /** `moment`: 0 is the start of the training, 1 its end. */
  show(model: Parameters | null, index: number, moment: number, colours: Colours): void {
    const runs = model?.runs ?? [];
    this.empty.hidden = runs.length > 0 || model === null;
    this.body.hidden = runs.length === 0;
    if (runs.length === 0) return;
    this.index = Math.min(index, runs.length - 1);
    this.colours = colours;
    const run = runs[this.index]!;
    this.run = run;
    this.picker.node.hidden = runs.length === 1;
    this.picker.set(
      runs.map(({ name }) => plainText(name)),
      this.index,
    );
    this.largestIndex = Math.max(0, run.points.length - 1);
    setAttributes(this.slider, { max: String(this.largestIndex) });
    this.slider.value = String(Math.round(moment * this.largestIndex));
    setText(this.node.querySelector('.moment .slider-name')!, run.axis);
    fill(this.eigenHeading, JSON.stringify(run.symbol), () => [`${l10n.t('Eigenvalues of')} `, element('i', {}, 'b\u2009A')]);
    setText(
      this.note,
      run.best === null ? '' : 'Dashed: the eigenvalues of Σ⁻¹, where an infinite prompt predicts as the Bayes rule does.',
    );
    this.drawMatrix();
    this.drawEigenvalues();
  }

  private moment(): number {
    return this.largestIndex === 0 ? 1 : Number(this.slider.value) / this.largestIndex;
  }

  private axes() {
    return axesOf(this.chart(), untouched);
  }

  private chart(): ChartModel {
    return eigenvalueChart(this.run!);
  }

  private drawEigenvalues(): void {
    const model = this.chart();
    const panel = model.panels[0]!;
    this.eigen.draw({
      model,
      panel,
      axes: this.axes(),
      hidden: () => false,
      ghosts: [],
      highlight: null as ((line: Series) => boolean) | null,
      colours: this.colours!,
    });
  }

  private drawMatrix(): void {
    const run = this.run!;
    const colours = this.colours!;
    const at = Number(this.slider.value);
    const when = `${run.axis} = ${valueText(run.points[at] ?? 0, 4)}`;
    setText(this.when, valueText(run.points[at] ?? 0, 4));
    setAttributes(this.slider, { 'aria-valuetext': when });
    fill(this.heading, JSON.stringify([run.symbol, when]), () => [...richText(run.symbol), ` ${l10n.t('at {0}', when)}`]);
    const matrix = run.matrices[at] ?? [];
    fill(this.map, JSON.stringify([matrix, run.largest, colours]), () => [heatMap(run, matrix, colours)]);
    fill(this.scale, JSON.stringify([run.largest, colours]), () => scaleOf(run.largest, colours));
  }
}

function heatMap({ size, largest, symbol }: ParametersRun, matrix: readonly number[], colours: Colours): HTMLElement {
  const written = size <= mostWritten;
  const table = element('table', {
    class: written ? 'matrix written' : 'matrix',
    'aria-label': l10n.t('{0}, {1} by {1}', plainText(symbol), size),
  });
  for (let i = 0; i < size; i++) {
    const row = element('tr', {});
    for (let j = 0; j < size; j++) {
      const value = matrix[i * size + j] ?? 0;
      const { fill: paint, ink } = divergent(largest === 0 ? 0 : value / largest, colours);
      const text = valueText(value, 2);
      const cell = element(
        'td',
        { title: l10n.t('row {0}, column {1}: {2}', i + 1, j + 1, valueText(value)) },
        written ? text : element('span', { class: 'spoken' }, text),
      );
      cell.style.backgroundColor = paint;
      cell.style.color = ink;
      row.append(cell);
    }
    table.append(row);
  }
  return table;
}

function scaleOf(largest: number, colours: Colours): (Node | string)[] {
  const cells = Array.from({ length: 41 }, (_, i) =>
    svg('rect', { x: String(i * 4), y: '0', width: '4.5', height: '8', fill: divergent(i / 20 - 1, colours).fill }),
  );
  const bar = svg('svg', { viewBox: '0 0 164 8', width: '164', height: '8' }, ...cells);
  return [valueText(-largest, 2), bar, valueText(largest, 2)];
}
