/** Measured curves of files, drawn over the plots that they belong to. */
import type { Overlay, Plot } from '../spec/experiment.js';
import { plain } from './text.js';
import type { Series } from './types.js';

/** An overlay lies over the plots of its own axis, and among them those of its own quantity, where there are such. */
export function belongs(overlay: Overlay, plot: Plot, plots: readonly Plot[]): boolean {
  const narrow = (list: readonly Plot[], wanted: (p: Plot) => boolean): readonly Plot[] => {
    const kept = list.filter(wanted);
    return kept.length > 0 ? kept : list;
  };
  const sameAxis = narrow(plots, (p) => p.against === overlay.x);
  const losses = ['risk', 'training_loss', 'excess_risk'];
  const sameQuantity = narrow(sameAxis, (p) => p.quantities.some((q) => q.name === overlay.y));
  const alike =
    sameQuantity.length < sameAxis.length ? sameQuantity : narrow(sameAxis, (p) => p.quantities.some((q) => losses.includes(q.name)));
  return alike.includes(plot);
}

export function overlaySeries(overlay: Overlay, index: number): Series {
  const finite = (v: number | undefined): number | null => (v !== undefined && Number.isFinite(v) ? v : null);
  const points = overlay.points.x.flatMap((x, i) => (Number.isFinite(x) ? [{ x, y: finite(overlay.points.y[i]) }] : []));
  return {
    id: JSON.stringify(['overlay', index, overlay.label]),
    label: plain(overlay.label),
    role: 'overlay',
    quantity: null,
    at: {},
    style: { colour: { kind: 'neutral' }, dash: (index % 5) + 1, weight: 'normal', muted: false, markers: points.length <= 30 },
    isLimit: false,
    method: null,
    methodLabel: '',
    samples: null,
    x: points.map((p) => p.x),
    y: points.map((p) => p.y),
    smooth: false,
    lower: null,
    upper: null,
    atInfinity: null,
  };
}
