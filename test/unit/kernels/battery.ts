/**
 * Tests of random words, after G. Marsaglia's Diehard, D. E. Knuth's *The Art of Computer Programming* (volume 2, section 3.3) and C. Doty-Humphrey's PractRand. Each answers
 * a number that is standard normal, nearly, if the words are random.
 */

export type Battery = Readonly<Record<string, number>>;

/** χ² as a normal deviate (E. B. Wilson and M. M. Hilferty, 1931). */
function chiSquareDeviate(observed: ArrayLike<number>, expected: (cell: number) => number): number {
  let sum = 0;
  for (let i = 0; i < observed.length; i++) sum += (observed[i]! - expected(i)) ** 2 / expected(i);
  const k = observed.length - 1;
  return (Math.cbrt(sum / k) - (1 - 2 / (9 * k))) / Math.sqrt(2 / (9 * k));
}

function bitCount(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Values of one byte of the words. */
function frequency(words: Int32Array, shift: number): number {
  const counts = new Float64Array(256);
  for (const w of words) counts[(w >>> shift) & 255]!++;
  return chiSquareDeviate(counts, () => words.length / 256);
}

/** Pairs of bytes `lag` words apart, without overlap. */
function serial(words: Int32Array, shift: number, lag: number): number {
  const counts = new Float64Array(65536);
  let pairs = 0;
  for (let i = 0; i + lag < words.length; i += 2 * lag) {
    for (let j = i; j < i + lag && j + lag < words.length; j++, pairs++) {
      counts[(((words[j]! >>> shift) & 255) << 8) | ((words[j + lag]! >>> shift) & 255)]!++;
    }
  }
  return chiSquareDeviate(counts, () => pairs / 65536);
}

/** Lengths of the gaps between words whose 4 bits at `shift` are 0. */
function gaps(words: Int32Array, shift: number): number {
  const most = 60;
  const counts = new Float64Array(most + 1);
  let total = 0;
  let gap = -1;
  for (const w of words) {
    if (((w >>> shift) & 15) !== 0) {
      if (gap >= 0) gap++;
      continue;
    }
    if (gap >= 0) {
      counts[Math.min(gap, most)]!++;
      total++;
    }
    gap = 0;
  }
  const p = 1 / 16;
  return chiSquareDeviate(counts, (g) => total * (g < most ? p * (1 - p) ** g : (1 - p) ** most));
}

/** Coincidences among the spacings of 512 birthdays in a year of 2²⁴ days: Poisson with mean 2 for each such year. */
function birthdaySpacings(words: Int32Array, shift: number): number {
  const people = 512;
  const years = Math.floor(words.length / people);
  let coincidences = 0;
  for (let year = 0; year < years; year++) {
    const days = words.subarray(year * people, (year + 1) * people).map((w) => (w >>> shift) & 0xffffff);
    days.sort();
    const spacings = days.map((day, i) => (i > 0 ? day - days[i - 1]! : day));
    spacings.sort();
    for (let i = 1; i < people; i++) if (spacings[i] === spacings[i - 1]) coincidences++;
  }
  const mean = (years * people ** 3) / (4 * 2 ** 24);
  return (coincidences - mean) / Math.sqrt(mean);
}

/** Rank of a square matrix over the field of two elements, given as rows of 32-bit words. */
function rank(rows: Int32Array[], size: number): number {
  let found = 0;
  for (let column = 0; column < size && found < size; column++) {
    const word = column >>> 5;
    const bit = 1 << (column & 31);
    let pivot = found;
    while (pivot < size && (rows[pivot]![word]! & bit) === 0) pivot++;
    if (pivot === size) continue;
    [rows[found], rows[pivot]] = [rows[pivot]!, rows[found]!];
    for (let r = found + 1; r < size; r++) {
      if ((rows[r]![word]! & bit) !== 0) for (let k = word; k < rows[r]!.length; k++) rows[r]![k]! ^= rows[found]![k]!;
    }
    found++;
  }
  return found;
}

/** Matrices of 32 whole words: rank 32, 31 or less. */
function smallRanks(words: Int32Array): number {
  const counts = new Float64Array(3);
  const matrices = Math.floor(words.length / 32);
  for (let m = 0; m < matrices; m++) {
    const rows = Array.from({ length: 32 }, (_, i) => Int32Array.of(words[32 * m + i]!));
    counts[Math.min(2, 32 - rank(rows, 32))]!++;
  }
  const expected = [0.28878809, 0.57757619, 0.13363572];
  return chiSquareDeviate(counts, (i) => matrices * expected[i]!);
}

/** Matrices of 256 × 256 made of one bit of each word: linear generators with less than 256 bits of state never reach the full rank. Their number with a deficit of 2 or more. */
function largeRanks(words: Int32Array, bit: number): number {
  const size = 256;
  const matrices = Math.min(24, Math.floor(words.length / size ** 2));
  let poor = 0;
  let at = 0;
  for (let m = 0; m < matrices; m++) {
    const rows = Array.from({ length: size }, () => {
      const row = new Int32Array(size / 32);
      for (let i = 0; i < size; i++) row[i >>> 5]! |= ((words[at++]! >>> bit) & 1) << (i & 31);
      return row;
    });
    if (rank(rows, size) < size - 1) poor++;
  }
  const p = 0.13363572;
  return (poor - matrices * p) / Math.sqrt(matrices * p * (1 - p));
}

/** Few, some or many bits set in words `lag` apart (as PractRand's DC6 and BCFN look at). */
function weights(words: Int32Array, lag: number): number {
  const shares = [0, 0, 0];
  let binomial = 2 ** -32;
  for (let k = 0; k <= 32; k++) {
    shares[k < 15 ? 0 : k < 18 ? 1 : 2]! += binomial;
    binomial *= (32 - k) / (k + 1);
  }
  const kind = (w: number): number => {
    const k = bitCount(w);
    return k < 15 ? 0 : k < 18 ? 1 : 2;
  };
  const counts = new Float64Array(9);
  for (let i = 0; i + lag < words.length; i++) counts[3 * kind(words[i]!) + kind(words[i + lag]!)]!++;
  const n = words.length - lag;
  // Overlapping pairs share their marginal counts: what these add to χ² is taken off.
  let sum = 0;
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      const row = counts[3 * i]! + counts[3 * i + 1]! + counts[3 * i + 2]!;
      const column = counts[j]! + counts[3 + j]! + counts[6 + j]!;
      sum += (counts[3 * i + j]! - (row * column) / n) ** 2 / ((row * column) / n);
    }
  }
  const k = 4;
  return (Math.cbrt(sum / k) - (1 - 2 / (9 * k))) / Math.sqrt(2 / (9 * k));
}

