// Sums over a contour, two nodes side by side in the lanes of f64x2; the same operations in the same order as ../contour.ts, which says what they are.
import { allocate } from './setting';

// Doubles for each pair of nodes: zr, zi, and the two parts of C_B and C_γ, each for both nodes.
const pairBytes: usize = 96;
// Bytes of a coordinate: twice each ρ_i, g_i, c_i; then h, the sums β, γ and slope, for both nodes.
const coordinateBytes: usize = 128;

let dimension: i32 = 0;
let table: usize = 0;
let coordinates: usize = 0;
let sumMean: v128 = f64x2.splat(0);
let heaviest: f64 = 0;
let quiet: i32 = 0;
let nextPair: i32 = 0;
let halfOf: v128 = f64x2.splat(0);
let noiseOf: v128 = f64x2.splat(0);
let limit: f64 = 0;

// Room for `d` coordinates and `nodes` nodes; called once.
export function contourLayOut(d: i32, nodes: i32): void {
  dimension = d;
  coordinates = allocate(d * <i32>coordinateBytes);
  table = allocate((nodes >>> 1) * <i32>pairBytes);
}

export function contourTableAt(): usize {
  return table;
}
export function contourCoordinatesAt(): usize {
  return coordinates;
}
export function contourMean(): f64 {
  return f64x2.extract_lane(sumMean, 0) + f64x2.extract_lane(sumMean, 1);
}

export function contourBegin(half: f64, noise: f64, accuracy: f64): void {
  const zero = f64x2.splat(0);
  for (let at = coordinates, end = coordinates + dimension * coordinateBytes; at < end; at += coordinateBytes) {
    v128.store(at, zero, 80);
    v128.store(at, zero, 96);
    v128.store(at, zero, 112);
  }
  sumMean = zero;
  heaviest = 0;
  quiet = 0;
  nextPair = 0;
  halfOf = f64x2.splat(half);
  noiseOf = f64x2.splat(noise);
  limit = accuracy;
}

