// Sums of float16 and bfloat16 read as they lie, in float32 and in the order of sum_order.h. Lanes past the end add
// zero: the sign of a zero that this may change is lost at the end of every sum.
#pragma once

#include "core/dtype.h"
#include "cpu/halves.h"
#include "cpu/sum_order.h"

RL_ISA_BEGIN

/// body(S()) where F sums float32 from memory of the half type S, and there are registers for it; else false.
template <class F, class T, class Body>
RL_INLINE bool as_halves(DType memory, const Body& body) {
  if constexpr (kHalfRegisters && std::is_same_v<F, Sum> && std::is_same_v<T, float>) {
    if (memory == DType::Float16) return body(half()), true;
    if (memory == DType::BFloat16) return body(bfloat16()), true;
  }
  return false;
}

#if defined(__F16C__)
/// `some` elements and zeros after them, as many as a row has lanes.
template <class S>
RL_INLINE void load_some(S* lane, const S* from, int64_t some) {
#if defined(__AVX512BW__)
  const __m512i bits = _mm512_maskz_loadu_epi16(__mmask32((uint64_t(1) << some) - 1), from);
  static_assert(sizeof(bits) == kLanes * sizeof(S));
  __builtin_memcpy(lane, &bits, sizeof(bits));
#else
  __builtin_memset(lane, 0, kLanes * sizeof(S));
  __builtin_memcpy(lane, from, size_t(some) * sizeof(S));
#endif
}

/// to[i] = the sum of the n elements that begin at x[i step], i < count.
template <class S>
static __attribute__((noinline)) void sum_blocks(const S* x, int64_t step, int64_t n, int64_t count, float* to,
                                                 int64_t to_step) {
  constexpr int kParts = kLanes / kHalfLanes;
  for (int64_t b = 0; b < count; ++b) {
    const S* const from = x + b * step;
    FloatRegister sum[kParts] = {};
    const auto add = [&](const S* at) __attribute__((always_inline)) {
#pragma GCC unroll 8
      for (int p = 0; p < kParts; ++p) sum[p] += widen(at + p * kHalfLanes);
    };
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) add(from + i);
    if (i < n) {
      S rest[kLanes];
      load_some(rest, from + i, n - i);
      add(rest);
    }
    float lane[kLanes];
    __builtin_memcpy(lane, sum, sizeof(lane));
    to[b * to_step] = join_lanes(lane);
  }
}

/// to[j] = the sum of x[j], x[step + j], ..., after what is there unless they are the first.
template <int Rows, bool First, class S>
static __attribute__((noinline)) void sum_rows(int64_t width, float* to, const S* x, int64_t step) {
  const auto sum = [&](const S* at, int64_t apart, float* place) __attribute__((always_inline)) {
    FloatRegister v = widen(at), before;
    if constexpr (!First) {
      __builtin_memcpy(&before, place, sizeof(before));
      v = before + v;
    }
#pragma GCC unroll 8
    for (int64_t r = 1; r < Rows; ++r) v += widen(at + r * apart);
    __builtin_memcpy(place, &v, sizeof(v));
  };
  int64_t j = 0;
  for (; j + kHalfLanes <= width; j += kHalfLanes) sum(x + j, step, to + j);
  if (j == width) return;
  S rest[Rows][kLanes];  // to[] has room for a register
  for (int64_t r = 0; r < Rows; ++r) load_some(rest[r], x + r * step + j, width - j);
  sum(rest[0], kLanes, to + j);
}
#endif

RL_ISA_END
