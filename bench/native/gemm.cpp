// The matrix product: GFLOP/s of square and skinny shapes beside a plain loop, checked first.
// `gemm --sweep kc`: the micro-kernel over packed panels of several depths along K (kChain of cpu/product_tile.h).
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/parallel.h"
#include "cpu/product.cpp"

namespace {

namespace lab = rl::cpu::bench;

using Matrix = std::vector<float>;
Matrix random(int64_t n) {
  static uint32_t state = 1;
  Matrix m(static_cast<size_t>(n));
  for (float& x : m) x = float((state = state * 1664525u + 1013904223u) >> 8) * 0x1p-23f - 1;
  return m;
}

/// A product of row-major matrices, or with B as the weight of `linear`: [n, k].
struct Problem {
  int64_t m, n, k;
  bool turned;
  Matrix a = random(m * k), b = random(k * n), c = Matrix(size_t(m * n));
  lab::Product<float> product{m,        n, k, a.data(), k, 1, b.data(), turned ? 1 : n, turned ? k : 1,
                              c.data(), n, 1, nullptr,  0};
  std::unique_ptr<char[]> memory;

  void run() {
    if (!memory) memory.reset(new char[size_t(lab::product_scratch_bytes(m, n, k, 4, rl::num_threads())) + 64]);
    lab::product(product, reinterpret_cast<void*>((uintptr_t(memory.get()) + 63) / 64 * 64), rl::num_threads());
  }
  /// The plain reference: the inner loop runs along rows of B and C.
  void plain() {
    std::memset(c.data(), 0, c.size() * sizeof(float));
    for (int64_t i = 0; i < m; ++i)
      for (int64_t p = 0; p < k; ++p)
        for (int64_t j = 0; j < n; ++j)
          c[size_t(i * n + j)] += a[size_t(i * k + p)] * b[size_t(p * product.b_row + j * product.b_col)];
  }
};

void report_rate(benchmark::State& state, int64_t m, int64_t n, int64_t k) {
  state.counters["GFLOP/s"] =
      benchmark::Counter(2e-9 * double(m * n * k), benchmark::Counter::kIsIterationInvariantRate);
}
void ours(benchmark::State& state, int64_t m, int64_t n, int64_t k, bool turned) {
  Problem p{m, n, k, turned};
  for (auto _ : state) p.run();
  report_rate(state, m, n, k);
}
void plain(benchmark::State& state, int64_t m, int64_t n, int64_t k) {
  Problem p{m, n, k, false};
  for (auto _ : state) p.plain();
  report_rate(state, m, n, k);
}

bool agrees(int64_t m, int64_t n, int64_t k, bool turned) {
  Problem x{m, n, k, turned};
  x.run();
  const Matrix c = x.c;
  x.plain();
  double worst = 0;
  for (size_t i = 0; i < c.size(); ++i) worst = std::max(worst, double(std::fabs(c[i] - x.c[i])));
  // |error| <= k u |A| |B|, twice: both are rounded
  const bool good = worst <= 2 * double(k) * 0x1p-24 * double(k);
  if (!good) std::fprintf(stderr, "[%ld, %ld] x [%ld, %ld]: off by %g\n", long(m), long(k), long(k), long(n), worst);
  return good;
}

/// One block of the driver: all tiles of 8 panels of A against 512 columns of B, `depth` deep.
void sweep_depth(benchmark::State& state) {
  constexpr int64_t R = lab::kTileRows, C = lab::kTileColumns<float>, rows = R * 8, columns = 512 / C * C;
  const int64_t depth = state.range(0);
  const Matrix a = random(rows * depth), spare = random(columns * depth + 16);
  const auto* b = reinterpret_cast<const float*>((uintptr_t(spare.data()) + 63) / 64 * 64);
  Matrix c(size_t(rows * columns));
  for (auto _ : state)
    for (int64_t j = 0; j < columns; j += C)
      for (int64_t i = 0; i < rows; i += R)
        lab::tile_product<float>(depth, a.data() + i * depth, b + j * depth, c.data() + i * columns + j, columns, true);
  report_rate(state, rows, columns, depth);
}

struct Shape {
  int64_t m, n, k;
  bool turned;
};
constexpr Shape kShapes[] = {
    {64, 64, 64, false},       {128, 128, 128, false}, {256, 256, 256, false}, {512, 512, 512, false},
    {1024, 1024, 1024, false}, {32, 10, 784, true},    {32, 512, 784, true},   {1, 1024, 1024, true},
    {1, 1024, 1024, false},    {1024, 1, 1024, false}, {4096, 16, 64, false},  {16, 4096, 64, false},
};

}  // namespace

int main(int count, char** words) {
  const bool sweep = count > 2 && std::string(words[1]) == "--sweep" && std::string(words[2]) == "kc";
  if (sweep) words[2] = words[0], words += 2, count -= 2;
  for (const Shape& s : kShapes) {
    const std::string name = "[" + std::to_string(s.m) + "," + std::to_string(s.k) + "]x[" + std::to_string(s.k) + "," +
                             std::to_string(s.n) + "]" + (s.turned ? "^T" : "");
    if (!agrees(s.m, s.n, s.k, s.turned)) return 1;
    if (sweep) continue;
    benchmark::RegisterBenchmark(name.c_str(), ours, s.m, s.n, s.k, s.turned)->UseRealTime();
    if (s.m * s.n * s.k <= 1 << 24 && !s.turned)
      benchmark::RegisterBenchmark((name + " plain").c_str(), plain, s.m, s.n, s.k);
  }
  if (sweep) benchmark::RegisterBenchmark("kc", sweep_depth)->RangeMultiplier(2)->Range(32, 2048);
  benchmark::Initialize(&count, words);
  if (benchmark::ReportUnrecognizedArguments(count, words)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
