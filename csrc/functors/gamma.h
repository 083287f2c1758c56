// Functions of the gamma family with loops in them: zeta, polygamma and the incomplete gamma functions. Computed in
// float64, one element at a time.
#pragma once

#include "functors/traits.h"

namespace rl::functors {
namespace detail {

/// Hurwitz's zeta function, the sum of (k + q)^-s over k >= 0, for s > 1 and q > 0: term by term until the rest is
/// below the last digit or k + q >= s + 8, then Euler and Maclaurin's formula, as in Moshier's Cephes (zeta.c); the
/// formula is eq. 5 of Johansson 2015, "Rigorous high-precision computation of the Hurwitz zeta function".
RL_MATH_SLOW double zeta_right(double s, double q) {
  // B_2j / (2j)!
  constexpr double kBernoulli[] = {0x1.5555555555555p-4,   -0x1.6c16c16c16c17p-10, 0x1.1566abc011567p-15,
                                   -0x1.bbd779334ef0bp-21, 0x1.66a8f2bf70ebep-26,  -0x1.22805d644267fp-31,
                                   0x1.d6db2c4e09162p-37,  -0x1.7da4e1f79955cp-42, 0x1.355871d652e9ep-47,
                                   -0x1.f57d968caacf1p-53, 0x1.967e1f09c376fp-58,  -0x1.497d9033a2b5cp-63};
  double sum = 0.0, low = 0.0, a = q, lost = 0.0;  // a + lost = k + q
  for (double k = 1.0; a < s + 8.0; k += 1.0) {
    double term = pow(a, -s);
    if (term == kInf) return term;
    term = fma(-s * lost / a, term, term);
    const double next = sum + term;
    low += sum > term ? term - (next - sum) : sum - (next - term);
    sum = next;
    if (term * (1.0 + a / (s - 1.0)) <= 0x1p-60 * sum) return sum + low;  // more than the rest
    a = q + k;
    const double part = a - k;
    lost = (q - part) + (k - (a - part));
  }
  // w = 1 / a; a^(1 - s), for a^-s would be lost before the sum is. s - 1 is exact.
  const double w = 1.0 / a, t = s - 1.0, power = pow(a, -t);
  double term = s * w, tail = 0.0;
  for (int j = 0; j < 12; ++j) {
    tail = fma(kBernoulli[j], term, tail);
    term *= ((s + 2 * j + 1) * w) * ((s + 2 * j + 2) * w);
  }
  tail = fma(w, 0.5 + tail, 1.0 / t);
  tail = fma(-t * lost * w, tail, tail);
  return sum + fma(power, tail, low);
}
/// The same for any s and q, NaN and infinite where PyTorch's is: inf for s = 1 and for q = 0, -1, -2, ...; NaN for
/// s < 1, and for q < 0 unless s is an integer. Then the terms of negative k + q are mirrored: they are (-1)^s times
/// those from u to -q, where u is what q lacks to the next integer.
RL_MATH_SLOW double zeta(double s, double q) {
  if (s == 1.0) return kInf;
  if (s < 1.0) return kNan;
  const double whole = floor(q), half = 0.5 * s;
  if (q <= 0.0 && q == whole) return kInf;
  if (s != s || !(q < kInf) || (q < 0.0 && s != trunc(s))) return kNan;
  if (s == kInf) return q == 1.0 ? 1.0 : q < 1.0 ? kInf : kNan;
  if (q > 0.0) return zeta_right(s, q);
  const double sign = trunc(half) != half ? -1.0 : 1.0,
               centred = zeta_right(s, q - whole) + sign * zeta_right(s, ceil(q) - q);
  return centred - sign * zeta_right(s, 1.0 - q);  // in this order, for an odd s at q = -1/2, -3/2, ...
}

/// x^a e^-x / Gamma(a + 1), the logarithm in two parts: it is large where the result is small. From a = 8 on by
/// Stirling's sum, as a (log(q) - (q - 1)) with q = x / a, so that nothing large cancels.
RL_MATH_SLOW double gamma_term(double a, double x) {
  const bool large = a >= 8.0;
  const double q = large ? x / a : x;
  Two l = log_two(split(q));
  if (large) {
    const Two difference = two_sum(x, -a);
    const double mu = difference.high / a, mu_low = (quotient_rest(difference.high, mu, a) + difference.low) / a;
    const Two less = two_sum(l.high, -mu);
    l = {less.high, less.low + (l.low + (quotient_rest(x, q, a) / x - mu_low))};
  }
  Two e = two_product(a, l.high);
  e.low += a * l.low;
  double scale = 1.0;
  if (large) {
    const double inverse = 1.0 / a;
    e.low -= stirling(inverse * inverse) * inverse;
    scale = sqrt(0x1.921fb54442d18p+2 * a);  // 2 pi a
  } else {
    // Gamma(a + 1) = product Gamma(y) with y in [1.5, 2.5), see lgamma_right
    double y = a + 1.0;
    for (; y >= 2.5; scale *= y) y -= 1.0;
    if (y < 1.5) scale /= y, y += 1.0;
    const double t = y - 2.0;
    const Two less = two_sum(e.high, -x), least = two_sum(less.high, -t * lgamma_near_2(t).high);
    e = {least.high, least.low + (less.low + e.low)};
  }
  return e.high < -800.0 ? 0.0 : exp_times({1.0, 0.0}, e.high, e.low) / scale;
}
/// Temme's uniform expansion for large a and x near a: DLMF 8.12.7 and 8.12.8, with the coefficients of 8.12.10 as
/// power series of eta. `lower`: of P, else of Q.
RL_MATH_SLOW double gamma_uniform(double a, double x, bool lower) {
  const double mu = (x - a) / a, half_square = mu - log1p(mu), eta = copysign(sqrt(2.0 * half_square), mu);
  const double c[] = {
      horner(eta, -0x1.5555555555555p-2, 0x1.5555555555555p-4, -0x1.e573ac901e574p-7, 0x1.2f684bda12f68p-10,
             0x1.71de3a556c734p-12, -0x1.76e06fec7273bp-13, 0x1.48c5892f7cd83p-15, -0x1.255370652afc1p-19,
             -0x1.f1b22f594c6b5p-20, 0x1.bd6d21e4b4109p-21, -0x1.7b5f9a2d0465cp-23, 0x1.ccf5ceb7f0d9fp-28,
             0x1.6097d55c37c1cp-27, -0x1.2d2197c7a2faap-28, 0x1.f6e66d24d5c8ap-31, -0x1.c0d9b6edf2b0bp-36),
      horner(eta, -0x1.e573ac901e574p-10, -0x1.c71c71c71c71cp-9, 0x1.5ac056b015ac0p-9, -0x1.0394f6f09e723p-10,
             0x1.af83440e53dbcp-13, -0x1.af83440e53dbcp-22, -0x1.2fa4ae89e5af0p-16, 0x1.00a9cabd6b83ep-17,
             -0x1.b0bdfcc629cbap-20, 0x1.3f59230a8357cp-28, 0x1.280f2cde3f847p-23, -0x1.ee23d0cba8aeep-25,
             0x1.9aa7a30de114cp-27, -0x1.349fbca3a377bp-36),
      horner(eta, 0x1.0ee643b990ee6p-8, -0x1.5f7268edab4c8p-9, 0x1.948b0fcd6e9e0p-11, 0x1.0db20a88f4696p-19,
             -0x1.c253efaa1a932p-14, 0x1.bbf43daf4fe53p-15, -0x1.ac2d05890f2c3p-17, 0x1.26154ae39151dp-25,
             0x1.7058929663937p-20, -0x1.522cb05171911p-21, 0x1.32ac81c15d3d7p-23, -0x1.c24bd0e740a6cp-33),
      horner(eta, 0x1.547d93b34e2b6p-11, 0x1.e13ce465fa859p-13, -0x1.ebfb188b7ca00p-12, 0x1.18b9b5bf2d984p-12,
             -0x1.3d2a3a29b5d9dp-14, -0x1.0152a1871f27ap-22, 0x1.73df462204ef4p-17, -0x1.7cd6f27b3f020p-18,
             0x1.7e0201539310ep-20, -0x1.ea23269c140a7p-36),
      horner(eta, -0x1.c3e0b02da7bf9p-11, 0x1.9b0ff6874f2c4p-11, -0x1.3999a85a4237ap-12, -0x1.88f2ae1def9d0p-20,
             0x1.16908b48ce058p-14, -0x1.4ce3fd902bcadp-15, 0x1.7db4c02846e81p-17, 0x1.13b3c5b7cb45ep-32),
      horner(eta, -0x1.6128ac5a4fa71p-12, -0x1.247604839c038p-14, 0x1.22be87360ef1fp-12, -0x1.a2042c5148e27p-13,
             0x1.1d1e9cb24760bp-14, 0x1.30bdcf208080ep-23)};
  const double sum = horner(1.0 / a, c[0], c[1], c[2], c[3], c[4], c[5]);
  const double rest = exp(-a * half_square) / sqrt(0x1.921fb54442d18p+2 * a) * sum;
  const double t = eta * sqrt(0.5 * a);
  return lower ? 0.5 * erfc(-t) - rest : 0.5 * erfc(t) + rest;
}
/// P(a, x) = x^a e^-x / Gamma(a + 1) (1 + x / (a + 1) + x^2 / ((a + 1) (a + 2)) + ...): DLMF 8.11.4.
RL_MATH_SLOW double gamma_series(double a, double x) {
  double sum = 1.0, term = 1.0;
  for (double n = a + 1.0; term > 0x1p-54 * sum; n += 1.0) {
    term *= x / n;
    sum += term;
  }
  return gamma_term(a, x) * sum;
}
/// Q(a, x) for a < 1, x <= 1, where it may be small: with u = a log(x) - lgamma(1 + a), DLMF 8.7.3 is
/// P = e^u (1 + a sum (-x)^k / (k! (a + k)) over k >= 1).
RL_MATH_SLOW double gamma_small(double a, double x) {
  const bool low = a < 0.5;
  const double t = low ? a : a - 1.0, p = lgamma_near_2(t).high * t;
  const double u = a * log(x) - (low ? p - log1p(a) : p);
  double sum = 0.0, power = 1.0;
  for (double k = 1.0; k < 20.0; k += 1.0) {
    power *= -x / k;
    sum += power / (a + k);
  }
  return -(expm1(u) + a * exp(u) * sum);
}
/// Q(a, x) by the continued fraction DLMF 8.9.2 in its contracted form, evaluated by Lentz's method.
RL_MATH_SLOW double gamma_fraction(double a, double x) {
  double b = x + 1.0 - a, c = 0x1p1000, d = 1.0 / b, h = d;
  for (double n = 1.0; n < 10000.0; n += 1.0) {
    const double numerator = n * (a - n);
    b += 2.0;
    d = fma(numerator, d, b);
    c = b + numerator / c;
    d = 1.0 / (d == 0.0 ? 0x1p-1000 : d);
    c = c == 0.0 ? 0x1p-1000 : c;
    const double step = c * d;
    h *= step;
    if (fabs(step - 1.0) < 0x1p-53) break;
  }
  return gamma_term(a, x) * a * h;
}
/// The regularised incomplete gamma function, lower or upper; NaN outside a >= 0, x >= 0 and for P(0, 0).
RL_MATH_SLOW double gamma_incomplete(double a, double x, bool lower) {
  if (!(a >= 0.0) || !(x >= 0.0)) return kNan;
  if (a == 0.0) return x > 0.0 ? (lower ? 1.0 : 0.0) : kNan;
  if (a == kInf) return x == kInf ? kNan : lower ? 0.0 : 1.0;
  if (x == 0.0) return lower ? 0.0 : 1.0;
  if (x == kInf) return lower ? 1.0 : 0.0;
  if (a > 1000.0 && fabs(x - a) < 0.25 * a) return gamma_uniform(a, x, lower);
  if (x > 1.0 && x > a) return lower ? 1.0 - gamma_fraction(a, x) : gamma_fraction(a, x);
  if (a < 1.0 && x <= 1.0 && !lower) return gamma_small(a, x);
  return lower ? gamma_series(a, x) : 1.0 - gamma_series(a, x);
}

}  // namespace detail

/// The n-th derivative of digamma, n >= 2: (-1)^(n + 1) n! zeta(n + 1, x).
struct Polygamma {
  struct Params {
    int64_t n;
  };
  template <class T>
  RL_INLINE T operator()(const Params& p, T x) const {
    return T(compute(p.n, double(x)));
  }
  RL_INLINE static double compute(int64_t n, double x) {
    double factorial = 1.0;
    for (int64_t k = 2; k <= n && k <= 171; ++k) factorial *= double(k);  // 171! is infinite
    return (n % 2 ? factorial : -factorial) * detail::zeta(double(n) + 1.0, x);
  }
};
struct Zeta {
  template <class T>
  RL_INLINE T operator()(T x, T q) const {
    return T(detail::zeta(double(x), double(q)));
  }
};
struct GammaInc {
  template <class T>
  RL_INLINE T operator()(T a, T x) const {
    return T(detail::gamma_incomplete(double(a), double(x), true));
  }
};
struct GammaIncC {
  template <class T>
  RL_INLINE T operator()(T a, T x) const {
    return T(detail::gamma_incomplete(double(a), double(x), false));
  }
};

}  // namespace rl::functors