// Goes on through the first `pairs` pairs of nodes; whether the sum is done.
export function contourAdvance(pairs: i32): bool {
  const zero = f64x2.splat(0);
  const one = f64x2.splat(1);
  const two = f64x2.splat(2);
  const pointFive = f64x2.splat(0.5);
  const infinity = f64x2.splat(Infinity);
  const signBit = i64x2.splat(i64.MIN_VALUE);
  const half = halfOf;
  const noise = noiseOf;
  const first = coordinates;
  const end = first + dimension * coordinateBytes;
  let mean = sumMean;
  let k = nextPair;
  let calm = quiet;
  let scale = heaviest;
  for (; k < pairs && calm < 3; k++) {
    const node = table + <usize>k * pairBytes;
    const zr = v128.load(node);
    const zi = v128.load(node, 16);
    let xr = one;
    let xi = zero;
    let turned = zero;
    let sgr = zero;
    let sgi = zero;
    let scr = noise;
    let sci = zero;
    for (let at = first; at < end; at += coordinateBytes) {
      const ratio = v128.load(at);
      const a = f64x2.sub(one, f64x2.mul(ratio, zr));
      const b = f64x2.mul(ratio, zi);
      const norm = f64x2.div(one, f64x2.add(f64x2.mul(a, a), f64x2.mul(b, b)));
      const r = f64x2.mul(a, norm);
      const m = f64x2.mul(b, norm);
      v128.store(at, r, 48);
      v128.store(at, m, 64);
      const nr = f64x2.sub(f64x2.mul(xr, a), f64x2.mul(xi, b));
      const ni = f64x2.add(f64x2.mul(xr, b), f64x2.mul(xi, a));
      turned = v128.xor(turned, v128.and(f64x2.ge(xi, zero), f64x2.lt(ni, zero)));
      xr = nr;
      xi = ni;
      const g = v128.load(at, 16);
      const c = v128.load(at, 32);
      sgr = f64x2.add(sgr, f64x2.mul(g, r));
      sgi = f64x2.add(sgi, f64x2.mul(g, m));
      scr = f64x2.add(scr, f64x2.mul(c, r));
      sci = f64x2.add(sci, f64x2.mul(c, m));
    }
    const size = f64x2.sqrt(f64x2.add(f64x2.mul(xr, xr), f64x2.mul(xi, xi)));
    const root = f64x2.sqrt(f64x2.mul(pointFive, f64x2.add(size, f64x2.abs(xr))));
    const other = f64x2.div(f64x2.mul(pointFive, xi), root);
    const isFinite = f64x2.lt(size, infinity);
    const inverse = v128.xor(f64x2.div(one, size), v128.and(turned, signBit));
    const right = f64x2.ge(xr, zero);
    const lower = v128.andnot(signBit, f64x2.ge(xi, zero));
    const wr = v128.and(isFinite, f64x2.mul(inverse, v128.bitselect(root, f64x2.abs(other), right)));
    const wi = v128.and(isFinite, f64x2.mul(inverse, v128.bitselect(other, v128.xor(root, lower), right)));
    const tb0 = v128.load(node, 32);
    const tb1 = v128.load(node, 48);
    const tg0 = v128.load(node, 64);
    const tg1 = v128.load(node, 80);
    const br = f64x2.sub(f64x2.mul(wr, tb0), f64x2.mul(wi, tb1));
    const bi = f64x2.add(f64x2.mul(wr, tb1), f64x2.mul(wi, tb0));
    const gr = f64x2.sub(f64x2.mul(wr, tg0), f64x2.mul(wi, tg1));
    const gi = f64x2.add(f64x2.mul(wr, tg1), f64x2.mul(wi, tg0));
    const pr = f64x2.mul(zr, half);
    const pi = f64x2.mul(zi, half);
    mean = f64x2.add(mean, bi);
    const Br = f64x2.sub(f64x2.mul(br, pr), f64x2.mul(bi, pi));
    const Bi = f64x2.add(f64x2.mul(br, pi), f64x2.mul(bi, pr));
    const Gr = f64x2.sub(f64x2.mul(gr, pr), f64x2.mul(gi, pi));
    const Gi = f64x2.add(f64x2.mul(gr, pi), f64x2.mul(gi, pr));
    const tr = f64x2.sub(
      f64x2.sub(f64x2.mul(Br, scr), f64x2.mul(Bi, sci)),
      f64x2.sub(f64x2.mul(Gr, sgr), f64x2.mul(Gi, sgi)),
    );
    const ti = f64x2.sub(
      f64x2.add(f64x2.mul(Br, sci), f64x2.mul(Bi, scr)),
      f64x2.add(f64x2.mul(Gr, sgi), f64x2.mul(Gi, sgr)),
    );
    for (let at = first; at < end; at += coordinateBytes) {
      const r = v128.load(at, 48);
      const m = v128.load(at, 64);
      const gg = f64x2.mul(two, v128.load(at, 16));
      const cc = f64x2.mul(two, v128.load(at, 32));
      const vr = f64x2.sub(f64x2.mul(cc, Br), f64x2.mul(gg, Gr));
      const vi = f64x2.sub(f64x2.mul(cc, Bi), f64x2.mul(gg, Gi));
      const fr = f64x2.add(tr, f64x2.sub(f64x2.mul(r, vr), f64x2.mul(m, vi)));
      const fi = f64x2.add(ti, f64x2.add(f64x2.mul(r, vi), f64x2.mul(m, vr)));
      v128.store(at, f64x2.add(v128.load(at, 80), f64x2.add(f64x2.mul(br, m), f64x2.mul(bi, r))), 80);
      v128.store(at, f64x2.add(v128.load(at, 96), f64x2.add(f64x2.mul(gr, m), f64x2.mul(gi, r))), 96);
      v128.store(at, f64x2.add(v128.load(at, 112), f64x2.add(f64x2.mul(r, fi), f64x2.mul(m, fr))), 112);
    }
    const weight = f64x2.add(f64x2.add(f64x2.abs(br), f64x2.abs(bi)), f64x2.add(f64x2.abs(gr), f64x2.abs(gi)));
    const even = f64x2.extract_lane(weight, 0);
    const odd = f64x2.extract_lane(weight, 1);
    scale = max(scale, even);
    calm = even <= limit * scale ? calm + 1 : 0;
    scale = max(scale, odd);
    calm = odd <= limit * scale ? calm + 1 : 0;
  }
  sumMean = mean;
  nextPair = k;
  quiet = calm;
  heaviest = scale;
  return calm >= 3;
}
