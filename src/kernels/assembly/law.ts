// Vectors of a law from normals and words, four prompts at once (`shapeVector` in ../prompt-draws.ts is one of them).
import { fraction, splatAt } from './elementary';
import { stride } from './lanes';
import { allocate, dimension, words } from './setting';

const normal: i32 = 0;
const rademacher: i32 = 1;
const uniform: i32 = 2;
const sphere: i32 = 3;
const points: i32 = 4;

const noFactor: i32 = 0;
const diagonal: i32 = 1;

@unmanaged
export class Component {
  // The component is chosen when u < bound and no earlier one was.
  bound: f64;
  base: i32;
  n: i32;
  factorKind: i32;
  rows: i32;
  // Of type T: mean (d), factor (none, n or d × n), points (rows × n).
  mean: usize;
  factor: usize;
  points: usize;
  next: Component | null;
}

let chosen: usize = 0;
let base: usize = 0;
let image: usize = 0;
let places: i32 = 0;

export function makeComponent<T>(bound: f64, kind: i32, n: i32, factorKind: i32, rows: i32): Component {
  const component = changetype<Component>(allocate(offsetof<Component>()));
  component.bound = bound;
  component.base = kind;
  component.n = n;
  component.factorKind = factorKind;
  component.rows = rows;
  component.mean = allocate(dimension * sizeof<T>());
  component.factor = allocate((factorKind == noFactor ? 0 : factorKind == diagonal ? n : dimension * n) * sizeof<T>());
  component.points = allocate(rows * n * sizeof<T>());
  component.next = null;
  if (chosen == 0) chosen = allocate(16 * 2);
  if (n > places) {
    places = n;
    base = allocate(n * stride<T>());
  }
  if (image == 0) image = allocate(dimension * stride<T>());
  return component;
}

// One vector (d lane vectors) to `to`, from the normals at `normals` and the words drawn before.
export function shapeVector<T>(law: Component, normals: usize, to: usize): void {
  if (law.next == null) {
    transform<T>(law, drawBase<T>(law, normals, words), to);
    return;
  }
  // Every component is made for all lanes, and each lane takes the one that its first word has chosen.
  let component: Component | null = law;
  let from: f64 = 0;
  while (component != null) {
    transform<T>(component, drawBase<T>(component, normals, words + 16), image);
    const last = component.next == null;
    for (let lane = 0; lane < 4; lane++) {
      const u = <f64>load<u32>(words + 4 * lane) * 2.3283064365386963e-10;
      const here = u >= from && (last || u < component.bound);
      if (sizeof<T>() == 4) store<i32>(chosen + 4 * lane, here ? -1 : 0);
      else store<i64>(chosen + 8 * lane, here ? -1 : 0);
    }
    for (let part: usize = 0; part < stride<T>(); part += 16) {
      const mask = v128.load(chosen + part);
      for (let i = 0; i < dimension; i++) {
        const at = i * stride<T>() + part;
        v128.store(to + at, v128.bitselect(v128.load(image + at), v128.load(to + at), mask));
      }
    }
    from = component.bound;
    component = component.next;
  }
}

// Where the base vector is: its normals themselves, or `base`.
function drawBase<T>(component: Component, normals: usize, from: usize): usize {
  const n = component.n;
  if (component.base == normal) return normals;
  const S = stride<T>();
  switch (component.base) {
    case sphere: {
      for (let part: usize = 0; part < S; part += 16) {
        let square = v128.splat<T>(0);
        for (let i = 0; i < n; i++) {
          const x = v128.load(normals + i * S + part);
          square = v128.add<T>(square, v128.mul<T>(x, x));
        }
        const size = v128.sqrt<T>(square);
        for (let i = 0; i < n; i++) v128.store(base + i * S + part, v128.div<T>(v128.load(normals + i * S + part), size));
      }
      break;
    }
    case rademacher: {
      const unit = v128.splat<T>(1);
      for (let i = 0; i < n; i++) {
        const word = v128.load(from + 16 * i);
        if (sizeof<T>() == 4) v128.store(base + 16 * i, v128.or(v128.and(word, i32x4.splat(0x80000000)), unit));
        else {
          v128.store(base + 32 * i, v128.or(i64x2.shl(i64x2.shr_u(i64x2.extend_low_i32x4_u(word), 31), 63), unit));
          v128.store(base + 32 * i, v128.or(i64x2.shl(i64x2.shr_u(i64x2.extend_high_i32x4_u(word), 31), 63), unit), 16);
        }
      }
      break;
    }
    case uniform: {
      const shift = v128.splat<T>(<T>2.3283064365386963e-10);
      for (let i = 0; i < n; i++) {
        const word = v128.load(from + 16 * i);
        v128.store(base + i * S, v128.add<T>(fraction<T>(word, 0), shift));
        if (sizeof<T>() == 8) v128.store(base + i * S, v128.add<T>(fraction<T>(word, 1), shift), 16);
      }
      break;
    }
    case points: {
      for (let lane = 0; lane < 4; lane++) {
        const high = <f64>load<u32>(from + 4 * lane);
        const low = (<f64>(load<u32>(from + 16 + 4 * lane) >>> 12) + 0.5) * 9.5367431640625e-7;
        const row = <i32>floor((high + low) * 2.3283064365386963e-10 * <f64>component.rows);
        for (let i = 0; i < n; i++) {
          store<T>(base + i * S + lane * sizeof<T>(), load<T>(component.points + (row * n + i) * sizeof<T>()));
        }
      }
      break;
    }
  }
  return base;
}

// mean + factor · b, to `to`.
function transform<T>(component: Component, b: usize, to: usize): void {
  const n = component.n;
  const S = stride<T>();
  const d = dimension;
  for (let part: usize = 0; part < S; part += 16) {
    let factor = component.factor;
    for (let i = 0; i < d; i++) {
      let sum = splatAt<T>(component.mean + i * sizeof<T>());
      if (component.factorKind == noFactor) sum = v128.add<T>(sum, v128.load(b + i * S + part));
      else if (component.factorKind == diagonal) {
        sum = v128.add<T>(sum, v128.mul<T>(splatAt<T>(factor + i * sizeof<T>()), v128.load(b + i * S + part)));
      } else {
        const N: usize = sizeof<T>();
        let from = b + part;
        const end = from + n * S;
        for (; from + 3 * S < end; from += 4 * S) {
          sum = v128.add<T>(sum, v128.mul<T>(splatAt<T>(factor), v128.load(from)));
          sum = v128.add<T>(sum, v128.mul<T>(splatAt<T>(factor + N), v128.load(from + S)));
          sum = v128.add<T>(sum, v128.mul<T>(splatAt<T>(factor + 2 * N), v128.load(from + 2 * S)));
          sum = v128.add<T>(sum, v128.mul<T>(splatAt<T>(factor + 3 * N), v128.load(from + 3 * S)));
          factor += 4 * N;
        }
        for (; from < end; from += S) {
          sum = v128.add<T>(sum, v128.mul<T>(splatAt<T>(factor), v128.load(from)));
          factor += N;
        }
      }
      v128.store(to + i * S + part, sum);
    }
  }
}
