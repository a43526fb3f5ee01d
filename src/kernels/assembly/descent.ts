// What a training does between two batches, in doubles: parameters merged and taken to working coordinates, gradients taken back, the update. The order of
// operations is that of plain TypeScript (`../../solver`: parameters, prompts, optimisers), and so are the bits; SIMD takes columns side by side.
import { allocate, dimension, heads, keyQuery, linear, totals, value, width } from './setting';

let factored: bool = false;
let diagonal: bool = false;
let adam: bool = false;
let keyDimension: i32 = 0;
let size: i32 = 0;

// Doubles, in the layouts of `../../solver/parameters.ts`.
let theta: usize = 0;
let first: usize = 0;
let second: usize = 0;
// S (d × d) and its transpose; where S is diagonal, its diagonal and a 1.
let root: usize = 0;
let transposed: usize = 0;
// U, v, their gradients, and U S of one head; working coordinates; the gradient of θ.
let merged: usize = 0;
let mergedValue: usize = 0;
let turned: usize = 0;
let half: usize = 0;
let working: usize = 0;
let workingValue: usize = 0;
let gradient: usize = 0;
// Numbers, by their places below.
let numbers: usize = 0;
// For each step of a call: the four words of its name (16 bytes), and for Adam the two bias corrections (16 bytes).
export let names: usize = 0;
let corrections: usize = 0;

// What the scores are multiplied by (factored) or divided by (merged), and the gradients.
const scoreScale = 0;
const gradientScale = 1;
export const lossScale = 2;
export const ceiling = 3;
const rate = 4;
const momentum = 5;
const beta1 = 6;
const beta2 = 7;
const epsilon = 8;
const labelPower = 9;
export const sharpestOnAverage = 10;
export const sharpest = 11;
const numberCount = 12;

@inline
export function numberAt(index: i32): f64 {
  return load<f64>(numbers + 8 * index);
}

export function layOut(isFactored: bool, k: i32, isDiagonal: bool, isAdam: bool, mostSteps: i32): void {
  const D = width;
  const d = dimension;
  factored = isFactored;
  keyDimension = k;
  diagonal = isDiagonal;
  adam = isAdam;
  size = heads * (isFactored ? 2 * k * D + D * D + D : D * D + D);
  // One more than there are: vectors of two take what is left over of an odd number.
  theta = allocate(8 * (size + 1));
  first = allocate(8 * (size + 1));
  second = allocate(8 * (size + 1));
  gradient = allocate(8 * (size + 1));
  root = allocate(8 * D * d);
  transposed = allocate(8 * d * d);
  merged = allocate(8 * heads * D * D);
  mergedValue = allocate(8 * heads * D);
  turned = allocate(8 * D * D);
  half = allocate(8 * D * d);
  working = allocate(8 * heads * D * d);
  workingValue = allocate(8 * heads * D);
  numbers = allocate(8 * numberCount);
  names = allocate(16 * mostSteps);
  corrections = allocate(16 * mostSteps);
}

export function transposeRoot(): void {
  if (!diagonal) transpose(root, transposed, dimension);
}

export function thetaAt(): usize {
  return theta;
}
export function firstAt(): usize {
  return first;
}
export function secondAt(): usize {
  return second;
}
export function rootAt(): usize {
  return root;
}
export function numbersAt(): usize {
  return numbers;
}
export function namesAt(): usize {
  return names;
}
export function correctionsAt(): usize {
  return corrections;
}

function transpose(from: usize, to: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) store<f64>(to + 8 * (j * n + i), load<f64>(from + 8 * (i * n + j)));
  }
}

