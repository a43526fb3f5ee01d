/** Icons of 16 × 16, drawn in the colour of the text. */
import { svg } from '../dom.js';

const paths = {
  reset: 'M8 3a5 5 0 1 1-4.6 3M3 2.5V6h3.5',
  copy: 'M5.5 5.5h7v8h-7zM3.5 10.5v-8h7',
  save: 'M8 2v8M4.8 7 8 10.2 11.2 7M3 13.5h10',
  play: 'M5 3.2v9.6L12.8 8z',
  stop: 'M4 4h8v8H4z',
  compare: 'M2 12c3-8 5-8 6-4s3 3 6-5M2 13.5h12',
  warning: 'M8 2.2 14.2 13.3H1.8zM8 6v4M8 11.4v.9',
  clock: 'M8 2.5a5.5 5.5 0 1 0 .01 0M8 5v3.2l2.2 1.4',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  lock: 'M4 7.5h8v6H4zM5.5 7.5v-2a2.5 2.5 0 0 1 5 0v2',
  holds: 'M3 8.5 6.5 12 13 4.5',
  fails: 'M4 4l8 8M12 4l-8 8',
  undecided: 'M5.8 6.2a2.3 2.3 0 1 1 3.4 2c-.8.4-1.2.8-1.2 1.8M8 12v.9',
  pending: 'M3.5 8h.1M8 8h.1M12.5 8h.1',
  ascending: 'M4.5 9.5 8 6l3.5 3.5',
  descending: 'M4.5 6.5 8 10l3.5-3.5',
} as const;

export type IconName = keyof typeof paths;

export function icon(name: IconName): SVGSVGElement {
  const filled = name === 'play' || name === 'stop';
  return svg(
    'svg',
    { viewBox: '0 0 16 16', width: '16', height: '16', class: `icon icon-${name}`, 'aria-hidden': 'true', focusable: 'false' },
    svg('path', {
      d: paths[name],
      fill: filled ? 'currentColor' : 'none',
      stroke: 'currentColor',
      'stroke-width': name === 'pending' ? '2.4' : '1.3',
      'stroke-linecap': 'round',
      'stroke-linejoin': 'round',
    }),
  );
}
