// The batch kernels: what ../wasm.ts calls. One instance of the module serves one setting, in one precision. The plain TypeScript form of everything here is ../twin.ts.
import * as descent from './descent';
import { addTokens, beginExplicit, finishExplicit, promoteExplicit, sharpest } from './explicit';
import { fraction, power, sine, cosine, squaredRadius } from './elementary';
import { clear, stride } from './lanes';
import { Component, makeComponent } from './law';
import {
  addPairs, clearSums, finishPairs, finishWishart, isMild, normalisePromoted, promoteSums, scoreDeviation, spanPlane,
} from './plane';
import * as setting from './setting';
import { fillNormals, startStreams } from './stream';
import { drawTask, setLaws } from './task';
import { bartlett, drawBartlett } from './wishart';

export { contourAdvance, contourBegin, contourCoordinatesAt, contourLayOut, contourMean, contourTableAt } from './contour';
export {
  correctionsAt, firstAt, layOut as layOutDescent, namesAt, numbersAt, rootAt, secondAt, thetaAt, transposeRoot,
} from './descent';
export { allocate, keepRecords } from './setting';
export { fillWords, startStreams } from './stream';

// Scores of a larger standard deviation can overflow where the largest is not known: a normal reaches 6.7, squares of exponentials and values up to 100 multiply.
const mild32: f64 = 5.5;
const mild64: f64 = 40;

let single: bool = false;
let tokenLaw: Component | null = null;
let weightLaw: Component | null = null;
let queryLaw: Component | null = null;
let lastComponent: Component | null = null;

const name = memory.data(16, 16);
let group: u32 = 0;
let lastPrompt: u32 = 0;
let firstPrompt: u32 = 0;
let underWay: bool = false;
let mild: bool = false;
let done: i64 = 0;
let chunks: i32 = 0;
let wasPromoted: bool = false;
// The normals of the first tokens came with those of the task.
let wasDrawn: bool = false;
let largest: f64 = 0;

export function configure(
  isSingle: bool, isLinear: bool, hasPlaneForm: bool, d: i32, heads: i32, length: f64, link: i32,
  weightNormals: i32, weightWords: i32, tokenNormals: i32, tokenWords: i32,
  queryNormals: i32, queryWords: i32,
): void {
  single = isSingle;
  const tokens = <i64>length;
  if (isSingle) {
    setting.layOut<f32>(
      isLinear, hasPlaneForm, d, heads, tokens, link, weightNormals, weightWords, tokenNormals, tokenWords, queryNormals, queryWords);
  } else {
    setting.layOut<f64>(
      isLinear, hasPlaneForm, d, heads, tokens, link, weightNormals, weightWords, tokenNormals, tokenWords, queryNormals, queryWords);
  }
}

// Adds a component to the law of the tokens (0), of w (1) or of the query (2). Where its numbers go: `meanAt`, `factorAt`, `pointsAt`.
export function addComponent(what: i32, bound: f64, base: i32, n: i32, factorKind: i32, rows: i32): void {
  const component = single ? makeComponent<f32>(bound, base, n, factorKind, rows) : makeComponent<f64>(bound, base, n, factorKind, rows);
  const first = what == 0 ? tokenLaw : what == 1 ? weightLaw : queryLaw;
  if (first == null) {
    if (what == 0) tokenLaw = component;
    else if (what == 1) weightLaw = component;
    else queryLaw = component;
  } else lastComponent!.next = component;
  lastComponent = component;
}

export function meanAt(): usize {
  return lastComponent!.mean;
}
export function factorAt(): usize {
  return lastComponent!.factor;
}
export function pointsAt(): usize {
  return lastComponent!.points;
}

// A query has the law of the tokens where it has none of its own. `standard…`: N(0, I).
export function finishLaws(standardTokens: bool, standardQuery: bool): void {
  setLaws(tokenLaw!, weightLaw!, queryLaw == null ? tokenLaw! : queryLaw!, standardTokens, standardQuery);
}

export function noiseAt(): usize {
  return setting.noise;
}
export function keyQueryAt(): usize {
  return setting.keyQuery;
}
export function valueAt(): usize {
  return setting.value;
}
// Doubles: Σ error², Σ error⁴, Σ label², then v (heads × D) and W (heads × D × d).
export function totalsAt(): usize {
  return setting.totals;
}
export function sharpness(): f64 {
  return largest;
}
export function recordsAt(): usize {
  return setting.records;
}
// Prompts of the call whose records are there.
export function recorded(): i32 {
  return min<u32>(group << 2, lastPrompt) - firstPrompt;
}

// Starts on the prompts first … first + count − 1 of the family named by four words.
export function begin(k0: i32, k1: i32, k2: i32, k3: i32, first: u32, count: u32): void {
  store<i32>(name, k0);
  store<i32>(name, k1, 4);
  store<i32>(name, k2, 8);
  store<i32>(name, k3, 12);
  firstPrompt = first;
  group = first >>> 2;
  lastPrompt = first + count;
  underWay = false;
  largest = 0;
  clear(setting.totals, (setting.outputs * 8 + 15) & ~15);
  clear(setting.block, (setting.outputs + 1) * (single ? stride<f32>() : stride<f64>()));
}

