// What softmax does to one dense row: its maximum, and sums in the order of sums of what is computed on the way.
#pragma once

#include "cpu/sum_order.h"
#include "functors/unary.h"

RL_ISA_BEGIN

/// body(i, m): the lanes below m stand for the elements from i on. m is 32 but at the end, where a short loop an
/// element would cost as much as the rest of a row of a few hundred.
template <class Body>
RL_INLINE void by_lanes(int64_t begin, int64_t end, const Body& body) {
  int64_t i = begin;
  for (; i + kLanes <= end; i += kLanes) body(i, kLanes);
  if (i < end) body(i, int(end - i));
}

struct Larger {
  template <class T>
  static RL_INLINE T join(T a, T b) {
    return b > a ? b : a;
  }
  template <class V>
  static RL_INLINE V join_all(V a, V b) {
    return b > a ? b : a;
  }
};

template <class T>
RL_INLINE T largest(const T* x, int64_t n) {
  T lane[kLanes];
  for (int l = 0; l < kLanes; ++l) lane[l] = T(-__builtin_inf());
  by_lanes(0, n, [&](int64_t i, int m) __attribute__((always_inline)) {
    for (int l = 0; l < kLanes; ++l) lane[l] = l < m && x[i + l] > lane[l] ? x[i + l] : lane[l];
  });
  return join_lanes<T, Larger>(lane);
}

/// Sum of term(i) over a row; `term` is called in order within each lane.
template <class T, class Term>
RL_INLINE T row_sum(int64_t n, const Term& term) {
  BlockTree<T> tree;
  for (int64_t begin = 0; begin < n; begin += kSumBlock) {
    T lane[kLanes];
    for (int l = 0; l < kLanes; ++l) lane[l] = T(0);
    const auto add = [&](int64_t i, int m) __attribute__((always_inline)) {
      for (int l = 0; l < kLanes; ++l) lane[l] += l < m ? term(i + l) : T(0);
    };
    by_lanes(begin, n - begin < kSumBlock ? n : begin + kSumBlock, add);
    if (n <= kSumBlock) return join_lanes(lane);
    tree.add(join_lanes(lane));
  }
  return tree.total();
}

/// y = the exponentials of x below `top`, its largest element; their sum.
template <class T>
RL_INLINE T exponentials(int64_t n, const T* x, T top, T* y) {
  return row_sum<T>(n, [&](int64_t i) __attribute__((always_inline)) {
    const T e = functors::detail::exp_negative(x[i] - top);
    y[i] = e;
    return e;
  });
}

RL_ISA_END
