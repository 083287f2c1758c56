// The element types that C++ lacks: half, bfloat16, float8, complex. Plain data, for g++ and nvcc alike.
#pragma once

#include <cstdint>

#include "core/macros.h"

namespace rl {

/// IEEE binary16. A storage type: kernels convert to float, compute, and convert back (round to nearest even).
struct half {
  uint16_t bits;
  half() = default;
  RL_INLINE explicit half(float value) : bits(encode(value)) {}
  RL_INLINE operator float() const { return decode(bits); }

  RL_INLINE static float decode(uint16_t h) {
    // Shift exponent and fraction to float's place, then multiply by 2^112: right for denormals too. An infinity stays,
    // and so does what a NaN says, which becomes quiet: the bits of F16C's instruction.
    const uint32_t sign = uint32_t(h & 0x8000u) << 16, rest = h & 0x7fffu;
    const float scaled = __builtin_bit_cast(float, rest << 13) * 0x1p112f;
    const uint32_t special = (rest << 13) | (rest > 0x7c00u ? 0x7fc00000u : 0x7f800000u);
    return __builtin_bit_cast(float, sign | (rest >= 0x7c00u ? special : __builtin_bit_cast(uint32_t, scaled)));
  }
  RL_INLINE static uint16_t encode(float value) {
    const uint32_t x = __builtin_bit_cast(uint32_t, value), sign = (x >> 16) & 0x8000u, a = x & 0x7fffffffu;
    // Denormal results: adding 0.5 * 2^-13... aligns the fraction so that the float addition itself rounds.
    const uint32_t denormal = __builtin_bit_cast(uint32_t, __builtin_bit_cast(float, a) + 0.5f) - 0x3f000000u;
    const uint32_t normal = (a + 0xc8000fffu + ((a >> 13) & 1u)) >> 13;  // rebias 127 -> 15 and round half to even
    const uint32_t finite = a < 0x38800000u ? denormal : normal;
    const uint32_t large = a > 0x7f800000u ? 0x7e00u | ((a >> 13) & 0x3ffu) : 0x7c00u;
    return uint16_t(sign | (a >= 0x477ff000u ? large : finite));
  }
};

/// The upper half of a float32.
struct bfloat16 {
  uint16_t bits;
  bfloat16() = default;
  RL_INLINE explicit bfloat16(float value) : bits(encode(value)) {}
  RL_INLINE operator float() const { return __builtin_bit_cast(float, uint32_t(bits) << 16); }

  RL_INLINE static uint16_t encode(float value) {
    const uint32_t x = __builtin_bit_cast(uint32_t, value);
    const uint32_t rounded = (x + 0x7fffu + ((x >> 16) & 1u)) >> 16;
    return uint16_t((x & 0x7fffffffu) > 0x7f800000u ? 0x7fc0u : rounded);
  }
};

/// Eight bits: a sign, kExponent bits of exponent and the rest of fraction. Storage types: they convert and compute
/// nothing. Micikevicius et al. 2022, arXiv:2209.05433. With kInfinity (e5m2) the format is IEEE-like; without (e4m3fn)
/// all ones is NaN, there is no infinity, and what is too large becomes the largest number.
template <int kExponent, bool kInfinity>
struct float8 {
  static constexpr int kFraction = 7 - kExponent, kBias = (1 << (kExponent - 1)) - 1;
  uint8_t bits;
  float8() = default;
  RL_INLINE explicit float8(float value) : bits(encode(value)) {}
  RL_INLINE operator float() const { return decode(bits); }