// Goes on for about `budget` tokens; true when all prompts are done.
export function advance(budget: f64): bool {
  return single ? work<f32>(budget) : work<f64>(budget);
}

function work<T>(budget: f64): bool {
  let left = budget;
  while ((group << 2) < lastPrompt) {
    if (!underWay) startGroup<T>();
    if (setting.plane && setting.linear) {
      drawBartlett<T>();
      finishWishart<T>(bartlett, <f64>setting.length);
      left -= 16;
    } else {
      while (done < setting.length) {
        if (left <= 0) return false;
        const count = <i32>min<i64>(setting.chunkTokens, setting.length - done);
        if (setting.plane) {
          if (done > 0 || !wasDrawn) fillNormals<T>(setting.buffer, count);
          addPairs<T>(count, mild);
        } else addTokens<T>(count);
        done += count;
        left -= <f64>(4 * count * setting.heads);
        if (++chunks == setting.chunksTogether && done < setting.length) {
          chunks = 0;
          wasPromoted = true;
          if (setting.plane) promoteSums<T>();
          else promoteExplicit<T>();
        }
      }
      if (!setting.plane) finishExplicit<T>();
      else {
        if (wasPromoted) normalisePromoted<T>();
        finishPairs<T>();
      }
    }
    collect<T>();
    if (setting.recordLength > 0) record<T>();
    underWay = false;
    group++;
    if (group % setting.blockGroups == 0 || (group << 2) >= lastPrompt) closeBlock<T>();
  }
  return true;
}

// Takes steps of a training, each on a batch of `batch` fresh prompts: `count` of them, or as many as come before one whose loss or scores are to be looked at. Answers how many.
export function takeSteps(count: i32, batch: u32): i32 {
  for (let i = 0; i < count; i++) {
    descent.merge();
    if (single) descent.enter<f32>();
    else descent.enter<f64>();
    if (descent.meanSharpness() > descent.numberAt(descent.sharpestOnAverage)) return i;
    const from = descent.names + 16 * i;
    begin(load<i32>(from), load<i32>(from, 4), load<i32>(from, 8), load<i32>(from, 12), 0, batch);
    advance(f64.MAX_VALUE);
    // What is no number fails both.
    if (!(largest < descent.numberAt(descent.sharpest))) return i;
    if (!(descent.numberAt(descent.lossScale) * load<f64>(setting.totals) <= descent.numberAt(descent.ceiling))) return i;
    descent.leave();
    descent.pullBack();
    descent.update(i);
  }
  return count;
}

function startGroup<T>(): void {
  startStreams(name, (group << 2));
  wasDrawn = setting.plane && setting.weightWords == 0;
  const beside = setting.plane ? setting.width - 2 : 0;
  const first = setting.linear ? 0 : <i32>min<i64>(setting.chunkTokens, setting.length);
  drawTask<T>(wasDrawn ? beside + first : 0);
  if (setting.plane) {
    if (!wasDrawn) fillNormals<T>(setting.rest, beside);
    spanPlane<T>();
    if (!setting.linear) {
      mild = isMild<T>(sizeof<T>() == 4 ? mild32 : mild64);
      clearSums<T>();
    }
  } else beginExplicit<T>();
  done = 0;
  chunks = 0;
  wasPromoted = false;
  underWay = true;
}

// Error, label and gradient of the group into the sums of its block. Lanes past the last prompt count for nothing.
function collect<T>(): void {
  const S = stride<T>();
  const d = setting.dimension;
  const rows = setting.heads * setting.width;
  const prompts = lastPrompt - (group << 2);
  for (let part: usize = 0; part < S; part += 16) {
    let label = v128.load(setting.label + part);
    let error = v128.sub<T>(v128.load(setting.prediction + part), label);
    let sharpness = setting.linear ? v128.splat<T>(0) : setting.plane ? scoreDeviation<T>(part) : v128.load(sharpest + part);
    if (prompts < 4) {
      for (let lane: u32 = 0; lane < 4; lane++) store<T>(setting.active + lane * sizeof<T>(), <T>(lane < prompts ? 1 : 0));
      const active = v128.load(setting.active + part);
      label = v128.mul<T>(label, active);
      error = v128.mul<T>(error, active);
      sharpness = v128.mul<T>(sharpness, active);
    }
    const most = setting.block + setting.outputs * S + part;
    v128.store(most, v128.pmax<T>(v128.load(most), sharpness));
    const square = v128.mul<T>(error, error);
    let to = setting.block + part;
    addTo<T>(to, square);
    addTo<T>(to + S, v128.mul<T>(square, square));
    addTo<T>(to + 2 * S, v128.mul<T>(label, label));
    to += 3 * S;
    for (let at = part, end: usize = rows * S; at < end; at += S) {
      addTo<T>(to, v128.mul<T>(error, v128.load(setting.mean + at)));
      to += S;
    }
    for (let at = part, end: usize = rows * S; at < end; at += S) {
      const f = v128.mul<T>(error, v128.load(setting.slope + at));
      let j = setting.query + part;
      const last = j + d * S;
      for (; j + 3 * S < last; j += 4 * S) {
        addTo<T>(to, v128.mul<T>(f, v128.load(j)));
        addTo<T>(to + S, v128.mul<T>(f, v128.load(j + S)));
        addTo<T>(to + 2 * S, v128.mul<T>(f, v128.load(j + 2 * S)));
        addTo<T>(to + 3 * S, v128.mul<T>(f, v128.load(j + 3 * S)));
        to += 4 * S;
      }
      for (; j < last; j += S) {
        addTo<T>(to, v128.mul<T>(f, v128.load(j)));
        to += S;
      }
    }
  }
}

