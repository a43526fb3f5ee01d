// Elementary functions on lanes, T = f32 (four lanes) or f64 (two). Coefficients are Chebyshev fits made with mpmath's `chebyfit` at 40 digits, with enough terms that rounding, not
// the fit, is what is left. They are loaded from memory: a constant spelt out in the code is built anew at every use.

// 4 atanh(√z)/√z on [0, (3 − 2√2)²]
const logarithm32 = memory.data<f32>([3.9999999972626363449, 1.333336306763023751, 0.79949701035038095654, 0.59848780958289973582]);
const logarithm64 = memory.data<f64>([
  4.0, 1.3333333333333529132, 0.79999999998604676226, 0.57142857521283359765, 0.44444394113452093217, 0.36367263360458657607,
  0.30625056296728381932, 0.29619420721310553396,
]);
// sin(π√z/2)/√z on [0, 1]
const sine32 = memory.data<f32>([
  1.5707963200386016259, -0.64596375958353930116, 0.079689918329028495791, -0.0046741438381517776164, 0.0001516717036640895887,
]);
const sine64 = memory.data<f64>([
  1.5707963267948966192, -0.64596409750624625356, 0.079692626246167041961, -0.0046817541353186476495, 0.00016044118478709679188,
  -3.5988432342295585196e-6, 5.6921726984781161244e-8, -6.6880036321567914638e-10, 6.0642540263155524016e-12, -4.2502807923692643874e-14,
]);
// cos(π√z/2)/(1 − z) on [0, 1]
const cosine32 = memory.data<f32>([
  0.9999999991226092072, -0.23370050625459746506, 0.019968606206800278099, -0.00089353550146327377922, 0.000023600689581301924131,
]);
const cosine64 = memory.data<f64>([
  1.0, -0.23370055013616982323, 0.019968957764878076237, -0.00089452299847363444473, 0.00002473727635883673087, -4.6476599159529776762e-7,
  6.3214409042583574486e-9, -6.5105291567976846068e-11, 5.1084696854224100029e-13,
]);
// (2^x − 1)/x on [−½, ½]
const power32 = memory.data<f32>([
  0.69314718802622878106, 0.24022650760568126945, 0.055503571142190778186, 0.0096180825572778514913, 0.0013390863364671234381,
  0.00015453162945120690177,
]);
const power64 = memory.data<f64>([
  0.69314718055994530925, 0.24022650695910071233, 0.055504108664821627039, 0.0096181291076284794928, 0.0013333558146406470697,
  0.00015403530393370733411, 0.000015252733841556772589, 1.321548680870556279e-6, 1.0178057087733941105e-7, 7.0548973041554992774e-9,
  4.455817908336064493e-10, 2.5729324177362304214e-11,
]);

const numbers32 = memory.data<f32>([0.5, 1.0, 1.3862943611198906, 4.656612873077393e-10, 12582912.0, 1.3862943611198906 / 8388608]);
const numbers64 = memory.data<f64>([0.5, 1.0, 1.3862943611198906, 4.656612873077393e-10, 6755399441055744.0, 4503599627370496.0]);
// The bits of √½, 31 and the exponent's bits, the last two where an exponent is.
const integers32 = memory.data<i32>([0x3f3504f3, 31 << 23, 0xff800000]);
// The bits of √½ less 64 exponents, so that a difference stays positive; 31 + 64; the bits of 2^52.
const integers64 = memory.data<i64>([0x3fe6a09e667f3bcd - (64 << 52), 95, 0x4330000000000000]);

const half = 0;
const one = 1;
const twiceLog2 = 2;
const turn = 3;
const rounder = 4;

// Lanes full of the scalar at `from`.
@inline
export function splatAt<T>(from: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(from) : v128.load64_splat(from);
}

@inline
function number<T>(index: i32): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(numbers32 + 4 * index) : v128.load64_splat(numbers64 + 8 * index);
}

@inline
function term<T>(sum: v128, x: v128, coefficient: usize): v128 {
  return v128.add<T>(v128.mul<T>(sum, x), splatAt<T>(coefficient));
}

