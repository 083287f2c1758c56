// functors/loss.def: the loss of each element, all of them summed in the order of sums as they are made, and the slope.
#include "functors/loss.h"

#include "core/parallel.h"
#include "cpu/loss_kernels.h"
#include "cpu/pointwise.h"
#include "cpu/sum_order.h"

RL_ISA_BEGIN

using functors::LossParams;

static int64_t total_scratch(const KernelCall& call) {
  return blocks_of(call.operands[1].numel()) * int64_t(sizeof(double));
}

/// {total, input, target}, dense.
template <class F, class T>
static void loss_total(const KernelCall& call) {
  const T *x = call.operands[1].as<T>(), *y = call.operands[2].as<T>();
  const LossParams p = call.parameters.as<LossParams>();
  const T coefficient = T(p.coefficient);
  const int64_t n = call.operands[1].numel(), blocks = blocks_of(n);
  T* const sums = static_cast<T*>(call.scratch);
  parallel_for(blocks, 4, [&](int64_t first, int64_t last) __attribute__((noinline)) {
    T loss[kSumBlock];
    for (int64_t b = first; b < last; ++b) {
      const int64_t begin = b * kSumBlock, count = n - begin < kSumBlock ? n - begin : kSumBlock;
#pragma GCC ivdep
      for (int64_t i = 0; i < count; ++i) loss[i] = F::value(coefficient, x[begin + i], y[begin + i]);
      sums[b] = block_of<T>(loss, count);
    }
  });
  BlockTree<T> tree;
  for (int64_t b = 0; b < blocks; ++b) tree.add(sums[b]);
  *call.operands[0].as<T>() = (tree.total() + T(0)) / T(p.divisor);
}

template <class F, class T>
static void loss_each(int64_t n, void* const* blocks, const Parameters& parameters) {
  binary_loop<functors::LossOf<F>, T>(n, blocks, parameters);
}
template <class F, class T>
static void loss_slope(int64_t n, void* const* blocks, const Parameters& parameters) {
  ternary_loop<functors::SlopeOf<F>, T>(n, blocks, parameters);
}

extern const KernelEntry loss_elements_entries[];
const KernelEntry loss_elements_entries[] = {
#define RL_LOSS_OF(name, F, Name, T)                                      \
  {&kernels::name, DType::Name, &loss_each<functors::F, T>},              \
      {&kernels::name##_slope, DType::Name, &loss_slope<functors::F, T>}, \
      {&kernels::name##_total, DType::Name, &loss_total<functors::F, T>, &total_scratch},
#define RL_LOSS(name, F) RL_LOSS_OF(name, F, Float32, float) RL_LOSS_OF(name, F, Float64, double)
#include "functors/loss.def"
#undef RL_LOSS
#undef RL_LOSS_OF
};
extern const int loss_elements_count;
const int loss_elements_count = int(sizeof(loss_elements_entries) / sizeof(KernelEntry));

RL_ISA_END
