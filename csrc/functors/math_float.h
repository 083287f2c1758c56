// The functions of functors/math.h in float32, computed in float32. Each comment ends with the largest error met by
// bench/native/accuracy.cpp, in units of the last place, with fma; x86-64-v2 has none and loses up to 0.7 more.
// Polynomials are minimax, found by Remez exchange; err is their own error.
#pragma once

#include "functors/math_exact.h"

namespace rl::functors {
namespace detail {

/// e^r - 1 = r + r^2 q(r), |r| <= ln(2) / 2; err 2^-28.2.
RL_INLINE float exp_tail(float r) {
  return horner(r, 0x1.fffffcp-2f, 0x1.55549p-3f, 0x1.5558f4p-5f, 0x1.123a6ap-7f, 0x1.6a2352p-10f);
}
/// x - k ln(2). ln(2) has 15 bits in its first part, so that k times it is exact.
RL_INLINE float exp_rest(float x, float k) { return fma(k, -0x1.7f7d1cp-20f, fma(k, -0x1.62e4p-1f, x)); }
/// x = k ln(2) + r; `t` is kRoundF + k.
struct ExpArgument {
  float t, k, r;
};
RL_INLINE ExpArgument exp_argument(float x) {
  const float t = fma(x, 0x1.715476p+0f, kRoundF), k = t - kRoundF;
  return {t, k, exp_rest(x, k)};
}
/// e^x where the result is a normal number.
RL_INLINE float exp_normal(float x) {
  const ExpArgument a = exp_argument(x);
  return fma(a.r, fma(a.r, exp_tail(a.r), 1.0f), 1.0f) * power(a.t);
}
/// e^x for x <= 0: 2^25 too large first, so that only the last product may be denormal.
RL_INLINE float exp_negative(float x) {
  const auto a = exp_argument(x < -105.0f ? -105.0f : x);
  const float p = fma(a.r, fma(a.r, exp_tail(a.r), 1.0f), 1.0f);
  return p * power(a.t + 25.0f) * 0x1p-25f;
}
/// (2^r - 1) / r, |r| <= 1/2; err 2^-28.
RL_INLINE float exp2_tail(float r) {
  return horner(r, 0x1.62e432p-1f, 0x1.ebfbep-3f, 0x1.c6ae2cp-5f, 0x1.3b29e4p-7f, 0x1.5f88fep-10f, 0x1.446c7ep-13f);
}
/// log(1 + f) - f over f^2, for 1 + f in [sqrt(1/2), sqrt(2)]; err 2^-27.3 of the logarithm.
RL_INLINE float log_tail(float f) {
  return fma(f,
             horner(f, 0x1.555554p-2f, -0x1.000226p-2f, 0x1.99a008p-3f, -0x1.547246p-3f, 0x1.22da26p-3f,
                    -0x1.0d8542p-3f, 0x1.055b3p-3f, -0x1.38b4f6p-4f),
             -0.5f);
}
/// k ln(2) + log(1 + f)
RL_INLINE float log_sum(float k, float f) {
  const float tail = fma(f * f, log_tail(f), k * 0x1.7f7d1cp-20f);
  return fma(k, 0x1.62e4p-1f, f + tail);
}
/// x (k ln(2) + log(1 + f)), the logarithm of y, which goes into the product in two parts.
RL_INLINE float product_of_log(float x, float y, float k, float f) {
  const float high = k * 0x1.62e4p-1f, sum = high + f;
  const float low = ((high - sum) + f) + fma(f * f, log_tail(f), k * 0x1.7f7d1cp-20f), product = x * low;
  return fma(x, log_edges(y, sum), fabs(product) < kInfF ? product : 0.0f);
}
RL_INLINE float sin_polynomial(float r, float low) {  // err 2^-36
  const float z = r * r;
  return r + fma(r * z, horner(z, -0x1.555556p-3f, 0x1.111108p-7f, -0x1.a00f34p-13f, 0x1.6cb61cp-19f), low);
}
RL_INLINE float cos_polynomial(float r, float low) {  // err 2^-32
  const float z = r * r, tail = fma(z * z, horner(z, 0x1.55554ep-5f, -0x1.6c0e74p-10f, 0x1.9a6dfp-16f), -(r * low));
  const float h = 0.5f * z, w = 1.0f - h;
  return w + (((1.0f - w) - h) + tail);
}
RL_INLINE float sin_of(const Quadrant<float, uint32_t>& q, uint32_t n) {
  const float y = n & 1 ? cos_polynomial(q.r, q.low) : sin_polynomial(q.r, q.low);
  return from_bits(bits(y) ^ ((n & 2) << 30));
}

}  // namespace detail

/// e^x by x = k ln(2) + r. 0.91 ulp.
RL_INLINE float exp(float x) {
  x = x > 89.0f ? 89.0f : x;  // beyond: inf, and 0; NaN passes both tests
  x = x < -105.0f ? -105.0f : x;
  const auto a = detail::exp_argument(x);
  return detail::scale(fma(a.r, fma(a.r, detail::exp_tail(a.r), 1.0f), 1.0f), a.t);
}

/// 2^x. 0.94 ulp.
RL_INLINE float exp2(float x) {
  x = x > 129.0f ? 129.0f : x;
  x = x < -151.0f ? -151.0f : x;
  const float t = x + detail::kRoundF, r = x - (t - detail::kRoundF);
  return detail::scale(fma(r, detail::exp2_tail(r), 1.0f), t);
}

/// e^x - 1 = 2^k (e^r - 1) + (2^k - 1), with 2^(k-1) because 2^128 overflows. 1.44 ulp.
RL_INLINE float expm1(float x) {
  float y = x > 89.0f ? 89.0f : x;
  y = y < -20.0f ? -20.0f : y;
  const auto a = detail::exp_argument(y);
  const float p = fma(a.r * a.r, detail::exp_tail(a.r), a.r), half = detail::power(a.t - 1.0f);
  return fabs(x) < 0x1p-25f ? x : 2.0f * fma(half, p, half - 0.5f);
}

/// Natural logarithm. 0.88 ulp.
RL_INLINE float log(float x) {
  const auto s = detail::split(x);
  return detail::log_edges(x, detail::log_sum(s.k, s.f));
}

/// Logarithm to base 2: k + f + f q(f), so that 1/ln(2) costs no precision; err 2^-27.3. 0.98 ulp.
RL_INLINE float log2(float x) {
  const auto s = detail::split(x);
  const float q = detail::horner(s.f, 0x1.c551dap-2f, -0x1.71547p-1f, 0x1.ec708p-2f, -0x1.715a68p-2f, 0x1.2782e6p-2f,
                                 -0x1.eac694p-3f, 0x1.a265eep-3f, -0x1.865fecp-3f, 0x1.80ab62p-3f, -0x1.cebf14p-4f);
  return detail::log_edges(x, s.k + fma(s.f, q, s.f));
}

/// Logarithm to base 10: k log10(2) + f/2 + f q(f); err 2^-28. 1.10 ulp.
RL_INLINE float log10(float x) {
  const auto s = detail::split(x);
  const float q = detail::horner(s.f, -0x1.0d213ap-4f, -0x1.bcb7aap-3f, 0x1.287a64p-3f, -0x1.bcbed8p-4f, 0x1.63d4c2p-4f,
                                 -0x1.2779f6p-4f, 0x1.f7cd36p-5f, -0x1.d60ed6p-5f, 0x1.cf302ep-5f, -0x1.1699ep-5f);
  const float low = fma(s.f, q, s.k * 0x1.3509f8p-18f);
  return detail::log_edges(x, fma(s.k, 0x1.344p-2f, fma(s.f, 0.5f, low)));
}

/// log(1 + x): k comes from the rounded 1 + x, but f = 2^-k x + (2^-k - 1) from x itself. 1.39 ulp.
RL_INLINE float log1p(float x) {
  const float u = 1.0f + x;
  const auto s = detail::split_normal(u);
  const float f = x > 0x1p100f ? s.f : fma(s.s, x, s.s - 1.0f);  // there 2^-k may be denormal, and u is x
  const float y = detail::log_edges(u, detail::log_sum(s.k, f));
  return fabs(x) < 0x1p-25f ? x : y;
}

/// x log(y) and x log(1 + y). 1.2 ulp.
RL_INLINE float xlogy(float x, float y) {
  const auto s = detail::split(y);
  return detail::product_of_log(x, y, s.k, s.f);
}
RL_INLINE float xlog1py(float x, float y) {
  const float u = 1.0f + y;
  const auto s = detail::split_normal(u);
  const float product = detail::product_of_log(x, u, s.k, y > 0x1p100f ? s.f : fma(s.s, y, s.s - 1.0f));
  return fabs(y) < 0x1p-25f ? x * y : product;
}

/// Logistic function, y = e / (1 + e) with e = exp(-|x|), mirrored: no overflow, and small results keep their digits.
/// y = e - e q with q = e / (1 + e) damps the errors of sum and quotient by e, for one operation; what the sum of the
/// exponential rounds off, `rest`, comes in by the slope (1 - q)^2, nearly 1 - q. All is 2^25 too large but for the
/// last fma, so that only its result may be denormal; the low bits of t are then the exponent of 2^25 2^k. 1.38 ulp.
RL_INLINE float sigmoid(float x) {
  constexpr float kExponent = detail::kRoundF + 127.0f + 25.0f;
  float a = -fabs(x);
  a = -105.0f > a ? -105.0f : a;
  const float t = fma(a, 0x1.715476p+0f, kExponent), k = t - kExponent;
  const float r = detail::exp_rest(a, k), u = fma(r, detail::exp_tail(r), 1.0f), p = fma(r, u, 1.0f);
  const float rest = fma(r, u, 1.0f - p), two_to_k = detail::from_bits(detail::bits(t) << 23), e = p * two_to_k;
  const float q = e / (0x1p25f + e), y = fma(fma(-p, q, fma(-rest, q, rest)), two_to_k, e);
  return fma(y, x < 0.0f ? 0x1p-25f : -0x1p-25f, x < 0.0f ? 0.0f : 1.0f);
}

/// x + x^3 p(x^2) below 0.6 (err 2^-27.6), 1 - 2/(e^2x + 1) above. 1.41 ulp.
RL_INLINE float tanh(float x) {
  const float a = fabs(x), z = x * x;
  const float small = fma(
      a * z, detail::horner(z, -0x1.555542p-2f, 0x1.110a12p-3f, -0x1.b896e6p-5f, 0x1.546268p-6f, -0x1.7fce8ep-8f), a);
  const float large = 1.0f - 2.0f / (detail::exp_normal(2.0f * (a > 10.0f ? 10.0f : a)) + 1.0f);
  return copysign(a < 0.6f ? small : large, x);
}

/// x + x p(x^2) below 0.92 (err 2^-31), 1 - exp(q(|x|)) above (err 2^-26.3); 1 from 3.92 on. 1.29 ulp.
RL_INLINE float erf(float x) {
  float a = fabs(x);
  const float z = x * x;
  const float small = fma(a,
                          detail::horner(z, 0x1.06eba8p-3f, -0x1.812744p-2f, 0x1.ce2e1cp-4f, -0x1.b80ff2p-6f,
                                         0x1.54d42ap-8f, -0x1.aaa2d8p-11f, 0x1.5e0632p-14f),
                          a);
  a = a > 4.0f ? 4.0f : a;
  const float q = detail::horner(a, -0x1.ca6f98p-14f, -0x1.20d694p+0f, -0x1.456bbcp-1f, -0x1.b2a47ep-4f, 0x1.87b94ep-6f,
                                 -0x1.ef6d4ap-9f, 0x1.807784p-12f, -0x1.104066p-16f);
  return copysign(a < 0.92f ? small : 1.0f - detail::exp_normal(q), x);
}

/// Phi(x), the normal distribution function, as x p(x^2) / q(x^2) + 1/2, cut off at 0 and 1; err 2^-27. The precision
/// is absolute, and gelu 2.7 ulp of its argument: for a left tail with digits of its own take ndtr.
RL_INLINE float normal_cdf(float x) {
  const float square = x * x, z = square > 29.7025f ? 29.7025f : square;  // 5.45^2
  const float p = detail::horner(z, 0x1.988450p-2f, 0x1.134f0cp-5f, 0x1.31a268p-8f, 0x1.5d31dep-13f, 0x1.aa732ap-18f,
                                 0x1.8c3dcap-26f);
  const float q =
      detail::horner(z, 1.0f, 0x1.00ed98p-2f, 0x1.d316fcp-6f, 0x1.ea8ef2p-10f, 0x1.322d84p-14f, 0x1.43f572p-20f);
  float y = x * p / q;
  y = y > 0.5f ? 0.5f : y;
  y = y < -0.5f ? -0.5f : y;
  return y + 0.5f;
}

/// Sine; for |x| beyond the bound of sin_is_rare use sin_slow. 0.90 ulp.
RL_INLINE float sin(float x) {
  const auto q = detail::quadrant(x);
  return fabs(x) < 0x1p-12f ? x : detail::sin_of(q, q.n);  // -0 stays
}
/// Cosine. 0.85 ulp.
RL_INLINE float cos(float x) {
  const auto q = detail::quadrant(x);
  return detail::sin_of(q, q.n + 1);
}
RL_INLINE bool sin_is_rare(float x) { return fabs(x) > 1e5f; }

}  // namespace rl::functors
