// Gaussian prompts without their tokens (`PlaneForm` in ../twin.ts is one of them): the plane of score and value in whitened coordinates by two reflections,
// two normals per token or a Wishart draw in it, and the way back.
import { lowPower, power, splatAt } from './elementary';
import { clear, promote, scale, scaleDoubles, storeDoubles, stride } from './lanes';
import {
  buffer, dimension, isLong, keyQuery, mean, noise, partial, prediction, promoted, query, rest, scores, slope, tilt, top, value, weights, width,
} from './setting';

// R11 log₂e, R11, R12, R22 and the factors of the two reflections: lane vectors.
const plane = memory.data(6 * 32, 16);

@inline
function planeAt<T>(index: usize): usize {
  return plane + index * stride<T>();
}

@inline
function reciprocalUnlessZero<T>(x: v128): v128 {
  return v128.and(v128.gt<T>(x, v128.splat<T>(0)), v128.div<T>(v128.splat<T>(1), x));
}

// No lane's scores have a standard deviation above `limit`.
export function isMild<T>(limit: f64): bool {
  let beyond = v128.gt<T>(v128.abs<T>(v128.load(planeAt<T>(1))), v128.splat<T>(<T>limit));
  if (sizeof<T>() == 8) beyond = v128.or(beyond, f64x2.gt(f64x2.abs(v128.load(planeAt<T>(1), 16)), f64x2.splat(limit)));
  return !v128.any_true(beyond);
}

@inline
export function scoreDeviation<T>(part: usize): v128 {
  return v128.abs<T>(v128.load(planeAt<T>(1) + part));
}

// QR factorisation of tilt and value in whitened coordinates. Leaves the reflections' vectors in the two rows of `tilt` and R in `plane`.
export function spanPlane<T>(): void {
  const S = stride<T>();
  const d = dimension;
  const last = d * S;
  const second = tilt + width * S;
  for (let part: usize = 0; part < S; part += 16) {
    const deviation = splatAt<T>(noise);
    const valueOfY = splatAt<T>(value + d * sizeof<T>());
    tiltRows<T>(part);
    const tiltOfY = v128.load(tilt + last + part);
    let x = v128.mul<T>(deviation, tiltOfY);
    let y = v128.mul<T>(deviation, valueOfY);
    v128.store(tilt + last + part, x);
    v128.store(second + last + part, y);
    let square = v128.mul<T>(x, x);
    let cross = v128.mul<T>(x, y);
    for (let i = d - 1; i >= 0; i--) {
      const at = i * S + part;
      const w = v128.load(weights + at);
      x = v128.add<T>(v128.load(tilt + at), v128.mul<T>(tiltOfY, w));
      y = v128.add<T>(splatAt<T>(value + i * sizeof<T>()), v128.mul<T>(valueOfY, w));
      v128.store(tilt + at, x);
      v128.store(second + at, y);
      square = v128.add<T>(square, v128.mul<T>(x, x));
      cross = v128.add<T>(cross, v128.mul<T>(x, y));
    }
    // x and y hold the first coordinates now. R11 has the sign that keeps x − R11 from cancelling.
    const minus = sizeof<T>() == 4 ? i32x4.splat(0x80000000) : i64x2.splat(0x8000000000000000);
    const size = v128.sqrt<T>(square);
    const r11 = v128.xor(v128.andnot(size, minus), v128.andnot(minus, v128.and(x, minus)));
    const head = v128.sub<T>(x, r11);
    const beta1 = reciprocalUnlessZero<T>(v128.add<T>(square, v128.mul<T>(v128.abs<T>(x), size)));
    v128.store(tilt + part, head);
    let factor = v128.mul<T>(beta1, v128.sub<T>(cross, v128.mul<T>(r11, y)));
    const r12 = v128.sub<T>(y, v128.mul<T>(factor, head));
    square = v128.splat<T>(0);
    for (let i = d; i >= 1; i--) {
      const at = i * S + part;
      y = v128.sub<T>(v128.load(second + at), v128.mul<T>(factor, v128.load(tilt + at)));
      v128.store(second + at, y);
      square = v128.add<T>(square, v128.mul<T>(y, y));
    }
    const across = v128.sqrt<T>(square);
    const r22 = v128.xor(v128.andnot(across, minus), v128.andnot(minus, v128.and(y, minus)));
    const beta2 = reciprocalUnlessZero<T>(v128.add<T>(square, v128.mul<T>(v128.abs<T>(y), across)));
    v128.store(second + S + part, v128.sub<T>(y, r22));
    v128.store(planeAt<T>(0) + part, v128.mul<T>(r11, v128.splat<T>(<T>1.4426950408889634)));
    v128.store(planeAt<T>(1) + part, r11);
    v128.store(planeAt<T>(2) + part, r12);
    v128.store(planeAt<T>(3) + part, r22);
    v128.store(planeAt<T>(4) + part, beta1);
    v128.store(planeAt<T>(5) + part, beta2);
  }
}

