// The ground of functors/math.h: the operations that every machine rounds exactly, bit casts, and shared pieces.
#pragma once

#include <cstdint>

#include "core/macros.h"

#if defined(__CUDACC__)
#include <cmath>
#define RL_EXACT(name) ::name
#else
#define RL_EXACT(name) __builtin_##name  // with -fno-math-errno one instruction, in vectors too
#endif

// Slow paths are called for single elements. `static`: a weak copy could be linked across instruction sets.
#if defined(__CUDACC__)
#define RL_MATH_SLOW [[maybe_unused]] static __host__ __device__ __noinline__
#else
#define RL_MATH_SLOW [[maybe_unused]] RL_COLD static
#endif

#if defined(__FMA__) || defined(__CUDACC__)
#define RL_HAS_FMA 1
#else
#define RL_HAS_FMA 0
#endif

namespace rl::functors {

// Any argument types but those declared by name: refused, so that exp(int) or atan2(float, double) cannot pass unseen.
#define RL_MATH_DELETE(name) \
  template <class... T>      \
  void name(T...) = delete;
/// The float32 function that is the float64 one, rounded once.
#define RL_MATH_NARROW(name) \
  RL_INLINE float name(float x) { return float(name(double(x))); }
RL_MATH_DELETE(fma)
RL_MATH_DELETE(sqrt)
RL_MATH_DELETE(rsqrt)
RL_MATH_DELETE(floor)
RL_MATH_DELETE(ceil)
RL_MATH_DELETE(trunc)
RL_MATH_DELETE(round)
RL_MATH_DELETE(fabs)
RL_MATH_DELETE(copysign)
RL_MATH_DELETE(mantissa)
RL_MATH_DELETE(exponent)
RL_MATH_DELETE(next_after)
RL_MATH_DELETE(hypot)

/// x * y + z, rounded once. x86-64-v2 has no such instruction: there the product and the sum are rounded each.
RL_INLINE float fma(float x, float y, float z) {
#if RL_HAS_FMA
  return RL_EXACT(fmaf)(x, y, z);
#else
  return x * y + z;
#endif
}
RL_INLINE double fma(double x, double y, double z) {
#if RL_HAS_FMA
  return RL_EXACT(fma)(x, y, z);
#else
  return x * y + z;
#endif
}

RL_INLINE float sqrt(float x) { return RL_EXACT(sqrtf)(x); }
RL_INLINE double sqrt(double x) { return RL_EXACT(sqrt)(x); }
RL_INLINE float rsqrt(float x) { return 1.0f / sqrt(x); }
RL_INLINE double rsqrt(double x) { return 1.0 / sqrt(x); }
RL_INLINE float floor(float x) { return RL_EXACT(floorf)(x); }
RL_INLINE double floor(double x) { return RL_EXACT(floor)(x); }
RL_INLINE float ceil(float x) { return RL_EXACT(ceilf)(x); }
RL_INLINE double ceil(double x) { return RL_EXACT(ceil)(x); }
RL_INLINE float trunc(float x) { return RL_EXACT(truncf)(x); }
RL_INLINE double trunc(double x) { return RL_EXACT(trunc)(x); }
RL_INLINE float round(float x) { return RL_EXACT(rintf)(x); }  // halves to even, as PyTorch's round
RL_INLINE double round(double x) { return RL_EXACT(rint)(x); }
RL_INLINE float fabs(float x) { return RL_EXACT(fabsf)(x); }
RL_INLINE double fabs(double x) { return RL_EXACT(fabs)(x); }
RL_INLINE float copysign(float x, float sign) { return RL_EXACT(copysignf)(x, sign); }
RL_INLINE double copysign(double x, double sign) { return RL_EXACT(copysign)(x, sign); }

/// What the functions below share: not part of the interface.
namespace detail {

RL_INLINE uint32_t bits(float x) { return __builtin_bit_cast(uint32_t, x); }
RL_INLINE uint64_t bits(double x) { return __builtin_bit_cast(uint64_t, x); }
RL_INLINE float from_bits(uint32_t x) { return __builtin_bit_cast(float, x); }
RL_INLINE double from_bits(uint64_t x) { return __builtin_bit_cast(double, x); }

inline constexpr float kInfF = __builtin_inff(), kNanF = __builtin_nanf("");
inline constexpr double kInf = __builtin_inf(), kNan = __builtin_nan("");

// x + kRound rounds |x| < 2^22 (2^51) to an integer, and leaves that integer in the low bits of the sum: AVX2 has no
// conversion between double and 64-bit integers, and this needs none.
inline constexpr float kRoundF = 0x1.8p23f;
inline constexpr double kRound = 0x1.8p52;

/// c0 + x (c1 + x (c2 + ...)), by Horner's rule.
template <class T>
RL_INLINE T horner(T, T c0) {
  return c0;
}
template <class T, class... C>
RL_INLINE T horner(T x, T c0, C... rest) {
  return fma(x, horner(x, rest...), c0);
}

/// The same sum as even and odd powers, by Horner's rule in x^2 for each: half as long a chain of dependent steps.
template <class T>
RL_INLINE T every_other(T, T c0) {
  return c0;
}
template <class T>
RL_INLINE T every_other(T, T c0, T) {
  return c0;
}
template <class T, class... C>
RL_INLINE T every_other(T z, T c0, T, T c2, C... rest) {
  return fma(z, every_other(z, c2, rest...), c0);
}
template <class T, class... C>
RL_INLINE T paired(T x, T c0, C... rest) {
  const T z = x * x;
  return fma(x, every_other(z, rest...), every_other(z, c0, rest...));
}

/// high + low as one number with twice the digits: low is at most about the last place of high.
struct Two {
  double high, low;
};
/// x + y exactly, where |x| >= |y| or x is 0: Dekker 1971, Numer. Math. 18, 224.
RL_INLINE Two quick_sum(double x, double y) {
  const double s = x + y;
  return {s, y - (s - x)};
}
/// x + y exactly, in any order: Knuth, The Art of Computer Programming 2, section 4.2.2.
RL_INLINE Two two_sum(double x, double y) {
  const double s = x + y, z = s - x;
  return {s, (x - (s - z)) + (y - z)};
}
/// What p = x * y rounded off: x y - p. Without fma by Dekker's products of halves, which fail near overflow no later
/// than p does.
RL_INLINE double product_rest(double x, double y, double p) {
#if RL_HAS_FMA
  return fma(x, y, -p);
#else
  const double a = from_bits(bits(x) & 0xfffffffff8000000u), b = x - a;
  const double c = from_bits(bits(y) & 0xfffffffff8000000u), d = y - c;
  return ((a * c - p) + a * d + b * c) + b * d;
#endif
}
RL_INLINE Two two_product(double x, double y) {
  const double p = x * y;
  return {p, product_rest(x, y, p)};
}
/// p - q s for a quotient q of p and s, which may be off by some last places.
RL_INLINE double quotient_rest(double p, double q, double s) {
#if RL_HAS_FMA
  return fma(-q, s, p);
#else
  const Two product = two_product(q, s);
  return (p - product.high) - product.low;
#endif
}
/// c + x q, the last step of Horner's rule, with what it rounds off; |x q| <= |c| but for a little.
RL_INLINE Two last_step(double x, double q, double c, double c_low = 0.0) {
  const double s = fma(x, q, c);
  return {s, fma(x, q, c - s) + c_low};
}

/// c0 + x (c1 + x q), where c1 - (c1 + x q) is exact or c1 large beside x q.
RL_INLINE Two last_steps(double x, double q, double c0, double c1) {
  const Two inner = last_step(x, q, c1), s = last_step(x, inner.high, c0);
  return {s.high, fma(x, inner.low, s.low)};
}

/// p * 2^k for t = kRound + k, |k| <= 250 (2000), in two steps: 2^k alone may overflow or be denormal.
RL_INLINE float scale(float p, float t) {
  const uint32_t u = bits(t) - bits(kRoundF) + 254, half = u >> 1;  // two biased exponents
  return p * from_bits(half << 23) * from_bits((u - half) << 23);
}
RL_INLINE double scale(double p, double t) {
  const uint64_t u = bits(t) - bits(kRound) + 2046, half = u >> 1;
  return p * from_bits(half << 52) * from_bits((u - half) << 52);
}
/// 2^k for t = kRound + k where 2^k is a normal number. To be multiplied with: adding k to the exponent of a NaN that
/// carries a payload could make a number of it.
RL_INLINE float power(float t) { return from_bits((bits(t) + 127) << 23); }
RL_INLINE double power(double t) { return from_bits((bits(t) + 1023) << 52); }

/// x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); x positive. `s` is 2^-k where |k| <= 126 (1022).
template <class T>
struct Split {
  T k, f, s;
};
RL_INLINE Split<float> split_normal(float x) {
  const uint32_t u = bits(x) + (0x3f800000u - 0x3f3504f3u), biased = u >> 23;
  return {from_bits(biased | 0x4b000000u) - 0x1.0000fep23f,  // 2^23 + 127
          from_bits((u & 0x007fffffu) + 0x3f3504f3u) - 1.0f, from_bits((254 - biased) << 23)};
}
RL_INLINE Split<double> split_normal(double x) {
  constexpr uint64_t kRootHalf = 0x3fe6a09e667f3bcdu;
  const uint64_t u = bits(x) + (0x3ff0000000000000u - kRootHalf), biased = u >> 52;
  return {from_bits(biased | 0x4330000000000000u) - 0x1.00000000003ffp52,  // 2^52 + 1023
          from_bits((u & 0x000fffffffffffffu) + kRootHalf) - 1.0, from_bits((2046 - biased) << 52)};
}
RL_INLINE Split<float> split(float x) {  // denormals too
  const bool small = x < 0x1p-126f;
  Split<float> r = split_normal(small ? x * 0x1p24f : x);
  r.k = small ? r.k - 24.0f : r.k;
  return r;
}
RL_INLINE Split<double> split(double x) {
  const bool small = x < 0x1p-1022;
  Split<double> r = split_normal(small ? x * 0x1p54 : x);
  r.k = small ? r.k - 54.0 : r.k;
  return r;
}

/// The edges of a logarithm: y for positive x, -inf at 0, NaN below, inf and NaN as they are.
RL_INLINE float log_edges(float x, float y) {
  y = x < kInfF ? y : x;
  return x > 0.0f ? y : x == 0.0f ? -kInfF : kNanF;
}
RL_INLINE double log_edges(double x, double y) {
  y = x < kInf ? y : x;
  return x > 0.0 ? y : x == 0.0 ? -kInf : kNan;
}

/// x - n pi/2 = r + low in [-pi/4, pi/4], for |x| below the bound of sin_is_rare; `n` holds its low bits.
template <class T, class U>
struct Quadrant {
  T r, low;
  U n;
};
RL_INLINE Quadrant<float, uint32_t> quadrant(float x) {
  const float shifted = fma(x, 0x1.45f306p-1f, kRoundF), k = shifted - kRoundF;  // 2 / pi
#if RL_HAS_FMA
  // pi/2 in three parts. The first difference is exact (a multiple of 2^-23 below 1); what the second rounds off is
  // kept in low.
  const float w = fma(k, -0x1.921fb6p+0f, x), t = k * -0x1.777a5cp-25f, r = w - t;
  const float low = fma(k, 0x1.ee59dap-50f, ((w - r) - t) - fma(k, -0x1.777a5cp-25f, -t));
#else
  // pi/2 in parts of 8 bits, so that k < 2^16 times a part is exact. The first two differences are exact, the next two
  // leave what they round off in low.
  const float w = (x - k * 0x1.92p+0f) - k * 0x1.fap-12f, t = k * 0x1.54p-20f, v = w - t;
  const float u = k * 0x1.1p-30f, r = v - u;
  const float low = (((w - v) - t) + ((v - r) - u)) - k * 0x1.68p-39f - k * 0x1.84698ap-48f;
#endif
  return {r, low, bits(shifted)};
}
RL_INLINE Quadrant<double, uint64_t> quadrant(double x) {
  const double shifted = fma(x, 0x1.45f306dc9c883p-1, kRound), k = shifted - kRound;
#if RL_HAS_FMA
  const double w = fma(k, -0x1.921fb54442d18p+0, x), t = k * 0x1.1a62633145c07p-54, r = w - t;
  const double low = fma(k, 0x1.f1976b7ed8fbcp-110, ((w - r) - t) - fma(k, 0x1.1a62633145c07p-54, -t));
#else
  // pi/2 in parts of 33 bits, k < 2^20.
  const double w = x - k * 0x1.921fb544p+0, t = k * 0x1.0b4611a6p-34, v = w - t;
  const double u = k * 0x1.3198a2ep-69, r = v - u;
  const double low = (((w - v) - t) + ((v - r) - u)) - k * 0x1.b839a252049c1p-104;
#endif
  return {r, low, bits(shifted)};
}

}  // namespace detail

/// m and e of x = m 2^e, 1/2 <= |m| < 1; x and 0 where there is no such m.
RL_INLINE float mantissa(float x) {
  const float a = fabs(x), y = a < 0x1p-126f ? x * 0x1p24f : x;
  const float m = detail::from_bits((detail::bits(y) & 0x807fffffu) | 0x3f000000u);
  return a > 0.0f && a < detail::kInfF ? m : x;
}
RL_INLINE double mantissa(double x) {
  const double a = fabs(x), y = a < 0x1p-1022 ? x * 0x1p54 : x;
  const double m = detail::from_bits((detail::bits(y) & 0x800fffffffffffffu) | 0x3fe0000000000000u);
  return a > 0.0 && a < detail::kInf ? m : x;
}
RL_INLINE float exponent(float x) {
  const float a = fabs(x), y = a < 0x1p-126f ? a * 0x1p24f : a;
  const float e =
      detail::from_bits((detail::bits(y) >> 23) | 0x4b000000u) - (a < 0x1p-126f ? 0x1.00012cp23f : 0x1.0000fcp23f);
  return a > 0.0f && a < detail::kInfF ? e : 0.0f;  // 2^23 + 126, and 24 more for denormals
}
RL_INLINE double exponent(double x) {
  const double a = fabs(x), y = a < 0x1p-1022 ? a * 0x1p54 : a;
  const double e = detail::from_bits((detail::bits(y) >> 52) | 0x4330000000000000u) -
                   (a < 0x1p-1022 ? 0x1.0000000000434p52 : 0x1.00000000003fep52);
  return a > 0.0 && a < detail::kInf ? e : 0.0;  // 2^52 + 1022, and 54 more
}
/// The neighbour of x towards y. `step` is the distance of neighbours in bit space: more than 1 for a narrower type
/// held as this one.
RL_INLINE float next_after(float x, float y, int step) {
  const uint32_t u = detail::bits(x), s = uint32_t(step), way = (y > x) == (x > 0.0f) ? s : 0u - s;
  const float moved = detail::from_bits(u + way), first = copysign(detail::from_bits(s), y);
  const float next = x == 0.0f ? first : moved, r = x == y ? y : next;
  return x == x && y == y ? r : x + y;
}
RL_INLINE double next_after(double x, double y, int step) {
  const uint64_t u = detail::bits(x), s = uint64_t(step), way = (y > x) == (x > 0.0) ? s : 0u - s;
  const double moved = detail::from_bits(u + way), first = copysign(detail::from_bits(s), y);
  const double next = x == 0.0 ? first : moved, r = x == y ? y : next;
  return x == x && y == y ? r : x + y;
}
/// sqrt(x^2 + y^2); infinity even beside NaN. float: 0.50 ulp; double: scaled where a square could overflow or be
/// denormal.
RL_INLINE float hypot(float x, float y) {
  const double a = x, b = y;
  const float r = float(sqrt(a * a + b * b));
  return fabs(x) == detail::kInfF || fabs(y) == detail::kInfF ? detail::kInfF : r;
}
RL_INLINE double hypot(double x, double y) {
  const double a = fabs(x), b = fabs(y), high = a > b ? a : b, low = a > b ? b : a;
  const bool large = high > 0x1p500, small = high < 0x1p-400;
  const double scale = large ? 0x1p-600 : small ? 0x1p600 : 1.0, back = large ? 0x1p600 : small ? 0x1p-600 : 1.0;
  const double h = high * scale, l = low * scale, r = back * sqrt(fma(h, h, l * l));
  return a == detail::kInf || b == detail::kInf ? detail::kInf : x != x ? x : r;
}
}  // namespace rl::functors
