// The element types that C++ lacks: half, bfloat16, complex. Plain data, for g++ and nvcc alike.
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
    // Shift exponent and fraction to float's place, then multiply by 2^112: right for denormals too; inf and nan keep
    // theirs.
    const uint32_t sign = uint32_t(h & 0x8000u) << 16, rest = h & 0x7fffu;
    const float scaled = __builtin_bit_cast(float, rest << 13) * 0x1p112f;
    const uint32_t special = (rest << 13) | 0x7f800000u;
    return __builtin_bit_cast(float, sign | (rest >= 0x7c00u ? special : __builtin_bit_cast(uint32_t, scaled)));
  }
  RL_INLINE static uint16_t encode(float value) {
    const uint32_t x = __builtin_bit_cast(uint32_t, value), sign = (x >> 16) & 0x8000u, a = x & 0x7fffffffu;
    // Denormal results: adding 0.5 * 2^-13... aligns the fraction so that the float addition itself rounds.
    const uint32_t denormal = __builtin_bit_cast(uint32_t, __builtin_bit_cast(float, a) + 0.5f) - 0x3f000000u;
    const uint32_t normal = (a + 0xc8000fffu + ((a >> 13) & 1u)) >> 13;  // rebias 127 -> 15 and round half to even
    const uint32_t finite = a < 0x38800000u ? denormal : normal;
    const uint32_t large = a > 0x7f800000u ? 0x7e00u : 0x7c00u;
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
RL_INLINE bool operator==(complex<T> a, complex<T> b) {
  return a.re == b.re && a.im == b.im;
}
template <class T>
RL_INLINE bool operator!=(complex<T> a, complex<T> b) {
  return !(a == b);
}

}  // namespace rl
