// The negative log-likelihood of target classes, summed in the order of sums while it is picked, and its gradient.
#include "cpu/loss_kernels.h"

#include "core/parallel.h"
#include "cpu/index_walk.h"
#include "cpu/sum_order.h"

RL_ISA_BEGIN

using kernels::NllParameters;
using kernels::Reduction;

constexpr int64_t kLossGrain = 16384;  // elements worth a second thread

/// What a target class weighs: nothing where it is ignored or, which is reported, not there.
template <class T>
struct Classes {
  int64_t count, ignored;
  const T* weight;  // null: all weigh 1
  int64_t weight_step;
  ErrorWord* error;

  RL_INLINE Classes(const KernelCall& call, int64_t classes, int weight_at)
      : count(classes),
        ignored(call.parameters.as<NllParameters>().ignored),
        weight(call.count > weight_at ? call.operands[weight_at].as<T>() : nullptr),
        weight_step(weight ? call.operands[weight_at].strides[0] : 0),
        error(call.error) {}
  RL_INLINE T weight_of(int64_t target) const { return weight ? weight[target * weight_step] : T(1); }
  RL_INLINE bool has(int64_t target, int64_t position) const {
    if (target == ignored) return false;
    if (RL_LIKELY(uint64_t(target) < uint64_t(count))) return true;
    report(error, 1, position, target);
    return false;
  }
};

static int64_t positions_of(const View& target) {
  int64_t n = 1;
  for (int d = 0; d < target.ndim; ++d) n *= target.sizes[d];
  return n;
}

static int64_t nll_loss_scratch(const KernelCall& call) {
  return 2 * blocks_of(positions_of(call.operands[3])) * int64_t(sizeof(double));
}

template <class T>
static void nll_loss(const KernelCall& call) {
  const View &out = call.operands[0], &input = call.operands[2], &target = call.operands[3];
  const Reduction reduction = call.parameters.as<NllParameters>().reduction;
  const bool each = reduction == Reduction::None;
  const int64_t class_step = input.strides[target.ndim];
  const Classes<T> classes(call, input.sizes[target.ndim], 4);
  Walk walk;  // 0 losses, 1 input, 2 target
  walk.operands = 3;
  for (int d = 0; d < target.ndim; ++d) {
    const int64_t steps[kWalked] = {each ? out.strides[d] : 0, input.strides[d], target.strides[d]};
    walk.add(target.sizes[d], steps);
  }
  walk.finish();

  const int64_t n = walk.numel, blocks = blocks_of(n);
  T* const sums = static_cast<T*>(call.scratch);
  T* const totals = sums + blocks;
  parallel_for(blocks, kLossGrain / kSumBlock, [&](int64_t first, int64_t last) __attribute__((noinline)) {
    T loss[kSumBlock], weight[kSumBlock];
    for (int64_t block = first; block < last; ++block) {
      const int64_t begin = block * kSumBlock, count = n - begin < kSumBlock ? n - begin : kSumBlock;
      Place place(walk, begin);
      for (int64_t i = 0; i < count;) {
        const int64_t left = place.left(walk), run = left < count - i ? left : count - i;
        for (int64_t j = 0; j < run; ++j) {
          const int64_t c = target.as<int64_t>()[place.at[2] + j * walk.step(2)];
          const bool counts = classes.has(c, begin + i + j);
          const T w = counts ? classes.weight_of(c) : T(0);
          const T* x = input.as<T>() + place.at[1] + j * walk.step(1);
          const T l = counts ? -(x[c * class_step] * w) : T(0);
          if (each) out.as<T>()[place.at[0] + j * walk.step(0)] = l;
          loss[i + j] = l;
          weight[i + j] = w;
        }
        i += run;
        place.advance(walk, run);
      }
      sums[block] = block_of<T>(loss, count);
      totals[block] = block_of<T>(weight, count);
    }
  });
  BlockTree<T> sum, total;
  for (int64_t b = 0; b < blocks; ++b) sum.add(sums[b]), total.add(totals[b]);
  *call.operands[1].as<T>() = total.total();
  if (reduction == Reduction::Sum) *out.as<T>() = sum.total();
  if (reduction == Reduction::Mean) *out.as<T>() = sum.total() / total.total();
}

template <class T>
static void nll_loss_backward(const KernelCall& call) {
  const View &out = call.operands[0], &grad = call.operands[1], &target = call.operands[2];
  const int64_t rows = out.sizes[0], count = out.sizes[1], inner = out.sizes[2];
  const bool mean = call.parameters.as<NllParameters>().reduction == Reduction::Mean;
  const T total = *call.operands[3].as<T>();
  const Classes<T> classes(call, count, 4);
  const int64_t grain = count < kLossGrain ? kLossGrain / (count + 1) : 1;
  parallel_for(rows * inner, grain, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    for (int64_t position = begin; position < end;) {
      const int64_t row = position / inner, d0 = position % inner, left = inner - d0;
      const int64_t run = left < end - position ? left : end - position;
      T* const to = out.as<T>() + row * count * inner;
      if (run == inner)
        __builtin_memset(to, 0, size_t(count * inner) * sizeof(T));
      else
        for (int64_t c = 0; c < count; ++c) __builtin_memset(to + c * inner + d0, 0, size_t(run) * sizeof(T));
      for (int64_t d = d0; d < d0 + run; ++d) {
        const int64_t c = target.as<int64_t>()[row * target.strides[0] + d * target.strides[1]];
        if (!classes.has(c, row * inner + d)) continue;
        const T g = grad.as<T>()[row * grad.strides[0] + d * grad.strides[1]] * classes.weight_of(c);
        to[c * inner + d] = -(mean ? g / total : g);
      }
      position += run;
    }
  });
}

extern const KernelEntry loss_entries[];
const KernelEntry loss_entries[] = {
    {&kernels::nll_loss, DType::Float32, &nll_loss<float>, &nll_loss_scratch},
    {&kernels::nll_loss, DType::Float64, &nll_loss<double>, &nll_loss_scratch},
    {&kernels::nll_loss_backward, DType::Float32, &nll_loss_backward<float>},
    {&kernels::nll_loss_backward, DType::Float64, &nll_loss_backward<double>},
};
extern const int loss_count;
const int loss_count = int(sizeof(loss_entries) / sizeof(KernelEntry));

RL_ISA_END