// out[i, j] = scale Σ_l A[i, l] B[l, j] for i < m, j < n, each sum in the order of l. Strides in bytes; columns of B and out lie side by side.
function multiply(
  scale: f64, A: usize, aRow: usize, aColumn: usize, B: usize, bRow: usize, out: usize, outRow: usize, m: i32, n: i32, inner: i32,
): void {
  const factor = f64x2.splat(scale);
  const lastColumn: usize = 8 * n;
  for (let i = 0; i < m; i++) {
    let column: usize = 0;
    for (; column + 32 <= lastColumn; column += 32) {
      let a = A;
      let b = B + column;
      let low = f64x2.splat(0);
      let high = low;
      for (let l = 0; l < inner; l++) {
        const x = v128.load64_splat(a);
        low = f64x2.add(low, f64x2.mul(x, v128.load(b)));
        high = f64x2.add(high, f64x2.mul(x, v128.load(b, 16)));
        a += aColumn;
        b += bRow;
      }
      v128.store(out + column, f64x2.mul(factor, low));
      v128.store(out + column, f64x2.mul(factor, high), 16);
    }
    // One to three are left: a pair, and one alone that is made as a lane of a pair.
    for (; column < lastColumn; column += 16) {
      const alone = column + 16 > lastColumn;
      let a = A;
      let b = B + column;
      let sum = f64x2.splat(0);
      for (let l = 0; l < inner; l++) {
        sum = f64x2.add(sum, f64x2.mul(v128.load64_splat(a), alone ? v128.load64_zero(b) : v128.load(b)));
        a += aColumn;
        b += bRow;
      }
      sum = f64x2.mul(factor, sum);
      if (alone) store<f64>(out + column, f64x2.extract_lane(sum, 0));
      else v128.store(out + column, sum);
    }
    A += aRow;
    out += outRow;
  }
}

// Where the numbers of head h begin in an array laid out as θ.
@inline
function headAt(array: usize, h: i32): usize {
  return array + 8 * h * (size / heads);
}

// U and v of θ.
export function merge(): void {
  const D = width;
  const k = keyDimension;
  const row: usize = 8 * D;
  const scale = numberAt(scoreScale);
  for (let h = 0; h < heads; h++) {
    const at = headAt(theta, h);
    const U = merged + 8 * h * D * D;
    const v = mergedValue + h * row;
    if (factored) {
      const query = at + k * row;
      const values = query + k * row;
      multiply(scale, at, 8, row, query, row, U, row, D, D, k);
      multiply(1, values + D * row, 0, 8, values, row, v, row, 1, D, D);
    } else {
      for (let i = 0; i < 8 * D * D; i += 8) store<f64>(U + i, load<f64>(at + i) / scale);
      for (let i = 0; i < 8 * D; i += 8) store<f64>(v + i, load<f64>(at + 8 * D * D + i));
    }
  }
}

// U and v in working coordinates, as doubles and for the kernel.
export function enter<T>(): void {
  const D = width;
  const d = dimension;
  const row: usize = 8 * d;
  for (let h = 0; h < heads; h++) {
    const U = merged + 8 * h * D * D;
    const v = mergedValue + 8 * h * D;
    const to = working + h * D * row;
    const toValue = workingValue + 8 * h * D;
    if (diagonal) {
      for (let i = 0; i < D; i++) {
        const factor = load<f64>(root + 8 * i);
        for (let j = 0; j < d; j++) {
          store<f64>(to + i * row + 8 * j, factor * (load<f64>(U + 8 * (i * D + j)) * load<f64>(root + 8 * j)));
        }
        store<f64>(toValue + 8 * i, factor * load<f64>(v + 8 * i));
      }
    } else {
      multiply(1, U, 8 * D, 8, root, row, half, row, D, d, d);
      multiply(1, root, 8, row, half, row, to, row, d, d, d);
      multiply(1, v, 0, 8, root, row, toValue, row, 1, d, d);
      for (let j = 0; j < d; j++) store<f64>(to + d * row + 8 * j, load<f64>(half + d * row + 8 * j));
      store<f64>(toValue + row, load<f64>(v + row));
    }
  }
  for (let i = 0; i < heads * D * d; i++) store<T>(keyQuery + i * sizeof<T>(), <T>load<f64>(working + 8 * i));
  for (let i = 0; i < heads * D; i++) store<T>(value + i * sizeof<T>(), <T>load<f64>(workingValue + 8 * i));
}

// The largest mean of a head's squared score deviation.
export function meanSharpness(): f64 {
  if (linear) return 0;
  const power = numberAt(labelPower);
  let largest: f64 = 0;
  let at = working;
  for (let h = 0; h < heads; h++) {
    let sum: f64 = 0;
    for (let i = 0; i < width; i++) {
      let square: f64 = 0;
      for (let j = 0; j < dimension; j++) {
        const x = load<f64>(at);
        square += x * x;
        at += 8;
      }
      sum += (i < dimension ? 1 : power) * square;
    }
    largest = max(largest, sum);
  }
  return largest;
}

