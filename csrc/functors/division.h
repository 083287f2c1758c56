// Quotients to a whole number and their remainders, of integers and of floats.
#pragma once

#include <cstdint>

#include "functors/traits.h"

namespace rl::functors {

/// Integer division that cannot trap: 0 for a zero divisor (the op refuses it first), wrapping for min / -1.
template <class T>
RL_INLINE T safe_quotient(T x, T y) {
  if constexpr (std::is_signed_v<T>)
    if (y == T(-1)) return T(typename wrapping<T>::type(0) - typename wrapping<T>::type(x));
  return y == T(0) ? T(0) : T(x / y);
}

/// The same by floating numbers, which divide by vectors, where integers divide one at a time. Exact for numbers of at
/// most as many bits as a fraction has: x / y then lies at least half a spacing away from the next whole number.
template <class T>
RL_INLINE T quick_quotient(T x, T y) {
  const T divisor = y == T(0) ? T(1) : y;
  constexpr double kWhole = 0x1.8p52;  // added to a whole number below 2^51, it leaves it in the lower bits
  constexpr uint64_t kWholeBits = 0x4338000000000000;
  T quotient;
  if constexpr (sizeof(T) <= 2) {
    quotient = T(int32_t(float(x) / float(divisor)));
  } else if constexpr (sizeof(T) == 4) {
    quotient = T(__builtin_bit_cast(uint64_t, trunc(double(x) / double(divisor)) + kWhole));
  } else {
    const auto exact = [](T n) { return __builtin_bit_cast(double, uint64_t(n) + kWholeBits) - kWhole; };
    quotient = T(__builtin_bit_cast(uint64_t, trunc(exact(x) / exact(divisor)) + kWhole) - kWholeBits);
  }
  return y == T(0) ? T(0) : quotient;
}
/// Is one of them too large for that? It is asked of 64 bits only.
template <class T>
RL_INLINE bool is_too_wide(T x, T y) {
  constexpr auto kFar = uint64_t(1) << 51, kShift = std::is_signed_v<T> ? kFar : 0;
  return (uint64_t(x) + kShift >= kFar + kShift) | (uint64_t(y) + kShift >= kFar + kShift);
}
/// x - q * y for integers.
template <class T>
RL_INLINE T rest_of(T x, T y, T quotient) {
  using W = typename wrapping<T>::type;
  return T(W(x) - W(W(quotient) * W(y)));
}

/// Functors of x, y and what F says of them: `whole` of integers and their quotient, `from` of floats and their
/// remainder. Remainders of floats: below a quotient of 2^24 (2^53) one fma gives them exactly: the rounded quotient is
/// never below the true one, so its whole part is right or one too far. What is flagged, infinities among it, goes to
/// libm.
template <class F>
struct Division {
  template <class T>
    requires(is_floating<T> || sizeof(T) == 8)
  static RL_INLINE bool rare(T x, T y) {
    if constexpr (is_integer<T>) {
      return is_too_wide(x, y);
    } else if constexpr (RL_HAS_FMA) {
      constexpr T kMost = std::is_same_v<T, float> ? T(0x1p24) : T(0x1p53);
      return !(fabs(x / y) < kMost) | (fabs(y) == T(__builtin_inf()));
    } else {
      return true;
    }
  }
  template <class T>
  static RL_INLINE T slow(T x, T y) {
    if constexpr (is_integer<T>)
      return F::whole(x, y, safe_quotient(x, y));
    else
      return F::from(x, y, fmod(x, y));
  }
  template <class T>
  RL_INLINE T operator()(T x, T y) const {
    if constexpr (is_integer<T>) {
      return F::whole(x, y, quick_quotient(x, y));
    } else {
      const T r = fma(-trunc(x / y), y, x), other = r + copysign(y, x);
      return F::from(x, y, copysign(r != T(0) && (r < T(0)) != (x < T(0)) ? other : r, x));
    }
  }
};
struct DivTrunc {
  template <class T>
    requires(is_integer<T> && sizeof(T) == 8)
  static RL_INLINE bool rare(T x, T y) {
    return is_too_wide(x, y);
  }
  template <class T>
  static RL_INLINE T slow(T x, T y) {
    return safe_quotient(x, y);
  }
  template <class T>
  RL_INLINE T operator()(T x, T y) const {
    if constexpr (is_floating<T>)
      return trunc(x / y);
    else
      return quick_quotient(x, y);
  }
};
struct Fmod : Division<Fmod> {  // sign of the dividend
  template <class T>
  static RL_INLINE T from(T, T, T r) {
    return r;
  }
  template <class T>
  static RL_INLINE T whole(T x, T y, T quotient) {
    return rest_of(x, y, quotient);
  }
};
struct Remainder : Division<Remainder> {  // sign of the divisor, as in Python
  template <class T>
  static RL_INLINE T from(T, T y, T r) {
    return r != T(0) && ((r < T(0)) != (y < T(0))) ? T(r + y) : r;
  }
  template <class T>
  static RL_INLINE T whole(T x, T y, T quotient) {
    return from(x, y, rest_of(x, y, quotient));
  }
};
struct FloorDivide : Division<FloorDivide> {  // Python's //
  /// floor((x - remainder) / y), so that -0.1 // 0.1 is -1 and not 0.
  template <class T>
  static RL_INLINE T from(T x, T y, T mod) {
    T quotient = (x - mod) / y;
    if (mod != T(0) && (y < T(0)) != (mod < T(0))) quotient -= T(1);
    const T whole = floor(quotient);
    const T rounded = quotient - whole > T(0.5) ? whole + T(1) : whole;
    return y == T(0) ? x / y : quotient != T(0) ? rounded : copysign(T(0), x / y);
  }
  template <class T>
  static RL_INLINE T whole(T x, T y, T quotient) {
    const T r = rest_of(x, y, quotient);
    return r != T(0) && ((r < T(0)) != (y < T(0))) ? T(quotient - 1) : quotient;
  }
};

}  // namespace rl::functors
