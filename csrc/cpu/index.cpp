// Reading and writing by index tensors and masks. Data moves by element size; sums into one element go in index order.
#include "cpu/index_kernels.h"

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
  } else {
    for (int64_t j = 0; j < n; ++j) to[j * to_step] = from[j * from_step];
  }
}

template <class W>
static void read_by_index(const KernelCall& call) {
  const auto p = call.parameters.as<IndexParameters>();
  const View& out = call.operands[0];
  const Indices indices(call, call.operands[2], p);
  Walk walk;  // 0 out, 1 input, 2.. indices
  walk.operands = 2 + p.count;
  for (int d = 0; d < out.ndim; ++d) {
    int64_t steps[kWalked] = {out.strides[d], call.operands[1].strides[d]};
    for (int k = 0; k < p.count; ++k) steps[2 + k] = call.operands[3 + k].strides[d];
    walk.add(out.sizes[d], steps);
  }
  walk.finish();
  W* const to = out.as<W>();
  const W* const from = call.operands[1].as<W>();
  bool slices = true;  // the indices stand still along the innermost dim
  for (int k = 0; k < p.count; ++k) slices &= walk.step(2 + k) == 0;
  const int64_t to_step = walk.step(0), from_step = walk.step(1);

  parallel_for(walk.numel, kIndexGrain, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    Place place(walk, begin);
    for (int64_t position = begin; position < end;) {
      const int64_t left = place.left(walk), n = left < end - position ? left : end - position;
      W* run_to = to + place.at[0];
      const W* run_from = from + place.at[1];
      if (slices) {
        int64_t offset = 0;
        bool fits = true;
        for (int k = 0; k < p.count; ++k) fits &= indices.step_to(k, place.at[2 + k], position, &offset);
        if (fits) copy_run(run_to, to_step, run_from + offset, from_step, n);
      } else if (p.count == 1) {
        const int64_t index_step = walk.step(2);
        for (int64_t j = 0; j < n; ++j) {
          int64_t offset = 0;
          if (indices.step_to(0, place.at[2] + j * index_step, position + j, &offset))
            run_to[j * to_step] = run_from[j * from_step + offset];
        }
      } else {
        for (int64_t j = 0; j < n; ++j) {
          int64_t offset = 0;
          bool fits = true;
          for (int k = 0; k < p.count; ++k)
            fits &= indices.step_to(k, place.at[2 + k] + j * walk.step(2 + k), position + j, &offset);
          if (fits) run_to[j * to_step] = run_from[j * from_step + offset];
        }
      }
      position += n;
      place.advance(walk, n);
    }
  });
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

template <class W>
static void write_by_index(const KernelCall& call) {
  write_with<W>(call, call.parameters.as<IndexParameters>(), Set());
}
template <class T>
static void add_by_index(const KernelCall& call) {
  write_with<T>(call, call.parameters.as<IndexParameters>(), Add());
}

template <class T>
RL_INLINE bool is_nonzero(T x) {
  if constexpr (is_storage_type<T>)
    return float(x) != 0;
  else if constexpr (std::is_class_v<T>)
    return x.re != 0 || x.im != 0;
  else
    return x != T(0);
}

RL_INLINE int64_t numel_of(const View& v) {
  int64_t n = 1;
  for (int d = 0; d < v.ndim; ++d) n *= v.sizes[d];
  return n;
}

/// body(chunk, begin, end) for each chunk of n elements.
template <class Body>
RL_INLINE void for_each_chunk(int64_t n, const Body& body) {
  parallel_for((n + kMaskChunk - 1) / kMaskChunk, 2, [&](int64_t first, int64_t last) __attribute__((noinline)) {
    for (int64_t c = first; c < last; ++c) {
      const int64_t begin = c * kMaskChunk, end = begin + kMaskChunk < n ? begin + kMaskChunk : n;
      body(c, begin, end);
    }
  });
}

template <class T>
static void count_chunks(const KernelCall& call) {
  int64_t* offsets = call.operands[0].as<int64_t>();
  const T* x = call.operands[1].as<T>();
  const int64_t n = numel_of(call.operands[1]);
  for_each_chunk(n, [&](int64_t chunk, int64_t begin, int64_t end) {
    int32_t count = 0;  // a chunk is short
    for (int64_t i = begin; i < end; ++i) count += is_nonzero(x[i]);
    offsets[chunk + 1] = count;
  });
  offsets[0] = 0;
  for (int64_t c = 0; c < (n + kMaskChunk - 1) / kMaskChunk; ++c) offsets[c + 1] += offsets[c];
}

