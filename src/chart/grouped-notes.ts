/** A number in a sentence, with its sign. */
const number = /(?:(?<![\p{L}\p{N}])-|−)?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gu;

export interface GroupedNote {
  /** The sentence; where the runs say it with different numbers, `LEAST to GREATEST` in place of a number. */
  readonly text: string;
  /** How many of the runs say it. */
  readonly runs: number;
}

/** What many runs have to say, each sentence once: those that differ in their numbers alone become one, with ranges. */
export function groupedNotes(notesOfRuns: readonly (readonly string[])[]): GroupedNote[] {
  const groups = new Map<string, { readonly notes: Set<string>; runs: number }>();
  for (const notes of notesOfRuns) {
    const counted = new Set<string>();
    for (const note of notes) {
      const pattern = note.replace(number, '#');
      const group = groups.get(pattern) ?? { notes: new Set(), runs: 0 };
      groups.set(pattern, group);
      group.notes.add(note);
      if (!counted.has(pattern)) group.runs++;
      counted.add(pattern);
    }
  }
  return [...groups.values()].map(({ notes, runs }) => ({ text: withRanges([...notes]), runs }));
}

function withRanges(notes: readonly string[]): string {
  const all = notes.map((note) => note.match(number) ?? []);
  let i = 0;
  return notes[0]!.replace(number, () => {
    const images = all.map((numbers) => numbers[i]!).sort((a, b) => signed(a) - signed(b));
    i++;
    const [least, greatest] = [images[0]!, images[images.length - 1]!];
    return least === greatest ? least : `${least} to ${greatest}`;
  });
}

const signed = (image: string): number => Number(image.replace('−', '-'));
