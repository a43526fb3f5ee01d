// Lane vectors: four numbers of type T, one for each of four prompts side by side; one v128 for f32, two for f64. Arrays of them are addressed by
// the first byte; `stride` is the size of one. What is done to a lane vector is done to its parts, at `part` = 0 (and 16 for f64).

@inline
export function stride<T>(): usize {
  return 4 * sizeof<T>();
}

// `bytes`, a multiple of 16, are few here: a loop of stores is done before the host's own fill or copy has been called.
@inline
export function clear(at: usize, bytes: usize): void {
  const zero = i32x4.splat(0);
  for (const end = at + bytes; at < end; at += 16) v128.store(at, zero);
}

@inline
export function copy(to: usize, from: usize, bytes: usize): void {
  for (const end = to + bytes; to < end; to += 16) {
    v128.store(to, v128.load(from));
    from += 16;
  }
}

// Sums of lane vectors of type T are taken over to doubles, four for each vector, before they grow too long for T: to[i] += from[i], from[i] = 0.
export function promote<T>(from: usize, to: usize, count: i32): void {
  const zero = i32x4.splat(0);
  for (let i = 0; i < count; i++) {
    if (sizeof<T>() == 4) {
      const x = v128.load(from);
      v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(x)));
      v128.store(to, f64x2.add(v128.load(to, 16), f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0))), 16);
      v128.store(from, zero);
    } else {
      v128.store(to, f64x2.add(v128.load(to), v128.load(from)));
      v128.store(to, f64x2.add(v128.load(to, 16), v128.load(from, 16)), 16);
      v128.store(from, zero);
      v128.store(from, zero, 16);
    }
    from += stride<T>();
    to += 32;
  }
}

// Four doubles to a lane vector of type T.
@inline
export function storeDoubles<T>(to: usize, low: v128, high: v128): void {
  if (sizeof<T>() == 4) {
    v128.store(to, i64x2.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2));
  } else {
    v128.store(to, low);
    v128.store(to, high, 16);
  }
}

// x[i] *= factor for `count` lane vectors (the part at `part`).
@inline
export function scale<T>(x: usize, count: i32, part: usize, factor: v128): void {
  for (const end = x + count * stride<T>(); x < end; x += stride<T>()) v128.store(x + part, v128.mul<T>(v128.load(x + part), factor));
}

// x[i] *= factor for `count` vectors of four doubles; `factor` is a lane vector of type T (its part at `part`).
export function scaleDoubles<T>(x: usize, count: i32, part: usize, factor: v128): void {
  if (sizeof<T>() == 4) {
    const low = f64x2.promote_low_f32x4(factor);
    const high = f64x2.promote_low_f32x4(i64x2.shuffle(factor, factor, 1, 0));
    for (const end = x + 32 * count; x < end; x += 32) {
      v128.store(x, f64x2.mul(v128.load(x), low));
      v128.store(x, f64x2.mul(v128.load(x, 16), high), 16);
    }
  } else {
    for (const end = x + 32 * count; x < end; x += 32) v128.store(x + part, f64x2.mul(v128.load(x + part), factor));
  }
}
