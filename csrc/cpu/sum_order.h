// The order of every sum (DESIGN, section 5): element i in lane i mod 32 of block i div 4096; lanes join 16, 8, 4, 2,
// 1; blocks in neighbouring pairs, an odd last one passing up unchanged.
#pragma once

#include <cstdint>
#include <type_traits>

#include "cpu/vector.h"
#include "functors/reduce.h"

RL_ISA_BEGIN

constexpr int kLanes = 32;
constexpr int64_t kSumBlock = 4096;

/// How many blocks n elements have; of an expanded tensor n may be any size.
RL_INLINE int64_t blocks_of(int64_t n) { return n / kSumBlock + (n % kSumBlock != 0); }

using functors::Sum;

template <class T, class Op = Sum>
RL_INLINE T join_lanes(T* lane) {
  // lanes of one register; of short types and of complex ones a loop will do
  constexpr int kLast = sizeof(T) < 4 || !std::is_arithmetic_v<T> ? 1 : kWidth<T>;
#pragma GCC unroll 5
  for (int half = kLanes / 2; half >= kLast; half /= 2)
    for (int l = 0; l < half; ++l) lane[l] = Op::join(lane[l], lane[l + half]);
  if constexpr (kLast == 1) {
    return lane[0];
  } else {
    typename Vector<T, kLast>::type last;
    __builtin_memcpy(&last, lane, sizeof(last));
    return join_halves<T, Op, kLast>(last);
  }
}

/// One block of at most 4096 dense elements, of which `see` makes what is joined. The lanes past the end join nothing,
/// by a masked load where there is one.
template <class R, class Op, class T, class See>
RL_INLINE R block_of(const T* x, int64_t n, See see) {
  R lane[kLanes];
  const int first = n < kLanes ? int(n) : kLanes;
  for (int l = 0; l < kLanes; ++l) lane[l] = l < first ? see(x[l]) : Op::template identity<R>();
  int64_t i = kLanes;
  for (; i + kLanes <= n; i += kLanes)
    for (int l = 0; l < kLanes; ++l) lane[l] = Op::join(lane[l], see(x[i + l]));
  const int rest = i < n ? int(n - i) : 0;
  if (rest > 0)
    for (int l = 0; l < kLanes; ++l) lane[l] = l < rest ? Op::join(lane[l], see(x[i + l])) : lane[l];
  return join_lanes<R, Op>(lane);
}
/// The sum of a block.
template <class T>
static __attribute__((noinline)) T block_of(const T* x, int64_t n) {
  return block_of<T, Sum>(x, n, [](T v) __attribute__((always_inline)) { return v; });
}

/// Sums of blocks as they come: equal subtrees join at once, the rest at the end from the right.
template <class T, class Op = Sum>
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
