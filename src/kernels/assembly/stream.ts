// Four streams side by side, one in each lane (`LaneStream` in ../streams.ts is one of them), and normals made of them.
import { cosine, fraction, sine, squaredRadius } from './elementary';
import { stride } from './lanes';

// a, b, c and the counter of sfc32: four vectors.
export const state = memory.data(64, 16);

@inline
function mixed(h: v128): v128 {
  let x = v128.xor(h, i32x4.shr_u(h, 16));
  x = i32x4.mul(x, i32x4.splat(0x85ebca6b));
  x = v128.xor(x, i32x4.shr_u(x, 13));
  x = i32x4.mul(x, i32x4.splat(0xc2b2ae35));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

// Starts the streams `lane` … `lane` + 3 of the family whose name is the four words at `name`.
export function startStreams(name: usize, lane: i32): void {
  const lanes = i32x4.add(i32x4.splat(lane), i32x4(0, 1, 2, 3));
  const m0 = mixed(i32x4.add(v128.load32_splat(name), i32x4.mul(lanes, i32x4.splat(0x9e3779b1))));
  const m1 = mixed(i32x4.add(v128.load32_splat(name, 4), i32x4.mul(lanes, i32x4.splat(0x85ebca77))));
  const m2 = mixed(i32x4.add(v128.load32_splat(name, 8), i32x4.mul(lanes, i32x4.splat(0xc2b2ae3d))));
  const m3 = mixed(i32x4.add(v128.load32_splat(name, 12), i32x4.mul(lanes, i32x4.splat(0x27d4eb2f))));
  v128.store(state, i32x4.add(m0, m3));
  v128.store(state, i32x4.add(m1, m0), 16);
  v128.store(state, i32x4.add(m2, m1), 32);
  v128.store(state, v128.xor(m3, m2), 48);
}

// `count` vectors of words to `to`. The counter goes up by subtracting −1: all ones need no constant.
export function fillWords(to: usize, count: i32): void {
  let a = v128.load(state);
  let b = v128.load(state, 16);
  let c = v128.load(state, 32);
  let d = v128.load(state, 48);
  for (const end = to + 16 * count; to < end; to += 16) {
    const word = i32x4.add(i32x4.add(a, b), d);
    d = i32x4.sub(d, i32x4.splat(-1));
    a = v128.xor(b, i32x4.shr_u(b, 9));
    b = i32x4.add(c, i32x4.shl(c, 3));
    c = i32x4.add(v128.or(i32x4.shl(c, 21), i32x4.shr_u(c, 11)), word);
    v128.store(to, word);
  }
  v128.store(state, a);
  v128.store(state, b, 16);
  v128.store(state, c, 32);
  v128.store(state, d, 48);
}

// A pair of normals (G. E. P. Box and M. E. Muller, 1958): the radius from 31 bits of the first word, its sign from the last, the half turn that the angle takes from the second.

// For f64 the lanes of half `at`.
@inline
function storePair(to: usize, first: v128, second: v128, at: i32): void {
  const sign = i64x2.shl(at == 0 ? i64x2.extend_low_i32x4_u(first) : i64x2.extend_high_i32x4_u(first), 63);
  const radius = v128.xor(f64x2.sqrt(squaredRadius<f64>(i32x4.shr_u(first, 1), at)), sign);
  const y = fraction<f64>(second, at);
  const z = f64x2.mul(y, y);
  v128.store(to, f64x2.mul(radius, cosine<f64>(z)));
  v128.store(to + stride<f64>(), f64x2.mul(radius, sine<f64>(y, z)));
}

// For f32 two pairs at a time, and radii first: the coefficients are loaded once for both, and nothing is stored in between that would have them loaded again.
@inline
function storePairs(from: usize, end: usize): void {
  // The last of an odd number is made twice.
  for (let at = from; at < end; at += 64) {
    const next = at + 32 < end ? at + 32 : at;
    const word0 = v128.load(at);
    const word1 = v128.load(next);
    const square0 = squaredRadius<f32>(i32x4.shr_u(word0, 1), 0);
    const square1 = squaredRadius<f32>(i32x4.shr_u(word1, 1), 0);
    v128.store(at, v128.xor(f32x4.sqrt(square0), i32x4.shl(word0, 31)));
    v128.store(next, v128.xor(f32x4.sqrt(square1), i32x4.shl(word1, 31)));
  }
  for (let at = from; at < end; at += 64) {
    const next = at + 32 < end ? at + 32 : at;
    const y0 = fraction<f32>(v128.load(at, 16), 0);
    const y1 = fraction<f32>(v128.load(next, 16), 0);
    const z0 = f32x4.mul(y0, y0);
    const z1 = f32x4.mul(y1, y1);
    const radius0 = v128.load(at);
    const radius1 = v128.load(next);
    const along0 = f32x4.mul(radius0, cosine<f32>(z0));
    const along1 = f32x4.mul(radius1, cosine<f32>(z1));
    const across0 = f32x4.mul(radius0, sine<f32>(y0, z0));
    const across1 = f32x4.mul(radius1, sine<f32>(y1, z1));
    v128.store(at, along0);
    v128.store(next, along1);
    v128.store(at, across0, 16);
    v128.store(next, across1, 16);
  }
}

// 2 `pairs` lane vectors of normals to `to`: first the words, where their normals will be, then these. In one loop the registers would not do.
export function fillNormals<T>(to: usize, pairs: i32): void {
  const S = stride<T>();
  const end = to + 2 * S * pairs;
  let a = v128.load(state);
  let b = v128.load(state, 16);
  let c = v128.load(state, 32);
  let d = v128.load(state, 48);
  for (let at = to; at < end; at += 2 * S) {
    let word = i32x4.add(i32x4.add(a, b), d);
    d = i32x4.sub(d, i32x4.splat(-1));
    a = v128.xor(b, i32x4.shr_u(b, 9));
    b = i32x4.add(c, i32x4.shl(c, 3));
    c = i32x4.add(v128.or(i32x4.shl(c, 21), i32x4.shr_u(c, 11)), word);
    v128.store(at, word);
    word = i32x4.add(i32x4.add(a, b), d);
    d = i32x4.sub(d, i32x4.splat(-1));
    a = v128.xor(b, i32x4.shr_u(b, 9));
    b = i32x4.add(c, i32x4.shl(c, 3));
    c = i32x4.add(v128.or(i32x4.shl(c, 21), i32x4.shr_u(c, 11)), word);
    v128.store(at, word, 16);
  }
  v128.store(state, a);
  v128.store(state, b, 16);
  v128.store(state, c, 32);
  v128.store(state, d, 48);
  if (sizeof<T>() == 4) storePairs(to, end);
  else {
    for (; to < end; to += 2 * S) {
      const first = v128.load(to);
      const second = v128.load(to, 16);
      storePair(to, first, second, 0);
      storePair(to + 16, first, second, 1);
    }
  }
}
