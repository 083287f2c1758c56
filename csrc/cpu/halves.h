// float16 and bfloat16 a register at a time: to float32 and back, rounded to nearest, ties to even. The bits are those
// of core/scalar.h, which sets without F16C use element by element.
#pragma once

#include <cstdint>

#if defined(__F16C__)
#include <immintrin.h>
#endif

#include "core/scalar.h"
#include "cpu/vector.h"

RL_ISA_BEGIN

/// Types that convert to float32 by whole registers.
template <class T>
constexpr bool is_half_type = std::is_same_v<T, half> || std::is_same_v<T, bfloat16>;

#if defined(__F16C__)
constexpr bool kHalfRegisters = true;

constexpr int kHalfLanes = kWidth<float>;
using FloatRegister = Vector<float, kHalfLanes>::type;
using WordRegister = Vector<uint32_t, kHalfLanes>::type;
using HalfRegister = Vector<uint16_t, kHalfLanes>::type;
#if defined(__AVX512F__)
constexpr __mmask16 kAllLanes = 0xffff;  // GCC 12 warns of what the intrinsics without a mask leave undefined
#endif

template <class S>
RL_INLINE FloatRegister widen(const S* from) {
  HalfRegister bits;
  __builtin_memcpy(&bits, from, sizeof(bits));
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<S, half>) return FloatRegister(_mm512_maskz_cvtph_ps(kAllLanes, __m256i(bits)));
  return FloatRegister(WordRegister(_mm512_maskz_cvtepu16_epi32(kAllLanes, __m256i(bits))) << 16);
#else
  if constexpr (std::is_same_v<S, half>) return FloatRegister(_mm256_cvtph_ps(__m128i(bits)));
  return FloatRegister(WordRegister(_mm256_cvtepu16_epi32(__m128i(bits))) << 16);
#endif
}

template <class S>
RL_INLINE void narrow(FloatRegister x, S* to) {
  HalfRegister bits;
  if constexpr (std::is_same_v<S, half>) {
#if defined(__AVX512F__)
    bits = HalfRegister(_mm512_maskz_cvtps_ph(kAllLanes, __m512(x), _MM_FROUND_TO_NEAREST_INT));
#else
    bits = HalfRegister(_mm256_cvtps_ph(__m256(x), _MM_FROUND_TO_NEAREST_INT));
#endif
  } else {
    const WordRegister word = WordRegister(x);
    const WordRegister rounded = (word + 0x7fffu + ((word >> 16) & 1u)) >> 16;
    const WordRegister words = x == x ? rounded : WordRegister{} + 0x7fc0u;
#if defined(__AVX512F__)
    bits = HalfRegister(_mm512_maskz_cvtepi32_epi16(kAllLanes, __m512i(words)));
#else
    bits = HalfRegister(
        _mm_packus_epi32(_mm256_castsi256_si128(__m256i(words)), _mm256_extracti128_si256(__m256i(words), 1)));
#endif
  }
  __builtin_memcpy(to, &bits, sizeof(bits));
}

/// body(from, to) over whole registers; what is left goes through copies of a register's length.
template <class To, class From, class Body>
RL_INLINE void by_registers(int64_t n, To* to, const From* from, const Body& body) {
  int64_t i = 0;
  for (; i + kHalfLanes <= n; i += kHalfLanes) body(from + i, to + i);
  if (i == n) return;
  From last[kHalfLanes] = {};
  To made[kHalfLanes];
  __builtin_memcpy(last, from + i, size_t(n - i) * sizeof(From));
  body(last, made);
  __builtin_memcpy(to + i, made, size_t(n - i) * sizeof(To));
}
template <class S>
RL_INLINE void convert_halves(int64_t n, float* to, const S* from) {
  by_registers(n, to, from, [](const S* x, float* y) __attribute__((always_inline)) {
    const FloatRegister wide = widen(x);
    __builtin_memcpy(y, &wide, sizeof(wide));
  });
}
template <class S>
RL_INLINE void convert_halves(int64_t n, S* to, const float* from) {
  by_registers(n, to, from, [](const float* x, S* y) __attribute__((always_inline)) {
    FloatRegister wide;
    __builtin_memcpy(&wide, x, sizeof(wide));
    narrow(wide, y);
  });
}
#else
constexpr bool kHalfRegisters = false;

template <class To, class From>
RL_INLINE void convert_halves(int64_t n, To* to, const From* from) {
  for (int64_t i = 0; i < n; ++i) to[i] = To(float(from[i]));
}
#endif

RL_ISA_END
