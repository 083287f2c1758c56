// Reading and writing by index tensors and masks. Data moves by element size; sums into one element go in index order.
#include "cpu/index_kernels.h"

#include <type_traits>

#include "core/parallel.h"
#include "cpu/index_write.h"

RL_ISA_BEGIN

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
    int64_t places[kIndexBlock], known_at = -1, known_n = 0;
    for (int64_t position = begin; position < end;) {
      const int64_t left = place.left(walk);
      int64_t n = left < end - position ? left : end - position;
      W* run_to = to + place.at[0];
      const W* run_from = from + place.at[1];
      if (slices) {
        int64_t offset = 0;
        bool fits = true;
        for (int k = 0; k < p.count; ++k) fits &= indices.step_to(k, place.at[2 + k], position, &offset);
        if (fits) copy_run(run_to, to_step, run_from + offset, from_step, n);
      } else if (p.count == 1) {
        const int64_t index_step = walk.step(2), at = place.at[2];
        n = index_block(n);
        // rows of index_select all have the same indices
        if (at != known_at || n > known_n)
          known_at = at, known_n = indices.read_block(0, at, index_step, n, places) ? n : 0;
        if (known_n > 0) {
          const auto read = [&](int64_t to_step, int64_t from_step, int64_t stride) __attribute__((always_inline)) {
            const auto value = [&](int64_t j) __attribute__((always_inline)) {
              return run_from[j * from_step + places[j] * stride];
            };
            const auto one = [&](int64_t j) __attribute__((always_inline)) { run_to[j * to_step] = value(j); };
            const auto eight = [&](int64_t j) __attribute__((always_inline)) {
              W block[8];
#pragma GCC unroll 8
              for (int i = 0; i < 8; ++i) block[i] = value(j + i);
#pragma GCC unroll 8
              for (int i = 0; i < 8; ++i) run_to[(j + i) * to_step] = block[i];
            };
            indices.follow(0, at, index_step, n, eight, one);
          };
          if (const int64_t stride = indices.stride[0]; to_step == 1 && from_step == 0 && stride == 1)
            read(1, 0, 1);
          else
            read(to_step, from_step, stride);
        } else {
          for (int64_t j = 0; j < n; ++j) {
            int64_t offset = 0;
            if (indices.step_to(0, at + j * index_step, position + j, &offset))
              run_to[j * to_step] = run_from[j * from_step + offset];
          }
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

constexpr int64_t kPacked = 256;

/// Appends value(j) where chosen(j), for j < n <= kPacked; returns how many. Written branch-free into a block of its
/// own first, for each element is written before it is known whether it stays. At most `room`: another thread may be
/// writing what chooses, after it was counted.
template <class W, class Chosen, class Value>
RL_INLINE int64_t pack(W* to, int64_t room, int64_t n, const Chosen& chosen, const Value& value) {
  W block[kPacked];
  int64_t count = 0;
  for (int64_t j = 0; j < n; ++j) {
    block[count] = value(j);
    count += chosen(j);
  }
  if (count > room) count = room;
  __builtin_memcpy(to, block, size_t(count) * sizeof(W));
  return count;
}

template <class T>
static void count_chunks(const KernelCall& call) {
  int64_t* offsets = call.operands[0].as<int64_t>();
  const T* x = call.operands[1].as<T>();
  const int64_t n = call.operands[1].numel();
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
  for_each_chunk(input.numel(), [&](int64_t chunk, int64_t begin, int64_t end) {
    int64_t at = offsets[chunk];
    const int64_t last = offsets[chunk + 1];  // a bound: another thread may be writing the input
    if (at == last) return;
    for (int64_t row = begin / inner, i = begin; i < end; ++row) {
      const int64_t start = row * inner, stop = start + inner < end ? start + inner : end, first = at;
      int64_t* const last_column = columns + (input.ndim - 1) * found;
      for (; i < stop; i += kPacked)
        at += pack(
            last_column + at, last - at, stop - i < kPacked ? stop - i : kPacked,
            [&](int64_t j) { return is_nonzero(x[i + j]); }, [&](int64_t j) { return i + j - start; });
      i = stop;
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
  for_each_chunk(call.operands[2].numel(), [&](int64_t chunk, int64_t begin, int64_t end) {
    int64_t at = offsets[chunk];
    const int64_t last = offsets[chunk + 1];
    for (int64_t i = begin; i < end; i += kPacked)
      at += pack(
          out + at, last - at, end - i < kPacked ? end - i : kPacked, [&](int64_t j) { return mask[i + j]; },
          [&](int64_t j) { return x[i + j]; });
  });
}

template <class W>
static void masked_scatter(const KernelCall& call) {
  W* const self = call.operands[0].as<W>();
  const bool* const mask = call.operands[1].as<bool>();
  const W* const source = call.operands[2].as<W>();
  const int64_t* const offsets = call.operands[3].as<int64_t>();
  const int64_t total = offsets[call.operands[3].sizes[0] - 1], given = call.operands[2].numel();
  if (total > given) return report(call.error, 1, given, total);
  for_each_chunk(call.operands[1].numel(), [&](int64_t chunk, int64_t begin, int64_t end) {
    int64_t at = offsets[chunk];
    const int64_t last = offsets[chunk + 1];
    for (int64_t i = begin; i < end; ++i)
      if (mask[i] && at < last) self[i] = source[at++];
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
