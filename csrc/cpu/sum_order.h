// The order of every sum (DESIGN, section 5): element i in lane i mod 32 of block i div 4096; lanes join 16, 8, 4, 2,
// 1; blocks in neighbouring pairs, an odd last one passing up unchanged.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/macros.h"

RL_ISA_BEGIN

constexpr int kLanes = 32;
constexpr int64_t kSumBlock = 4096;

struct Plus {
  template <class T>
  static RL_INLINE T identity() {
    return T(0);
  }
  template <class T>
  static RL_INLINE T join(T a, T b) {
    if constexpr (std::is_integral_v<T>)
      return T(uint64_t(a) + uint64_t(b));  // integers wrap around
    else
      return a + b;
  }
};

template <class T, class Op = Plus>
RL_INLINE T join_lanes(T* lane) {
#pragma GCC unroll 5
  for (int half = kLanes / 2; half > 0; half /= 2)
    for (int l = 0; l < half; ++l) lane[l] = Op::join(lane[l], lane[l + half]);
  return lane[0];
}

/// One block of at most 4096 dense elements. The lanes past the end join nothing, by a masked load where there is one.
template <class T, class Op = Plus>
RL_INLINE T block_of(const T* x, int64_t n) {
  T lane[kLanes];
  for (int l = 0; l < kLanes; ++l) lane[l] = l < n ? x[l] : Op::template identity<T>();
  int64_t i = kLanes;
  for (; i + kLanes <= n; i += kLanes)
    for (int l = 0; l < kLanes; ++l) lane[l] = Op::join(lane[l], x[i + l]);
  if (i < n)
    for (int l = 0; l < kLanes; ++l) lane[l] = l < n - i ? Op::join(lane[l], x[i + l]) : lane[l];
  return join_lanes<T, Op>(lane);
}

/// Sums of blocks as they come: equal subtrees join at once, the rest at the end from the right.
template <class T, class Op = Plus>
struct BlockTree {
  T level[48];
  uint64_t count = 0;

  RL_INLINE void add(T block) {
    int at = 0;
    for (uint64_t bits = count; bits & 1; bits >>= 1, ++at) block = Op::join(level[at], block);
    level[at] = block;
    ++count;
  }
  RL_INLINE T total() const {
    T sum = Op::template identity<T>();
    bool any = false;
    for (int at = 0; at < 48; ++at) {
      if (!((count >> at) & 1)) continue;
      sum = any ? Op::join(level[at], sum) : level[at];
      any = true;
    }
    return sum;
  }
};

RL_ISA_END
