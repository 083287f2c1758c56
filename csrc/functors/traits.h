// What every functor file needs: kinds of types, and NaN tests that also take integers.
#pragma once

#include <type_traits>

#include "core/macros.h"
#include "core/scalar.h"
#include "functors/math.h"
#include "functors/math_complex.h"

namespace rl::functors {

template <class T>
inline constexpr bool is_floating = std::is_floating_point_v<T>;

/// bool counts as an integer.
template <class T>
inline constexpr bool is_integer = std::is_integral_v<T>;

/// The type of a number's parts: of a real number its own.
template <class T>
struct RealOf {
  using type = T;
};
template <class T>
struct RealOf<complex<T>> {
  using type = T;
};
template <class T>
using Real = typename RealOf<T>::type;

template <class T>
RL_INLINE bool is_nan(T x) {
  if constexpr (is_floating<T> || is_complex_type<T>)
    return x != x;
  else
    return false;
}

/// x where it is NaN, else y: how NaN wins in maximum, clamp and relu.
template <class T>
RL_INLINE T nan_or(T x, T y) {
  return is_nan(x) ? x : y;
}

/// The integer type that a functor's loop is compiled for: a functor that says `any_sign` gives the same bits for
/// signed and unsigned numbers, and one loop serves both.
template <class F, class T>
using signed_or_not = std::conditional_t<requires { F::any_sign; }, std::make_unsigned_t<T>, T>;

/// Integer arithmetic wraps, as NumPy's and PyTorch's does; signed overflow would be undefined in C++.
template <class T>
using wrapping =
    std::conditional_t<std::is_integral_v<T> && !std::is_same_v<T, bool>, std::make_unsigned<T>, std::type_identity<T>>;

}  // namespace rl::functors