function record<T>(): void {
  const S = stride<T>();
  const D = setting.width;
  for (let lane: u32 = 0; lane < min<u32>(4, lastPrompt - (group << 2)); lane++) {
    const own = lane * sizeof<T>();
    let to = setting.records + ((group << 2) + lane - firstPrompt) * 8 * setting.recordLength;
    to = recordLane<T>(to, setting.weights + own, setting.dimension);
    to = recordLane<T>(to, setting.query + own, setting.dimension);
    to = recordLane<T>(to, setting.mean + own, setting.heads * D);
    if (setting.plane) continue;
    to = recordLane<T>(to, setting.top + own, setting.heads);
    for (let h = 0; h < setting.heads; h++, to += 8) store<f64>(to, load<f64>(setting.promoted + h * (2 * D + 1) * 32 + 8 * lane));
  }
}

function recordLane<T>(to: usize, from: usize, count: i32): usize {
  for (let i = 0; i < count; i++) {
    store<f64>(to, <f64>load<T>(from));
    to += 8;
    from += stride<T>();
  }
  return to;
}

@inline
function addTo<T>(to: usize, x: v128): void {
  v128.store(to, v128.add<T>(v128.load(to), x));
}

// The lanes of a block's sums to doubles, and these to the totals.
function closeBlock<T>(): void {
  let from = setting.block;
  for (let to = setting.totals, end = to + 8 * setting.outputs; to < end; to += 8) {
    const low = <f64>load<T>(from) + <f64>load<T>(from + sizeof<T>());
    const high = <f64>load<T>(from + 2 * sizeof<T>()) + <f64>load<T>(from + 3 * sizeof<T>());
    store<f64>(to, load<f64>(to) + (low + high));
    from += stride<T>();
  }
  for (let lane: usize = 0; lane < 4; lane++) largest = max(largest, <f64>load<T>(from + lane * sizeof<T>()));
  clear(setting.block, (setting.outputs + 1) * stride<T>());
}

// For tests of the parts: `count` vectors of words, or of numbers, at `from`, replaced by the function's values.

export function normals32(to: usize, pairs: i32): void {
  fillNormals<f32>(to, pairs);
}
export function normals64(to: usize, pairs: i32): void {
  fillNormals<f64>(to, pairs);
}
export function powers32(at: usize, count: i32): void {
  for (const end = at + 16 * count; at < end; at += 16) v128.store(at, power<f32>(v128.load(at)));
}
export function powers64(at: usize, count: i32): void {
  for (const end = at + 16 * count; at < end; at += 16) v128.store(at, power<f64>(v128.load(at)));
}
// Words to: −2 ln((w >>> 1) + ½)/2³¹, sin(πw/2³²), cos(πw/2³²); three outputs one after the other, `count` vectors each.
export function functions32(from: usize, to: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    const word = v128.load(from + 16 * i);
    const y = fraction<f32>(word, 0);
    const z = f32x4.mul(y, y);
    v128.store(to + 16 * i, squaredRadius<f32>(i32x4.shr_u(word, 1), 0));
    v128.store(to + 16 * (count + i), sine<f32>(y, z));
    v128.store(to + 16 * (2 * count + i), cosine<f32>(z));
  }
}
export function functions64(from: usize, to: usize, count: i32): void {
  for (let i = 0; i < 2 * count; i++) {
    const word = v128.load(from + 16 * (i >>> 1));
    const shifted = i32x4.shr_u(word, 1);
    const odd = (i & 1) == 1;
    const y = odd ? fraction<f64>(word, 1) : fraction<f64>(word, 0);
    const z = f64x2.mul(y, y);
    v128.store(to + 16 * i, odd ? squaredRadius<f64>(shifted, 1) : squaredRadius<f64>(shifted, 0));
    v128.store(to + 16 * (2 * count + i), sine<f64>(y, z));
    v128.store(to + 16 * (4 * count + i), cosine<f64>(z));
  }
}
