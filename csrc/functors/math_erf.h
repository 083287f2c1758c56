// The error function's relatives. Branch-free in float64, where every branch is computed and one is chosen; float32 is
// the same, rounded once, or where that was too slow a shorter form of it. Polynomials interpolate at Chebyshev's
// nodes, computed to 60 digits; err is their own error. The largest errors met are in bench/results/accuracy-*.txt.
#pragma once

#include "functors/math_double.h"
#include "functors/math_float_wide.h"

namespace rl::functors {
namespace detail {

/// e^(a^2) erfc(a) for a >= 0: p((a - 3) / (a + 3)) / (1 + a), the form of Shepherd, Laframboise 1981, Math. Comp. 36,
/// 249; err 2^-56. With their 1 + 2a the slope of p at 0 would magnify what the argument of p rounds off.
RL_INLINE Two erfcx_right(double a) {
  const double b = a > 0x1p100 ? 0x1p100 : a, q = (b - 3.0) / (b + 3.0);
  const Two p =
      last_step(q,
                paired(q, -0x1.d8f06dfac798bp-3, 0x1.9596c92adaffap-4, -0x1.4f64aa4aa3057p-7, -0x1.8600d91462e21p-6,
                       0x1.67c18995010c4p-6, -0x1.3f82b5d034cc6p-7, 0x1.a84c55d7e3cd9p-10, 0x1.5297b72562cffp-11,
                       -0x1.81213f926c029p-12, -0x1.58cc9063a1875p-16, 0x1.d6c363459268dp-15, -0x1.967dfc6933d89p-20,
                       -0x1.2da7c78833319p-17, 0x1.17a12fc50b3ecp-22, 0x1.aa7871329abe8p-20, 0x1.06f1d8fd55b7ep-24,
                       -0x1.3b10afab26275p-22, -0x1.981a194dfdfbep-25, 0x1.b5ef05e2a1e57p-25, 0x1.1cd7e441c2542p-26,
                       -0x1.e5bc4344165d8p-28, -0x1.f0fccc319e0e1p-29, 0x1.327b15a44136cp-31, 0x1.ada936803b985p-32),
                0x1.6e9827d229d2dp-1, -0x1.90753de713593p-56);
  const Two d = two_sum(a, 1.0);
  const double inverse = 1.0 / d.high, y = p.high * inverse;
  const double low = (quotient_rest(p.high, y, d.high) + (p.low - y * d.low)) * inverse;
  return {y, a > 0x1p100 ? 0.0 : low};
}
/// The same of a / sqrt(2): what the argument rounds off times the derivative 2x erfcx(x) - 2 / sqrt(pi).
RL_INLINE Two erfcx_of_normal(double a) {
  const double b = a > 0x1p100 ? 0x1p100 : a, x = b * 0x1.6a09e667f3bcdp-1;
  const double low = product_rest(b, 0x1.6a09e667f3bcdp-1, x) - b * 0x1.bdd3413b26456p-55;
  const Two y = erfcx_right(x);
  return {y.high, a > 0x1p20 ? 0.0 : fma(low, fma(2.0 * x, y.high, -0x1.20dd750429b6dp+0), y.low)};
}
/// e^(-a^2 / 2) erfcx(a / sqrt(2)) / 2, for which |a| > 40 is as good as 40.
RL_INLINE Scaled normal_tail(double a, Two erfcx) {
  const double b = a > 40.0 ? 40.0 : a;
  const Two square = two_product(b, b);
  return exp_scaled({0.5 * erfcx.high, 0.5 * erfcx.low}, -0.5 * square.high, -0.5 * square.low);
}

/// erfinv(x) / x as a function of w = -log(1 - x^2) >= 0. The intervals are those of Giles 2012, "Approximating the
/// erfinv function", GPU Computing Gems 2; beyond w = 39, which erfinv never meets, in 1 / sqrt(w). err 2^-54, 2^-53,
/// 2^-52 and 2^-54.
template <bool far>
RL_INLINE Two erfinv_over_x(Two w) {
  const double s = sqrt(w.high);
  const bool near = w.high < 6.25, middle = s < 4.0;
  const double t_near = fma(w.high, 0.32, -1.0), t_middle = (s - 3.25) * 0x1.5555555555555p+0,
               t_last = (s - 5.125) * 0x1.c71c71c71c71cp-1;
  const double near_tail =
      paired(t_near, -0x1.e2b19456a0d5cp-5, -0x1.7259eca3a0e6ap-6, 0x1.23c5aee6d7623p-6, -0x1.0f249df1e0f4cp-8,
             -0x1.4d5dd2f601d97p-10, 0x1.4316b4de70ff3p-10, -0x1.153c9cea11803p-12, -0x1.ea4472a80be62p-14,
             0x1.879bf9b660a90p-14, -0x1.f83eaa8301e2fp-17, -0x1.79ad54de00827p-17, 0x1.de7b6e9c9a48dp-18,
             -0x1.712e9bbf5975bp-21, -0x1.1c4e17253da66p-20, 0x1.24f0792b27f89p-21, -0x1.65c703ccb827bp-27,
             -0x1.c39d8ba95df48p-24, 0x1.51b6d83b10caep-25, 0x1.37b6d2ede04acp-27, -0x1.286d931b525f7p-27,
             -0x1.7943526054c85p-34, 0x1.ace756859e33ap-31);
  const double middle_tail =
      paired(t_middle, 0x1.8bfc9e26dfb37p-9, -0x1.9eda88e4edf52p-10, 0x1.9d4ce38384382p-11, -0x1.a418d38ea8f4bp-12,
             0x1.63d0379a6fdbap-13, -0x1.8d8d2c4d6c518p-15, 0x1.42e80153ed977p-19, 0x1.5816978484bd6p-18,
             -0x1.65a656321fc74p-19, 0x1.1aa5371458edap-21, 0x1.8e0acf581261dp-24, -0x1.96ba0ea5b03c7p-24,
             0x1.cac565c9c525ap-26, -0x1.8cc7d3d10b18ap-32, -0x1.75c6cc2676b11p-29, 0x1.0ec4879b52beap-30,
             0x1.147b976123a7cp-38, -0x1.18da3d1cfd72fp-34);
  const double last_tail =
      paired(t_last, -0x1.1a24434a266f5p-12, -0x1.0ca5c8da2c238p-12, 0x1.b29f5df530334p-14, -0x1.f5904fc056c0dp-16,
             0x1.fdda9071cf19fp-18, -0x1.e77ab451ddfbdp-20, 0x1.d294172b7376fp-22, -0x1.016335be31464p-23,
             0x1.93a80b9b6fb5cp-25, -0x1.b9d6256c9e3fap-26, 0x1.02975aae7d157p-26, -0x1.0c204ccc6c8ddp-27,
             0x1.007343244131ap-28, -0x1.eb87945bf7ed7p-30, 0x1.151ecdd2f1223p-31, 0x1.dd1e077a611bdp-34,
             -0x1.6ac956977143fp-34);
  const auto pick = [=](double a, double b, double c) { return near ? a : middle ? b : c; };
  Two y = last_steps(pick(t_near, t_middle, t_last), pick(near_tail, middle_tail, last_tail),
                     pick(0x1.a755e7c99ae86p+0, 0x1.8abcc380d5a48p+1, 0x1.3e79eb73b06f4p+2),
                     pick(0x1.8040caa12786bp-1, 0x1.8204fa4162bfep-1, 0x1.22f42cba319e7p+0));
  if constexpr (!far) return y;
  // t = (2r - A - B) / (B - A) for r = 1/s between A = 1/27.5 and B = 0.16
  const double r = 1.0 / s, t = fma(r, 0x1.02d2d2d2d2d2dp+4, -0x1.9696969696969p+0);
  const Two d =
      last_step(t,
                paired(t, -0x1.53e7175b3eb3dp-7, -0x1.67775b3cb9df6p-10, 0x1.9d77528fa43b9p-12, -0x1.0acbc938bcfa5p-14,
                       0x1.051044cac2053p-16, -0x1.4f6fc3ba9459fp-18, 0x1.e50351af6eb34p-20, -0x1.7d7cdaa3e5d82p-21,
                       0x1.4043b0cd5331fp-22, -0x1.1a402856ba67ep-23, 0x1.fef2eca058ff2p-25, -0x1.e171f303d4185p-26,
                       0x1.07ddcd5f0d47dp-26, -0x1.08cec2cf2fc87p-27, 0x1.c303119738358p-31, -0x1.3ba3cf817d9c7p-32,
                       0x1.e9e7fd1efe315p-29, -0x1.0eadd52a6d500p-29, -0x1.72e1c3823dfccp-30, 0x1.a40e9a01fc66ep-31,
                       0x1.2aeb275ea6ad1p-31, -0x1.4d82647911c8cp-32),
                0x1.fa8e55b1d4415p-1);
  const double s_low = (quotient_rest(w.high, s, s) + w.low) * 0.5 * r, y_far = d.high * s;
  const double low = product_rest(d.high, s, y_far) + fma(d.low, s, d.high * s_low);
  y.low +=
      pick(0.0, s_low - 0x1.35272bf720941p-53, s_low - 0x1.2e79602814daep-52);  // there the derivative by s is nearly 1
  return s < 6.25 ? y : Two{y_far, low};
}

}  // namespace detail

/// Mirrored.
RL_INLINE double erfc(double x) {
  double a = fabs(x);
  a = a > 28.0 ? 28.0 : a;
  const detail::Two square = detail::two_product(a, a);
  const double y = detail::exp_times(detail::erfcx_right(a), -square.high, -square.low);
  return x < 0.0 ? 2.0 - y : y;
}
/// e^(x^2) erfc(x); 2 e^(x^2) less the mirror image below 0.
RL_INLINE double erfcx(double x) {
  const detail::Two right = detail::erfcx_right(fabs(x));
  const double b = x < -26.64 ? -26.64 : x > 0.0 ? 0.0 : x;
  const detail::Two square = detail::two_product(b, b);
  const detail::Scaled e = detail::exp_scaled({1.0, 0.0}, square.high, square.low);
  const double power = detail::power(e.t);
  const detail::Two difference = detail::two_sum(power, -0.5 * right.high);
  const double left = 2.0 * (difference.high + fma(power, e.m.low, difference.low - 0.5 * right.low));
  return x < -26.63 ? detail::kInf : x < 0.0 ? left : right.high + right.low;
}

/// Distribution function of the standard normal: erfc(-x / sqrt(2)) / 2, relative precision in the left tail too.
RL_INLINE double ndtr(double x) {
  const double a = fabs(x);
  const detail::Scaled tail = detail::normal_tail(a, detail::erfcx_of_normal(a));
  const double y = detail::scale(tail.m.high + tail.m.low, tail.t);
  return x < 0.0 ? y : 1.0 - y;
}
RL_INLINE float ndtr(float x32) {
  const double x = x32, y = 0.5 * detail::erfc_wide(fabs(x) * 0x1.6a09e667f3bcdp-1);
  return float(x < 0.0 ? y : 1.0 - y);
}
/// Phi(x), the normal distribution function; in float32 a shorter form stands in math_float.h.
RL_INLINE double normal_cdf(double x) { return ndtr(x); }

/// Logarithm of ndtr: log(erfcx(-x / sqrt(2)) / 2) - x^2 / 2, or log(1 - tail).
RL_INLINE double log_ndtr(double x) {
  const double a = fabs(x);
  const detail::Two y = detail::erfcx_of_normal(a), log_half = detail::log_two(detail::split_normal(0.5 * y.high));
  const double square = a * a, square_low = a > 0x1p500 ? 0.0 : detail::product_rest(a, a, square);
  const detail::Two sum = detail::two_sum(-0.5 * square, log_half.high);
  const double rest = sum.low + (log_half.low + fma(-0.5, square_low, y.low * fma(a, 1.06, 1.0)));
  const double left = sum.high + (a > 0x1p500 ? 0.0 : rest);
  const detail::Scaled tail = detail::normal_tail(a, y);
  const double m = tail.m.high + tail.m.low, low = (tail.m.high - m) + tail.m.low, p = detail::scale(m, tail.t);
  const double right = log1p(-p) - detail::scale(low, tail.t) * fma(p, p + 1.0, 1.0);  // 1 / (1 - p), nearly
  return x < 0.0 ? left : copysign(right, -1.0);
}

/// Inverse of erf.
RL_INLINE double erfinv(double x) {
  const double square = x * x, w = (1.0 - square) - detail::product_rest(x, x, square);
  const detail::Two over_x = detail::erfinv_over_x<false>({-log(w), 0.0});
  const double y = fma(x, over_x.high, x * over_x.low);
  return copysign(fabs(x) == 1.0 ? detail::kInf : y, x);
}
/// The same for w below 17.4, which no float but 1 exceeds; err 2^-27.
RL_INLINE float erfinv(float x32) {
  const double x = x32, w = -detail::log_wide((1.0 - x) * (1.0 + x));
  const double a =
      detail::horner(fma(w, 0.32, -1.0), 0x1.a755e7c99ae86p+0, 0x1.8040ca365d4abp-1, -0x1.e2b1952e871b9p-5,
                     -0x1.725873c11e5edp-6, 0x1.23c5dd3ca7972p-6, -0x1.0f54b4cb76cc2p-8, -0x1.4d73dc031bc96p-10,
                     0x1.45c388f2911c0p-10, -0x1.142c963cb7a30p-12, -0x1.1b49249326e92p-13, 0x1.8215af1f68301p-14,
                     0x1.a7ce1e86e577cp-20, -0x1.6ddbddafd7760p-17);
  const double b = detail::horner(
      fma(w, 0x1.6c16c16c16c17p-3, -0x1.0e38e38e38e39p+1), 0x1.a3fb694bae2d0p+1, 0x1.a4cc3c6575e0ep-1,
      -0x1.84be2b1db57bbp-4, 0x1.5ba844c4eb2cep-6, -0x1.711238db272efp-8, 0x1.7e167ab122e02p-10, -0x1.211bfdc672134p-12,
      0x1.7b8fcfbcab4cfp-20, 0x1.27af24d2bd38cp-14, -0x1.7d8a881754328p-14, 0x1.3fbf74f04d6c3p-15);
  const double y = x * (w < 6.25 ? a : b);
  return float(fabs(x) == 1.0 ? copysign(detail::kInf, x) : y);
}
/// Inverse of ndtr: sqrt(2) erfinv(2p - 1), where 1 - (2p - 1)^2 = 4p (1 - p) keeps its digits.
RL_INLINE double ndtri(double p) {
  const detail::Two log_w = detail::log_two(detail::split(4.0 * p * (1.0 - p)));
  const detail::Two y = detail::erfinv_over_x<true>({-log_w.high, -log_w.low});
  const double x = fma(2.0, p, -1.0), x_low = 2.0 * p - (x + 1.0), m = x * 0x1.6a09e667f3bcdp+0;
  const double m_low =
      fma(x, -0x1.bdd3413b26456p-54, x_low * 0x1.6a09e667f3bcdp+0) + detail::product_rest(x, 0x1.6a09e667f3bcdp+0, m);
  const double z = fma(m, y.high, fma(m, y.low, m_low * y.high));
  return p > 0.0 && p < 1.0 ? z : p == 0.0 ? -detail::kInf : p == 1.0 ? detail::kInf : detail::kNan;
}
RL_MATH_NARROW(erfcx)
RL_MATH_NARROW(log_ndtr)
RL_MATH_NARROW(ndtri)

}  // namespace rl::functors