  RL_INLINE static float decode(uint8_t b) {
    const uint32_t sign = uint32_t(b & 0x80u) << 24, rest = b & 0x7fu;
    const float scaled =
        __builtin_bit_cast(float, rest << (23 - kFraction)) *
        __builtin_bit_cast(float, uint32_t(254 - kBias) << 23);  // 2^(127 - bias): right for denormals too
    const uint32_t infinity = ((1u << kExponent) - 1) << kFraction;
    uint32_t magnitude = __builtin_bit_cast(uint32_t, scaled);
    if (kInfinity)
      magnitude = rest > infinity ? 0x7fc00000u : rest == infinity ? 0x7f800000u : magnitude;
    else
      magnitude = rest == 0x7fu ? 0x7fc00000u : magnitude;
    return __builtin_bit_cast(float, sign | magnitude);
  }
  RL_INLINE static uint8_t encode(float value) {
    const uint32_t x = __builtin_bit_cast(uint32_t, value), sign = (x >> 24) & 0x80u, a = x & 0x7fffffffu;
    constexpr uint32_t kShift = 23 - kFraction, kLeast = uint32_t(128 - kBias) << 23;  // the smallest normal number
    // Denormal results: a number whose last place is the smallest float8 makes the addition itself round.
    constexpr uint32_t kAlign = uint32_t(128 - kBias + 23 - kFraction) << 23;
    const uint32_t denormal =
        __builtin_bit_cast(uint32_t, __builtin_bit_cast(float, a) + __builtin_bit_cast(float, kAlign)) - kAlign;
    const uint32_t normal =
        (a - (uint32_t(127 - kBias) << 23) + ((1u << (kShift - 1)) - 1) + ((a >> kShift) & 1u)) >> kShift;
    const uint32_t finite = a < kLeast ? denormal : normal;
    const uint32_t most =
        kInfinity ? (((1u << kExponent) - 1) << kFraction) : 0x7eu;  // infinity, or the largest number
    const uint32_t bounded = a >= 0x7f800000u || finite > most ? most : finite;
    return uint8_t(sign | (a > 0x7f800000u ? 0x7fu : bounded));
  }
};
using float8_e4m3fn = float8<4, false>;
using float8_e5m2 = float8<5, true>;

/// Types that convert to float and compute nothing themselves.
template <class T>
inline constexpr bool is_storage_type = false;
template <>
inline constexpr bool is_storage_type<half> = true;
template <>
inline constexpr bool is_storage_type<bfloat16> = true;
template <>
inline constexpr bool is_storage_type<float8_e4m3fn> = true;
template <>
inline constexpr bool is_storage_type<float8_e5m2> = true;

template <class T>
struct complex {
  T re, im;
  complex() = default;
  RL_INLINE constexpr complex(T real, T imag = T(0)) : re(real), im(imag) {}
  template <class U>
  RL_INLINE explicit constexpr complex(const complex<U>& z) : re(T(z.re)), im(T(z.im)) {}
};
template <class T>
RL_INLINE complex<T> operator+(complex<T> a, complex<T> b) {
  return {a.re + b.re, a.im + b.im};
}
template <class T>
RL_INLINE complex<T> operator-(complex<T> a, complex<T> b) {
  return {a.re - b.re, a.im - b.im};
}
template <class T>
RL_INLINE complex<T> operator*(complex<T> a, complex<T> b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
template <class T>
RL_INLINE complex<T> operator-(complex<T> a) {
  return {-a.re, -a.im};
}
/// Smith 1962, doi:10.1145/368637.368661: scaled by the divisor's larger part, so that nothing overflows early.
template <class T>
RL_INLINE complex<T> operator/(complex<T> a, complex<T> b) {
  const bool flat = (b.re < 0 ? -b.re : b.re) >= (b.im < 0 ? -b.im : b.im);
  const T high = flat ? b.re : b.im, low = flat ? b.im : b.re;
  const T ratio = low / high, scale = high + low * ratio;
  const T re = flat ? a.re + a.im * ratio : a.re * ratio + a.im;
  const T im = flat ? a.im - a.re * ratio : a.im * ratio - a.re;
  return {re / scale, im / scale};
}
template <class T>
RL_INLINE bool operator==(complex<T> a, complex<T> b) {
  return a.re == b.re && a.im == b.im;
}
template <class T>
RL_INLINE bool operator!=(complex<T> a, complex<T> b) {
  return !(a == b);
}

}  // namespace rl
