// The functions of functors/math.h in float32 that are computed in float64, where short polynomials and no care for
// cancellation give nearly correct rounding; two vectors instead of one, but fewer operations than careful float32.
#pragma once

#include "functors/math_float.h"

namespace rl::functors {
namespace detail {

inline constexpr double kHalfPi = 0x1.921fb54442d18p+0, kPi = 0x1.921fb54442d18p+1;

/// 2^x for |x| <= 1000; err 2^-39.
RL_INLINE double exp2_wide(double x) {
  const double t = x + kRound, r = x - (t - kRound);
  const double p = horner(r, 0x1.62e42fef6cd41p-1, 0x1.ebfbdff81d29ap-3, 0x1.c6b08e06f42b2p-5, 0x1.3b2ab72566206p-7,
                          0x1.5d8715af68993p-10, 0x1.430891efff85ap-13, 0x1.00f7b39903f1fp-16, 0x1.63ef985f2da27p-20);
  return fma(r, p, 1.0) * power(t);
}
RL_INLINE double exp_wide(double x) { return exp2_wide(x * 0x1.71547652b82fep+0); }  // |x| <= 650
/// log2(x) = k + s p(s^2), s = f / (2 + f); err 2^-45. For x that are no denormal doubles.
RL_INLINE double log2_wide(double x) {
  const auto a = split_normal(x);
  const double s = a.f / (2.0 + a.f), z = s * s;
  const double p = horner(z, 0x1.71547652b8250p+1, 0x1.ec709dc53e4d7p-1, 0x1.2776c29126d67p-1, 0x1.a61a30668834fp-2,
                          0x1.4795155e20f1ap-2, 0x1.21b47a332b819p-2);
  return log_edges(x, fma(s, p, a.k));
}
RL_INLINE double log_wide(double x) { return log2_wide(x) * 0x1.62e42fefa39efp-1; }
RL_INLINE double atan_wide(double t) {  // |t| <= 1; err 2^-33
  const double z = t * t;
  const double p = horner(z, -0x1.555554e7a7553p-2, 0x1.9999536b2d6eap-3, -0x1.248b8112d4214p-3, 0x1.c67df989f0787p-4,
                          -0x1.703c4be6e5f1cp-4, 0x1.29a93d99d68c6p-4, -0x1.bef5ccc1c4fdcp-5, 0x1.1a0037c639b46p-5,
                          -0x1.094488a16fe51p-6, 0x1.3e1e812aec038p-8, -0x1.64c6ccb677a99p-11);
  return fma(t * z, p, t);
}
/// asin(|x|) is s + s z p(z) with s = |x|, z = s^2, or by the half-angle formula pi/2 less twice that with
/// z = (1 - |x|) / 2, which is the smaller one from 0.5 on; err 2^-39.
RL_INLINE double asin_wide(double x) {
  const double a = fabs(x), near = a * a, far = 0.5 - 0.5 * a;
  const double z = far < near ? far : near, s = sqrt(z);
  const double p = horner(z, 0x1.5555554e0c6fep-3, 0x1.33333cf071a77p-4, 0x1.6db30a0d4cd8ep-5, 0x1.f27361fd3ed26p-6,
                          0x1.6686388ea4e10p-6, 0x1.51ded0f0f9319p-6, 0x1.f6bea3b57729cp-10, 0x1.0f002a8053cf3p-5);
  const double q = fma(s * z, p, s);
  return copysign(far < near ? kHalfPi - 2.0 * q : q, x);
}

/// erfc(a) = exp(-a^2) / (1 + 2a) p((a - 3) / (a + 3)) for a >= 0, err 2^-29.
RL_INLINE double erfc_wide(double a) {
  a = a > 10.2 ? 10.2 : a;  // erfc(10.06) is below the smallest float
  const double q = (a - 3.0) / (a + 3.0);
  const double p = horner(q, 0x1.40c522dbf498ep+0, -0x1.15c0894bfee8bp-3, -0x1.85a19a41359f2p-5, 0x1.098411c1fd4d6p-3,
                          -0x1.e8887e5a62fddp-4, 0x1.17bd48ff0c7fap-4, -0x1.85ea4ddb77528p-6, 0x1.506773e146947p-9,
                          0x1.06955238b421fp-9, -0x1.9662820aa3b99p-11, -0x1.1828552b7fb96p-12);
  return exp_wide(-a * a) * p / fma(a, 2.0, 1.0);
}

}  // namespace detail

/// Tangent, for |x| within the bound of sin_is_rare. 0.50 ulp.
RL_INLINE float tan(float x32) {
  const double x = x32;
  const double t = fma(x, 0x1.45f306dc9c883p-1, detail::kRound), k = t - detail::kRound;
  const double w = x - k * 0x1.921fb544p+0;  // pi/2 in 33 bits, so exact, and its rest
  const double r = w - k * 0x1.0b4611a626331p-34, z = r * r;
  // err 2^-36
  const double p = fma(r * z,
                       detail::horner(z, 0x1.555555615a37fp-2, 0x1.111108d799093p-3, 0x1.ba1ef20ddccdfp-5,
                                      0x1.6601885f54259p-6, 0x1.2647a6a677753p-7, 0x1.9dfabef38c05dp-9,
                                      0x1.3b5e1a35f06bep-9, -0x1.39204e51bb3fbp-11, 0x1.f9184f7753676p-11),
                       r);
  const bool odd = detail::bits(t) & 1;
  return float((odd ? -1.0 : p) / (odd ? p : 1.0));
}

/// 0.51 ulp.
RL_INLINE float sinh(float x32) {
  const double x = x32;
  double a = fabs(x);
  a = a > 100.0 ? 100.0 : a;
  const double e = detail::exp_wide(a), y = 0.5 * (e - 1.0 / e);
  return float(copysign(a < 0x1p-9 ? fma(a * a, a * 0x1.5555555555555p-3, a) : y, x));  // x + x^3 / 6
}
/// 0.50 ulp.
RL_INLINE float cosh(float x) {
  double a = fabs(double(x));
  a = a > 100.0 ? 100.0 : a;
  const double e = detail::exp_wide(a);
  return float(0.5 * (e + 1.0 / e));
}
/// 0.50 ulp.
RL_INLINE float asin(float x) { return float(detail::asin_wide(x)); }
/// 0.50 ulp.
RL_INLINE float acos(float x) { return float(detail::kHalfPi - detail::asin_wide(x)); }
/// 0.51 ulp.
RL_INLINE float atan(float x) {
  const double a = fabs(double(x));
  const double p = detail::atan_wide(a > 1.0 ? 1.0 / a : a);
  return float(copysign(a > 1.0 ? detail::kHalfPi - p : p, double(x)));
}
/// Angle of the point (x, y); signed zeros and infinities as in C. 0.51 ulp.
RL_INLINE float atan2(float y, float x) {
  const double ax = fabs(double(x)), ay = fabs(double(y));
  const bool steep = ay > ax;
  const double high = steep ? ay : ax, low = steep ? ax : ay;
  double t = low / high;
  t = high == 0.0 ? 0.0 : low == detail::kInf ? 1.0 : t;
  double p = detail::atan_wide(t);
  p = steep ? detail::kHalfPi - p : p;
  p = copysign(1.0, double(x)) < 0.0 ? detail::kPi - p : p;
  const float r = float(copysign(p, double(y)));
  return x == x && y == y ? r : x + y;
}
/// 0.50 ulp.
RL_INLINE float asinh(float x32) {
  const double x = x32, a = fabs(x);
  const double y = detail::log_wide(a + sqrt(fma(a, a, 1.0)));
  return float(copysign(a < 0x1p-9 ? fma(a * a, a * -0x1.5555555555555p-3, a) : y, x));  // x - x^3 / 6
}
/// 0.50 ulp.
RL_INLINE float acosh(float x32) {
  const double x = x32;
  const double y = detail::log_wide(x + sqrt((x - 1.0) * (x + 1.0)));
  return float(x < 1.0 ? detail::kNan : y);
}
/// 0.50 ulp.
RL_INLINE float atanh(float x32) {
  const double x = x32, a = fabs(x);
  const double y = 0.5 * detail::log_wide((1.0 + a) / (1.0 - a));
  return float(copysign(a < 0x1p-9 ? fma(a * a, a * 0x1.5555555555555p-2, a) : y, x));  // x + x^3 / 3
}
/// Mirrored. 0.54 ulp.
RL_INLINE float erfc(float x) {
  const double y = detail::erfc_wide(fabs(double(x)));
  return float(x < 0.0f ? 2.0 - y : y);
}
/// x^y as C's pow: 1 for y = 0 or x = 1 even with NaN; NaN for a negative base and a fractional exponent. 0.50 ulp.
RL_INLINE float pow(float x, float y) {
  const float a = fabs(x), half = 0.5f * y;
  const bool integer = trunc(y) == y, odd = integer & (trunc(half) != half);
  double e = double(y) * detail::log2_wide(double(a));
  e = e > 200.0 ? 200.0 : e;  // beyond float either way
  e = e < -200.0 ? -200.0 : e;
  float r = float(detail::exp2_wide(e));
  r = odd ? copysign(r, x) : r;
  r = (x < 0.0f) & (x > -detail::kInfF) & !integer ? detail::kNanF : r;
  r = (a == 1.0f) & (fabs(y) == detail::kInfF) ? 1.0f : r;
  r = (y != y) ? y : r;
  return (y == 0.0f) | (x == 1.0f) ? 1.0f : r;
}

}  // namespace rl::functors