// −2 ln(w + ½)/2³¹ for 31-bit integers w: the squared radius of a pair of normals. `words`: four of them; for f64 the half `at` of them.
@inline
export function squaredRadius<T>(words: v128, at: i32): v128 {
  if (sizeof<T>() == 4) {
    const x = f32x4.add(f32x4.convert_i32x4_s(words), number<f32>(half));
    // x = m 2^k with √½ ≤ m < √2; `k` is in place, 2²³ times too large, and so is n = 31 − k, how many times ln 2.
    const k = v128.and(i32x4.sub(x, v128.load32_splat(integers32)), v128.load32_splat(integers32 + 8));
    const m = i32x4.sub(x, k);
    const n = f32x4.convert_i32x4_s(i32x4.sub(v128.load32_splat(integers32 + 4), k));
    const s = f32x4.div(f32x4.sub(m, number<f32>(one)), f32x4.add(m, number<f32>(one)));
    const z = f32x4.mul(s, s);
    const high = term<f32>(splatAt<f32>(logarithm32 + 12), z, logarithm32 + 8);
    const low = term<f32>(splatAt<f32>(logarithm32 + 4), z, logarithm32);
    const sum = f32x4.add(low, f32x4.mul(high, f32x4.mul(z, z)));
    return f32x4.sub(f32x4.mul(n, splatAt<f32>(numbers32 + 20)), f32x4.mul(s, sum));
  } else {
    const x = f64x2.add(f64x2.convert_low_i32x4_s(halfOf(words, at)), number<f64>(half));
    const shifted = i64x2.shr_u(i64x2.sub(x, v128.load64_splat(integers64)), 52);
    const left = i64x2.sub(v128.load64_splat(integers64 + 8), shifted);
    const k = i64x2.sub(i64x2.splat(31), left);
    const m = i64x2.sub(x, i64x2.shl(k, 52));
    const n = f64x2.sub(v128.or(left, v128.load64_splat(integers64 + 16)), splatAt<f64>(numbers64 + 40));
    const s = f64x2.div(f64x2.sub(m, number<f64>(one)), f64x2.add(m, number<f64>(one)));
    const z = f64x2.mul(s, s);
    let sum = splatAt<f64>(logarithm64 + 56);
    for (let i = 48; i >= 0; i -= 8) sum = term<f64>(sum, z, logarithm64 + i);
    return f64x2.sub(f64x2.mul(n, number<f64>(twiceLog2)), f64x2.mul(s, sum));
  }
}

// Words `at` (0: the first two, 1: the last two) moved to where f64x2 conversions look for them.
@inline
export function halfOf(words: v128, at: i32): v128 {
  return at == 0 ? words : i64x2.shuffle(words, words, 1, 0);
}

// Signed words as fractions of 2³¹, in [−1, 1].
@inline
export function fraction<T>(words: v128, at: i32): v128 {
  return sizeof<T>() == 4
    ? f32x4.mul(f32x4.convert_i32x4_s(words), number<f32>(turn))
    : f64x2.mul(f64x2.convert_low_i32x4_s(halfOf(words, at)), number<f64>(turn));
}

// c0 + c1 z + … + c4 z⁴ in pairs of terms (G. Estrin, 1960), which wait less for each other than Horner's; z² serves sine and cosine.
@inline
function quartic(coefficients: usize, z: v128): v128 {
  const zz = f32x4.mul(z, z);
  const low = term<f32>(splatAt<f32>(coefficients + 4), z, coefficients);
  const high = term<f32>(splatAt<f32>(coefficients + 12), z, coefficients + 8);
  return f32x4.add(low, f32x4.mul(zz, f32x4.add(high, f32x4.mul(zz, splatAt<f32>(coefficients + 16)))));
}

// sin(πy/2) for |y| ≤ 1, z = y².
@inline
export function sine<T>(y: v128, z: v128): v128 {
  if (sizeof<T>() == 4) {
    return f32x4.mul(y, quartic(sine32, z));
  } else {
    let sum = splatAt<f64>(sine64 + 72);
    for (let i = 64; i >= 0; i -= 8) sum = term<f64>(sum, z, sine64 + i);
    return f64x2.mul(y, sum);
  }
}

// cos(πy/2) for |y| ≤ 1, z = y².
@inline
export function cosine<T>(z: v128): v128 {
  const factor = v128.sub<T>(number<T>(one), z);
  if (sizeof<T>() == 4) {
    return f32x4.mul(factor, quartic(cosine32, z));
  } else {
    let sum = splatAt<f64>(cosine64 + 64);
    for (let i = 56; i >= 0; i -= 8) sum = term<f64>(sum, z, cosine64 + i);
    return f64x2.mul(factor, sum);
  }
}

// 2^y while the result is a normal number: |y| ≤ 126 for f32, 1022 for f64.
@inline
export function power<T>(y: v128): v128 {
  const shifted = v128.add<T>(y, number<T>(rounder));
  const x = v128.sub<T>(y, v128.sub<T>(shifted, number<T>(rounder)));
  if (sizeof<T>() == 4) {
    const xx = f32x4.mul(x, x);
    const a = term<f32>(splatAt<f32>(power32 + 20), x, power32 + 16);
    const b = term<f32>(splatAt<f32>(power32 + 12), x, power32 + 8);
    const c = term<f32>(splatAt<f32>(power32 + 4), x, power32);
    let sum = f32x4.add(f32x4.mul(f32x4.add(f32x4.mul(a, xx), b), xx), c);
    sum = f32x4.add(f32x4.mul(sum, x), number<f32>(one));
    return i32x4.add(sum, i32x4.shl(shifted, 23));
  } else {
    let sum = splatAt<f64>(power64 + 88);
    for (let i = 80; i >= 0; i -= 8) sum = term<f64>(sum, x, power64 + i);
    sum = f64x2.add(f64x2.mul(sum, x), number<f64>(one));
    return i64x2.add(sum, i64x2.shl(shifted, 52));
  }
}

// 2^y for any y ≤ 0, with what lies below the normal numbers cut off at the least of them.
@inline
export function lowPower<T>(y: v128): v128 {
  return power<T>(v128.pmax<T>(y, sizeof<T>() == 4 ? f32x4.splat(-126) : f64x2.splat(-1022)));
}
