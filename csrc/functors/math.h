// Every mathematical function a functor may call, for float and double: branch-free scalar code that the compiler
// vectorises, with the same bits in every loop. Other types are refused. The one list of libm calls stands below.
#pragma once

#include "functors/math_exact.h"

namespace rl::functors {

RL_MATH_DELETE(exp)
RL_MATH_DELETE(exp2)
RL_MATH_DELETE(expm1)
RL_MATH_DELETE(log)
RL_MATH_DELETE(log2)
RL_MATH_DELETE(log10)
RL_MATH_DELETE(log1p)
RL_MATH_DELETE(xlogy)
RL_MATH_DELETE(xlog1py)
RL_MATH_DELETE(sigmoid)
RL_MATH_DELETE(tanh)
RL_MATH_DELETE(erf)
RL_MATH_DELETE(erfc)
RL_MATH_DELETE(normal_cdf)
RL_MATH_DELETE(sin)
RL_MATH_DELETE(cos)
RL_MATH_DELETE(tan)
RL_MATH_DELETE(sin_is_rare)
RL_MATH_DELETE(sin_slow)
RL_MATH_DELETE(cos_slow)
RL_MATH_DELETE(tan_slow)
RL_MATH_DELETE(sinh)
RL_MATH_DELETE(cosh)
RL_MATH_DELETE(asin)
RL_MATH_DELETE(acos)
RL_MATH_DELETE(atan)
RL_MATH_DELETE(atan2)
RL_MATH_DELETE(asinh)
RL_MATH_DELETE(acosh)
RL_MATH_DELETE(atanh)
RL_MATH_DELETE(pow)
RL_MATH_DELETE(fmod)
RL_MATH_DELETE(lgamma)
RL_MATH_DELETE(digamma)
RL_MATH_DELETE(trigamma)
RL_MATH_DELETE(erfcx)
RL_MATH_DELETE(ndtr)
RL_MATH_DELETE(log_ndtr)
RL_MATH_DELETE(erfinv)
RL_MATH_DELETE(ndtri)
RL_MATH_DELETE(i0)
RL_MATH_DELETE(i0e)
RL_MATH_DELETE(i1)
RL_MATH_DELETE(i1e)
RL_MATH_DELETE(sinc)
RL_MATH_DELETE(logit)
RL_MATH_DELETE(entr)

}  // namespace rl::functors

#include "functors/math_bessel.h"
#include "functors/math_double.h"
#include "functors/math_erf.h"
#include "functors/math_float.h"
#include "functors/math_float_wide.h"
#include "functors/math_gamma.h"
#include "functors/math_special.h"

// The list of functions that call libm. They stand outside the promise that bits agree between instruction sets and
// devices (fmod is exact everywhere), and loops over them are not vectorised. Shorten it; do not lengthen it.
namespace rl::functors {

#define RL_MATH_LIBM(name) \
  RL_INLINE double name(double x) { return RL_EXACT(name)(x); }
RL_MATH_LIBM(tan)
RL_MATH_LIBM(sinh)
RL_MATH_LIBM(cosh)
RL_MATH_LIBM(asin)
RL_MATH_LIBM(acos)
RL_MATH_LIBM(atan)
RL_MATH_LIBM(asinh)
RL_MATH_LIBM(acosh)
RL_MATH_LIBM(atanh)
#undef RL_MATH_LIBM
RL_INLINE double atan2(double y, double x) { return RL_EXACT(atan2)(y, x); }
RL_INLINE double pow(double x, double y) { return RL_EXACT(pow)(x, y); }
/// Remainder with the sign of the dividend, exact.
RL_INLINE float fmod(float x, float y) { return RL_EXACT(fmodf)(x, y); }
RL_INLINE double fmod(double x, double y) { return RL_EXACT(fmod)(x, y); }

// Arguments that sin_is_rare flags: libm reduces them exactly, in float64 also for float32.
#define RL_MATH_LIBM_SLOW(name)                                           \
  RL_MATH_SLOW double name##_slow(double x) { return RL_EXACT(name)(x); } \
  RL_MATH_SLOW float name##_slow(float x) { return float(RL_EXACT(name)(double(x))); }
RL_MATH_LIBM_SLOW(sin)
RL_MATH_LIBM_SLOW(cos)
RL_MATH_LIBM_SLOW(tan)
#undef RL_MATH_LIBM_SLOW
#undef RL_MATH_DELETE
#undef RL_MATH_NARROW

}  // namespace rl::functors
