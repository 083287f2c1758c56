// Sorting rows by merging from the bottom up: stable, NaN the largest.
#include "cpu/sort_kernels.h"

#include "core/parallel.h"

RL_ISA_BEGIN

template <class T>
RL_INLINE bool is_less(T a, T b) {
  return a < b || (b != b && a == a);
}

template <class T>
static void sort_row(const T* x, T* values, int64_t* order, int64_t* other, int64_t n, bool descending) {
  for (int64_t i = 0; i < n; ++i) order[i] = i;
  for (int64_t width = 1; width < n; width *= 2) {
    for (int64_t begin = 0; begin < n; begin += 2 * width) {
      const int64_t middle = begin + width < n ? begin + width : n, end = begin + 2 * width < n ? begin + 2 * width : n;
      int64_t a = begin, b = middle;
      for (int64_t to = begin; to < end; ++to) {
        const bool right =
            b < end &&
            (a == middle || (descending ? is_less(x[order[a]], x[order[b]]) : is_less(x[order[b]], x[order[a]])));
        other[to] = right ? order[b++] : order[a++];
      }
    }
    int64_t* const sorted = other;
    other = order;
    order = sorted;
  }
  for (int64_t i = 0; i < n; ++i) values[i] = x[order[i]];
}

static int64_t sort_scratch(const KernelCall& call) {
  return call.operands[0].sizes[0] * call.operands[0].sizes[1] * 8;
}

template <class T>
static void sort(const KernelCall& call) {
  const int64_t rows = call.operands[0].sizes[0], n = call.operands[0].sizes[1];
  const bool descending = call.parameters.as<kernels::SortParameters>().descending;
  T* const values = call.operands[0].as<T>();
  int64_t* const indices = call.operands[1].as<int64_t>();
  const T* const input = call.operands[2].as<T>();
  int64_t* const spare = static_cast<int64_t*>(call.scratch);
  if (n == 0) return;
  int passes = 0;
  for (int64_t width = 1; width < n; width *= 2) ++passes;
  parallel_for(rows, n >= 2048 ? 1 : 2048 / n, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      // after an odd number of passes the order stands in the other array: begin there, so that it ends in the result
      int64_t* result = indices + r * n;
      int64_t* other = spare + r * n;
      sort_row(input + r * n, values + r * n, passes % 2 ? other : result, passes % 2 ? result : other, n, descending);
    }
  });
}

extern const KernelEntry sort_entries[];
const KernelEntry sort_entries[] = {
#define X(Name, T) {&kernels::sort, DType::Name, &sort<T>, &sort_scratch},
    X(Float32, float) X(Float64, double) X(UInt8, uint8_t) X(Int32, int32_t) X(Int64, int64_t) X(UInt64, uint64_t)
        X(Bool, bool)
#undef X
};
extern const int sort_count;
const int sort_count = int(sizeof(sort_entries) / sizeof(KernelEntry));

RL_ISA_END