// W g_q to `tilt`, two rows at a time; the last of an odd number is made twice.
@inline
function tiltRows<T>(part: usize): void {
  const S = stride<T>();
  const N: usize = sizeof<T>();
  const row: usize = dimension * N;
  const start = query + part;
  const end = start + dimension * S;
  const last = keyQuery + dimension * row;
  let to = tilt + part;
  for (let above = keyQuery; above <= last; ) {
    const isLast = above == last;
    let below = isLast ? above : above + row;
    let sum = v128.splat<T>(0);
    let next = sum;
    let at = start;
    for (; at + 3 * S < end; at += 4 * S) {
      const q0 = v128.load(at);
      const q1 = v128.load(at + S);
      const q2 = v128.load(at + 2 * S);
      const q3 = v128.load(at + 3 * S);
      sum = v128.add<T>(sum, v128.add<T>(
        v128.add<T>(v128.mul<T>(splatAt<T>(above), q0), v128.mul<T>(splatAt<T>(above + N), q1)),
        v128.add<T>(v128.mul<T>(splatAt<T>(above + 2 * N), q2), v128.mul<T>(splatAt<T>(above + 3 * N), q3))));
      next = v128.add<T>(next, v128.add<T>(
        v128.add<T>(v128.mul<T>(splatAt<T>(below), q0), v128.mul<T>(splatAt<T>(below + N), q1)),
        v128.add<T>(v128.mul<T>(splatAt<T>(below + 2 * N), q2), v128.mul<T>(splatAt<T>(below + 3 * N), q3))));
      above += 4 * N;
      below += 4 * N;
    }
    for (; at < end; at += S) {
      const q = v128.load(at);
      sum = v128.add<T>(sum, v128.mul<T>(splatAt<T>(above), q));
      next = v128.add<T>(next, v128.mul<T>(splatAt<T>(below), q));
      above += N;
      below += N;
    }
    v128.store(to, sum);
    v128.store(isLast ? to : to + S, next);
    to += 2 * S;
    above = below;
  }
}

// Clears the sums of e = 2^(score log₂e − top) times 1, g, k, t g, t k, and of e² times 1, t, t².
export function clearSums<T>(): void {
  clear(partial, 8 * stride<T>());
  if (isLong()) clear(promoted, 8 * 32);
  for (let part: usize = 0; part < stride<T>(); part += 16) v128.store(top + part, v128.splat<T>(sizeof<T>() == 4 ? <T>-1e30 : <T>-1e300));
}

export function promoteSums<T>(): void {
  promote<T>(partial, promoted, 8);
}

// Adds up the `count` tokens whose normals are in the buffer. `mild`: no score can overflow, and the largest one need not be known. Exponentials first, then sums: the registers
// do not hold both.
export function addPairs<T>(count: i32, mild: bool): void {
  for (let part: usize = 0; part < stride<T>(); part += 16) {
    if (mild) exponentiate<T>(count, part);
    else exponentiateFromTop<T>(count, part);
    sumPairs<T>(count, part);
  }
}

