// Sums over either dim: the order of sums (DESIGN, section 5) beside plain loops, checked against float64 first.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <vector>

#include "core/parallel.h"
#include "core/tensor.h"
#include "cpu/reduce.cpp"
#include "ops/common.h"

namespace {

using namespace rl;
namespace lab = rl::cpu::bench;

enum Over { Rows, Columns, All };  // the dim that goes: the second, the first, both

/// The library's kernel on a matrix, called as `launch` calls it.
void in_order(const Tensor& x, Over over, float* out) {
  const int64_t rows = x.size(0), columns = x.size(1);
  const int64_t turned_sizes[] = {columns, rows}, turned_strides[] = {1, columns}, one[] = {1};
  const int64_t sizes[] = {rows, columns}, strides[] = {columns, 1};
  const View input{
      x.data(), over == Columns ? turned_sizes : sizes, over == Columns ? turned_strides : strides, 2, DType::Float32,
      nullptr};
  const View operands[] = {{out, input.sizes, one, over == All ? 0 : 1, DType::Float32, nullptr}, input};
  const Parameters parameters = Parameters::pack(kernels::ReduceParameters{over == All ? 0 : 1});
  KernelCall call{operands, 2, parameters, nullptr, nullptr};
  static std::vector<double> scratch;
  scratch.resize(size_t(lab::reduce_scratch(call)) / sizeof(double) + 1);
  call.scratch = scratch.data();
  lab::reduce<functors::Sum, float>(call);
}

/// One running sum a row, and one sweep over rows for the columns: what is written first, and what -O3 may not reorder.
template <class Sum>
void plain(const Tensor& t, Over over, Sum* out) {
  const float* x = t.data_as<float>();
  const int64_t rows = t.size(0), columns = t.size(1);
  for (int64_t i = 0; i < (over == All ? 1 : over == Rows ? rows : columns); ++i) out[i] = 0;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) out[over == All ? 0 : over == Rows ? i : j] += Sum(x[i * columns + j]);
}

Tensor matrix(int64_t rows, int64_t columns) {
  const Tensor t = empty({rows, columns}, DType::Float32);
  uint32_t state = 1;
  for (int64_t i = 0; i < t.numel(); ++i)
    t.data_as<float>()[i] = float((state = state * 1664525u + 1013904223u) >> 8) * 0x1p-24f;
  return t;
}

constexpr int64_t kShapes[][2] = {{1024, 1024}, {64, 10}, {100000, 10}, {10, 100000}, {4096, 128}};

void measure(benchmark::State& state, bool ours) {
  const auto* shape = kShapes[state.range(0)];
  const Over over = Over(state.range(1));
  set_num_threads(1);
  const Tensor x = matrix(shape[0], shape[1]);
  std::vector<float> out(size_t(shape[0] + shape[1]));
  for (auto _ : state) {
    ours ? in_order(x, over, out.data()) : plain(x, over, out.data());
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  const char* names[] = {"over its rows", "over its columns", "over all"};
  state.SetLabel(concat(x.sizes(), " ", names[over]));
  state.SetBytesProcessed(state.iterations() * x.numel() * 4);
}

/// Largest error in units of u sum|x|; n - 1 bounds a plain loop, 127 in a lane and then the tree bound ours (Higham
/// 2002, section 4.2).
bool check(int64_t rows, int64_t columns, Over over) {
  const Tensor x = matrix(rows, columns);
  const auto n = size_t(over == All ? 1 : over == Rows ? rows : columns);
  std::vector<float> ours(n), loop(n);
  std::vector<double> exact(n);
  in_order(x, over, ours.data());
  plain(x, over, loop.data());
  plain(x, over, exact.data());
  constexpr double unit = 0x1p-24;
  double worst = 0, worst_loop = 0;
  for (size_t i = 0; i < n; ++i) {
    worst = std::max(worst, std::fabs(ours[i] - exact[i]) / (exact[i] * unit));
    worst_loop = std::max(worst_loop, std::fabs(loop[i] - exact[i]) / (exact[i] * unit));
  }
  std::printf("[%ld, %ld] %d: error %.2f, plain loop %.2f\n", long(rows), long(columns), int(over), worst, worst_loop);
  return worst < 127 + 5 + 5;  // 32 lanes, up to 25 blocks
}

}  // namespace

int main(int count, char** words) {
  bool good = true;
  for (const auto& shape : kShapes)
    for (const Over over : {Rows, Columns, All}) good &= check(shape[0], shape[1], over);
  if (!good) return 1;
  for (const bool ours : {true, false}) {
    auto* b = benchmark::RegisterBenchmark(ours ? "in_order" : "plain", measure, ours);
    for (int64_t shape = 0; shape < int64_t(std::size(kShapes)); ++shape)
      for (int64_t over : {Rows, Columns, All}) b->Args({shape, over});
  }
  benchmark::Initialize(&count, words);
  if (benchmark::ReportUnrecognizedArguments(count, words)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