template <class T>
static void nonzero(const KernelCall& call) {
  int64_t* const columns = call.operands[0].as<int64_t>();
  const View& input = call.operands[1];
  const T* const x = input.as<T>();
  const int64_t* const offsets = call.operands[2].as<int64_t>();
  if (input.ndim == 0) return;  // a 0-d tensor has no column
  const int64_t found = call.operands[0].sizes[1], inner = input.sizes[input.ndim - 1];
  for_each_chunk(numel_of(input), [&](int64_t chunk, int64_t begin, int64_t end) {
    int64_t at = offsets[chunk];
    if (at == offsets[chunk + 1]) return;
    for (int64_t row = begin / inner, i = begin; i < end; ++row) {
      const int64_t start = row * inner, stop = start + inner < end ? start + inner : end, first = at;
      int64_t* const last_column = columns + (input.ndim - 1) * found;
      for (; i < stop; ++i)
        if (is_nonzero(x[i])) last_column[at++] = i - start;
      int64_t rest = row;
      for (int d = input.ndim - 2; d >= 0 && at > first; --d) {
        const int64_t coordinate = rest % input.sizes[d];
        rest /= input.sizes[d];
        for (int64_t j = first; j < at; ++j) columns[d * found + j] = coordinate;
      }
    }
  });
}

template <class W>
static void masked_select(const KernelCall& call) {
  W* const out = call.operands[0].as<W>();
  const W* const x = call.operands[1].as<W>();
  const bool* const mask = call.operands[2].as<bool>();
  const int64_t* const offsets = call.operands[3].as<int64_t>();
  for_each_chunk(numel_of(call.operands[2]), [&](int64_t chunk, int64_t begin, int64_t end) {
    int64_t at = offsets[chunk];
    for (int64_t i = begin; i < end; ++i)
      if (mask[i]) out[at++] = x[i];
  });
}

template <class W>
static void masked_scatter(const KernelCall& call) {
  W* const self = call.operands[0].as<W>();
  const bool* const mask = call.operands[1].as<bool>();
  const W* const source = call.operands[2].as<W>();
  const int64_t* const offsets = call.operands[3].as<int64_t>();
  const int64_t total = offsets[call.operands[3].sizes[0] - 1], given = numel_of(call.operands[2]);
  if (total > given) return report(call.error, 1, given, total);
  for_each_chunk(numel_of(call.operands[1]), [&](int64_t chunk, int64_t begin, int64_t end) {
    int64_t at = offsets[chunk];
    for (int64_t i = begin; i < end; ++i)
      if (mask[i]) self[i] = source[at++];
  });
}

// clang-format off
#define X(name, Name, type, Short)                                                                                                        \
  {&kernels::gather, DType::Name, &read_by_index<WordOf<type>>}, {&kernels::index_select, DType::Name, &read_by_index<WordOf<type>>},     \
  {&kernels::take, DType::Name, &read_by_index<WordOf<type>>}, {&kernels::index, DType::Name, &read_by_index<WordOf<type>>},              \
  {&kernels::scatter, DType::Name, &write_by_index<WordOf<type>>}, {&kernels::index_put, DType::Name, &write_by_index<WordOf<type>>},     \
  {&kernels::index_copy, DType::Name, &write_by_index<WordOf<type>>}, {&kernels::index_fill, DType::Name, &write_by_index<WordOf<type>>}, \
  {&kernels::scatter_add, DType::Name, &add_by_index<SumOf<type>>}, {&kernels::index_put_add, DType::Name, &add_by_index<SumOf<type>>},   \
  {&kernels::index_add, DType::Name, &add_by_index<SumOf<type>>}, {&kernels::count_chunks, DType::Name, &count_chunks<TestOf<type>>},     \
  {&kernels::nonzero, DType::Name, &nonzero<TestOf<type>>}, {&kernels::masked_select, DType::Name, &masked_select<WordOf<type>>},         \
  {&kernels::masked_scatter, DType::Name, &masked_scatter<WordOf<type>>},
// clang-format on
extern const KernelEntry index_entries[];
const KernelEntry index_entries[] = {RL_FOR_EACH_DTYPE(X)};
#undef X
extern const int index_count;
const int index_count = int(sizeof(index_entries) / sizeof(KernelEntry));

RL_ISA_END