// e = 2^(score log₂e) to `scores`, two tokens at a time: the coefficients are loaded once for both. After an odd number comes one that nobody reads.
function exponentiate<T>(count: i32, part: usize): void {
  const S = stride<T>();
  const factor = v128.load(planeAt<T>(0) + part);
  let from = buffer + part;
  for (let to = scores + part, end = to + count * S; to < end; to += 2 * S) {
    const e = power<T>(v128.mul<T>(factor, v128.load(from)));
    const f = power<T>(v128.mul<T>(factor, v128.load(from + 2 * S)));
    v128.store(to, e);
    v128.store(to + S, f);
    from += 4 * S;
  }
}

// The same, divided by the largest exponential so far, to which the sums are rescaled.
function exponentiateFromTop<T>(count: i32, part: usize): void {
  const S = stride<T>();
  const factor = v128.load(planeAt<T>(0) + part);
  const before = v128.load(top + part);
  let now = before;
  for (let from = buffer + part, end = buffer + count * 2 * S; from < end; from += 2 * S) {
    now = v128.pmax<T>(now, v128.mul<T>(factor, v128.load(from)));
  }
  const fall = lowPower<T>(v128.sub<T>(before, now));
  const square = v128.mul<T>(fall, fall);
  scale<T>(partial, 5, part, fall);
  scale<T>(partial + 5 * S, 3, part, square);
  if (isLong()) {
    scaleDoubles<T>(promoted, 5, part, fall);
    scaleDoubles<T>(promoted + 5 * 32, 3, part, square);
  }
  v128.store(top + part, now);
  let from = buffer + part;
  for (let to = scores + part, end = to + count * S; to < end; to += S) {
    v128.store(to, lowPower<T>(v128.sub<T>(v128.mul<T>(factor, v128.load(from)), now)));
    from += 2 * S;
  }
}

