// What a launch costs beside its arithmetic, and from how many elements on a second thread pays (kGrain of
// core/plan.cpp).
#include <benchmark/benchmark.h>

#include "core/launch.h"
#include "core/parallel.h"
#include "core/plan.h"
#include "cpu/pointwise_kernels.h"
#include "cpu/select.h"
#include "ops/pointwise.h"

namespace {

using namespace rl;

Tensor ones(const Dims& sizes) { return ops::full(sizes, Scalar(1), DType::Float32); }

// The arithmetic alone: what every line below adds to this is the door's.
void block(benchmark::State& state) {
  const Tensor a = ones({4}), b = ones({4}), out = ones({4});
  void* blocks[] = {out.data(), a.data(), b.data()};
  const BlockFunction add = kernels::add.block[int(DType::Float32)];
  for (auto _ : state) add(4, blocks, {});
}
BENCHMARK(block);

void plan(benchmark::State& state) {
  const Tensor a = ones({4}), b = ones({4}), out = ones({4});
  const Operand operands[] = {out, a, b};
  for (auto _ : state) benchmark::DoNotOptimize(Plan(kernels::add, operands, DType::Float32));
}
BENCHMARK(plan);

void launch_add(benchmark::State& state) {
  const Tensor a = ones({4}), b = ones({4}), out = ones({4});
  for (auto _ : state) launch(kernels::add, {out, a, b}, DType::Float32);
}
BENCHMARK(launch_add);

void launch_broadcast(benchmark::State& state) {  // staged: a row against a column
  const Tensor a = ones({2, 1}), b = ones({1, 2}), out = ones({2, 2});
  for (auto _ : state) launch(kernels::add, {out, a, b}, DType::Float32);
}
BENCHMARK(launch_broadcast);

void op_add(benchmark::State& state) {  // with promotion, shapes and the memory of the result
  const Tensor a = ones({4}), b = ones({4});
  for (auto _ : state) benchmark::DoNotOptimize(ops::add(a, b, Scalar(1), nullptr));
}
BENCHMARK(op_add);

void record(benchmark::State& state) {  // the same while a tape watches
  const Tensor a = ones({4}), b = ones({4}), out = ones({4});
  Tape tape;
  exchange_observer(&tape);
  for (auto _ : state) launch(kernels::add, {out, a, b}, DType::Float32);
  exchange_observer(nullptr);
}
BENCHMARK(record)->Iterations(100000);

void replay(benchmark::State& state) {
  const Tensor a = ones({4}), b = ones({4}), out = ones({4});
  Tape tape;
  exchange_observer(&tape);
  launch(kernels::add, {out, a, b}, DType::Float32);
  exchange_observer(nullptr);
  for (auto _ : state) tape.replay();
}
BENCHMARK(replay);

/// parallel_for itself: two pieces that do nothing.
void wake(benchmark::State& state) {
  set_num_threads(int(state.range(0)));
  for (auto _ : state) parallel_for(2, 1, [](int64_t begin, int64_t) { benchmark::DoNotOptimize(begin); });
}
BENCHMARK(wake)->Arg(1)->Arg(2)->UseRealTime();

/// One elementwise kernel over n elements in `pieces` pieces: the grain is where two begin to win.
template <const Kernel& kernel>
void grain(benchmark::State& state) {
  const int64_t n = state.range(0), pieces = state.range(1);
  const Tensor a = ones({n}), b = ones({n}), out = ones({n});
  const BlockFunction function = kernel.block[int(DType::Float32)];
  set_num_threads(int(pieces));
  for (auto _ : state)
    parallel_for(n, (n + pieces - 1) / pieces, [&](int64_t begin, int64_t end) {
      void* blocks[] = {out.data_as<float>() + begin, a.data_as<float>() + begin, b.data_as<float>() + begin};
      function(end - begin, blocks, {});
    });
  state.SetItemsProcessed(state.iterations() * n);
}
void sizes(benchmark::internal::Benchmark* b) {
  for (int64_t n = 1 << 11; n <= 1 << 19; n *= 2)
    for (int64_t pieces : {1, 2}) b->Args({n, pieces});
  b->UseRealTime();
}
BENCHMARK(grain<kernels::add>)->Apply(sizes);
BENCHMARK(grain<kernels::tanh>)->Apply(sizes);

}  // namespace

int main(int count, char** words) {
  rl::cpu::isa();
  benchmark::Initialize(&count, words);
  if (benchmark::ReportUnrecognizedArguments(count, words)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
