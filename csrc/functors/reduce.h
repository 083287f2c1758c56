// How the elements of a reduction become one. A functor has `identity` and `join`; where it needs them, `of`, what of
// an element is joined, and `finish`, what becomes of the total. The order is the loop's (DESIGN, section 5).
#pragma once

#include "functors/binary.h"

namespace rl::functors {

/// What a kernel is told beside its operands.
struct Given {
  double number = 0;
  bool root = false;
};

/// What a functor of two numbers joins, from `kNothing` on.
template <class F, int kNothing>
struct Joined {
  template <class T>
  static RL_INLINE T identity() {
    return T(kNothing);
  }
  template <class T>
  static RL_INLINE T join(T a, T b) {
    return F()(a, b);
  }
};
struct Sum : Joined<Add, 0> {
  /// The same on a whole register, for types that do not wrap.
  template <class V>
    requires(V{0.5f}[0] != 0)
  static RL_INLINE V join_all(V a, V b) {
    return a + b;
  }
};
using Product = Joined<Mul, 1>;
using Xor = Joined<BitwiseXor, 0>;

/// The largest (kMax) or smallest; NaN wins. Of bools: is any, are all.
template <bool kMax>
struct Extreme {
  template <class T>
  static RL_INLINE T identity() {
    if constexpr (std::is_same_v<T, bool>)
      return !kMax;
    else if constexpr (!is_integer<T>)
      return kMax ? T(-__builtin_inf()) : T(__builtin_inf());
    else if constexpr (T(-1) > T(0))
      return kMax ? T(0) : T(-1);
    else
      return kMax ? T(T(1) << (sizeof(T) * 8 - 1)) : T(~(T(1) << (sizeof(T) * 8 - 1)));
  }
  template <class T>
  static RL_INLINE T join(T a, T b) {
    // Two choices, not one of two conditions: that would become branches, and no vectors. In this order the first is
    // one instruction, which keeps a NaN in a; that b is none is known before a is.
    const T most = (kMax ? b > a : b < a) ? b : a;
    return nan_or(b, most);
  }
  template <class V>
    requires(V{0.5f}[0] != 0)
  static RL_INLINE V join_all(V a, V b) {
    const V most = (kMax ? b > a : b < a) ? b : a;
    return b != b ? b : most;
  }
};
using Largest = Extreme<true>;
using Smallest = Extreme<false>;

/// How many are not zero.
struct Count : Sum {
  template <class T>
  static RL_INLINE int64_t of(T x, T, const Given&) {
    return x != T(0);
  }
};

template <class T>
RL_INLINE Real<T> squared(T x) {
  if constexpr (is_complex_type<T>)
    return x.re * x.re + x.im * x.im;
  else
    return x * x;
}
/// The magnitude of a complex number is scaled by its larger part, so that nothing overflows.
template <class T>
RL_INLINE Real<T> magnitude(T x) {
  if constexpr (is_complex_type<T>) {
    const auto re = fabs(x.re), im = fabs(x.im);
    const auto high = re > im ? re : im, low = re > im ? im : re, ratio = high == 0 ? high : low / high;
    return high * sqrt(1 + ratio * ratio);
  } else {
    return fabs(x);
  }
}

/// The mean of |x - centre|^2, over `number` elements; its root where `root`.
struct Spread : Sum {
  template <class T>
  static RL_INLINE Real<T> of(T x, T centre, const Given&) {
    return squared(x - centre);
  }
  template <class R, class T>
  static RL_INLINE R finish(R total, T, const Given& given) {
    const R mean = total / R(given.number);
    return given.root ? sqrt(mean) : mean;
  }
};
/// As many as are not zero, in the numbers' own type.
struct Norm0 : Sum {
  template <class T>
  static RL_INLINE Real<T> of(T x, T, const Given&) {
    return x != T(0) ? Real<T>(1) : Real<T>(0);
  }
};
struct Norm1 : Sum {
  template <class T>
  static RL_INLINE Real<T> of(T x, T, const Given&) {
    return magnitude(x);
  }
};
struct Norm2 : Sum {
  template <class T>
  static RL_INLINE Real<T> of(T x, T, const Given&) {
    return squared(x);
  }
  template <class R, class T>
  static RL_INLINE R finish(R total, T, const Given&) {
    return sqrt(total);
  }
};
/// The norm of the power `number`.
struct NormP : Sum {
  template <class T>
  static RL_INLINE Real<T> of(T x, T, const Given& given) {
    return pow(magnitude(x), Real<T>(given.number));
  }
  template <class R, class T>
  static RL_INLINE R finish(R total, T, const Given& given) {
    return pow(total, R(1 / given.number));
  }
};
/// NaN counts as nothing.
struct SumOfNumbers : Sum {
  template <class T>
  static RL_INLINE T of(T x, T, const Given&) {
    return is_nan(x) ? T(0) : x;
  }
};
struct LogSumExp : Sum {
  template <class T>
  static RL_INLINE T of(T x, T centre, const Given&) {
    return exp(x - centre);
  }
  template <class T>
  static RL_INLINE T finish(T total, T centre, const Given&) {
    return log(total) + centre;
  }
};

}  // namespace rl::functors
