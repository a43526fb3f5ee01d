// The task of four prompts: w, the query and its label; and the labels of tokens.
import { power, splatAt } from './elementary';
import { copy, stride } from './lanes';
import { Component, shapeVector } from './law';
import * as setting from './setting';
import { fillNormals, fillWords } from './stream';

export let tokenLaw: Component | null = null;
export let weightLaw: Component | null = null;
export let queryLaw: Component | null = null;
// Tokens are N(0, I): their normals are the tokens; and so for the query.
export let standardTokens: bool = false;
let standardQuery: bool = false;

export function setLaws(forTokens: Component, forWeights: Component, forQuery: Component, areStandard: bool, isStandard: bool): void {
  tokenLaw = forTokens;
  weightLaw = forWeights;
  queryLaw = forQuery;
  standardTokens = areStandard;
  standardQuery = isStandard;
}

@inline
function applyLink<T>(u: v128): v128 {
  const one = v128.splat<T>(1);
  switch (setting.link) {
    case 1: {
      // tanh u = 1 − 2/(e^{2u} + 1); beyond 20 it is 1.
      const bounded = v128.pmax<T>(v128.splat<T>(-20), v128.pmin<T>(u, v128.splat<T>(20)));
      const e = power<T>(v128.mul<T>(bounded, v128.splat<T>(<T>2.885390081777927)));
      return v128.sub<T>(one, v128.div<T>(v128.splat<T>(2), v128.add<T>(e, one)));
    }
    case 2:
      return v128.pmax<T>(u, v128.splat<T>(0));
    case 3: {
      const zero = v128.splat<T>(0);
      return v128.sub<T>(v128.and(v128.gt<T>(u, zero), one), v128.and(v128.lt<T>(u, zero), one));
    }
    case 4:
      return v128.mul<T>(u, u);
    default:
      return u;
  }
}

// f(uᵀg) + noise · ε for the lane arrays g (at `from`) and ε, to `to`, which may be that of ε; `noise`: where that number is.
@inline
export function respond<T>(from: usize, epsilon: usize, to: usize, noise: usize): void {
  for (let part: usize = 0; part < stride<T>(); part += 16) {
    let u = v128.mul<T>(v128.load(setting.weights + part), v128.load(from + part));
    for (let at = stride<T>() + part, end: usize = setting.dimension * stride<T>(); at < end; at += stride<T>()) {
      u = v128.add<T>(u, v128.mul<T>(v128.load(setting.weights + at), v128.load(from + at)));
    }
    const y = v128.add<T>(setting.link == 0 ? u : applyLink<T>(u), v128.mul<T>(splatAt<T>(noise), v128.load(epsilon + part)));
    v128.store(to + part, y);
  }
}

// w, then the query, then its label. The normals of all three come first, with `more` pairs that nothing but normals separates from them.
export function drawTask<T>(more: i32): void {
  const weightNormals = setting.weightNormals;
  const queryNormals = setting.queryNormals;
  const taskNormals = setting.taskNormals;
  fillNormals<T>(taskNormals, ((weightNormals + queryNormals + 2) >>> 1) + more);
  const forQuery = taskNormals + weightNormals * stride<T>();
  if (setting.weightWords > 0) fillWords(setting.words, setting.weightWords);
  shapeVector<T>(weightLaw!, taskNormals, setting.weights);
  if (standardQuery) copy(setting.query, forQuery, setting.dimension * stride<T>());
  else {
    if (setting.queryWords > 0) fillWords(setting.words, setting.queryWords);
    shapeVector<T>(queryLaw!, forQuery, setting.query);
  }
  respond<T>(setting.query, forQuery + queryNormals * stride<T>(), setting.label, setting.noise + sizeof<T>());
}

// Two explicit tokens (g, y), `width` lane vectors each, to `to`.
export function drawTwoTokens<T>(to: usize): void {
  const S = stride<T>();
  const size = (setting.tokenNormals + 1) * S;
  fillNormals<T>(setting.buffer, setting.tokenNormals + 1);
  for (let l: usize = 0; l < 2; l++) {
    const normals = setting.buffer + l * size;
    if (setting.tokenWords > 0) fillWords(setting.words, setting.tokenWords);
    shapeVector<T>(tokenLaw!, normals, to);
    respond<T>(to, normals + setting.tokenNormals * S, to + setting.dimension * S, setting.noise);
    to += setting.width * S;
  }
}
