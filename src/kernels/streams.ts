/**
 * Names of random streams, and the generator that a name starts: sfc32 (C. Doty-Humphrey, PractRand). A name is hashed by
 * MurmurHash3_x86_128 (A. Appleby), so any number of workers, in any order, draws the same bits.
 */

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

/** MurmurHash3's finaliser: a bijection of 32-bit words in which every bit of the result depends on every bit of `h`. */
export function finalMix(h: number): number {
  let x = h;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/** MurmurHash3_x86_128 of whole 32-bit words; `words.length` is a multiple of 4. */
export function hash128(words: Int32Array, seed: number): Int32Array {
  let h1 = seed | 0;
  let h2 = h1;
  let h3 = h1;
  let h4 = h1;
  for (let i = 0; i < words.length; i += 4) {
    h1 ^= Math.imul(rotate(Math.imul(words[i], 0x239b961b), 15), 0xab0e9789);
    h1 = (Math.imul((rotate(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
    h2 ^= Math.imul(rotate(Math.imul(words[i + 1], 0xab0e9789), 16), 0x38b34ae5);
    h2 = (Math.imul((rotate(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
    h3 ^= Math.imul(rotate(Math.imul(words[i + 2], 0x38b34ae5), 17), 0xa1e38b93);
    h3 = (Math.imul((rotate(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
    h4 ^= Math.imul(rotate(Math.imul(words[i + 3], 0xa1e38b93), 18), 0x239b961b);
    h4 = (Math.imul((rotate(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
  }
  const bytes = 4 * words.length;
  h1 ^= bytes;
  h2 ^= bytes;
  h3 ^= bytes;
  h4 ^= bytes;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  h1 = finalMix(h1);
  h2 = finalMix(h2);
  h3 = finalMix(h3);
  h4 = finalMix(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  return Int32Array.of(h1, h2, h3, h4);
}

/** 32-bit FNV-1a of the UTF-16 units of `purpose`. */
function purposeHash(purpose: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < purpose.length; i++) h = Math.imul(h ^ purpose.charCodeAt(i), 0x01000193);
  return h;
}

/** The low 32 bits and the rest of an integer in −2⁵³ … 2⁵³. */
function low(n: number): number {
  return (n % 2 ** 32) | 0;
}
function high(n: number): number {
  return Math.floor(n / 2 ** 32) | 0;
}

/**
 * The 128 bits of a name. `seed` and `index` are integers of magnitude at most 2⁵³; `purpose` is a short word (`sgd`, `risk`) that
 * keeps different uses of one seed apart. Throws a RangeError for anything that is not such an integer.
 */
export function streamName(seed: number, purpose: string, index: number): Int32Array {
  if (!Number.isInteger(seed) || Math.abs(seed) > 2 ** 53) throw new RangeError(`a seed must be an integer of at most 2^53, not ${seed}`);
  if (!Number.isInteger(index) || Math.abs(index) > 2 ** 53)
    throw new RangeError(`a stream's index must be an integer of at most 2^53, not ${index}`);
  return hash128(Int32Array.of(low(seed), high(seed), low(index), high(index)), purposeHash(purpose));
}

const odd = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f];

/**
 * One lane's stream: member number `lane` (below 2³²) of the family `name`. The words of the state are hashed apart and then mixed, which
 * four lanes can do at once.
 */
export class LaneStream {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(name: Int32Array, lane: number) {
    const mixed = odd.map((factor, j) => finalMix((name[j] + Math.imul(lane, factor)) | 0));
    this.a = (mixed[0] + mixed[3]) | 0;
    this.b = (mixed[1] + mixed[0]) | 0;
    this.c = (mixed[2] + mixed[1]) | 0;
    this.d = mixed[3] ^ mixed[2];
  }

  /** 32 random bits, as a signed integer. */
  next(): number {
    const result = (((this.a + this.b) | 0) + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (rotate(this.c, 21) + result) | 0;
    return result;
  }
}
