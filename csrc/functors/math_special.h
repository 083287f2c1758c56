// Functions that are short forms of others. Float64; float32 is the same, rounded once.
#pragma once

#include "functors/math_double.h"
#include "functors/math_float_wide.h"

namespace rl::functors {

/// sin(pi x) / (pi x), 1 at 0. pi x is not rounded before its sine is taken.
RL_INLINE double sinc(double x) {
  const double n = round(x), half = 0.5 * n, r = x - n, z = r * r, q = r / x;
  const double y = fma(q, z * detail::sin_pi_tail(z), q);
  return x == 0.0 ? 1.0 : (trunc(half) != half ? -y : y) + 0.0;  // no -0 at integers
}
/// log(x / (1 - x)), with what difference and quotient round off: r / x, where 1/x is about 3 - 2x.
RL_INLINE double logit(double x) {
  const double y = 1.0 - x, q = x / y, rest = fma(q, y - 1.0 + x, detail::quotient_rest(x, q, y));
  const detail::Two log_q = detail::log_two(detail::split(q));
  return detail::log_edges(q, log_q.high + fma(rest, fma(-2.0, x, 3.0), log_q.low));
}
/// In float64 the plain quotient has digits enough.
RL_INLINE float logit(float x) { return float(detail::log_wide(double(x) / (1.0 - double(x)))); }
/// -x log(x), 0 at 0, -inf below.
RL_INLINE double entr(double x) {
  const double y = -x * log(x);
  return x == 0.0 ? 0.0 : x < 0.0 ? -detail::kInf : y;
}
RL_MATH_NARROW(sinc)
RL_MATH_NARROW(entr)

}  // namespace rl::functors
