// Scans: blocks of 4096, each in order, on top of the total of those before it (DESIGN, section 5).
#include "cpu/scan_kernels.h"

#include "core/parallel.h"
#include "cpu/sum_order.h"

RL_ISA_BEGIN

/// Integers wrap around.
template <class T, bool kProduct>
RL_INLINE T joined(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return kProduct ? T(uint64_t(a) * uint64_t(b)) : T(uint64_t(a) + uint64_t(b));
  else
    return kProduct ? a * b : a + b;
}

template <class T, bool kProduct>
static void scan(const KernelCall& call) {
  const View &out = call.operands[0], &input = call.operands[1];
  const int last = input.ndim - 1;
  const int64_t n = input.sizes[last], in_step = input.strides[last], out_step = out.strides[last];
  int64_t rows = 1;
  for (int d = 0; d < last; ++d) rows *= input.sizes[d];
  if (n == 0) return;
  parallel_for(rows, n >= 16384 ? 1 : 16384 / n, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      int64_t rest = row, x = 0, y = 0;
      for (int d = last - 1; d >= 0; --d) {
        const int64_t i = rest % input.sizes[d];
        rest /= input.sizes[d];
        x += i * input.strides[d];
        y += i * out.strides[d];
      }
      const T* from = input.as<T>() + x;
      T* to = out.as<T>() + y;
      T before = kProduct ? T(1) : T(0);
      for (int64_t b = 0; b < n; b += kSumBlock) {
        const int64_t stop = n - b < kSumBlock ? n : b + kSumBlock;
        T running = from[b * in_step];
        to[b * out_step] = b == 0 ? running : joined<T, kProduct>(before, running);
        for (int64_t i = b + 1; i < stop; ++i) {
          running = joined<T, kProduct>(running, from[i * in_step]);
          to[i * out_step] = b == 0 ? running : joined<T, kProduct>(before, running);
        }
        before = b == 0 ? running : joined<T, kProduct>(before, running);
      }
    }
  });
}

extern const KernelEntry scan_entries[];
const KernelEntry scan_entries[] = {
#define X(Name, T) {&kernels::cumsum, DType::Name, &scan<T, false>}, {&kernels::cumprod, DType::Name, &scan<T, true>},
    X(Float32, float) X(Float64, double) X(Int64, int64_t) X(Complex64, complex<float>) X(Complex128, complex<double>)
#undef X
};
extern const int scan_count;
const int scan_count = int(sizeof(scan_entries) / sizeof(KernelEntry));

RL_ISA_END
