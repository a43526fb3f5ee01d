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

// A pair of normals (G. E. P. Box and M. E. Muller, 1958) for the lanes of half `at`: the radius from 31 bits of the first word, a sign from its last, the angle from the second.
@inline
function storePair<T>(to: usize, first: v128, second: v128, at: i32): void {
  const radius = v128.sqrt<T>(squaredRadius<T>(i32x4.shr_u(first, 1), at));
  const y = fraction<T>(second, at);
  const z = v128.mul<T>(y, y);
  const sign = sizeof<T>() == 4
    ? i32x4.shl(first, 31)
    : i64x2.shl(at == 0 ? i64x2.extend_low_i32x4_u(first) : i64x2.extend_high_i32x4_u(first), 63);
  v128.store(to, v128.xor(v128.mul<T>(radius, cosine<T>(z)), sign));
  v128.store(to + stride<T>(), v128.mul<T>(radius, sine<T>(y, z)));
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
  for (; to < end; to += 2 * S) {
    const first = v128.load(to);
    const second = v128.load(to, 16);
    storePair<T>(to, first, second, 0);
    if (sizeof<T>() == 8) storePair<T>(to + 16, first, second, 1);
  }
}
