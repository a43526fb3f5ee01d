/** The eigenvalues of a run as a chart model of its own, so that they are drawn and read as every other curve. */
import { axisTicks, Extent, paddedDomain, sharedExponent } from '../src/chart/axis.js';
import type { ParametersRun } from '../src/chart/parameters.js';
import type { Axis, ChartModel, ColourRole, Reference, Series, Text } from '../src/chart/types.js';

const lambda = (k: number): Text => [
  { text: 'λ', italic: true },
  { text: String(k), script: 'sub' },
];

export function eigenvalueChart(run: ParametersRun): ChartModel {
  const { size, points, eigenvalues, best, axis } = run;
  const colour = (k: number): ColourRole => ({ kind: 'ordered', position: size === 1 ? 1 : 1 - k / (size - 1) });
  const series = Array.from(
    { length: size },
    (_, k): Series => ({
      id: `eigenvalue ${k}`,
      label: lambda(k + 1),
      role: 'value',
      quantity: null,
      at: run.at,
      style: { colour: colour(k), dash: 0, weight: size > 12 ? 'thin' : 'normal', muted: false, markers: false },
      isLimit: false,
      method: 'exact',
      methodLabel: '',
      samples: null,
      x: points,
      y: eigenvalues.map((values) => values[k] ?? null),
      smooth: true,
      lower: null,
      upper: null,
      atInfinity: null,
    }),
  );
  const references = (best ?? []).map(
    (y, k): Reference => ({
      label: lambda(k + 1),
      quantity: `best ${k}`,
      at: run.at,
      y,
      style: { colour: colour(k), dash: 1, weight: 'thin', muted: false, markers: false },
    }),
  );
  const across = new Extent('linear');
  for (const point of points) across.add(point);
  const up = new Extent('linear');
  up.add(0);
  for (const values of eigenvalues) for (const value of values) up.add(value);
  for (const { y } of references) up.add(y);
  return {
    id: 'eigenvalues',
    title: 'Eigenvalues',
    x: axisOver(across, 0, axis === 'time' ? [{ text: 'time ' }, { text: 't', italic: true }] : [{ text: 'training step' }]),
    y: axisOver(up, 0.05, [{ text: 'eigenvalues of ' }, { text: 'b\u2009A', italic: true }]),
    panels: [{ title: [], series, references, zones: [] }],
    legend: [],
    notes: [],
    remarks: [],
    description: '',
    written: false,
    complete: true,
  };
}

function axisOver(extent: Extent, margin: number, label: Text): Axis {
  const domain = paddedDomain(extent, margin);
  const axis = { label, scale: 'linear', domain, categories: [], infinity: false, exponent: sharedExponent(domain) } as const;
  return { ...axis, ticks: axisTicks(axis, 6) };
}
