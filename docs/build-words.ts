/**
 * Writes `examples/data/words.npy`: vectors of the words of this project's own documentation, as real tokens to try laws of files on. Positive pointwise
 * mutual information of words within four of each other (Levy and Goldberg 2014), its leading twelve directions, scaled to unit mean square.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

const [window, vocabulary, dimension] = [4, 500, 12];
const files = [
  'README.md',
  'ARCHITECTURE.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const words = files.flatMap(
  (name) =>
    readFileSync(name, 'utf8')
      .toLowerCase()
      .match(/\p{L}{2,}/gu) ?? [],
);
const counts = new Map<string, number>();
for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
const kept = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, vocabulary);
const index = new Map(kept.map(([word], i) => [word, i]));
const pairs = Matrix.zeros(vocabulary, vocabulary);
words.forEach((word, at) => {
  const i = index.get(word);
  if (i === undefined) return;
  for (let k = Math.max(0, at - window); k < at; k++) {
    const j = index.get(words[k]!);
    if (j === undefined) continue;
    pairs.set(i, j, pairs.get(i, j) + 1);
    pairs.set(j, i, pairs.get(j, i) + 1);
  }
});
const totals = pairs.sum('row');
const all = pairs.sum();
const information = Matrix.zeros(vocabulary, vocabulary);
for (let i = 0; i < vocabulary; i++) {
  for (let j = 0; j < vocabulary; j++) {
    const together = pairs.get(i, j);
    if (together > 0) information.set(i, j, Math.max(0, Math.log((together * all) / (totals[i]! * totals[j]!))));
  }
}
const { realEigenvalues: values, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(information, { assumeSymmetric: true });
const leading = values.map((value, at) => ({ value, at })).sort((a, b) => b.value - a.value);
// The first direction is how frequent a word is.
const chosen = leading.slice(1, dimension + 1);
const out = Matrix.zeros(vocabulary, dimension);
chosen.forEach(({ value, at }, column) => {
  for (let row = 0; row < vocabulary; row++) out.set(row, column, vectors.get(row, at) * Math.sqrt(Math.max(0, value)));
});
const meanSquare = out.to1DArray().reduce((sum, x) => sum + x * x, 0) / (vocabulary * dimension);
const data = Float32Array.from(out.to1DArray(), (x) => x / Math.sqrt(meanSquare));
const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${vocabulary}, ${dimension}), }`;
const head = Buffer.alloc(128, ' ');
head.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
head.write(header, 10, 'latin1');
head[127] = 10;
writeFileSync('examples/data/words.npy', Buffer.concat([head, Buffer.from(data.buffer)]));
