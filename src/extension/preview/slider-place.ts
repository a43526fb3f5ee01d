/** Where a slider's number stands in the newest text: a key may have come since the slider was made. Knows no editor. */
import type { Replacement, SliderPlace } from '../../protocol/language.js';
import { sliderText } from '../../protocol/language.js';

/** A slider, and the version of the text in which it counts its place. */
export interface PlacedSlider {
  readonly slider: SliderPlace;
  readonly version: number;
}

export interface NewestText {
  version(): number;
  /** The sliders for a place of that version; none of another. */
  sliders(version: number, offset: number): Promise<readonly SliderPlace[]>;
  /** False when the text has become another meanwhile. */
  write(replacement: Replacement): Promise<boolean>;
}

/** Somebody who types on while a value is written. */
const mostAttempts = 20;

/** Writes the value where the slider's number is now; false when it is there no more. */
export async function writeValue({ slider, version }: PlacedSlider, value: number, text: NewestText): Promise<boolean> {
  const written = sliderText(value, slider.integer);
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const now = text.version();
    const place = now === version ? slider : (await text.sliders(now, slider.span.start)).find(({ id }) => id === slider.id);
    if (text.version() !== now) continue;
    if (place === undefined) return false;
    if (await text.write({ ...place.span, text: written })) return true;
  }
  return false;
}