/** Bits that differ between words `lag` apart. */
export function distances(words: Int32Array, lag: number): number {
  let sum = 0;
  const n = words.length - lag;
  for (let i = 0; i < n; i++) sum += bitCount(words[i]! ^ words[i + lag]!);
  return (sum - 16 * n) / Math.sqrt(8 * n);
}

/** All of it; 2²⁰ words are meant. */
export function battery(words: Int32Array): Battery {
  const out: Record<string, number> = {};
  for (const shift of [0, 8, 16, 24]) out[`frequency of byte ${shift / 8}`] = frequency(words, shift);
  for (const shift of [0, 24]) for (const lag of [1, 2, 4]) out[`serial, byte ${shift / 8}, lag ${lag}`] = serial(words, shift, lag);
  for (const shift of [0, 28]) out[`gaps, bits from ${shift}`] = gaps(words, shift);
  for (const shift of [0, 8]) out[`birthday spacings, bits from ${shift}`] = birthdaySpacings(words, shift);
  out['ranks of 32 × 32'] = smallRanks(words);
  for (const bit of [0, 31]) out[`ranks of 256 × 256, bit ${bit}`] = largeRanks(words, bit);
  for (const lag of [1, 2, 3, 4, 8]) {
    out[`weights, lag ${lag}`] = weights(words, lag);
    out[`distances, lag ${lag}`] = distances(words, lag);
  }
  return out;
}
