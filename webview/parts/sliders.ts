/** Sliders for the numbers under the cursor: a drag moves the curves, letting go writes the text. */

import type { SliderModel } from '../../src/protocol/messages.js';
import { element, setAttributes, setText } from '../dom.js';
import * as l10n from '../l10n.js';
import { fromTrack, roundedTo, toTrack, trackSteps } from '../slider-scale.js';

export type SlidePhase = 'drag' | 'commit' | 'revert';

export class Sliders {
  readonly node = element('div', { class: 'sliders', role: 'group', 'aria-label': l10n.t('Values') });
  private readonly rows = new Map<string, Row>();

  constructor(private readonly slide: (id: string, value: number, phase: SlidePhase) => void) {}

  show(models: readonly SliderModel[]): void {
    this.node.hidden = models.length === 0;
    for (const [id, row] of this.rows) {
      if (models.some((model) => model.id === id)) continue;
      row.node.remove();
      this.rows.delete(id);
    }
    models.forEach((model, i) => {
      let row = this.rows.get(model.id);
      if (row === undefined) {
        row = new Row(this.slide);
        this.rows.set(model.id, row);
      }
      row.show(model);
      if (this.node.children[i] !== row.node) this.node.insertBefore(row.node, this.node.children[i] ?? null);
    });
  }
}

/** Milliseconds without a key after which the value goes into the text. */
const untilQuiet = 1000;

class Row {
  private readonly name = element('span', { class: 'slider-name' });
  private readonly range = element('input', { type: 'range', min: '0', step: '1' });
  private readonly output = element('output', {});
  readonly node = element('label', { class: 'slider' }, this.name, this.range, this.output);
  private model: SliderModel | null = null;
  /** A drag, or keys that were not yet followed by anything else. */
  private dragging = false;
  /** By keys, and not with the pointer. */
  private keyed = false;
  private quiet: ReturnType<typeof setTimeout> | undefined;
  private frame = 0;

  constructor(private readonly slide: (id: string, value: number, phase: SlidePhase) => void) {
    this.range.addEventListener('input', () => {
      this.dragging = true;
      this.tell();
      // One message a frame: more would only pile up.
      if (this.frame === 0) {
        this.frame = requestAnimationFrame(() => {
          this.frame = 0;
          if (this.dragging) this.send('drag');
        });
      }
    });
    this.range.addEventListener('change', () => {
      // A key changes the value for good each time; several in a row are one change of the text.
      if (this.keyed) this.commitLater();
      else this.commit();
    });
    this.range.addEventListener('pointerdown', () => {
      this.keyed = false;
    });
    this.range.addEventListener('blur', () => this.commit());
    this.range.addEventListener('keydown', (event) => {
      this.keyed = true;
      if (event.key === 'Enter') this.commit();
      if (event.key !== 'Escape' || !this.dragging) return;
      this.dragging = false;
      clearTimeout(this.quiet);
      this.send('revert');
      if (this.model !== null) this.write(this.model.value);
      event.preventDefault();
    });
  }

  show(model: SliderModel): void {
    const before = this.model;
    this.model = model;
    setText(this.name, model.label);
    setAttributes(this.range, { max: String(trackSteps(model)), 'aria-label': model.label });
    // What is dragged is ahead of what the text says.
    if (!this.dragging || before?.id !== model.id) this.write(model.value);
  }

  private commitLater(): void {
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => this.commit(), untilQuiet);
  }

  private commit(): void {
    clearTimeout(this.quiet);
    if (!this.dragging) return;
    this.dragging = false;
    this.send('commit');
  }

  private value(): number {
    return roundedTo(this.model!, fromTrack(this.model!, Number(this.range.value)));
  }

  private write(value: number): void {
    this.range.value = String(toTrack(this.model!, value));
    this.tell(value);
  }

  private tell(value = this.value()): void {
    const text = String(Number(value.toPrecision(6)));
    setText(this.output, text);
    setAttributes(this.range, { 'aria-valuetext': text });
  }

  private send(phase: SlidePhase): void {
    if (this.model !== null) this.slide(this.model.id, this.value(), phase);
  }
}
