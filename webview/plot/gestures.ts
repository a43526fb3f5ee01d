/** Wheel, drag and pointer on a plot, told as what they mean. Positions are 0 to 1 across and up the plot. */
import { element } from '../dom.js';

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface GestureHandlers {
  readonly area: () => { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
  /** null: the pointer has left. */
  hover(at: Place | null, client: { readonly x: number; readonly y: number }): void;
  click(at: Place): void;
  /** The view becomes `factor` times as wide and high, and `at` stays where it is. */
  zoom(at: Place, factor: number): void;
  /** By a share of the view. */
  pan(x: number, y: number): void;
  select(from: Place, to: Place): void;
  reset(): void;
}

/** Less is a click. */
const dragPixels = 5;

export function listenToGestures(target: HTMLElement, handlers: GestureHandlers): void {
  const frame = element('div', { class: 'selection', hidden: true });
  target.append(frame);
  const placeOf = (event: MouseEvent): Place => {
    const box = target.getBoundingClientRect();
    const { left, top, right, bottom } = handlers.area();
    return {
      x: (event.clientX - box.left - left) / Math.max(1, right - left),
      y: (bottom - (event.clientY - box.top)) / Math.max(1, bottom - top),
    };
  };
  const inside = ({ x, y }: Place): boolean => x >= -0.02 && x <= 1.02 && y >= -0.02 && y <= 1.02;
  let start: { place: Place; x: number; y: number; pans: boolean; moved: boolean; last: Place } | null = null;

  target.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 && event.button !== 1) return;
    const place = placeOf(event);
    if (!inside(place)) return;
    if (event.button === 1) event.preventDefault();
    target.setPointerCapture(event.pointerId);
    start = { place, x: event.clientX, y: event.clientY, pans: event.shiftKey || event.button === 1, moved: false, last: place };
  });
  target.addEventListener('pointermove', (event) => {
    const place = placeOf(event);
    if (start === null) {
      handlers.hover(inside(place) ? place : null, { x: event.clientX, y: event.clientY });
      return;
    }
    start.moved ||= Math.hypot(event.clientX - start.x, event.clientY - start.y) >= dragPixels;
    if (!start.moved) return;
    handlers.hover(null, { x: event.clientX, y: event.clientY });
    if (start.pans) {
      handlers.pan(start.last.x - place.x, start.last.y - place.y);
      start.last = place;
    } else showFrame(frame, target, start, event);
  });
  const end = (event: PointerEvent, done: boolean): void => {
    const from = start;
    start = null;
    frame.hidden = true;
    if (from === null || !done) return;
    const place = placeOf(event);
    if (!from.moved) handlers.click(place);
    else if (!from.pans) handlers.select(from.place, place);
  };
  target.addEventListener('pointerup', (event) => end(event, true));
  target.addEventListener('pointercancel', (event) => end(event, false));
  target.addEventListener('pointerleave', (event) => {
    if (start === null) handlers.hover(null, { x: event.clientX, y: event.clientY });
  });
  target.addEventListener('dblclick', () => handlers.reset());
  target.addEventListener(
    'wheel',
    (event) => {
      // A page is scrolled by the wheel; a chart takes it when it was chosen, or with Ctrl (a pinch on a touch pad says the same).
      if (!event.ctrlKey && !event.metaKey && !target.matches(':focus')) return;
      const place = placeOf(event);
      if (!inside(place)) return;
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
      if (event.shiftKey) handlers.pan(((event.deltaX + event.deltaY) * lines) / 1000, 0);
      else handlers.zoom(place, Math.exp(Math.max(-0.5, Math.min(0.5, event.deltaY * lines * 0.002))));
    },
    { passive: false },
  );
}

function showFrame(frame: HTMLElement, target: HTMLElement, from: { readonly x: number; readonly y: number }, event: PointerEvent): void {
  const box = target.getBoundingClientRect();
  frame.hidden = false;
  frame.style.left = `${Math.min(from.x, event.clientX) - box.left}px`;
  frame.style.top = `${Math.min(from.y, event.clientY) - box.top}px`;
  frame.style.width = `${Math.abs(event.clientX - from.x)}px`;
  frame.style.height = `${Math.abs(event.clientY - from.y)}px`;
}
