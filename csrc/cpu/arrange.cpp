// triangle: one side of each matrix kept, zero on the other. repeated_indices: indices repeated.
#include "cpu/arrange_kernels.h"

#include "core/parallel.h"

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

#define X(name, Name, type, Short) {&kernels::triangle, DType::Name, &triangle},
extern const KernelEntry arrange_entries[];
const KernelEntry arrange_entries[] = {RL_FOR_EACH_DTYPE(X){&kernels::count_repeats, DType::Int64, &count_repeats},
                                       {&kernels::repeated_indices, DType::Int64, &repeated_indices}};
#undef X
extern const int arrange_count;
const int arrange_count = int(sizeof(arrange_entries) / sizeof(KernelEntry));

RL_ISA_END
