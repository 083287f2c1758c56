// The functions of functors/math.h in float64. Each comment ends with the largest error met by bench/accuracy.py, in
// units of the last place, with fma; x86-64-v2 has none and loses up to 0.7 more. Polynomials are minimax, found by
// Remez exchange; err is their own error.
#pragma once

#include "functors/math_exact.h"

namespace rl::functors {
namespace detail {

/// x = k ln(2) + r; `t` is kRound + k. ln(2) has 42 bits in its first part, so that k times it is exact.
struct ExpArgumentD {
  double t, k, r;
};
RL_INLINE ExpArgumentD exp_argument(double x) {
  const double t = fma(x, 0x1.71547652b82fep+0, kRound), k = t - kRound;
  return {t, k, fma(k, -0x1.ef35793c7673p-45, fma(k, -0x1.62e42fefa38p-1, x))};
}
/// e^r - 1 = r + r^2 q(r), |r| <= ln(2) / 2; err 2^-56.8 of e^r.
RL_INLINE double exp_tail(double r) {
  return horner(r, 0x1.0000000000009p-1, 0x1.5555555555558p-3, 0x1.555555555034dp-5, 0x1.111111110f7d5p-7,
                0x1.6c16c18625d6ap-10, 0x1.a01a01b02246cp-13, 0x1.a019934df6375p-16, 0x1.71ddf6757d7efp-19,
                0x1.28b4706afebabp-22, 0x1.af63a06ec5ff5p-26);
}
/// The same with one term more: err 2^-61 of e^r - 1.
RL_INLINE double expm1_tail(double r) {
  return horner(r, 0x1.0000000000000p-1, 0x1.5555555555559p-3, 0x1.555555555555ap-5, 0x1.111111110f67ep-7,
                0x1.6c16c16c143fap-10, 0x1.a01a01affb10fp-13, 0x1.a01a01b0d23ebp-16, 0x1.71ddf816a5572p-19,
                0x1.27e4c5660178cp-22, 0x1.af5f32912ed42p-26, 0x1.1f95bed6a5ffdp-29);
}
/// e^x where the result is a normal number.
RL_INLINE double exp_normal(double x) {
  const ExpArgumentD a = exp_argument(x);
  return fma(a.r, fma(a.r, exp_tail(a.r), 1.0), 1.0) * power(a.t);
}
/// e^x for x <= 0: 2^55 too large first, so that only the last product may be denormal.
RL_INLINE double exp_negative(double x) {
  const auto a = exp_argument(x < -746.0 ? -746.0 : x);
  const double p = fma(a.r, fma(a.r, exp_tail(a.r), 1.0), 1.0);
  return p * power(a.t + 55.0) * 0x1p-55;
}
/// log(1 + f) = f - (h - s (h + z p(z))), s = f / (2 + f), z = s^2, h = f^2 / 2: the form of fdlibm's e_log.c (Sun
/// Microsystems, 1993), whose sum loses little; err 2^-58.
struct LogParts {
  double h, tail;  // log(1 + f) = f - h + tail
};
RL_INLINE LogParts log_parts(double f) {
  const double s = f / (2.0 + f), z = s * s, h = 0.5 * f * f;
  const double p = horner(z, 0x1.5555555555592p-1, 0x1.999999997fd7fp-2, 0x1.24924941f47a6p-2, 0x1.c71c52067e220p-3,
                          0x1.74663f8760b40p-3, 0x1.39a1a9e6b7b01p-3, 0x1.2f0614b3c2ecfp-3);
  return {h, s * fma(z, p, h)};
}
RL_INLINE double log_sum(double k, double f) {
  const LogParts a = log_parts(f);
  return fma(k, 0x1.62e42fefa38p-1, f - (a.h - fma(k, 0x1.ef35793c7673p-45, a.tail)));
}
/// log(x) with what it rounds off, from the parts of x; err 2^-58.
RL_INLINE Two log_two(const Split<double>& s) {
  const LogParts a = log_parts(s.f);
  const Two rest = quick_sum(s.f, fma(s.k, 0x1.ef35793c7673p-45, a.tail) - a.h);
  const Two sum = quick_sum(s.k * 0x1.62e42fefa38p-1, rest.high);
  return {sum.high, sum.low + rest.low};
}
/// m e^(high + low) as (m.high + low) 2^k, t = kRound + k. |high| <= 750.
struct Scaled {
  Two m;
  double t;
};
RL_INLINE Scaled exp_scaled(Two m, double high, double low) {
  const auto a = exp_argument(high);
  const double r = a.r + low, w = fma(r * r, exp_tail(r), r);
  return {{m.high, fma(m.high, w, fma(m.low, w, m.low))}, a.t};
}
/// The same, rounded: it may overflow only as a whole.
RL_INLINE double exp_times(Two m, double high, double low) {
  const Scaled a = exp_scaled(m, high, low);
  return scale(a.m.high + a.m.low, a.t);
}
/// k a + log(1 + f) / ln(base), where 1 / ln(base) = c_high + c_low and c_high has 27 bits: the logarithm is split the
/// same way, at 32 bits of its word, so that the large product is exact.
RL_INLINE double log_scaled(double f, double k_high, double k_low, double c_high, double c_low) {
  const LogParts a = log_parts(f);
  const double high = from_bits(bits(f - a.h) & 0xfffffffff8000000u);
  const double low = ((f - high) - a.h) + a.tail;
  const double w = high * c_high, sum = k_high + w;
  const double rest = fma(low + high, c_low, fma(low, c_high, k_low));
  return sum + (((k_high - sum) + w) + rest);
}
/// (sin(pi r) / (pi r) - 1) / r^2 over z = r^2, |r| <= 1/2; err 2^-57.
RL_INLINE double sin_pi_tail(double z) {
  return horner(z, -0x1.a51a6625307d3p+0, 0x1.9f9cb402bc45dp-1, -0x1.86a8e4720c749p-3, 0x1.ac6805cdf308ap-6,
                -0x1.33816a0620ac5p-9, 0x1.3746c57917ca7p-13, -0x1.d3f28cd7ed530p-18, 0x1.080d6f89e0a7bp-22);
}
RL_INLINE double sin_polynomial(double r, double low) {  // err 2^-57
  const double z = r * r;
  return r + fma(r * z,
                 horner(z, -0x1.555555555554cp-3, 0x1.111111110fb34p-7, -0x1.a01a019c2cb5ep-13, 0x1.71de356baf1f6p-19,
                        -0x1.ae5e494076c75p-26, 0x1.5d86877cb363cp-33),
                 low);
}
RL_INLINE double cos_polynomial(double r, double low) {  // err 2^-62
  const double z = r * r, tail = fma(z * z,
                                     horner(z, 0x1.5555555555553p-5, -0x1.6c16c16c16126p-10, 0x1.a01a019e22eeap-16,
                                            -0x1.27e4f9022a3bep-22, 0x1.1eea87d1ec91fp-29, -0x1.8ff8f0c83d300p-37),
                                     -(r * low));
  const double h = 0.5 * z, w = 1.0 - h;
  return w + (((1.0 - w) - h) + tail);
}
RL_INLINE double sin_of(const Quadrant<double, uint64_t>& q, uint64_t n) {
  const double y = n & 1 ? cos_polynomial(q.r, q.low) : sin_polynomial(q.r, q.low);
  return from_bits(bits(y) ^ ((n & 2) << 62));
}

}  // namespace detail

/// e^x by x = k ln(2) + r. 0.90 ulp.
RL_INLINE double exp(double x) {
  x = x > 710.0 ? 710.0 : x;  // beyond: inf, and 0; NaN passes both tests
  x = x < -746.0 ? -746.0 : x;
  const auto a = detail::exp_argument(x);
  return detail::scale(fma(a.r, fma(a.r, detail::exp_tail(a.r), 1.0), 1.0), a.t);
}

/// 2^x. 0.89 ulp.
RL_INLINE double exp2(double x) {
  x = x > 1025.0 ? 1025.0 : x;
  x = x < -1080.0 ? -1080.0 : x;
  const double t = x + detail::kRound, r = x - (t - detail::kRound);
  // err 2^-58
  const double p =
      detail::horner(r, 0x1.62e42fefa39efp-1, 0x1.ebfbdff82c5a5p-3, 0x1.c6b08d704a0d7p-5, 0x1.3b2ab6fb9ff54p-7,
                     0x1.5d87fe78a0e0fp-10, 0x1.4309130f2fbd1p-13, 0x1.ffcbfc7c514dep-17, 0x1.62bfc6cc3b312p-20,
                     0x1.b524cdd4ca166p-24, 0x1.e61ca9248ac68p-28, 0x1.ea1867c6e9633p-32);
  return detail::scale(fma(r, p, 1.0), t);
}

/// e^x - 1 = 2^k (e^r - 1) + (2^k - 1), with 2^(k-1) because 2^1024 overflows. 1.28 ulp.
RL_INLINE double expm1(double x) {
  double y = x > 710.0 ? 710.0 : x;
  y = y < -40.0 ? -40.0 : y;
  const auto a = detail::exp_argument(y);
  // r once more in two parts: with k = 1 its rounding would be a whole ulp of the result.
  const double w = fma(a.k, -0x1.62e42fefa38p-1, y), t = a.k * 0x1.ef35793c7673p-45, r = w - t;
  const double tail = fma(r * r, detail::expm1_tail(r), (w - r) - t), half = detail::power(a.t - 1.0);
  return fabs(x) < 0x1p-54 ? x : 2.0 * fma(half, tail, fma(half, r, half - 0.5));
}

/// Natural logarithm. 0.75 ulp.
RL_INLINE double log(double x) {
  const auto s = detail::split(x);
  return detail::log_edges(x, detail::log_sum(s.k, s.f));
}
/// Logarithm to base 2. 0.60 ulp.
RL_INLINE double log2(double x) {
  const auto s = detail::split(x);
  return detail::log_edges(x, detail::log_scaled(s.f, s.k, 0.0, 0x1.715476p+0, 0x1.4ae0bf85ddf44p-26));
}
/// Logarithm to base 10. log10(2) has 42 bits in its first part. 0.59 ulp.
RL_INLINE double log10(double x) {
  const auto s = detail::split(x);
  return detail::log_edges(x, detail::log_scaled(s.f, s.k * 0x1.34413509f78p-2, s.k * 0x1.fef311f12b358p-46,
                                                 0x1.bcb7b14p-2, 0x1.26e50e32a6ab7p-30));
}
/// log(1 + x): k comes from the rounded 1 + x, but f = 2^-k x + (2^-k - 1) from x itself. 1.29 ulp.
RL_INLINE double log1p(double x) {
  const double u = 1.0 + x;
  const auto s = detail::split_normal(u);
  const double f = x > 0x1p1000 ? s.f : fma(s.s, x, s.s - 1.0);
  const double y = detail::log_edges(u, detail::log_sum(s.k, f));
  return fabs(x) < 0x1p-54 ? x : y;
}

/// x log(y) and x log(1 + y).
RL_INLINE double xlogy(double x, double y) { return x * log(y); }
RL_INLINE double xlog1py(double x, double y) { return x * log1p(y); }

/// Logistic function, y = e / (1 + e) with e = exp(-|x|), mirrored: no overflow, and small results keep their digits.
/// y = e - e y damps the errors of sum and quotient by e, for one operation. 1.65 ulp.
RL_INLINE double sigmoid(double x) {
  const double e = detail::exp_negative(-fabs(x)), y = fma(-e, e / (1.0 + e), e);
  return x < 0.0 ? y : 1.0 - y;
}

/// m / (m + 2) with m = e^2|x| - 1, and once more what the quotient and the sum rounded off. 1.82 ulp.
RL_INLINE double tanh(double x) {
  const double a = fabs(x);
  const double m = expm1(2.0 * (a > 20.0 ? 20.0 : a));
  const double d = m + 2.0, inverse = 1.0 / d, y = m * inverse;
  const double missing = fma(-y, m - (d - 2.0), fma(-y, d, m));
  return copysign(fma(missing, inverse, y), x);
}

/// x + x p(x^2) below 0.875 (err 2^-61); 1 - exp(-x^2) q((|x| - 3) / (|x| + 3)) above (err 2^-57). 1.26 ulp.
RL_INLINE double erf(double x) {
  double a = fabs(x);
  const double z = x * x;
  const double small =
      fma(a,
          detail::horner(z, 0x1.06eba8214db69p-3, -0x1.812746b0379e4p-2, 0x1.ce2f21a042980p-4, -0x1.b82ce3127a485p-6,
                         0x1.565bcd0b97d46p-8, -0x1.c02db3594f71ep-11, 0x1.f9a30e7d8380dp-14, -0x1.f4cffdc788c2fp-17,
                         0x1.b9bf81fd957d2p-20, -0x1.5dc3420404238p-23, 0x1.e4d4358af771dp-27, -0x1.dabd03a86108ep-31),
          a);
  a = a > 6.0 ? 6.0 : a;  // 1 from 5.93 on
  const double t = (a - 3.0) / (a + 3.0);
  const double q =
      detail::horner(t, 0x1.6e9827d229d2bp-3, -0x1.4e102b9cf8502p-2, 0x1.f6ff204105d7dp-3, -0x1.336ffbef0a1a8p-3,
                     0x1.258b13afe140bp-4, -0x1.8fa58eb457ad0p-6, 0x1.17c83977ae07ep-8, 0x1.73101ebbadb04p-11,
                     -0x1.39089b727407ap-11, 0x1.7b9b10771d959p-15, 0x1.0cc1373b09a1fp-14, -0x1.ae21343c7a5adp-17,
                     -0x1.0dac672ea36dap-17, 0x1.ff350539693e9p-20, 0x1.4155134c0c6d2p-20);
  return copysign(a < 0.875 ? small : 1.0 - detail::exp_normal(-a * a) * q, x);
}

/// Sine; for |x| beyond the bound of sin_is_rare use sin_slow. 0.87 ulp.
RL_INLINE double sin(double x) {
  const auto q = detail::quadrant(x);
  return fabs(x) < 0x1p-27 ? x : detail::sin_of(q, q.n);  // -0 stays
}
/// Cosine. 0.85 ulp.
RL_INLINE double cos(double x) {
  const auto q = detail::quadrant(x);
  return detail::sin_of(q, q.n + 1);
}
RL_INLINE bool sin_is_rare(double x) { return fabs(x) > 1e6; }

}  // namespace rl::functors
