// Writing by index tensors: the walk, for any way in which a value joins what is there.
#pragma once

#include <type_traits>

#include "core/parallel.h"
#include "cpu/index_walk.h"

RL_ISA_BEGIN

// Positions per thread; below it, waking a second one costs more than it brings. Bodies handed to parallel_for are
// noinline: one copy of each, not one for small work and one for the pool.
constexpr int64_t kIndexGrain = 16384;

template <int Bytes>
struct Word {
  unsigned char bytes[Bytes];
};
template <>
struct Word<16> {
  uint64_t low, high;
};
template <class T>
using WordOf =
    std::conditional_t<sizeof(T) == 1, uint8_t,
                       std::conditional_t<sizeof(T) == 2, uint16_t,
                                          std::conditional_t<sizeof(T) == 4, uint32_t,
                                                             std::conditional_t<sizeof(T) == 8, uint64_t, Word<16>>>>>;

// Sums that wrap, and the question whether all bits are 0, do not know about signs: one function per size serves all
// integers.
template <class T>
using SumOf = std::conditional_t<std::is_integral_v<T> && !std::is_same_v<T, bool>, WordOf<T>, T>;
template <class T>
using TestOf = std::conditional_t<std::is_integral_v<T>, WordOf<T>, T>;

template <class W>
RL_INLINE void copy_run(W* to, int64_t to_step, const W* from, int64_t from_step, int64_t n) {
  if (to_step == 1 && from_step == 1) {
    __builtin_memcpy(to, from, size_t(n) * sizeof(W));
  } else if (to_step == 1 && from_step == 0) {
    const W value = *from;
    for (int64_t j = 0; j < n; ++j) to[j] = value;
  } else {
    for (int64_t j = 0; j < n; ++j) to[j * to_step] = from[j * from_step];
  }
}

struct Set {
  template <class T>
  RL_INLINE T operator()(T, T source) const {
    return source;
  }
};
/// Integers wrap, bool is "or".
struct Add {
  template <class T>
  RL_INLINE T operator()(T self, T source) const {
    if constexpr (std::is_same_v<T, bool>)
      return self | source;
    else if constexpr (std::is_integral_v<T>)
      return T(uint64_t(self) + uint64_t(source));
    else if constexpr (is_storage_type<T>)
      return T(float(self) + float(source));
    else
      return self + source;
  }
};
/// n positions along one dim, one after the other: the order of sums.
template <class T, class F>
RL_INLINE void write_run(const F& f, const Indices& indices, const Walk& walk, const int64_t* at, int64_t position,
                         int64_t n, T* self, const T* source) {
  const int64_t self_step = walk.step(0), source_step = walk.step(1);
  bool slices = true;
  for (int k = 0; k < indices.count; ++k) slices &= walk.step(2 + k) == 0;
  self += at[0];
  source += at[1];
  if (slices) {
    int64_t offset = 0;
    for (int k = 0; k < indices.count; ++k)
      if (!indices.step_to(k, at[2 + k], position, &offset)) return;
    self += offset;
    if constexpr (std::is_same_v<F, Set>) {
      copy_run(self, self_step, source, source_step, n);
    } else if (self_step == 1 && source_step == 1) {
#pragma GCC ivdep
      for (int64_t j = 0; j < n; ++j) self[j] = f(self[j], source[j]);
    } else {
      for (int64_t j = 0; j < n; ++j) self[j * self_step] = f(self[j * self_step], source[j * source_step]);
    }
    return;
  }
  if (indices.count == 1) {
    for (int64_t begin = 0, length; begin < n; begin += length) {
      length = index_block(n - begin);
      const int64_t step = walk.step(2);
      const int64_t first = at[2] + begin * step;
      int64_t places[kIndexBlock];
      if (indices.read_block(0, first, step, length, places)) {
        const T* from = source + begin * source_step;
        T* to = self + begin * self_step;
        const auto write = [&](int64_t self_step, int64_t source_step, int64_t stride) __attribute__((always_inline)) {
          const auto one = [&](int64_t j) __attribute__((always_inline)) {
            T* place = to + j * self_step + places[j] * stride;
            *place = f(*place, from[j * source_step]);
          };
          const auto eight = [&](int64_t j) __attribute__((always_inline)) {
#pragma GCC unroll 8
            for (int i = 0; i < 8; ++i) one(j + i);
          };
          indices.follow(0, first, step, length, eight, one);
        };
        if (const int64_t stride = indices.stride[0]; self_step == 0 && source_step == 1 && stride == 1)
          write(0, 1, 1);
        else
          write(self_step, source_step, stride);
        continue;
      }
      for (int64_t j = begin; j < begin + length; ++j) {
        int64_t offset = j * self_step;
        if (indices.step_to(0, at[2] + j * step, position + j, &offset))
          self[offset] = f(self[offset], source[j * source_step]);
      }
    }
    return;
  }
  for (int64_t j = 0; j < n; ++j) {
    int64_t offset = j * self_step;
    bool fits = true;
    for (int k = 0; k < indices.count; ++k)
      fits &= indices.step_to(k, at[2 + k] + j * walk.step(2 + k), position + j, &offset);
    if (fits) self[offset] = f(self[offset], source[j * source_step]);
  }
}

template <class T, class F>
static void write_with(const KernelCall& call, const IndexParameters& p, const F f) {
  const View& target = call.operands[1];
  const View& from = call.operands[2];
  const Indices indices(call, call.operands[0], p);
  // Lines are the dims that self has of its own: different lines write different elements, so threads share them out.
  // The steps of a line, where only the index decides on the element, are taken in order: a repeated index adds (or the
  // last one wins) alike in every run. 0 self, 1 source, 2.. indices.
  Walk lines, steps;
  lines.operands = steps.operands = 2 + p.count;
  for (int d = 0; d < target.ndim; ++d) {
    int64_t move[kWalked] = {target.strides[d], from.ndim == 0 ? 0 : from.strides[d]};
    for (int k = 0; k < p.count; ++k) move[2 + k] = call.operands[3 + k].strides[d];
    (move[0] != 0 ? lines : steps).add(target.sizes[d], move);
  }
  lines.finish();
  steps.finish();
  if (lines.numel == 0 || steps.numel == 0) return;
  T* const self = target.as<T>();
  const T* const source = from.as<T>();
  // The innermost loop runs along the line dims or the step dims, whichever reads its source and indices closer
  // together.
  int64_t line_cost = 0, step_cost = 0;
  for (int i = 1; i < lines.operands; ++i) {
    line_cost += lines.step(i) < 0 ? -lines.step(i) : lines.step(i);
    step_cost += steps.step(i) < 0 ? -steps.step(i) : steps.step(i);
  }
  const bool along_steps = lines.numel == 1 || (steps.numel > 1 && step_cost < line_cost);
  int64_t grain = kIndexGrain / steps.numel;
  if (grain < 1) grain = 1;

  parallel_for(lines.numel, grain, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    Place line(lines, begin);
    for (int64_t i = begin; i < end;) {
      const int64_t left = line.left(lines), n = along_steps ? 1 : left < end - i ? left : end - i;
      const int64_t hop = along_steps ? steps.inner() : 1;
      Place step(steps, 0);
      for (int64_t s = 0; s < steps.numel; s += hop) {
        int64_t at[kWalked];
        for (int o = 0; o < lines.operands; ++o) at[o] = line.at[o] + step.at[o];
        write_run(f, indices, along_steps ? steps : lines, at, i * steps.numel + s, along_steps ? hop : n, self,
                  source);
        step.advance(steps, hop);
      }
      i += n;
      line.advance(lines, n);
    }
  });
}

RL_ISA_END