function sumPairs<T>(count: i32, part: usize): void {
  const S = stride<T>();
  const r12 = v128.load(planeAt<T>(2) + part);
  const r22 = v128.load(planeAt<T>(3) + part);
  let s0 = v128.splat<T>(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  let s6 = s0;
  let s7 = s0;
  let from = buffer + part;
  for (let at = scores + part, end = at + count * S; at < end; at += S) {
    const e = v128.load(at);
    const g = v128.load(from);
    const k = v128.load(from + S);
    from += 2 * S;
    const t = v128.add<T>(v128.mul<T>(r12, g), v128.mul<T>(r22, k));
    const et = v128.mul<T>(e, t);
    s0 = v128.add<T>(s0, e);
    s1 = v128.add<T>(s1, v128.mul<T>(e, g));
    s2 = v128.add<T>(s2, v128.mul<T>(e, k));
    s3 = v128.add<T>(s3, v128.mul<T>(et, g));
    s4 = v128.add<T>(s4, v128.mul<T>(et, k));
    s5 = v128.add<T>(s5, v128.mul<T>(e, e));
    s6 = v128.add<T>(s6, v128.mul<T>(e, et));
    s7 = v128.add<T>(s7, v128.mul<T>(et, et));
  }
  const to = partial + part;
  v128.store(to, v128.add<T>(v128.load(to), s0));
  v128.store(to + S, v128.add<T>(v128.load(to + S), s1));
  v128.store(to + 2 * S, v128.add<T>(v128.load(to + 2 * S), s2));
  v128.store(to + 3 * S, v128.add<T>(v128.load(to + 3 * S), s3));
  v128.store(to + 4 * S, v128.add<T>(v128.load(to + 4 * S), s4));
  v128.store(to + 5 * S, v128.add<T>(v128.load(to + 5 * S), s5));
  v128.store(to + 6 * S, v128.add<T>(v128.load(to + 6 * S), s6));
  v128.store(to + 7 * S, v128.add<T>(v128.load(to + 7 * S), s7));
}

// Divides the sums by the total where they are doubles, so that `finishPairs` can go on in T.
export function normalisePromoted<T>(): void {
  promoteSums<T>();
  const low = f64x2.div(f64x2.splat(1), v128.load(promoted));
  const high = f64x2.div(f64x2.splat(1), v128.load(promoted, 16));
  for (let i = 0; i < 8; i++) {
    const from = promoted + 32 * i;
    let x = f64x2.mul(v128.load(from), low);
    let y = f64x2.mul(v128.load(from, 16), high);
    if (i >= 5) {
      x = f64x2.mul(x, low);
      y = f64x2.mul(y, high);
    }
    storeDoubles<T>(partial + i * stride<T>(), x, y);
  }
}

// Mean and slope of softmax from the sums.
export function finishPairs<T>(): void {
  const S = stride<T>();
  for (let part: usize = 0; part < S; part += 16) {
    const from = partial + part;
    const r12 = v128.load(planeAt<T>(2) + part);
    const r22 = v128.load(planeAt<T>(3) + part);
    const inverse = v128.div<T>(v128.splat<T>(1), v128.load(from));
    const g = v128.mul<T>(v128.load(from + S), inverse);
    const k = v128.mul<T>(v128.load(from + 2 * S), inverse);
    const t = v128.add<T>(v128.mul<T>(r12, g), v128.mul<T>(r22, k));
    const square = v128.mul<T>(inverse, inverse);
    const p2 = v128.mul<T>(v128.load(from + 5 * S), square);
    const tp2 = v128.mul<T>(t, p2);
    const q = v128.mul<T>(v128.load(from + 6 * S), square);
    const p2u = v128.sub<T>(q, tp2);
    const p2uu = v128.sub<T>(v128.mul<T>(v128.load(from + 7 * S), square), v128.mul<T>(t, v128.add<T>(p2u, q)));
    const l11 = v128.sqrt<T>(p2);
    const l21 = v128.div<T>(p2u, l11);
    const l22 = v128.sqrt<T>(v128.pmax<T>(v128.splat<T>(0), v128.sub<T>(p2uu, v128.mul<T>(l21, l21))));
    const slopeG = v128.sub<T>(v128.mul<T>(v128.load(from + 3 * S), inverse), v128.mul<T>(t, g));
    const slopeK = v128.sub<T>(v128.mul<T>(v128.load(from + 4 * S), inverse), v128.mul<T>(t, k));
    leavePlane<T>(part, g, k, slopeG, slopeK, l11, l21, l22);
  }
}

// Linear attention from b11², b21 and b22², three vectors of four doubles at `bartlett`, for prompts of `length` tokens.
export function finishWishart<T>(bartlett: usize, length: f64): void {
  const S = stride<T>();
  const inverse = f64x2.splat(1 / length);
  // b11/L, b11², b21, b22/L and b22² as lane vectors where the sums of softmax would be.
  for (let i: usize = 0; i < 3; i++) {
    const low = v128.load(bartlett + 32 * i);
    const high = v128.load(bartlett + 32 * i, 16);
    storeDoubles<T>(partial + i * S, low, high);
    if (i != 1) storeDoubles<T>(partial + (i + 3) * S, f64x2.mul(f64x2.sqrt(low), inverse), f64x2.mul(f64x2.sqrt(high), inverse));
  }
  const perToken = v128.splat<T>(<T>(1 / length));
  for (let part: usize = 0; part < S; part += 16) {
    const from = partial + part;
    const r11 = v128.load(planeAt<T>(1) + part);
    const r12 = v128.load(planeAt<T>(2) + part);
    const r22 = v128.load(planeAt<T>(3) + part);
    const b21 = v128.load(from + S);
    const b11 = v128.load(from + 3 * S);
    const b22 = v128.load(from + 5 * S);
    const gg = v128.mul<T>(v128.load(from), perToken);
    const gk = v128.mul<T>(b11, b21);
    const kk = v128.mul<T>(v128.add<T>(v128.mul<T>(b21, b21), v128.load(from + 2 * S)), perToken);
    leavePlane<T>(
      part,
      v128.mul<T>(r11, gg),
      v128.mul<T>(r11, gk),
      v128.add<T>(v128.mul<T>(r12, gg), v128.mul<T>(r22, gk)),
      v128.add<T>(v128.mul<T>(r12, gk), v128.mul<T>(r22, kk)),
      v128.mul<T>(r11, b11),
      v128.add<T>(v128.mul<T>(r12, b11), v128.mul<T>(v128.mul<T>(r22, b21), perToken)),
      v128.mul<T>(r22, b22),
    );
  }
}

// Mean and slope, given in the frame of the reflections, in working coordinates; and the prediction.
@inline
function leavePlane<T>(part: usize, meanG: v128, meanK: v128, slopeG: v128, slopeK: v128, l11: v128, l21: v128, l22: v128): void {
  const S = stride<T>();
  const d = dimension;
  const r1 = rest + part - 2 * S;
  const r2 = r1 + (width - 2) * S;
  const first = tilt + part;
  const second = tilt + width * S + part;
  v128.store(prediction + part, v128.add<T>(
    v128.mul<T>(v128.load(planeAt<T>(2) + part), meanG), v128.mul<T>(v128.load(planeAt<T>(3) + part), meanK)));
  let v = v128.load(second + S);
  let dotMean = v128.mul<T>(v, meanK);
  let dotSlope = v128.mul<T>(v, slopeK);
  for (let at: usize = 2 * S, end: usize = width * S; at < end; at += S) {
    const x = v128.load(r1 + at);
    const m = v128.mul<T>(l11, x);
    const s = v128.add<T>(v128.mul<T>(l21, x), v128.mul<T>(l22, v128.load(r2 + at)));
    v128.store(mean + part + at, m);
    v128.store(slope + part + at, s);
    v = v128.load(second + at);
    dotMean = v128.add<T>(dotMean, v128.mul<T>(v, m));
    dotSlope = v128.add<T>(dotSlope, v128.mul<T>(v, s));
  }
  v128.store(mean + part + S, meanK);
  v128.store(slope + part + S, slopeK);
  const beta2 = v128.load(planeAt<T>(5) + part);
  dotMean = v128.mul<T>(beta2, dotMean);
  dotSlope = v128.mul<T>(beta2, dotSlope);
  v = v128.load(first);
  let dotMean1 = v128.mul<T>(v, meanG);
  let dotSlope1 = v128.mul<T>(v, slopeG);
  for (let at = S, end: usize = width * S; at < end; at += S) {
    v = v128.load(second + at);
    const m = v128.sub<T>(v128.load(mean + part + at), v128.mul<T>(dotMean, v));
    const s = v128.sub<T>(v128.load(slope + part + at), v128.mul<T>(dotSlope, v));
    v128.store(mean + part + at, m);
    v128.store(slope + part + at, s);
    v = v128.load(first + at);
    dotMean1 = v128.add<T>(dotMean1, v128.mul<T>(v, m));
    dotSlope1 = v128.add<T>(dotSlope1, v128.mul<T>(v, s));
  }
  const beta1 = v128.load(planeAt<T>(4) + part);
  dotMean = v128.mul<T>(beta1, dotMean1);
  dotSlope = v128.mul<T>(beta1, dotSlope1);
  v = v128.load(first);
  let m = v128.sub<T>(meanG, v128.mul<T>(dotMean, v));
  let s = v128.sub<T>(slopeG, v128.mul<T>(dotSlope, v));
  v128.store(mean + part, m);
  v128.store(slope + part, s);
  let w = v128.load(weights + part);
  let meanY = v128.mul<T>(w, m);
  let slopeY = v128.mul<T>(w, s);
  for (let at = S, end: usize = d * S; at < end; at += S) {
    v = v128.load(first + at);
    m = v128.sub<T>(v128.load(mean + part + at), v128.mul<T>(dotMean, v));
    s = v128.sub<T>(v128.load(slope + part + at), v128.mul<T>(dotSlope, v));
    v128.store(mean + part + at, m);
    v128.store(slope + part + at, s);
    w = v128.load(weights + part + at);
    meanY = v128.add<T>(meanY, v128.mul<T>(w, m));
    slopeY = v128.add<T>(slopeY, v128.mul<T>(w, s));
  }
  const at = d * S;
  const deviation = splatAt<T>(noise);
  v = v128.load(first + at);
  m = v128.sub<T>(v128.load(mean + part + at), v128.mul<T>(dotMean, v));
  s = v128.sub<T>(v128.load(slope + part + at), v128.mul<T>(dotSlope, v));
  v128.store(mean + part + at, v128.add<T>(meanY, v128.mul<T>(deviation, m)));
  v128.store(slope + part + at, v128.add<T>(slopeY, v128.mul<T>(deviation, s)));
}
