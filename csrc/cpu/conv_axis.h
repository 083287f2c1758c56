// One spatial dim of a convolution: which place of the source a tap reads, and how a block of the source is copied so
// that whatever a tap reads for positions side by side lies side by side.
#pragma once

#include "cpu/conv_kernels.h"
#include "cpu/product_tile.h"

RL_ISA_BEGIN

RL_INLINE int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
RL_INLINE int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
RL_INLINE int64_t rounded_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }
RL_INLINE int64_t pieces_of(int64_t n, int64_t piece) { return (n + piece - 1) / piece; }
RL_INLINE int64_t common_divisor(int64_t a, int64_t b) {
  while (b != 0) {
    const int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/// Tap t of position q reads source place q * step + offset + t * offset_step, is number tap_first + t * tap_step of
/// the kernel, and position q is place out_first + q * out_step of the result.
struct Axis {
  int64_t source, count, step;
  int64_t taps, offset, offset_step;
  int64_t tap_first, tap_step;
  int64_t out_first, out_step;
};

RL_INLINE Axis forward_axis(const kernels::ConvParameters& p, int dim, int64_t source, int64_t kernel, int64_t out) {
  return {source, out, p.stride[dim], kernel, -p.padding[dim], p.dilation[dim], 0, 1, 0, 1};
}

/// The gradient of the input, places that are `stride` apart: all are reached by the same taps, each tap_step after the
/// one before it. `first` names the first of them.
RL_INLINE int64_t transposed_phases(const kernels::ConvParameters& p, int dim, int64_t kernel) {
  return smaller(kernel, p.stride[dim] / common_divisor(p.dilation[dim], p.stride[dim]));
}
RL_INLINE Axis transposed_axis(const kernels::ConvParameters& p, int dim, int64_t source, int64_t kernel, int64_t out,
                               int64_t first) {
  const int64_t stride = p.stride[dim], dilation = p.dilation[dim], padding = p.padding[dim];
  const int64_t common = common_divisor(dilation, stride), tap_step = stride / common;
  const int64_t begin = ((first * dilation - padding) % stride + stride) % stride;
  const int64_t count = begin < out ? pieces_of(out - begin, stride) : 0;
  return {source,
          count,
          1,
          pieces_of(kernel - first, tap_step),
          (begin + padding - first * dilation) / stride,
          -(dilation / common),
          first,
          tap_step,
          begin,
          stride};
}

/// Every second of twice as many elements as a register holds.
template <class T, int... I>
RL_INLINE auto every_second(const T* from, std::integer_sequence<int, I...>) {
  using U = typename VectorOf<T>::unaligned;
  const U low = *reinterpret_cast<const U*>(from), high = *reinterpret_cast<const U*>(from + kWidth<T>);
  return __builtin_shufflevector(low, high, (2 * I)...);
}

/// The copy of a source along one axis, for a block of positions. A line holds every step-th place, so that a tap's
/// values for positions side by side are a part of one line; `lines` of them hold all taps, and are longer than the
/// block. Or each tap has a line of its own: more to copy, nothing that is computed in vain.
struct Copied {
  int64_t lines, extent, step, first, apart;
  bool each_tap;
  int64_t base, offset, offset_step;

  RL_INLINE Copied(const Axis& axis, int64_t block, bool lines_of_taps) {
    step = axis.step;
    offset = axis.offset;
    offset_step = axis.offset_step;
    const int64_t last = offset + (axis.taps - 1) * offset_step;
    base = smaller(offset, last);
    const int64_t span = larger(offset, last) - base;
    apart = common_divisor(offset_step < 0 ? -offset_step : offset_step, step);
    lines = smaller(step / apart, span / apart + 1);
    extent = block + span / step;
    first = base;
    each_tap = lines_of_taps || lines * extent >= axis.taps * block;
    if (!each_tap) return;
    lines = axis.taps;
    extent = block;
    first = offset;
    apart = offset_step;
  }
  RL_INLINE int64_t line_of(int64_t tap) const {
    return each_tap ? tap : (offset + tap * offset_step - base) % step / apart;
  }
  RL_INLINE int64_t shift_of(int64_t tap) const { return each_tap ? 0 : (offset + tap * offset_step - base) / step; }
  /// The source place of a line's first element, for a block that begins with position `begin`.
  RL_INLINE int64_t start_of(int64_t line, int64_t begin) const { return begin * step + first + line * apart; }
};

/// n places of source rows from `start` on, `step` apart: zeros, elements from `first` on, zeros again. Whole registers
/// are written: up to one beyond the n, where the next row comes; and read where `end`, the source's end, allows it.
template <class T>
struct RowCopy {
  int64_t n, step, before, inside, first;
  const T* end;

  RL_INLINE RowCopy(int64_t places, int64_t source, int64_t start, int64_t apart, const T* source_end)
      : n(places),
        step(apart),
        before(start < 0 ? smaller(n, pieces_of(-start, step)) : 0),
        inside(start < source ? larger(before, smaller(n, pieces_of(source - start, step))) : before),
        first(start),
        end(source_end) {}

  RL_INLINE void zeros(T* to, int64_t from, int64_t until) const {
    using U = typename VectorOf<T>::unaligned;
    for (int64_t i = from; i < until; i += kWidth<T>) *reinterpret_cast<U*>(to + i) = U{};
  }
  RL_INLINE void run(T* to, const T* row) const {
    using U = typename VectorOf<T>::unaligned;
    constexpr int64_t W = kWidth<T>;
    zeros(to, 0, before);
    const T* from = row + first;
    int64_t i = before;
    if (step == 1) {
      for (; i < inside && from + i + W <= end; i += W)
        *reinterpret_cast<U*>(to + i) = *reinterpret_cast<const U*>(from + i);
    } else if (step == 2) {
      for (; i < inside && from + 2 * (i + W) <= end; i += W)
        *reinterpret_cast<U*>(to + i) = every_second<T>(from + 2 * i, std::make_integer_sequence<int, int(W)>());
    }
    for (; i < inside; ++i) to[i] = from[i * step];
    zeros(to, inside, n);
  }
};

/// n sums to where they belong, with the bias if there is one; not a place beyond them is written.
template <class T, bool kBias, int N>
RL_INLINE void place_row(T* to, const T* from, int64_t n, T bias) {
  if constexpr (N == 1) {
    for (int64_t i = 0; i < n; ++i) to[i] = kBias ? from[i] + bias : from[i];
  } else {
    if (n < N) return place_row<T, kBias, N / 2>(to, from, n, bias);
    typedef T U __attribute__((vector_size(N * sizeof(T)), aligned(sizeof(T))));
    const auto one = [=](int64_t i) __attribute__((always_inline)) {
      const U sums = *reinterpret_cast<const U*>(from + i);
      *reinterpret_cast<U*>(to + i) = kBias ? sums + bias : sums;
    };
    for (int64_t i = 0; i + N <= n; i += N) one(i);
    if (n % N != 0) one(n - N);  // once more what overlaps
  }
}

RL_ISA_END
