// Modified Bessel functions of the first kind, and those times e^-|x|. Branch-free in float64; float32 is the same,
// rounded once, or where that was too slow a shorter form of it (`i0e`, `i1e`). Polynomials interpolate at Chebyshev's
// nodes, computed to 60 digits; err is their own error. The largest errors met are in bench/results/accuracy-*.txt.
#pragma once

#include "functors/math_double.h"
#include "functors/math_float_wide.h"

namespace rl::functors {
namespace detail {

/// I0(a) and I1(a) / a for 0 <= a <= 8, over z = a^2; err 2^-55. The first two coefficients are powers of 2, so that
/// c - s is exact, and with it what the last two steps round off. What z rounds off comes in by the logarithmic
/// derivative, as a polynomial: err 2^-4.7, 2^-6.5.
RL_INLINE Two i0_near(double a) {
  const Two z = two_product(a, a);
  const double q =
      paired(z.high, 0x1.0000000000000p-6, 0x1.c71c71c71c71cp-12, 0x1.c71c71c71c71cp-18, 0x1.23456789abcdfp-24,
             0x1.02e85c0898b71p-31, 0x1.522a43f654868p-39, 0x1.522a43f65488cp-47, 0x1.0b313289bde14p-55,
             0x1.5601885e68e4fp-64, 0x1.69ca9cf342390p-73, 0x1.4197a7fd96ed3p-82, 0x1.e72558570f623p-92,
             0x1.3e22e226f3e04p-101, 0x1.69f713cc6a86cp-111, 0x1.6a02950981bb3p-121, 0x1.4032f4aa4ebe5p-131,
             0x1.00a887bfab721p-141, 0x1.45034715e8d36p-152, 0x1.5003453888300p-162);
  const Two f = last_steps(z.high, q, 1.0, 0x1p-2);
  const double slope = horner(z.high, 0x1.ebb6cd1f3682ep-3, -0x1.2d6e7ad258c86p-6, 0x1.f6ffaf5c93a85p-11,
                              -0x1.b4f52bb5ae297p-16, 0x1.6ff5e49473f92p-22, -0x1.db4a29fc8306fp-30);
  return {f.high, fma(f.high * z.low, slope, f.low)};
}
RL_INLINE Two i1_near(double a) {
  const Two z = two_product(a, a);
  const double q =
      paired(z.high, 0x1.5555555555555p-9, 0x1.c71c71c71c71cp-15, 0x1.6c16c16c16c17p-21, 0x1.845c8a0ce5129p-28,
             0x1.27e4fb7789f5cp-35, 0x1.522a43f654869p-43, 0x1.2c9758daf5cdcp-51, 0x1.ab81ea75fcc0fp-60,
             0x1.f17697cf20861p-69, 0x1.e2637bef4b8bbp-78, 0x1.8bce5896336dfp-87, 0x1.165e7bd43a82ep-96,
             0x1.535864d18d85bp-106, 0x1.69f74bf6bf9aap-116, 0x1.54b4bcd4c4ca1p-126, 0x1.1cb233316953bp-136,
             0x1.af7259e3f7fb9p-147, 0x1.06c6cb001d468p-157, 0x1.f75ef793f926dp-168);
  const Two f = last_steps(z.high, q, 0x1p-1, 0x1p-4);
  const double slope = horner(z.high, 0x1.fa75287890374p-4, -0x1.0a0ffb611d8d4p-8, 0x1.e5776eb799aedp-14,
                              -0x1.cca852a1ff441p-20, 0x1.4eaac0bec6219p-27);
  const Two y = two_product(a, f.high);
  return {y.high, fma(a, fma(f.high * z.low, slope, f.low), y.low)};
}
/// sqrt(a) e^-a I(a) over t = 16/a - 1 for a >= 8, err 2^-57, and its quotient by the square root.
RL_INLINE Two over_root(Two p, double a, double s, double inverse) {
  const double y = p.high * inverse, s_low = 0.5 * inverse * quotient_rest(a, s, s);
  const double low = (quotient_rest(p.high, y, s) + (p.low - y * s_low)) * inverse;
  return {y, y > 0.0 ? low : 0.0};
}
RL_INLINE Two i0_far(double a) {
  const double s = sqrt(a), inverse = 1.0 / s, t = fma(16.0 * inverse, inverse, -1.0);
  return over_root(
      last_step(t,
                paired(t, 0x1.b87969bb93b75p-9, 0x1.1daa72b5e650cp-13, 0x1.75e5ee71edd14p-17, 0x1.8e513a1d5e52bp-20,
                       0x1.3f49a6bcfc2d9p-22, 0x1.7d0f75812d9bcp-24, 0x1.51ced7b713adcp-25, 0x1.7224b1828e507p-26,
                       0x1.03896efb09a41p-27, -0x1.ce768f00b5374p-28, -0x1.cc90f59ec1228p-27, -0x1.77cc956faaa2fp-28,
                       0x1.0317d4c7b215ap-27, 0x1.047454ffcb608p-27, -0x1.df1549cddfaf8p-29, -0x1.a9411c5b0ad08p-28,
                       0x1.9bbbfe31d81e9p-30, 0x1.0ab5ef575d285p-28, -0x1.31c908a5dd531p-31, -0x1.e8fd992032bedp-30,
                       0x1.42a55974d41b8p-33, 0x1.1ce14787c5bdep-31, -0x1.52109c25bd9ecp-36, -0x1.36e52c10032d7p-34),
                0x1.9bd428ad249a5p-2),
      a, s, inverse);
}
RL_INLINE Two i1_far(double a) {
  const double s = sqrt(a), inverse = 1.0 / s, t = fma(16.0 * inverse, inverse, -1.0);
  return over_root(
      last_step(t,
                paired(t, -0x1.3f796198ee628p-7, -0x1.cbc54df1ece76p-13, -0x1.f89c23066d278p-17, -0x1.ec8e101744487p-20,
                       -0x1.76137e6905189p-22, -0x1.ad8db6e1fecbbp-24, -0x1.727a73a8063a8p-25, -0x1.9180f82a1d429p-26,
                       -0x1.21895bb7ba33fp-27, 0x1.cd81846fb3ff1p-28, 0x1.e20e7d69649cap-27, 0x1.9f203cf2783b7p-28,
                       -0x1.0630cddd4e099p-27, -0x1.1465ce7d29637p-27, 0x1.d4345a69bfc30p-29, 0x1.bdc8daed57db9p-28,
                       -0x1.858c7591014bdp-30, -0x1.162964d5f91dbp-28, 0x1.1aee882806184p-31, 0x1.fce6b32270b52p-30,
                       -0x1.272ae05110368p-33, -0x1.2839623e2341cp-31, 0x1.33e83e12ca3b4p-36, 0x1.432b0a4121172p-34),
                0x1.8ebe783a84030p-2),
      a, s, inverse);
}
/// I(a), which is infinite from 714 on, and e^-a I(a), from either form.
RL_INLINE double bessel(double a, Two near, Two far) {
  const double large = exp_times(far, a, 0.0);
  return a <= 8.0 ? near.high + near.low : large;
}
RL_INLINE double bessel_scaled(double a, Two near, Two far) {
  const double small = exp_times(near, a > 8.0 ? -8.0 : -a, 0.0);
  return a <= 8.0 ? small : far.high + far.low;
}

}  // namespace detail

RL_INLINE double i0(double x) {
  const double a = fabs(x), b = a > 8.0 ? 8.0 : a, c = a > 750.0 ? 750.0 : a;
  return detail::bessel(c, detail::i0_near(b), detail::i0_far(c));
}
RL_INLINE double i1(double x) {
  const double a = fabs(x), b = a > 8.0 ? 8.0 : a, c = a > 750.0 ? 750.0 : a;
  return copysign(detail::bessel(c, detail::i1_near(b), detail::i1_far(c)), x);
}
RL_INLINE double i0e(double x) {
  const double a = fabs(x), b = a > 8.0 ? 8.0 : a;
  return detail::bessel_scaled(a, detail::i0_near(b), detail::i0_far(a));
}
RL_INLINE double i1e(double x) {
  const double a = fabs(x), b = a > 8.0 ? 8.0 : a;
  return copysign(detail::bessel_scaled(a, detail::i1_near(b), detail::i1_far(a)), x);
}

/// In float32 these have shorter polynomials; err 2^-33.
RL_INLINE float i0e(float x) {
  const double a = fabs(double(x));
  const double near = detail::horner(
      fma(a, 0.25, -1.0), 0x1.a7f09f8eedf5ap-3, -0x1.cedd9fecf8fbbp-4, 0x1.8322d1d0c050bp-4, -0x1.6cb8d785a3194p-4,
      0x1.65c238019a72dp-4, -0x1.5c01fee765e4cp-4, 0x1.44b5e8d55e892p-4, -0x1.1cdcce3bcf458p-4, 0x1.d121ce1440ea0p-5,
      -0x1.5fe7e263cdcf5p-5, 0x1.ee46f6952b48fp-6, -0x1.43ffd5ff124edp-6, 0x1.88ed76045e53cp-7, -0x1.b0ed39ce4647dp-8,
      0x1.d1e343286784ap-9, -0x1.0c31074983c47p-9, 0x1.ea54bb4b2e548p-11, -0x1.b0c67395c476cp-13, 0x1.aed60759e69f6p-14,
      -0x1.1d0b88095d9cfp-13, 0x1.9c8cd4d675d77p-15);
  const double far =
      detail::horner(16.0 / a - 1.0, 0x1.9bd428ad249a5p-2, 0x1.b879697b53c10p-9, 0x1.1daa748ce5c44p-13,
                     0x1.75eb2cbbc8e60p-17, 0x1.8e3f6e7fdf997p-20, 0x1.3b335f55742b5p-22, 0x1.82b19d70f4e41p-24,
                     0x1.ad64aa9d72e97p-25, 0x1.4c84c83d64f89p-26, -0x1.1875620ec70c8p-27, -0x1.ea40bb501e1bep-28) /
      sqrt(a);
  return float(a <= 8.0 ? near : far);
}
RL_INLINE float i1e(float x) {
  const double a = fabs(double(x));
  const double near = detail::horner(
      fma(a, 0.25, -1.0), 0x1.6e14eb8e5d319p-5, -0x1.f4bb07150653fp-5, 0x1.16c390dcd2a62p-4, -0x1.188138673b9b2p-4,
      0x1.0530f8577cac3p-4, -0x1.c4da838f27492p-5, 0x1.6df953dd5c42cp-5, -0x1.13d73d8a1f45cp-5, 0x1.84132d986165fp-6,
      -0x1.fe21bf26cea35p-7, 0x1.3a0336acfdc18p-7, -0x1.6b6ada64ac626p-8, 0x1.8a6bb7623bec7p-9, -0x1.8dbb780dcc2a4p-10,
      0x1.82b621dd073c6p-11, -0x1.82582b65acc32p-12, 0x1.499365e7c763ap-13, -0x1.5606edfb6979cp-15,
      0x1.2746446a9eb57p-16, -0x1.24d77462775fdp-16, 0x1.91966efe1628ap-18);
  const double far =
      detail::horner(16.0 / a - 1.0, 0x1.8ebe783a84030p-2, -0x1.3f7961871d69ep-7, -0x1.cbc54fb943d4fp-13,
                     -0x1.f8a1f04d22d29p-17, -0x1.ec7cf39e2f21cp-20, -0x1.719441c7cdd4ap-22, -0x1.b2e10543c215ap-24,
                     -0x1.d64696ef8afb4p-25, -0x1.7023c59b1253bp-26, 0x1.21b1a7c512031p-27, 0x1.052aebac8618ap-27) /
      sqrt(a);
  return copysign(float(a <= 8.0 ? a * near : far), x);
}
RL_MATH_NARROW(i0)
RL_MATH_NARROW(i1)

}  // namespace rl::functors
