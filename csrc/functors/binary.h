// What the binary ops compute, and the ternary ones. `Params` of a functor is plain data that the op packs.
#pragma once

#include "functors/division.h"
#include "functors/traits.h"

namespace rl::functors {

#define RL_BINARY_ARITHMETIC(Name, sign)     \
  struct Name {                              \
    static constexpr bool any_sign = true;   \
    static constexpr bool light = true;      \
    template <class T>                       \
    RL_INLINE T operator()(T x, T y) const { \
      using W = typename wrapping<T>::type;  \
      return T(W(x) sign W(y));              \
    }                                        \
  };
RL_BINARY_ARITHMETIC(Add, +)
RL_BINARY_ARITHMETIC(Sub, -)
RL_BINARY_ARITHMETIC(Mul, *)
#undef RL_BINARY_ARITHMETIC

/// A number that an op hands to a functor, in the forms that a compute dtype may need.
struct Number {
  double real;
  int64_t integer;
  double imaginary = 0;
  template <class T>
  RL_INLINE T as() const {
    if constexpr (is_complex_type<T>)
      return T(complex<double>(real, imaginary));
    else if constexpr (is_floating<T>)
      return T(real);
    else
      return T(integer);
  }
};

struct AddScaled {  // x + alpha * y
  static constexpr bool light = true;
  static constexpr bool any_sign = true;
  using Params = Number;
  template <class T>
  RL_INLINE T operator()(const Params& alpha, T x, T y) const {
    using W = typename wrapping<T>::type;
    return T(W(x) + W(alpha.as<T>()) * W(y));
  }
};
struct Div {
  static constexpr bool light = true;
  template <class T>
  RL_INLINE T operator()(T x, T y) const {
    return x / y;
  }
};
struct Pow {
  template <class T>
  RL_INLINE T operator()(T x, T y) const {
    if constexpr (!is_integer<T>) {
      return pow(x, y);
    } else {  // by squaring; negative exponents give 0 except for bases 1 and -1
      using W = typename wrapping<T>::type;
      if (y < T(0)) return x == T(1) ? T(1) : x == T(-1) ? (y % 2 ? T(-1) : T(1)) : T(0);
      W result = 1, base = W(x);
      for (W e = W(y); e != 0; e >>= 1) {
        if (e & 1) result = W(result * base);
        base = W(base * base);
      }
      return T(result);
    }
  }
};

struct Maximum {  // NaN wins
  static constexpr bool light = true;
  template <class T>
  RL_INLINE T operator()(T x, T y) const {
    return nan_or(x, x < y || is_nan(y) ? y : x);
  }
};
struct Minimum {
  static constexpr bool light = true;
  template <class T>
  RL_INLINE T operator()(T x, T y) const {
    return nan_or(x, y < x || is_nan(y) ? y : x);
  }
};
struct Fmax {  // NaN loses
  template <class T>
  RL_INLINE T operator()(T x, T y) const {
    return is_nan(x) || x < y ? y : x;
  }
};
struct Fmin {
  template <class T>
  RL_INLINE T operator()(T x, T y) const {
    return is_nan(x) || y < x ? y : x;
  }
};
struct Atan2 {
  template <class T>
  RL_INLINE T operator()(T y, T x) const {
    return atan2(y, x);
  }
};

struct Hypot {
  template <class T>
  RL_INLINE T operator()(T x, T y) const {
    return hypot(x, y);
  }
};
struct Copysign {
  template <class T>
  RL_INLINE T operator()(T x, T y) const {
    return copysign(x, y);
  }
};
struct LogAddExp {  // log(e^x + e^y); equal infinities stay
  template <class T>
  RL_INLINE T operator()(T x, T y) const {
    if constexpr (is_complex_type<T>) {
      return logaddexp(x, y);
    } else {
      const T top = x > y ? x : y, sum = top + log1p(exp(-fabs(x - y)));
      return x == y && fabs(x) == T(__builtin_inf()) ? x : sum;
    }
  }
};
struct LogAddExp2 {  // log2(2^x + 2^y)
  template <class T>
  RL_INLINE T operator()(T x, T y) const {
    const T top = x > y ? x : y, sum = fma(log1p(exp2(-fabs(x - y))), T(1.44269504088896340736), top);  // 1 / log(2)
    return x == y && fabs(x) == T(__builtin_inf()) ? x : sum;
  }
};
struct NextAfter {
  template <class T>
  RL_INLINE T operator()(T x, T y) const {
    return next_after(x, y, 1);
  }
};
struct NextBFloat16 {  // held as float32, with 16 bits that are 0
  template <class T>
  RL_INLINE T operator()(T x, T y) const {
    return next_after(x, y, 0x10000);
  }
};
struct NextHalf {  // held as float32: a multiple of 2^-24 below 2^-14, and with 13 bits that are 0 above
  template <class T>
  RL_INLINE T operator()(T x, T y) const {
    const T a = fabs(x), step = T(0x1p-24), least = T(0x1p-14);
    const decltype(detail::bits(x)) bit = 0x2000;
    const T up = a < least ? a + step : detail::from_bits(detail::bits(a) + bit);
    const T low = a <= least ? a - step : a > T(65504) ? T(65504) : detail::from_bits(detail::bits(a) - bit);
    const T moved = copysign((y > x) == (x > T(0)) ? up : low, x);
    return is_nan(x) || is_nan(y) ? x + y : x == y ? y : x == T(0) ? copysign(step, y) : moved;
  }
};
struct Xlogy {  // x log(y); 0 for x = 0 whatever y, but NaN
  template <class T>
  RL_INLINE T operator()(T x, T y) const {
    const T product = xlogy(x, y);
    return is_nan(y) ? y : x == T(0) ? T(0) : product;
  }
};
struct Xlog1py {
  template <class T>
  RL_INLINE T operator()(T x, T y) const {
    const T product = xlog1py(x, y);
    return is_nan(y) ? y : x == T(0) ? T(0) : product;
  }
};
struct Heaviside {  // 0 below 0 and for NaN, `at_zero` at 0, 1 above
  template <class T>
  RL_INLINE T operator()(T x, T at_zero) const {
    return x == T(0) ? at_zero : T(x > T(0));
  }
};
struct Gcd {
  template <class T>
  RL_INLINE T operator()(T x, T y) const {
    using W = std::make_unsigned_t<T>;  // the magnitude of the least number has no signed form
    W a = x < T(0) ? W(W(0) - W(x)) : W(x), b = y < T(0) ? W(W(0) - W(y)) : W(y);
    while (b != 0) {
      const W rest = W(a % b);
      a = b, b = rest;
    }
    return T(a);
  }
};
struct Lcm {
  template <class T>
  RL_INLINE T operator()(T x, T y) const {
    const T divisor = Gcd()(x, y);
    const T product = Mul()(safe_quotient(x, divisor), y);
    if constexpr (std::is_signed_v<T>)
      return product < T(0) ? Sub()(T(0), product) : product;
    else
      return product;
  }
};
/// Shifts by a negative count, or by all bits or more, give what an endless shift would: 0, or the sign.
struct ShiftLeft {
  static constexpr bool any_sign = true;
  template <class T>
  RL_INLINE T operator()(T x, T count) const {
    using W = std::make_unsigned_t<T>;
    return W(count) < 8 * sizeof(T) ? T(W(x) << (W(count) & (8 * sizeof(T) - 1))) : T(0);
  }
};
struct ShiftRight {
  template <class T>
  RL_INLINE T operator()(T x, T count) const {
    using W = std::make_unsigned_t<T>;
    constexpr W kLast = 8 * sizeof(T) - 1;
    const W n = W(count) <= kLast ? W(count) : kLast;
    return W(count) > kLast && !std::is_signed_v<T> ? T(0) : T(x >> n);
  }
};

#define RL_BINARY_TEST(Name, expression)        \
  struct Name {                                 \
    template <class T>                          \
    RL_INLINE bool operator()(T x, T y) const { \
      return expression;                        \
    }                                           \
  };
RL_BINARY_TEST(Eq, x == y)
RL_BINARY_TEST(Ne, x != y)
RL_BINARY_TEST(Lt, x < y)
RL_BINARY_TEST(Le, x <= y)
RL_BINARY_TEST(Gt, x > y)
RL_BINARY_TEST(Ge, x >= y)
RL_BINARY_TEST(LogicalAnd, (x != T(0)) & (y != T(0)))
RL_BINARY_TEST(LogicalOr, (x != T(0)) | (y != T(0)))
RL_BINARY_TEST(LogicalXor, (x != T(0)) != (y != T(0)))
#undef RL_BINARY_TEST

#define RL_BINARY_BITS(Name, sign)           \
  struct Name {                              \
    static constexpr bool any_sign = true;   \
    template <class T>                       \
    RL_INLINE T operator()(T x, T y) const { \
      return T(x sign y);                    \
    }                                        \
  };
RL_BINARY_BITS(BitwiseAnd, &)
RL_BINARY_BITS(BitwiseOr, |)
RL_BINARY_BITS(BitwiseXor, ^)
#undef RL_BINARY_BITS

struct Where {  // the first operand's block is bool
  static constexpr bool any_sign = true;
  static constexpr bool bool_first = true;
  template <class T>
  RL_INLINE T operator()(bool condition, T x, T y) const {
    return condition ? x : y;
  }
};
struct MaskedScale {  // dropout's backward: gradient, mask, scale; the mask's block is of the compute dtype
  using Params = Number;
  template <class T>
  RL_INLINE T operator()(const Params& scale, T g, T mask) const {
    return g * mask * scale.as<T>();
  }
};
struct Clamp {
  struct Params {
    Number low, high;
    bool has_low, has_high;
  };
  template <class T>
  RL_INLINE T operator()(const Params& p, T x) const {
    T r = x;
    if (p.has_low) r = r < p.low.as<T>() ? p.low.as<T>() : r;
    if (p.has_high) r = p.high.as<T>() < r ? p.high.as<T>() : r;
    return r;
  }
};
struct ClampTensor {
  template <class T>
  RL_INLINE T operator()(T x, T low, T high) const {
    return Minimum()(Maximum()(x, low), high);
  }
};
struct Addcmul {  // x + value * y * z
  static constexpr bool any_sign = true;
  using Params = Number;
  template <class T>
  RL_INLINE T operator()(const Params& value, T x, T y, T z) const {
    using W = typename wrapping<T>::type;
    return T(W(x) + W(value.as<T>()) * W(y) * W(z));
  }
};
struct Addcdiv {
  using Params = Number;
  template <class T>
  RL_INLINE T operator()(const Params& value, T x, T y, T z) const {
    return x + value.as<T>() * (y / z);
  }
};
struct Lerp {  // exact at both ends
  template <class T>
  RL_INLINE T operator()(T start, T end, T weight) const {
    return fabs(weight) < decltype(fabs(weight))(0.5) ? start + weight * (end - start)
                                                      : end - (end - start) * (T(1) - weight);
  }
};

/// Rounded to so many decimals: by 10^d, which is exact for d <= 22.
struct RoundDecimals {
  struct Params {
    double scale;
    bool up;  // multiply first
  };
  template <class T>
  RL_INLINE T operator()(const Params& p, T x) const {
    const T scale = T(p.scale);
    return p.up ? round(x * scale) / scale : round(x / scale) * scale;
  }
};
struct LogitClamped {  // of x held in [eps, 1 - eps]
  using Params = Number;
  template <class T>
  RL_INLINE T operator()(const Params& eps, T x) const {
    const T low = eps.as<T>(), high = T(1) - low;
    return logit(x < low ? low : x > high ? high : x);
  }
};
struct NanToNum {
  struct Params {
    double nan, high, low;
  };
  template <class T>
  RL_INLINE T operator()(const Params& p, T x) const {
    if constexpr (is_complex_type<T>)
      return T((*this)(p, x.re), (*this)(p, x.im));
    else
      return x != x ? T(p.nan) : x == T(__builtin_inf()) ? T(p.high) : x == -T(__builtin_inf()) ? T(p.low) : x;
  }
};

}  // namespace rl::functors