// Gradients of U and v from the totals of the batch, where U and v were.
export function leave(): void {
  const D = width;
  const d = dimension;
  const row: usize = 8 * d;
  const scale = numberAt(gradientScale);
  const sums = totals + 24;
  const slopes = sums + 8 * heads * D;
  for (let h = 0; h < heads; h++) {
    const gU = merged + 8 * h * D * D;
    const gv = mergedValue + 8 * h * D;
    const fromValue = sums + 8 * h * D;
    const from = slopes + h * D * row;
    if (diagonal) {
      for (let i = 0; i < D; i++) {
        const factor = load<f64>(root + 8 * i);
        for (let j = 0; j < d; j++) {
          store<f64>(gU + 8 * (i * D + j), factor * (scale * (load<f64>(root + 8 * j) * load<f64>(from + i * row + 8 * j))));
        }
        store<f64>(gv + 8 * i, scale * (factor * load<f64>(fromValue + 8 * i)));
      }
    } else {
      multiply(scale, from, row, 8, transposed, row, half, row, D, d, d);
      multiply(1, root, row, 8, half, row, gU, 8 * D, d, d, d);
      multiply(scale, fromValue, 0, 8, transposed, row, gv, row, 1, d, d);
      for (let j = 0; j < d; j++) store<f64>(gU + 8 * (d * D + j), load<f64>(half + d * row + 8 * j));
      store<f64>(gv + row, scale * load<f64>(fromValue + row));
    }
    // The query's last coordinate is 0.
    for (let i = 0; i < D; i++) store<f64>(gU + 8 * (i * D + d), 0);
  }
}

// The gradient of θ from those of U and v.
export function pullBack(): void {
  const D = width;
  const k = keyDimension;
  const row: usize = 8 * D;
  const scale = numberAt(scoreScale);
  for (let h = 0; h < heads; h++) {
    const at = headAt(theta, h);
    const to = headAt(gradient, h);
    const gU = merged + 8 * h * D * D;
    const gv = mergedValue + h * row;
    if (factored) {
      const ofQuery = k * row;
      const ofValues = 2 * ofQuery;
      const ofOutput = ofValues + D * row;
      transpose(gU, turned, D);
      multiply(scale, at + ofQuery, row, 8, turned, row, to, row, k, D, D);
      multiply(scale, at, row, 8, gU, row, to + ofQuery, row, k, D, D);
      for (let i = 0; i < D; i++) {
        const output = load<f64>(at + ofOutput + 8 * i);
        const values = ofValues + i * row;
        let sum: f64 = 0;
        for (let j = 0; j < 8 * D; j += 8) {
          const g = load<f64>(gv + j);
          store<f64>(to + values + j, output * g);
          sum += load<f64>(at + values + j) * g;
        }
        store<f64>(to + ofOutput + 8 * i, sum);
      }
    } else {
      for (let i = 0; i < 8 * D * D; i += 8) store<f64>(to + i, load<f64>(gU + i) / scale);
      for (let i = 0; i < 8 * D; i += 8) store<f64>(to + 8 * D * D + i, load<f64>(gv + i));
    }
  }
}

@inline
function splat(index: i32): v128 {
  return f64x2.splat(numberAt(index));
}

// The update of step `i` of the call.
export function update(i: i32): void {
  const rates = splat(rate);
  const end: usize = 8 * size;
  if (!adam) {
    const factor = splat(momentum);
    for (let at: usize = 0; at < end; at += 16) {
      const m = f64x2.add(f64x2.mul(factor, v128.load(first + at)), v128.load(gradient + at));
      v128.store(first + at, m);
      v128.store(theta + at, f64x2.sub(v128.load(theta + at), f64x2.mul(rates, m)));
    }
    return;
  }
  const keep1 = splat(beta1);
  const keep2 = splat(beta2);
  const take1 = f64x2.splat(1 - numberAt(beta1));
  const take2 = f64x2.splat(1 - numberAt(beta2));
  const correct1 = v128.load64_splat(corrections + 16 * i);
  const correct2 = v128.load64_splat(corrections + 16 * i, 8);
  const least = splat(epsilon);
  for (let at: usize = 0; at < end; at += 16) {
    const g = v128.load(gradient + at);
    const m = f64x2.add(f64x2.mul(keep1, v128.load(first + at)), f64x2.mul(take1, g));
    const s = f64x2.add(f64x2.mul(keep2, v128.load(second + at)), f64x2.mul(f64x2.mul(take2, g), g));
    v128.store(first + at, m);
    v128.store(second + at, s);
    const step = f64x2.div(f64x2.mul(rates, f64x2.div(m, correct1)), f64x2.add(f64x2.sqrt(f64x2.div(s, correct2)), least));
    v128.store(theta + at, f64x2.sub(v128.load(theta + at), step));
  }
}
