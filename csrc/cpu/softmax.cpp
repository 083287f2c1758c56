// Softmax along dense rows: the maximum, the exponentials, their sum in the order of sums, one division each.
#include "cpu/softmax_kernels.h"

#include "core/parallel.h"
#include "cpu/softmax_row.h"

RL_ISA_BEGIN

template <class Body>
RL_INLINE void each_row(const View& out, const Body& body) {
  const int64_t rows = out.sizes[0], n = out.sizes[1];
  if (rows == 0 || n == 0) return;
  parallel_for(rows, n >= 8192 ? 1 : 8192 / n, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) body(r * n, n);
  });
}

template <class T, bool kLog>
static void softmax(const KernelCall& call) {
  T* const out = call.operands[0].as<T>();
  const T* const input = call.operands[1].as<T>();
  each_row(call.operands[0], [&](int64_t at, int64_t n) {
    const T* x = input + at;
    T* y = out + at;
    const T top = largest(x, n);
    T sum;
    if constexpr (kLog)
      sum = row_sum<T>(
          n, [&](int64_t i) __attribute__((always_inline)) { return functors::detail::exp_negative(x[i] - top); });
    else
      sum = exponentials(n, x, top, y);
    const T shift = kLog ? functors::Log()(sum) : T(0);
    by_lanes(0, n, [&](int64_t i, int m) __attribute__((always_inline)) {
      for (int l = 0; l < kLanes; ++l)
        if (l < m) y[i + l] = kLog ? (x[i + l] - top) - shift : y[i + l] / sum;
    });
  });
}

template <class T, bool kLog>
static void softmax_backward(const KernelCall& call) {
  T* const out = call.operands[0].as<T>();
  const T* const gradient = call.operands[1].as<T>();
  const T* const result = call.operands[2].as<T>();
  each_row(call.operands[0], [&](int64_t at, int64_t n) {
    const T *g = gradient + at, *y = result + at;
    T* to = out + at;
    if constexpr (kLog) {
      const T sum = row_sum<T>(n, [&](int64_t i) __attribute__((always_inline)) { return g[i]; });
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) to[i] = g[i] - functors::Exp()(y[i]) * sum;
    } else {
      const T sum = row_sum<T>(n, [&](int64_t i) __attribute__((always_inline)) { return g[i] * y[i]; });
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) to[i] = (g[i] - sum) * y[i];
    }
  });
}

extern const KernelEntry softmax_entries[];
const KernelEntry softmax_entries[] = {
    {&kernels::softmax, DType::Float32, &softmax<float, false>},
    {&kernels::softmax, DType::Float64, &softmax<double, false>},
    {&kernels::log_softmax, DType::Float32, &softmax<float, true>},
    {&kernels::log_softmax, DType::Float64, &softmax<double, true>},
    {&kernels::softmax_backward, DType::Float32, &softmax_backward<float, false>},
    {&kernels::softmax_backward, DType::Float64, &softmax_backward<double, false>},
    {&kernels::log_softmax_backward, DType::Float32, &softmax_backward<float, true>},
    {&kernels::log_softmax_backward, DType::Float64, &softmax_backward<double, true>},
};
extern const int softmax_count;
const int softmax_count = int(sizeof(softmax_entries) / sizeof(KernelEntry));

RL_ISA_END
