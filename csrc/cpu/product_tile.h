// The micro-kernel: kRows x kCols of C in registers, one chain of fma along at most 256 of K over packed panels.
#pragma once

#include <cstdint>

#include "core/macros.h"
#include "cpu/vector.h"

RL_ISA_BEGIN

constexpr int kTileRows = kVectorBytes == 64 ? 14 : kVectorBytes == 32 ? 6 : 4;
constexpr int64_t kChain = 256;  // the order's blocks along K

template <class T>
struct VectorOf {
  typedef T type __attribute__((vector_size(kVectorBytes)));
  typedef T unaligned __attribute__((vector_size(kVectorBytes), aligned(sizeof(T))));
};
template <class T>
constexpr int kTileColumns = 2 * kWidth<T>;

/// a * b + c, rounded once where the machine can (x86-64-v2 cannot: a rounded product and a rounded sum).
template <class T, class V>
RL_INLINE V multiply_add(V a, V b, V c) {
#if defined(__FMA__) || !defined(__x86_64__)
  V r;
  for (int l = 0; l < kWidth<T>; ++l)
    r[l] = sizeof(T) == 4 ? T(__builtin_fmaf(float(a[l]), float(b[l]), float(c[l])))
                          : T(__builtin_fma(double(a[l]), double(b[l]), double(c[l])));
  return r;
#else
  return a * b + c;
#endif
}
template <class T>
RL_INLINE T multiply_add_one(T a, T b, T c) {
#if defined(__FMA__) || !defined(__x86_64__)
  return sizeof(T) == 4 ? T(__builtin_fmaf(float(a), float(b), float(c)))
                        : T(__builtin_fma(double(a), double(b), double(c)));
#else
  return a * b + c;
#endif
}

/// tile = A panel [k][kTileRows] x B panel [k][kTileColumns]; stored, or added to what `c` holds.
template <class T>
static __attribute__((noinline)) void tile_product(int64_t k, const T* a, const T* b, T* c, int64_t c_row, bool add) {
  using V = typename VectorOf<T>::type;
  using U = typename VectorOf<T>::unaligned;
  constexpr int W = kWidth<T>;
  if (add)  // on its way while the sums are made
    for (int r = 0; r < kTileRows; ++r) __builtin_prefetch(c + r * c_row, 1), __builtin_prefetch(c + r * c_row + W, 1);
  V sum[kTileRows][2] = {};
  for (int64_t p = 0; p < k; ++p) {
    const V b0 = *reinterpret_cast<const V*>(b), b1 = *reinterpret_cast<const V*>(b + W);
#pragma GCC unroll 16
    for (int r = 0; r < kTileRows; ++r) {
      const V x = a[r] - V{};
      sum[r][0] = multiply_add<T>(x, b0, sum[r][0]);
      sum[r][1] = multiply_add<T>(x, b1, sum[r][1]);
    }
    a += kTileRows;
    b += 2 * W;
  }
#pragma GCC unroll 16
  for (int r = 0; r < kTileRows; ++r) {
    U* to = reinterpret_cast<U*>(c + r * c_row);
    U* next = reinterpret_cast<U*>(c + r * c_row + W);
    if (add) {
      *to = V(*to) + sum[r][0];
      *next = V(*next) + sum[r][1];
    } else {
      *to = sum[r][0];
      *next = sum[r][1];
    }
  }
}

RL_ISA_END
