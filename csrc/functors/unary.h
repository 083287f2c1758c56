// What the unary ops compute: one scalar functor an op. Functions come from functors/math.h alone.
#pragma once

#include "functors/traits.h"

namespace rl::functors {

#define RL_UNARY_MATH(Name, function)   \
  struct Name {                         \
    template <class T>                  \
    RL_INLINE T operator()(T x) const { \
      return function(x);               \
    }                                   \
  };
RL_UNARY_MATH(Exp, exp)
RL_UNARY_MATH(Exp2, exp2)
RL_UNARY_MATH(Expm1, expm1)
RL_UNARY_MATH(Log, log)
RL_UNARY_MATH(Log2, log2)
RL_UNARY_MATH(Log10, log10)
RL_UNARY_MATH(Log1p, log1p)
RL_UNARY_MATH(Sqrt, sqrt)
RL_UNARY_MATH(Rsqrt, rsqrt)
RL_UNARY_MATH(Sinh, sinh)
RL_UNARY_MATH(Cosh, cosh)
RL_UNARY_MATH(Tanh, tanh)
RL_UNARY_MATH(Asin, asin)
RL_UNARY_MATH(Acos, acos)
RL_UNARY_MATH(Atan, atan)
RL_UNARY_MATH(Sigmoid, sigmoid)
RL_UNARY_MATH(Erf, erf)
RL_UNARY_MATH(Erfc, erfc)
RL_UNARY_MATH(Acosh, acosh)
RL_UNARY_MATH(Asinh, asinh)
RL_UNARY_MATH(Atanh, atanh)
RL_UNARY_MATH(Lgamma, lgamma)
RL_UNARY_MATH(Digamma, digamma)
RL_UNARY_MATH(Trigamma, trigamma)
RL_UNARY_MATH(Erfcx, erfcx)
RL_UNARY_MATH(Ndtr, ndtr)
RL_UNARY_MATH(LogNdtr, log_ndtr)
RL_UNARY_MATH(Erfinv, erfinv)
RL_UNARY_MATH(Ndtri, ndtri)
RL_UNARY_MATH(I0, i0)
RL_UNARY_MATH(I0E, i0e)
RL_UNARY_MATH(I1, i1)
RL_UNARY_MATH(I1E, i1e)
RL_UNARY_MATH(Sinc, sinc)
RL_UNARY_MATH(Entr, entr)
RL_UNARY_MATH(Logit, logit)
#undef RL_UNARY_MATH

// Huge arguments need a reduction that no vector loop should pay for: the loop redoes the flagged elements with slow().
#define RL_UNARY_PERIODIC(Name, function, slow_function) \
  struct Name {                                          \
    template <class T>                                   \
    RL_INLINE T operator()(T x) const {                  \
      return function(x);                                \
    }                                                    \
    template <class T>                                   \
      requires is_floating<T>                            \
    RL_INLINE static bool rare(T x) {                    \
      return sin_is_rare(x);                             \
    }                                                    \
    template <class T>                                   \
    static T slow(T x) {                                 \
      return slow_function(x);                           \
    }                                                    \
  };
RL_UNARY_PERIODIC(Sin, sin, sin_slow)
RL_UNARY_PERIODIC(Cos, cos, cos_slow)
RL_UNARY_PERIODIC(Tan, tan, tan_slow)
#undef RL_UNARY_PERIODIC

/// Elfwing, Uchibe, Doya 2017, arXiv:1702.03118.
struct Silu {
  template <class T>
  RL_INLINE T operator()(T x) const {
    return x / (T(1) + exp(-x));
  }
};
/// log(sigmoid(x)) = min(x, 0) - log(1 + exp(-|x|)).
struct LogSigmoid {
  template <class T>
  RL_INLINE T operator()(T x) const {
    const T low = x < T(0) ? x : T(0);
    return is_nan(x) ? x : -(log1p(exp(-fabs(x))) - low);  // -0 at infinity
  }
};
/// sin(x) / x: as accurate near 0 as elsewhere, because sin is.
struct SphericalBesselJ0 {
  template <class T>
  RL_INLINE T operator()(T x) const {
    return x == T(0) ? T(1) : sin(x) / x;
  }
  template <class T>
  RL_INLINE static bool rare(T x) {
    return sin_is_rare(x);
  }
  template <class T>
  static T slow(T x) {
    return fabs(x) == T(__builtin_inf()) ? T(0) : sin_slow(x) / x;
  }
};

struct Identity {
  static constexpr bool copies = true;
  static constexpr bool any_sign = true;
  template <class T>
  RL_INLINE T operator()(T x) const {
    return x;
  }
};
struct Neg {
  static constexpr bool light = true;
  static constexpr bool any_sign = true;
  template <class T>
  RL_INLINE T operator()(T x) const {
    if constexpr (is_integer<T>)
      return T(typename wrapping<T>::type(0) - typename wrapping<T>::type(x));
    else
      return -x;
  }
};
struct Abs {
  static constexpr bool light = true;
  template <class T>
  RL_INLINE T operator()(T x) const {
    if constexpr (is_integer<T>)
      return x < T(0) ? Neg()(x) : x;
    else
      return T(fabs(x));  // of a complex number: the real part of the block, which is all that the result keeps
  }
};
struct Sign {  // NaN gives 0, as in PyTorch
  template <class T>
  RL_INLINE T operator()(T x) const {
    if constexpr (std::is_same_v<T, bool>)
      return x;
    else
      return T(T(x > T(0)) - T(x < T(0)));
  }
};
struct Sgn {  // z / |z|, and 0 for 0; the sign of a real number
  template <class T>
  RL_INLINE T operator()(T x) const {
    if constexpr (is_complex_type<T>) {
      const auto r = fabs(x);
      return r == 0 ? T(0) : T(x.re / r, x.im / r);
    } else {
      return Sign()(x);
    }
  }
};
struct Angle {  // of a real number: 0, or pi below zero
  template <class T>
  RL_INLINE T operator()(T x) const {
    if constexpr (is_complex_type<T>)
      return T(atan2(x.im, x.re));
    else
      return x < T(0) ? T(3.14159265358979323846) : is_nan(x) ? x : T(0);
  }
};
struct Conj {
  static constexpr bool any_sign = true;
  template <class T>
  RL_INLINE T operator()(T x) const {
    if constexpr (is_complex_type<T>)
      return T(x.re, -x.im);
    else
      return x;
  }
};
struct Square {
  static constexpr bool light = true;
  static constexpr bool any_sign = true;
  template <class T>
  RL_INLINE T operator()(T x) const {
    using W = typename wrapping<T>::type;
    return T(W(x) * W(x));
  }
};
struct Reciprocal {
  template <class T>
  RL_INLINE T operator()(T x) const {
    return T(1) / x;
  }
};
struct Relu {  // NaN passes
  static constexpr bool light = true;
  template <class T>
  RL_INLINE T operator()(T x) const {
    return x < T(0) ? T(0) : x;
  }
};

#define RL_UNARY_ROUNDING(Name, function) \
  struct Name {                           \
    template <class T>                    \
    RL_INLINE T operator()(T x) const {   \
      if constexpr (is_floating<T>)       \
        return function(x);               \
      else                                \
        return x;                         \
    }                                     \
  };
RL_UNARY_ROUNDING(Floor, floor)
RL_UNARY_ROUNDING(Ceil, ceil)
RL_UNARY_ROUNDING(Round, round)
RL_UNARY_ROUNDING(Trunc, trunc)
#undef RL_UNARY_ROUNDING

struct Frac {  // the sign of x, also of a zero
  template <class T>
  RL_INLINE T operator()(T x) const {
    return x - trunc(x);
  }
};
struct Deg2Rad {
  template <class T>
  RL_INLINE T operator()(T x) const {
    return x * T(0.017453292519943295769);  // pi / 180
  }
};
struct Rad2Deg {
  template <class T>
  RL_INLINE T operator()(T x) const {
    return x * T(57.295779513082320877);  // 180 / pi
  }
};
/// x = m 2^e with 1/2 <= |m| < 1: m, and e as a number. 0, infinity and NaN are their own m with e = 0.
struct FrexpMantissa {
  template <class T>
  RL_INLINE T operator()(T x) const {
    return mantissa(x);
  }
};
struct FrexpExponent {
  template <class T>
  RL_INLINE T operator()(T x) const {
    return exponent(x);
  }
};

struct IsNan {
  template <class T>
  RL_INLINE bool operator()(T x) const {
    return is_nan(x);
  }
};
struct IsInf {
  template <class T>
  RL_INLINE bool operator()(T x) const {
    if constexpr (is_complex_type<T>)
      return (*this)(x.re) || (*this)(x.im);
    else if constexpr (is_floating<T>)
      return fabs(x) == T(__builtin_inf());
    else
      return false;
  }
};
struct IsPosInf {
  template <class T>
  RL_INLINE bool operator()(T x) const {
    if constexpr (is_floating<T>)
      return x == T(__builtin_inf());
    else
      return false;
  }
};
struct IsNegInf {
  template <class T>
  RL_INLINE bool operator()(T x) const {
    if constexpr (is_floating<T>)
      return x == -T(__builtin_inf());
    else
      return false;
  }
};
struct IsFinite {
  template <class T>
  RL_INLINE bool operator()(T x) const {
    if constexpr (is_complex_type<T>)
      return (*this)(x.re) && (*this)(x.im);
    else if constexpr (is_floating<T>)
      return fabs(x) < T(__builtin_inf());
    else
      return true;
  }
};
struct SignBit {
  template <class T>
  RL_INLINE bool operator()(T x) const {
    if constexpr (is_floating<T>)
      return copysign(T(1), x) < T(0);
    else
      return x < T(0);
  }
};
struct LogicalNot {
  static constexpr bool any_sign = true;
  template <class T>
  RL_INLINE bool operator()(T x) const {
    return x == T(0);
  }
};
struct BitwiseNot {
  static constexpr bool any_sign = true;
  template <class T>
  RL_INLINE T operator()(T x) const {
    if constexpr (std::is_same_v<T, bool>)
      return !x;
    else
      return T(~x);
  }
};

}  // namespace rl::functors
