// The gamma family. Branch-free in float64, where every branch is computed and one is chosen; float32 is the same,
// rounded once, or where that was too slow a shorter form of it (`lgamma`). Polynomials interpolate at Chebyshev's
// nodes, computed to 60 digits; err is their own error. The largest errors met are in bench/results/accuracy-*.txt.
#pragma once

#include "functors/math_double.h"
#include "functors/math_float_wide.h"

namespace rl::functors {
namespace detail {

/// The sum that takes lgamma to x >= 8: (lgamma(x) - (x - 1/2) log(x) + x - log(2 pi) / 2) x over z = 1/x^2; err 2^-62.
RL_INLINE double stirling(double z) {
  return horner(z, 0x1.5555555555555p-4, -0x1.6c16c16c16b29p-9, 0x1.a01a019ee0dbep-11, -0x1.38137ec070147p-11,
                0x1.b94f6d6592192p-11, -0x1.f5ff2fdcdf048p-10, 0x1.96db40614b193p-8, -0x1.55b3a71b66a2ep-6);
}
/// lgamma(2 + t) / t for |t| <= 1/2; err 2^-58.
RL_INLINE Two lgamma_near_2(double t) {
  return last_step(t,
                   paired(t, 0x1.4a34cc4a60fa6p-2, -0x1.13e001a557607p-4, 0x1.51322ac7d8333p-6, -0x1.e404fc218f36dp-8,
                          0x1.7add6eadfccafp-9, -0x1.38ac5c2c3bd0cp-10, 0x1.0b36af597125fp-11, -0x1.d3fd4c2149ec0p-13,
                          0x1.a127cd92a0d35p-14, -0x1.78de772b78990p-15, 0x1.5808aef6a56e2p-16, -0x1.3cb7b27a5bd62p-17,
                          0x1.2620e0ecdc8ffp-18, -0x1.1235d23cc44e2p-19, 0x1.f0388fbf4cc37p-21, -0x1.d2942b2acf3a7p-22,
                          0x1.270445dc2c564p-22, -0x1.17d4020bcbd75p-23),
                   0x1.b0ee6072093cep-2, 0x1.6cb90701fbfabp-58);
}
/// a > 0, below 8 taken into [1.5, 2.5) by Gamma(a + 1) = a Gamma(a): t is its distance from 2, and lgamma(a) is
/// lgamma(2 + t) plus (`low`: less) the logarithm of `scaled`. From 8 on (`far`) the logarithm wanted is a's own.
struct GammaArgument {
  double t, scaled;
  bool far, low;
};
RL_INLINE GammaArgument gamma_argument(double a) {
  double y = a, product = 1.0;
  for (int i = 0; i < 6; ++i) {
    const bool above = y >= 2.5;
    y = above ? y - 1.0 : y;
    product = above ? product * y : product;
  }
  const bool far = a >= 8.0, low = a < 1.5, lowest = a < 0.5;
  const double t = lowest ? a : low ? a - 1.0 : y - 2.0;
  return {t, far ? a : lowest ? fma(a, a, a) : low ? a : product, far, low};
}
/// log|Gamma(a)| for a > 0. Below 8 the argument is taken into [1.5, 2.5) by Gamma(a + 1) = a Gamma(a), where
/// lgamma(2 + t) = t p(t), so that both zeros are exact; above, Stirling's sum.
RL_INLINE Two lgamma_right(double a) {
  const auto [t, scaled, far, low] = gamma_argument(a);
  const Two p = lgamma_near_2(t), log_a = log_two(split(scaled)), product = two_product(t, p.high);
  const Two near = two_sum(low ? -log_a.high : log_a.high, product.high);
  const double near_low = near.low + (fma(t, p.low, product.low) + (low ? -log_a.low : log_a.low));
  const double h = a - 0.5;
  const Two w = two_product(h, log_a.high), above = quick_sum(w.high, -h);
  const double inverse = 1.0 / a, tail = fma(stirling(inverse * inverse), inverse, 0x1.acfe390c97d6ap-2);
  const double above_low = above.low + (fma(h, log_a.low, w.low) + tail);  // 0x1.acfe...: log(2 pi) / 2 - 1/2
  return {far ? above.high : near.high, far ? above_low : near_low};
}

/// psi(y) over y - y0 for 1 <= y <= 2, where y0 is the zero, over y - 1.5; err 2^-56.
RL_INLINE Two psi_near(double t) {
  return last_step(t,
                   paired(t, -0x1.b1cb63005ee98p-2, 0x1.eca189b8e6f6dp-3, -0x1.2feeeb98a78eap-3, 0x1.8512e5903903ep-4,
                          -0x1.fb44202a2306bp-5, 0x1.4de9aa1779d23p-5, -0x1.b9f8b11bfd3d0p-6, 0x1.2564717896ec6p-6,
                          -0x1.863563f44f303p-7, 0x1.03c0adafa529cp-7, -0x1.5a06a5d662cb4p-8, 0x1.cd2011454fd05p-9,
                          -0x1.336dbe66757c8p-9, 0x1.99d3f5c0cad5ep-10, -0x1.0fb38d217b800p-10, 0x1.6a3e76070c135p-11,
                          -0x1.fd8e50abf2196p-12, 0x1.53b23429da21bp-12, -0x1.2fae5cb379bf2p-13, 0x1.94e73cc9821e1p-14,
                          -0x1.75c084e78a4cdp-13, 0x1.f255c4568ac4dp-14),
                   0x1.e6f0cbb873616p-1);
}
/// (psi(u + 1/2) - log(u)) u^2 over 1/u^2 for u >= 2.5; err 2^-58 of psi.
RL_INLINE double psi_tail(double z) {
  return paired(z, 0x1.555555555554cp-5, -0x1.ddddddddb0977p-8, 0x1.f7df7d6532248p-9, -0x1.0eeebf4ffca08p-8,
                0x1.ef7366fb85aebp-8, -0x1.5889d7a156896p-6, 0x1.4d3f7506acaeep-4, -0x1.90eb0047b53a9p-2,
                0x1.02254c4ccae3dp+1, -0x1.31274cafbb3c8p+3, 0x1.235220c6d8d30p+5, -0x1.9108097811127p+6,
                0x1.595bcea7b6934p+7, -0x1.142681944d703p+7);
}
/// 1/r - pi cot(pi r) over r as a function of r^2, |r| <= 1/2; err 2^-55 of the difference.
RL_INLINE double cot_tail(double z) {
  return paired(z, 0x1.a51a6625307d3p+1, 0x1.151322ac7d7d8p+1, 0x1.0470984c1152ap+1, 0x1.010b36abc6e64p+1,
                0x1.00412f1923593p+1, 0x1.000fffb1198ffp+1, 0x1.0007174526b3ep+1, 0x1.ff9da14565d7fp+0,
                0x1.023f05a035363p+1, 0x1.db637e6f6011bp+0, 0x1.6a4c80e814123p+1, -0x1.623b22163bc45p+0,
                0x1.6a3c7a4bd8683p+3, -0x1.c04ad85193a71p+3, 0x1.002ac4c3abfa5p+4);
}
/// psi'(2.5 + t), |t| <= 1/2, err 2^-56; (u psi'(u + 1/2) - 1) u^2 over 1/u^2 for u >= 2.5, err 2^-55 of psi' u; and
/// (pi / sin(pi r))^2 - 1/r^2 as a function of r^2, |r| <= 1/2, err 2^-53.
RL_INLINE Two trigamma_near(double t) {
  return last_step(t,
                   paired(t, -0x1.e3bef327df0e8p-3, 0x1.ca8f26506ce7cp-4, -0x1.ac61ab99a0a20p-5, 0x1.8af84ae142a5ep-6,
                          -0x1.67e74e087f8b5p-7, 0x1.44840727a382ep-8, -0x1.21de18d37f1f4p-9, 0x1.00c0a2fc263e4p-10,
                          -0x1.c370bad43ed75p-12, 0x1.8a36c96118e5ap-13, -0x1.56314cef3dd39p-14, 0x1.27bb09599540dp-15,
                          -0x1.fc3187abff66dp-17, 0x1.a9b3e26a13e97p-18, -0x1.6adf88c6ecf66p-19, 0x1.8185c754e176ep-20,
                          -0x1.45f9031b41b07p-21),
                   0x1.f62057f7296c9p-2, 0x1.5507d14a41e2dp-56);
}
RL_INLINE double trigamma_tail(double z) {
  return paired(z, -0x1.555555555553fp-4, 0x1.dddddddda0f96p-6, -0x1.79e79e0898c02p-6, 0x1.0eeec497daaacp-5,
                -0x1.35a9f7c135bb2p-4, 0x1.028a2f1a46580p-2, -0x1.250dbcb8b6e4cp+0, 0x1.9ae1d38bb04b6p+2,
                -0x1.391acc10c2301p+5, 0x1.c4322797de819p+7, -0x1.141d20c5b75e1p+10, 0x1.044b3bc45bb1dp+12,
                -0x1.5a254471ccaadp+13, 0x1.1d3d4f13e4da5p+14, -0x1.b3180219ac415p+13);
}
RL_INLINE double csc_tail(double z) {
  return paired(z, 0x1.a51a6625307d3p+1, 0x1.9f9cb402bc51bp+2, 0x1.458cbe5f04351p+3, 0x1.c1d39fb6f0a6bp+3,
                0x1.20495375ed1f6p+4, 0x1.601642b4f6f30p+4, 0x1.a0042aae8328bp+4, 0x1.e02eb2d14f0c2p+4,
                0x1.0ed17bce91ccbp+5, 0x1.3b8dd7917fd07p+5, 0x1.fbb6a95bfeabdp+4, 0x1.8b8195d7887e5p+6,
                -0x1.1f0f9f0db4f7cp+7, 0x1.0c9cafea1ca07p+9, -0x1.5cfdce09cd57ap+9, 0x1.4a99760a841c7p+9);
}
/// 1 / v^2
RL_INLINE Two inverse_square(double v) {
  const double inverse = 1.0 / v, low = inverse * quotient_rest(1.0, inverse, v), y = inverse * inverse;
  return {y, fma(2.0 * inverse, low, product_rest(inverse, inverse, y))};
}

}  // namespace detail

/// Logarithm of the gamma function's magnitude; below 0 by Gamma(-a) Gamma(a) = -1 / (a r s), where sin(pi a) / pi is,
/// but for its sign, r s with r = a - round(a).
RL_INLINE double lgamma(double x) {
  const double a = fabs(x), r = fabs(a - round(a));
  const detail::Two right = detail::lgamma_right(a);
  const detail::Two s = detail::last_step(r * r, detail::sin_pi_tail(r * r), 1.0), ar = detail::two_product(a, r);
  const detail::Two d = detail::two_product(ar.high, s.high), log_d = detail::log_two(detail::split_normal(d.high));
  const double d_low = d.low + fma(ar.high, s.low, ar.low * s.high);
  const detail::Two left = detail::two_sum(-log_d.high, -right.high);
  const double below = left.high + (left.low - (right.low + (log_d.low + d_low / d.high)));
  const double above = right.high + (right.high < detail::kInf ? right.low : 0.0);
  const double y = x < 0.0 && a > 0x1p-100 ? (r == 0.0 ? detail::kInf : below) : above;  // near 0 they agree
  return a == 0.0 || a == detail::kInf ? detail::kInf : y;
}

/// The same with polynomials for float32: err 2^-35, 2^-37 and 2^-36.
RL_INLINE float lgamma(float x32) {
  const double x = x32, a = fabs(x), r = a - round(a);
  const auto [t, scaled, far, low] = detail::gamma_argument(a);
  const double log_a = detail::log_wide(scaled);
  const double p =
      detail::horner(t, 0x1.b0ee60720f144p-2, 0x1.4a34cc4a5e442p-2, -0x1.13e001bf9b68ap-4, 0x1.51322af89f70dp-6,
                     -0x1.e404afd21cd14p-8, 0x1.7add27d2db2a1p-9, -0x1.38c08bc30f720p-10, 0x1.0b496d499e088p-11,
                     -0x1.cf3295be08744p-13, 0x1.9cb4f2ee64828p-14, -0x1.bacfb050da62fp-15, 0x1.953f327c6696cp-16);
  const double inverse = 1.0 / a, z = inverse * inverse;
  const double above = fma(
      a - 0.5, log_a - 1.0,
      fma(detail::horner(z, 0x1.555555554ee56p-4, -0x1.6c16bafa5f149p-9, 0x1.9ff998fa2738dp-11, -0x1.2aebd65128751p-11),
          inverse, 0x1.acfe390c97d6ap-2));
  const double right = far ? above : fma(t, p, low ? -log_a : log_a);
  const double sine = r * detail::horner(r * r, 0x1.921fb54425516p+1, -0x1.4abbce51c31dap+2, 0x1.466bc06900900p+1,
                                         -0x1.32d12ebe6b560p-1, 0x1.5014072bd9ca2p-4, -0x1.cc9b5f3456b49p-8);
  const double left = detail::log_wide(0x1.921fb54442d18p+1 / (a * fabs(sine))) - right;
  const double result = x < 0.0 ? (r == 0.0 ? detail::kInf : left) : right;
  return float(a == 0.0 || a == detail::kInf ? detail::kInf : result);
}

/// Derivative of lgamma, psi(x); psi(-a) = psi(1 + a) + pi cot(pi a). Below 3 psi(y + 1) = psi(y) + 1/y leads into
/// [1, 2]; above, psi(u + 1/2) is nearly log(u).
RL_INLINE double digamma(double x) {
  const double a = fabs(x), r = a - round(a);
  const bool negative = x < 0.0;
  const detail::Two b = detail::two_sum(negative ? a : 0.0, negative ? 1.0 : a);
  const bool low = b.high < 1.0, middle = b.high < 2.0, far = b.high >= 3.0;
  // y + y_low in [1, 2], and 1 / v, to be subtracted, or added where y was b - 1
  const double step = low ? 1.0 : middle ? 0.0 : -1.0, y = b.high + step, y_low = (b.high - (y - step)) + b.low;
  const double v = far ? b.high - 0.5 : low ? b.high : y, inverse = 1.0 / v;
  const double inverse_low = inverse * (detail::quotient_rest(1.0, inverse, v) - inverse * b.low);
  // near: the distance from the zero of psi times a polynomial
  const double d = y - 0x1.762d86356be3fp+0, d_low = y_low - 0x1.b86a722197829p-54;
  const detail::Two p = detail::psi_near(y - 1.5), near = detail::two_product(d, p.high);
  const double near_low = near.low + fma(d, p.low, d_low * p.high), z = inverse * inverse;
  const detail::Two log_u = detail::log_two(detail::split_normal(v));
  const double far_low = fma(detail::psi_tail(z), z, fma(b.low, inverse, log_u.low));
  const double sign = far ? 0.0 : low ? -1.0 : middle ? 0.0 : 1.0;
  const detail::Two right = detail::two_sum(far ? log_u.high : near.high, sign * inverse);
  double rest = right.low + fma(sign, inverse_low, far ? far_low : near_low);
  const double cot = 1.0 / r, cot_low = cot * detail::quotient_rest(1.0, cot, r);
  const detail::Two left = detail::two_sum(right.high, negative ? cot : 0.0);
  rest += negative ? left.low + fma(-r, detail::cot_tail(r * r), cot_low) : 0.0;
  const double result = left.high + (fabs(left.high) < 0x1p500 ? rest : 0.0);
  const bool pole = negative && (r == 0.0 || a == detail::kInf);
  return x == 0.0 ? copysign(detail::kInf, -x) : pole ? detail::kNan : x == detail::kInf ? x : result;
}

/// Second derivative of lgamma; psi'(-a) = (pi / sin(pi a))^2 - psi'(1 + a). psi'(y) = psi'(y + 1) + 1/y^2 leads into
/// [2, 3]; above, psi'(u + 1/2) is nearly 1/u.
RL_INLINE double trigamma(double x) {
  const double a = fabs(x), r = a - round(a);
  const bool negative = x < 0.0;
  const double b = negative ? a + 1.0 : a;
  const bool low = b < 1.0, far = b >= 3.0;
  const double step = low ? 2.0 : b < 2.0 ? 1.0 : 0.0, y = b + step, y_low = b - (y - step);
  // the terms 1 / v^2: of r, or of x below 2; and of x + 1 below 1, or of b below 2
  const detail::Two first = detail::inverse_square(negative ? r : a);
  const double v = far ? b - 0.5 : low ? b + 1.0 : b, inverse = 1.0 / v, z = inverse * inverse;
  // the derivative of psi' in [2, 3] is nearly -1/4
  const detail::Two near = detail::trigamma_near(y - 2.5);
  const double near_low = fma(y_low, -0.25, near.low);
  const double shifted = near.high + ((negative ? b - 1.0 : a) < 1.0 ? z : 0.0);
  const double far_low = inverse * fma(detail::trigamma_tail(z), z, detail::quotient_rest(1.0, inverse, v));
  const double right = far ? inverse : shifted, right_low = far ? far_low : near_low;
  const bool one = (negative ? 0.0 : a) < 2.0;
  const detail::Two sum = detail::two_sum(one ? first.high : 0.0, negative ? detail::csc_tail(r * r) - right : right);
  const double rest = sum.low + ((one ? first.low : 0.0) + (negative ? -right_low : right_low));
  return sum.high + ((fabs(sum.high) < 0x1p900) & (x < detail::kInf) ? rest : 0.0);
}
RL_MATH_NARROW(digamma)
RL_MATH_NARROW(trigamma)

}  // namespace rl::functors
