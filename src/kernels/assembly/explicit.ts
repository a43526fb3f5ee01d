// Prompts token by token: any law, link and number of heads (`ExplicitForm` in ../twin.ts is one of them). The largest score so far is always known, so nothing overflows.
import { lowPower, splatAt } from './elementary';
import { clear, promote, scale, scaleDoubles, stride } from './lanes';
import * as setting from './setting';
import { fillNormals } from './stream';
import { drawTwoTokens, respond, standardTokens } from './task';

// The largest |score| of the group, a lane vector.
export const sharpest = memory.data(32, 16);

export function beginExplicit<T>(): void {
  const S = stride<T>();
  const d = setting.dimension;
  for (let part: usize = 0; part < S; part += 16) {
    let from = setting.keyQuery;
    for (let i = 0; i < setting.heads * setting.width; i++) {
      let sum = v128.splat<T>(0);
      for (let j = 0; j < d; j++) {
        sum = v128.add<T>(sum, v128.mul<T>(splatAt<T>(from), v128.load(setting.query + j * S + part)));
        from += sizeof<T>();
      }
      v128.store(setting.tilt + i * S + part, sum);
    }
    for (let h = 0; h < setting.heads; h++) {
      v128.store(setting.top + h * S + part, v128.splat<T>(sizeof<T>() == 4 ? <T>-1e30 : <T>-1e300));
    }
    v128.store(sharpest + part, v128.splat<T>(0));
  }
  clear(setting.partial, setting.partials * S);
  clear(setting.promoted, setting.partials * 32);
}

export function addTokens<T>(count: i32): void {
  const S = stride<T>();
  const size = setting.width * S;
  const twos = (count + 1) >>> 1;
  if (standardTokens) {
    fillNormals<T>(setting.tokens, twos * setting.width);
    for (let l = 0, at = setting.tokens; l < count; l++, at += size) {
      respond<T>(at, at + setting.dimension * S, at + setting.dimension * S, setting.noise);
    }
  } else {
    for (let l = 0; l < twos; l++) drawTwoTokens<T>(setting.tokens + 2 * l * size);
  }
  for (let h = 0; h < setting.heads; h++) {
    for (let part: usize = 0; part < S; part += 16) {
      if (setting.linear) weighLinear<T>(h, count, part);
      else weighSoftmax<T>(h, count, part);
      addMoments<T>(h, count, part);
    }
  }
}

@inline
function sumsOf<T>(h: i32): usize {
  return setting.partial + h * (2 * setting.width + 1) * stride<T>();
}

// Scores and values of a chunk: a_hᵀ c to `scores`, v_hᵀ c to `products`; answers the largest score. `lowest`, `highest`: bounds of what was seen.
function project<T>(h: i32, count: i32, part: usize): v128 {
  const S = stride<T>();
  const D = setting.width;
  const tilt = setting.tilt + h * D * S + part;
  const value = setting.value + h * D * sizeof<T>();
  let highest = v128.load(setting.top + h * S + part);
  let size = v128.load(sharpest + part);
  let from = setting.tokens + part;
  for (let l = 0; l < count; l++) {
    let c = v128.load(from);
    let s = v128.mul<T>(v128.load(tilt), c);
    let t = v128.mul<T>(splatAt<T>(value), c);
    for (let i = 1; i < D; i++) {
      c = v128.load(from + i * S);
      s = v128.add<T>(s, v128.mul<T>(v128.load(tilt + i * S), c));
      t = v128.add<T>(t, v128.mul<T>(splatAt<T>(value + i * sizeof<T>()), c));
    }
    v128.store(setting.scores + l * S + part, s);
    v128.store(setting.products + l * S + part, t);
    highest = v128.pmax<T>(highest, s);
    size = v128.pmax<T>(size, v128.abs<T>(s));
    from += D * S;
  }
  if (!setting.linear) v128.store(sharpest + part, size);
  return highest;
}

function weighLinear<T>(h: i32, count: i32, part: usize): void {
  project<T>(h, count, part);
}

// Scores into weights e = exp(score − largest so far), products into e t, with the sums rescaled when the largest has grown.
function weighSoftmax<T>(h: i32, count: i32, part: usize): void {
  const S = stride<T>();
  const log2e = v128.splat<T>(<T>1.4426950408889634);
  const highest = project<T>(h, count, part);
  const before = v128.load(setting.top + h * S + part);
  const sums = sumsOf<T>(h);
  if (v128.any_true(v128.gt<T>(highest, before))) {
    const fall = lowPower<T>(v128.mul<T>(v128.sub<T>(before, highest), log2e));
    const count = 2 * setting.width + 1;
    scale<T>(sums, count, part, fall);
    scaleDoubles<T>(setting.promoted + h * count * 32, count, part, fall);
    v128.store(setting.top + h * S + part, highest);
  }
  let total = v128.splat<T>(0);
  for (let at = part, end: usize = count * S; at < end; at += S) {
    const e = lowPower<T>(v128.mul<T>(v128.sub<T>(v128.load(setting.scores + at), highest), log2e));
    total = v128.add<T>(total, e);
    v128.store(setting.scores + at, e);
    v128.store(setting.products + at, v128.mul<T>(e, v128.load(setting.products + at)));
  }
  v128.store(sums + part, v128.add<T>(v128.load(sums + part), total));
}

// The sums of one head: total, Σ e c, Σ e t c (softmax) or 0, Σ s c, Σ t c (linear).
function addMoments<T>(h: i32, count: i32, part: usize): void {
  const S = stride<T>();
  const D = setting.width;
  let to = sumsOf<T>(h) + S + part;
  for (let i = 0; i < D; i++) {
    let m = v128.splat<T>(0);
    let n = m;
    let from = setting.tokens + i * S + part;
    for (let at = part, end: usize = count * S; at < end; at += S) {
      const c = v128.load(from);
      m = v128.add<T>(m, v128.mul<T>(v128.load(setting.scores + at), c));
      n = v128.add<T>(n, v128.mul<T>(v128.load(setting.products + at), c));
      from += D * S;
    }
    v128.store(to, v128.add<T>(v128.load(to), m));
    v128.store(to + D * S, v128.add<T>(v128.load(to + D * S), n));
    to += S;
  }
}

export function promoteExplicit<T>(): void {
  promote<T>(setting.partial, setting.promoted, setting.partials);
}

// Mean, slope and prediction from the sums, which are divided while they are doubles.
export function finishExplicit<T>(): void {
  promoteExplicit<T>();
  const S = stride<T>();
  const D = setting.width;
  for (let lane = 0; lane < 4; lane++) {
    let predicted: f64 = 0;
    for (let h = 0; h < setting.heads; h++) {
      const sums = setting.promoted + h * (2 * D + 1) * 32 + 8 * lane;
      const inverse = 1 / (setting.linear ? <f64>setting.length : load<f64>(sums));
      let t: f64 = 0;
      for (let i = 0; i < D; i++) t += load<f64>(sums + 32 * (i + 1)) * <f64>load<T>(setting.value + (h * D + i) * sizeof<T>());
      t *= inverse;
      predicted += t;
      const centre = setting.linear ? 0 : t;
      for (let i = 0; i < D; i++) {
        const m = load<f64>(sums + 32 * (i + 1)) * inverse;
        const n = load<f64>(sums + 32 * (D + i + 1)) * inverse - centre * m;
        const at = (h * D + i) * S + lane * sizeof<T>();
        store<T>(setting.mean + at, <T>m);
        store<T>(setting.slope + at, <T>n);
      }
    }
    store<T>(setting.prediction + lane * sizeof<T>(), <T>predicted);
  }
}
