// The two-normals-per-token kernel (src/kernels/assembly: stream.ts, elementary.ts, plane.ts) in C++, one prompt per lane, in single precision, at the width the compiler is told:
// -msse4.2 (4 lanes), -mavx2 -mfma (8), -mavx512f -mavx512dq (16). Prints nanoseconds per token, the least over many short runs, and a sum that depends on all of them.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <immintrin.h>

#if defined(__AVX512F__)
constexpr int lanes = 16;
#elif defined(__AVX2__)
constexpr int lanes = 8;
#else
constexpr int lanes = 4;
#endif

typedef float F __attribute__((vector_size(4 * lanes)));
typedef int32_t I __attribute__((vector_size(4 * lanes)));
typedef uint32_t U __attribute__((vector_size(4 * lanes)));

static inline F squareRoot(F x) {
#if defined(__AVX512F__)
  return (F)_mm512_sqrt_ps((__m512)x);
#elif defined(__AVX2__)
  return (F)_mm256_sqrt_ps((__m256)x);
#else
  return (F)_mm_sqrt_ps((__m128)x);
#endif
}
static inline F real(I x) { return __builtin_convertvector(x, F); }
static inline F all(float x) { return x - F{}; }

constexpr int chunk = 32;

struct Stream {
  U a, b, c, d;
  inline U next() {
    const U word = a + b + d;
    d += 1;
    a = b ^ (b >> 9);
    b = c + (c << 3);
    c = ((c << 21) | (c >> 11)) + word;
    return word;
  }
};

static inline F squaredRadius(I word) {
  const F x = real(word) + 0.5f;
  const I k = ((I)x - 0x3f3504f3) >> 23;
  const F m = (F)((I)x - (k << 23));
  const F s = (m - 1.0f) / (m + 1.0f);
  const F z = s * s;
  const F sum = ((0.59848780958289973582f * z + 0.79949701035038095654f) * z + 1.333336306763023751f) * z + 3.9999999972626363449f;
  return real(31 - k) * 1.3862943611198906f - s * sum;
}

static void fill(Stream &stream, F *to, int pairs) {
  Stream s = stream;
  for (int i = 0; i < pairs; i++) {
    const U first = s.next();
    const U second = s.next();
    const F radius = squareRoot(squaredRadius((I)(first >> 1)));
    const F y = real((I)second) * 4.656612873077393e-10f;
    const F z = y * y;
    const F sine = y * ((((0.0001516717036640895887f * z - 0.0046741438381517776164f) * z + 0.079689918329028495791f) * z - 0.64596375958353930116f) * z + 1.5707963200386016259f);
    const F cosine = (1.0f - z) * ((((0.000023600689581301924131f * z - 0.00089353550146327377922f) * z + 0.019968606206800278099f) * z - 0.23370050625459746506f) * z + 0.9999999991226092072f);
    to[2 * i] = (F)((U)(radius * cosine) ^ (first << 31));
    to[2 * i + 1] = radius * sine;
  }
  stream = s;
}

static inline F power(F y) {
  const F shifted = y + 12582912.0f;
  const F x = y - (shifted - 12582912.0f);
  const F p = (((((0.00015453162945120690177f * x + 0.0013390863364671234381f) * x + 0.0096180825572778514913f) * x + 0.055503571142190778186f) * x + 0.24022650760568126945f) * x + 0.69314718802622878106f) * x + 1.0f;
  return (F)((U)p + ((U)shifted << 23));
}

static void add(const F *from, int count, F factor, F r12, F r22, F *to) {
  F s[8] = {};
  for (int l = 0; l < count; l++) {
    const F g = from[2 * l];
    const F k = from[2 * l + 1];
    const F e = power(factor * g);
    const F t = r12 * g + r22 * k;
    const F et = e * t;
    s[0] += e;
    s[1] += e * g;
    s[2] += e * k;
    s[3] += et * g;
    s[4] += et * k;
    s[5] += e * e;
    s[6] += e * et;
    s[7] += et * et;
  }
  for (int i = 0; i < 8; i++) to[i] += s[i];
}

int main(int count, char **arguments) {
  const int length = count > 1 ? atoi(arguments[1]) : 1024;
  static F buffer[2 * chunk];
  Stream stream;
  uint32_t seed = 1;
  U *const state[4] = {&stream.a, &stream.b, &stream.c, &stream.d};
  for (U *word : state)
    for (int i = 0; i < lanes; i++) (*word)[i] = seed = seed * 1664525u + 1013904223u;
  double best = 1e300, fillBest = 1e300;
  double check = 0;
  for (int run = 0; run < 2000; run++) {
    F sums[8] = {};
    const auto start = std::chrono::steady_clock::now();
    for (int done = 0; done < length; done += chunk) {
      fill(stream, buffer, chunk);
      add(buffer, chunk, all(0.9f), all(0.3f), all(0.8f), sums);
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    const auto again = std::chrono::steady_clock::now();
    for (int done = 0; done < length; done += chunk) fill(stream, buffer, chunk);
    const std::chrono::duration<double, std::nano> filling = std::chrono::steady_clock::now() - again;
    if (took.count() / (length * lanes) < best) best = took.count() / (length * lanes);
    if (filling.count() / (length * lanes) < fillBest) fillBest = filling.count() / (length * lanes);
    check += sums[0][0] + buffer[1][0];
  }
  printf("{\"lanes\": %d, \"tokens\": %d, \"nanoseconds_per_token\": %.4f, \"nanoseconds_per_pair\": %.4f, \"check\": %.6g}\n", lanes, length, best, fillBest, check / 2000);
}
