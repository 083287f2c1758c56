// Scans that are no sums: the largest and smallest so far, and the logarithm of the exponentials so far.
#include <type_traits>

#include "core/parallel.h"
#include "cpu/reduce_types.h"
#include "cpu/scan_kernels.h"
#include "functors/traits.h"

RL_ISA_BEGIN

/// body(offsets of a row in every operand), in parallel.
template <class Body>
RL_INLINE void over_scans(const KernelCall& call, Body&& body) {
  const View& shape = call.operands[0];
  const int last = shape.ndim - 1;
  const int64_t n = shape.sizes[last];
  int64_t rows = 1;
  for (int d = 0; d < last; ++d) rows *= shape.sizes[d];
  if (n == 0) return;
  parallel_for(rows, n >= 8192 ? 1 : 8192 / n, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      int64_t at[3] = {0, 0, 0}, rest = r;
      for (int d = last - 1; d >= 0; --d) {
        for (int o = 0; o < call.count; ++o) at[o] += rest % shape.sizes[d] * call.operands[o].strides[d];
        rest /= shape.sizes[d];
      }
      body(at, n);
    }
  });
}

template <class T, bool kMax>
static void running_extreme(const KernelCall& call) {
  const int last = call.operands[0].ndim - 1;
  const int64_t value_step = call.operands[0].strides[last], index_step = call.operands[1].strides[last],
                step = call.operands[2].strides[last];
  over_scans(call, [&](const int64_t* at, int64_t n) {
    const T* x = call.operands[2].as<T>() + at[2];
    T* values = call.operands[0].as<T>() + at[0];
    int64_t* indices = call.operands[1].as<int64_t>() + at[1];
    T best = x[0];
    int64_t where = 0, i = 0;
    const auto put = [=](int64_t at_i, T value, int64_t place) __attribute__((always_inline)) {
      values[at_i * value_step] = value;
      indices[at_i * index_step] = place;
    };
    while (i < n && !functors::is_nan(best)) {
      best = x[i * step], where = i;  // the later of equals, or the first NaN
      put(i++, best, where);
      // a loop of its own for what changes nothing: one select for both cases waits for itself
      for (; i < n && (kMax ? x[i * step] < best : x[i * step] > best); ++i) put(i, best, where);
    }
    for (; i < n; ++i) {  // from the first NaN on there is only the latest NaN
      if (functors::is_nan(x[i * step])) best = x[i * step], where = i;
      put(i, best, where);
    }
  });
}

/// log(exp(a) + exp(b)), by the larger real part; equal infinities are themselves.
template <class T>
RL_INLINE T log_add(T a, T b) {
  if constexpr (functors::is_floating<T>) {
    const T high = a != a || a > b ? a : b, low = a != a || a > b ? b : a;
    if (high == low && high - low != T(0)) return high;
    return functors::log1p(functors::exp(low - high)) + high;
  } else {
    const T high = a.re > b.re ? a : b, low = a.re > b.re ? b : a;
    if (low.re == -decltype(a.re)(__builtin_inf())) return high;
    return functors::log(functors::exp(low - high) + T(1)) + high;
  }
}

template <class T>
static void logcumsumexp(const KernelCall& call) {
  const int last = call.operands[0].ndim - 1;
  const int64_t out_step = call.operands[0].strides[last], step = call.operands[1].strides[last];
  over_scans(call, [&](const int64_t* at, int64_t n) {
    const T* x = call.operands[1].as<T>() + at[1];
    T* y = call.operands[0].as<T>() + at[0];
    T running = y[0] = x[0];
    for (int64_t i = 1; i < n; ++i) y[i * out_step] = running = log_add(running, x[i * step]);
  });
}

extern const KernelEntry running_entries[];
const KernelEntry running_entries[] = {
#define X(Name, T) {&kernels::logcumsumexp, DType::Name, &logcumsumexp<T>},
    RL_TYPES_FloatingComplex(X)
#undef X
#define X(Name, T)                                            \
  {&kernels::cummax, DType::Name, &running_extreme<T, true>}, \
      {&kernels::cummin, DType::Name, &running_extreme<T, false>},
        RL_TYPES_Ordered(X)
#undef X
};
extern const int running_count;
const int running_count = int(sizeof(running_entries) / sizeof(KernelEntry));

RL_ISA_END
