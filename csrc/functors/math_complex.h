// The functions of functors/math.h for complex numbers, in float64: one formula each, real and imaginary part by the
// real functions. complex64 is computed in complex128 and rounded once. Inverse functions: Kahan 1987, "Branch cuts for
// complex elementary functions", which is right on both sides of every cut.
#pragma once

#include <type_traits>

#include "core/scalar.h"
#include "functors/math.h"

namespace rl::functors {

template <class T>
inline constexpr bool is_complex_type = std::is_same_v<T, complex<float>> || std::is_same_v<T, complex<double>>;

namespace detail {

using Z = complex<double>;

RL_INLINE Z times_i(Z z) { return {-z.im, z.re}; }
RL_INLINE Z conjugate(Z z) { return {z.re, -z.im}; }

}  // namespace detail

// Called once an element: inlined, their loops would be compiled for minutes and run no faster. `static`: see
// RL_MATH_SLOW.
#if defined(__CUDACC__)
#define RL_COMPLEX [[maybe_unused]] static __host__ __device__
#else
#define RL_COMPLEX [[maybe_unused]] static __attribute__((noinline))
#endif
#define RL_COMPLEX_FUNCTION(name) RL_COMPLEX complex<double> name(complex<double> z)

RL_COMPLEX_FUNCTION(exp) {
  const double r = exp(z.re);
  if (z.im == 0.0) return {r, z.im};
  return {r * cos_slow(z.im), r * sin_slow(z.im)};
}
RL_COMPLEX_FUNCTION(log) {
  const double a = fabs(z.re), b = fabs(z.im), high = a > b ? a : b, low = a > b ? b : a;
  // near the unit circle the logarithm of the magnitude would lose everything but the last places
  const bool near = high > 0.5 && high < 2.0 && low < 2.0;
  const double re = near ? 0.5 * log1p(fma(high - 1.0, high + 1.0, low * low)) : log(hypot(z.re, z.im));
  return {re, atan2(z.im, z.re)};
}
RL_COMPLEX_FUNCTION(sqrt) {
  if (z.re == 0.0 && z.im == 0.0) return {0.0, z.im};
  if (fabs(z.im) == detail::kInf) return {detail::kInf, z.im};
  // scaled by 1/4 where the sum would overflow, by 2^54 where it would be denormal
  const double largest = fabs(z.re) > fabs(z.im) ? fabs(z.re) : fabs(z.im);
  const double scale = largest > 0x1p1020 ? 0.25 : largest < 0x1p-960 ? 0x1p54 : 1.0;
  const double back = largest > 0x1p1020 ? 2.0 : largest < 0x1p-960 ? 0x1p-27 : 1.0;
  const complex<double> s{z.re * scale, z.im * scale};
  const double t = sqrt(0.5 * (fabs(s.re) + hypot(s.re, s.im)));
  if (s.re >= 0.0) return {back * t, back * (s.im / (2.0 * t))};
  return {back * (fabs(s.im) / (2.0 * t)), copysign(back * t, z.im)};
}
RL_COMPLEX_FUNCTION(sinh) {
  if (z.im == 0.0) return {sinh(z.re), z.im};
  return {sinh(z.re) * cos_slow(z.im), cosh(z.re) * sin_slow(z.im)};
}
RL_COMPLEX_FUNCTION(cosh) {
  if (z.im == 0.0) return {cosh(z.re), z.im * z.re};
  return {cosh(z.re) * cos_slow(z.im), sinh(z.re) * sin_slow(z.im)};
}
RL_COMPLEX_FUNCTION(tanh) {  // Kahan: by the tangent of y and the hyperbolic sine of x
  if (fabs(z.re) > 20.0) {
    const double e = exp(-fabs(z.re));
    return {copysign(1.0, z.re), 4.0 * sin_slow(z.im) * cos_slow(z.im) * e * e};
  }
  const double t = tan_slow(z.im), beta = 1.0 + t * t, s = sinh(z.re), rho = sqrt(1.0 + s * s);
  if (fabs(t) == detail::kInf) return {rho / s, 1.0 / t};
  const double d = 1.0 + beta * s * s;
  return {beta * rho * s / d, t / d};
}
RL_COMPLEX_FUNCTION(sin) {
  const complex<double> w = sinh(detail::times_i(z));
  return {w.im, -w.re};
}
RL_COMPLEX_FUNCTION(cos) { return cosh(detail::times_i(z)); }
RL_COMPLEX_FUNCTION(tan) {
  const complex<double> w = tanh(detail::times_i(z));
  return {w.im, -w.re};
}
RL_COMPLEX_FUNCTION(asin) {
  const complex<double> a = sqrt(complex<double>(1.0 - z.re, -z.im)), b = sqrt(complex<double>(1.0 + z.re, z.im));
  return {atan2(z.re, (a * b).re), asinh((detail::conjugate(a) * b).im)};
}
RL_COMPLEX_FUNCTION(acos) {
  const complex<double> a = sqrt(complex<double>(1.0 - z.re, -z.im)), b = sqrt(complex<double>(1.0 + z.re, z.im));
  return {2.0 * atan2(a.re, b.re), asinh((detail::conjugate(b) * a).im)};
}
RL_COMPLEX_FUNCTION(acosh) {
  const complex<double> a = sqrt(complex<double>(z.re - 1.0, z.im)), b = sqrt(complex<double>(z.re + 1.0, z.im));
  return {asinh((detail::conjugate(a) * b).re), 2.0 * atan2(a.im, b.re)};
}
RL_COMPLEX_FUNCTION(asinh) {
  const complex<double> w = asin(detail::times_i(z));
  return {w.im, -w.re};
}
RL_COMPLEX_FUNCTION(atanh) {
  // odd in z.re; near -1 the quotient itself would be -1 and its log1p nothing but rounding
  const double x = fabs(z.re), y2 = z.im * z.im, left = 1.0 - x;
  return {copysign(0.25 * log1p(4.0 * x / fma(left, left, y2)), z.re),
          0.5 * atan2(2.0 * z.im, fma(left, 1.0 + x, -y2))};
}
RL_COMPLEX_FUNCTION(atan) {
  const complex<double> w = atanh(detail::times_i(z));
  return {w.im, -w.re};
}
RL_COMPLEX_FUNCTION(exp2) { return exp(complex<double>(z.re * 0x1.62e42fefa39efp-1, z.im * 0x1.62e42fefa39efp-1)); }
RL_COMPLEX_FUNCTION(log2) {
  const complex<double> w = log(z);
  return {w.re * 0x1.71547652b82fep+0, w.im * 0x1.71547652b82fep+0};
}
RL_COMPLEX_FUNCTION(log10) {
  const complex<double> w = log(z);
  return {w.re * 0x1.bcb7b1526e50ep-2, w.im * 0x1.bcb7b1526e50ep-2};
}
RL_COMPLEX_FUNCTION(expm1) {
  const double s = sin_slow(0.5 * z.im), e = expm1(z.re);
  return {e * cos_slow(z.im) - 2.0 * s * s, (e + 1.0) * sin_slow(z.im)};
}
RL_COMPLEX_FUNCTION(log1p) {
  const double re = fma(z.re, 2.0 + z.re, z.im * z.im);
  const bool far = fabs(z.re) > 0x1p500 || fabs(z.im) > 0x1p500;
  return {far ? log(hypot(z.re, z.im)) : 0.5 * log1p(re), atan2(z.im, 1.0 + z.re)};
}
RL_COMPLEX_FUNCTION(rsqrt) { return complex<double>(1.0) / sqrt(z); }
RL_COMPLEX_FUNCTION(sigmoid) { return complex<double>(1.0) / (complex<double>(1.0) + exp(-z)); }
RL_COMPLEX_FUNCTION(sinc) {
  if (z == complex<double>(0.0)) return {1.0, 0.0};
  const complex<double> w{z.re * detail::kPi, z.im * detail::kPi};
  return sin(w) / w;
}
/// log(e^z + e^w), by the one with the larger real part.
RL_COMPLEX complex<double> logaddexp(complex<double> z, complex<double> w) {
  const bool first = z.re >= w.re;
  const complex<double> top = first ? z : w, low = first ? w : z;
  if (top.re == -detail::kInf || (fabs(top.re) == detail::kInf && top.re == low.re && top.im == low.im)) return top;
  return top + log1p(exp(low - top));
}
RL_COMPLEX complex<double> pow(complex<double> z, complex<double> w) {
  if (w == complex<double>(0.0)) return {1.0, 0.0};
  if (z == complex<double>(0.0)) return {w.re > 0.0 ? 0.0 : detail::kNan, w.re > 0.0 ? 0.0 : detail::kNan};
  if (w == complex<double>(2.0)) return z * z;
  return exp(w * log(z));
}
RL_INLINE double fabs(complex<double> z) { return hypot(z.re, z.im); }

#undef RL_COMPLEX_FUNCTION
#undef RL_COMPLEX

#define RL_COMPLEX_NARROW(name) \
  RL_INLINE complex<float> name(complex<float> z) { return complex<float>(name(complex<double>(z))); }
RL_COMPLEX_NARROW(exp)
RL_COMPLEX_NARROW(log)
RL_COMPLEX_NARROW(sqrt)
RL_COMPLEX_NARROW(sinh)
RL_COMPLEX_NARROW(cosh)
RL_COMPLEX_NARROW(tanh)
RL_COMPLEX_NARROW(sin)
RL_COMPLEX_NARROW(cos)
RL_COMPLEX_NARROW(tan)
RL_COMPLEX_NARROW(asin)
RL_COMPLEX_NARROW(acos)
RL_COMPLEX_NARROW(acosh)
RL_COMPLEX_NARROW(asinh)
RL_COMPLEX_NARROW(atanh)
RL_COMPLEX_NARROW(atan)
RL_COMPLEX_NARROW(exp2)
RL_COMPLEX_NARROW(log2)
RL_COMPLEX_NARROW(log10)
RL_COMPLEX_NARROW(expm1)
RL_COMPLEX_NARROW(log1p)
RL_COMPLEX_NARROW(rsqrt)
RL_COMPLEX_NARROW(sigmoid)
RL_COMPLEX_NARROW(sinc)
#undef RL_COMPLEX_NARROW
RL_INLINE complex<float> pow(complex<float> z, complex<float> w) {
  return complex<float>(pow(complex<double>(z), complex<double>(w)));
}
RL_INLINE complex<float> logaddexp(complex<float> z, complex<float> w) {
  return complex<float>(logaddexp(complex<double>(z), complex<double>(w)));
}
RL_INLINE float fabs(complex<float> z) { return float(fabs(complex<double>(z))); }

}  // namespace rl::functors
