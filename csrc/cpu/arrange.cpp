// Copies that put elements in other places: one triangle kept, a dim backwards, blocks repeated; and such places as
// indices.
#include "cpu/arrange_kernels.h"

#include "core/parallel.h"
#include "cpu/index_walk.h"
#include "cpu/index_write.h"

RL_ISA_BEGIN

static void triangle(const KernelCall& call) {
  const auto p = call.parameters.as<kernels::Triangle>();
  const View& in = call.operands[1];
  const int64_t item = item_size(in.dtype), rows = in.sizes[in.ndim - 2], cols = in.sizes[in.ndim - 1];
  int64_t all = rows;
  for (int d = 0; d < in.ndim - 2; ++d) all *= in.sizes[d];
  char* const to = call.operands[0].as<char>();
  const char* const from = in.as<char>();
  const int64_t grain = 16384 / cols + 1;
  parallel_for(all, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      int64_t edge = i % rows + p.diagonal + !p.upper;
      edge = edge < 0 ? 0 : edge > cols ? cols : edge;
      char* row = to + i * cols * item;
      const int64_t kept = p.upper ? edge : 0, kept_end = p.upper ? cols : edge;
      if (to != from && kept_end > kept)
        __builtin_memcpy(row + kept * item, from + (i * cols + kept) * item, size_t((kept_end - kept) * item));
      const int64_t clear = p.upper ? 0 : edge, clear_end = p.upper ? edge : cols;
      if (clear_end > clear) __builtin_memset(row + clear * item, 0, size_t((clear_end - clear) * item));
    }
  });
}

static void count_repeats(const KernelCall& call) {
  const int64_t* repeats = call.operands[1].as<int64_t>();
  int64_t total = 0;
  for (int64_t i = 0; i < call.operands[1].sizes[0]; ++i) {
    if (repeats[i] < 0) return report(call.error, 1, i, repeats[i]);
    if (__builtin_add_overflow(total, repeats[i], &total)) return report(call.error, 2, i, repeats[i]);
  }
  *call.operands[0].as<int64_t>() = total;
}

static void repeated_indices(const KernelCall& call) {
  int64_t* index = call.operands[0].as<int64_t>();
  const int64_t* repeats = call.operands[1].as<int64_t>();
  for (int64_t i = 0; i < call.operands[1].sizes[0]; ++i)
    for (int64_t k = 0; k < repeats[i]; ++k) *index++ = i;
}

static void triangle_places(const KernelCall& call) {
  const auto p = call.parameters.as<kernels::Triangle>();
  int64_t* rows = call.operands[0].as<int64_t>();
  int64_t* cols = rows + call.operands[0].sizes[1];
  for (int64_t r = p.upper || p.diagonal > 0 ? 0 : -p.diagonal; r < p.rows; ++r) {
    int64_t edge = r + p.diagonal + !p.upper;
    edge = edge < 0 ? 0 : edge > p.cols ? p.cols : edge;
    const int64_t begin = p.upper ? edge : 0, end = p.upper ? p.cols : edge;
    for (int64_t c = begin; c < end; ++c) *rows++ = r, *cols++ = c;
  }
}

template <class W>
static void reverse(const KernelCall& call) {
  const View &out = call.operands[0], &in = call.operands[1];
  Walk walk;  // 0 out, 1 input
  walk.operands = 2;
  for (int d = 0; d < out.ndim; ++d) {
    const int64_t steps[kWalked] = {out.strides[d], in.strides[d]};
    walk.add(out.sizes[d], steps);
  }
  walk.finish();
  W* const to = out.as<W>();
  const W* const from = in.as<W>();
  parallel_for(walk.numel, 16384, [&](int64_t begin, int64_t end) {
    Place place(walk, begin);
    for (int64_t position = begin; position < end;) {
      const int64_t left = place.left(walk), n = left < end - position ? left : end - position;
      W* run_to = to + place.at[0];
      const W* run_from = from + place.at[1];
      const int64_t step = walk.step(1);
      if (step == -1) {
        for (int64_t j = 0; j < n; ++j) run_to[j] = run_from[-j];
      } else {
        copy_run(run_to, 1, run_from, step, n);
      }
      position += n;
      place.advance(walk, n);
    }
  });
}

template <class W>
static void repeat_blocks(const KernelCall& call) {
  const View& out = call.operands[0];
  const int64_t n = out.sizes[0], repeats = out.sizes[1], inner = out.sizes[2];
  W* const to = out.as<W>();
  const W* const from = call.operands[1].as<W>();
  parallel_for(n, 16384 / (repeats * inner) + 1, [&](int64_t begin, int64_t end) {
    W* next = to + begin * repeats * inner;
    for (int64_t i = begin; i < end; ++i) {
      if (inner == 1) {
        for (int64_t k = 0; k < repeats; ++k) *next++ = from[i];
        continue;
      }
      for (int64_t k = 0; k < repeats; ++k, next += inner)
        __builtin_memcpy(next, from + i * inner, size_t(inner) * sizeof(W));
    }
  });
}

#define X(name, Name, type, Short)                                                                        \
  {&kernels::triangle, DType::Name, &triangle}, {&kernels::reverse, DType::Name, &reverse<WordOf<type>>}, \
      {&kernels::repeat_blocks, DType::Name, &repeat_blocks<WordOf<type>>},
extern const KernelEntry arrange_entries[];
const KernelEntry arrange_entries[] = {RL_FOR_EACH_DTYPE(X){&kernels::triangle_places, DType::Int64, &triangle_places},
                                       {&kernels::count_repeats, DType::Int64, &count_repeats},
                                       {&kernels::repeated_indices, DType::Int64, &repeated_indices}};
#undef X
extern const int arrange_count;
const int arrange_count = int(sizeof(arrange_entries) / sizeof(KernelEntry));

RL_ISA_END
