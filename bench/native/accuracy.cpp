// The largest error of every float32 function of one number over all 2^32 arguments, against the same function in
// float64, which bench/accuracy.py holds against mpmath. accuracy [--threads N] [--step N] [NAME ...]: `--step 15`
// takes every 15th argument (odd, so that the last bits vary too). Errors in units of the last place; `odd` counts
// where one is NaN or infinite and the other not.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "functors/activation.h"
#include "functors/unary.h"

namespace {

using namespace rl::functors;

struct Worst {
  double error = 0;
  float at = 0;
  long odd = 0;
};

constexpr long kBlock = 4096;

template <class F, class T>
T with_slow(T x) {
  if constexpr (requires { F::rare(x); })
    if (F::rare(x)) return F::slow(x);
  return F()(x);
}
/// As the loops of csrc/cpu: a block with a rare argument goes element by element.
template <class F, class T>
void block(const T* x, T* out) {
  bool any = false;
  if constexpr (requires { F::rare(x[0]); })
    for (long i = 0; i < kBlock; ++i) any |= F::rare(x[i]);
  if (any)
    for (long i = 0; i < kBlock; ++i) out[i] = with_slow<F>(x[i]);
  else
#pragma GCC ivdep
    for (long i = 0; i < kBlock; ++i) out[i] = F()(x[i]);
}

/// What an error is measured against: the result; or the larger of it and of 1 at negative arguments, where the zeros
/// of the gamma functions lie close; or of it and the argument, where a factor cancels (gelu).
enum class Floor { None, OneBelow0, Argument };

struct Row {
  std::string_view name;
  void (*run)(const float*, float*, const double*, double*);
};
Floor floor_of(std::string_view name) {
  return name == "lgamma" || name == "digamma" ? Floor::OneBelow0
         : name.starts_with("gelu")            ? Floor::Argument
                                               : Floor::None;
}
template <class F>
void both(const float* x, float* out, const double* wide, double* exact) {
  block<F>(x, out);
  block<F>(wide, exact);
}

Worst measure(const Row& row, uint64_t first, uint64_t last, uint64_t step) {
  std::vector<float> x(kBlock), out(kBlock);
  std::vector<double> wide(kBlock), exact(kBlock), error(kBlock);
  const Floor floor = floor_of(row.name);
  Worst worst;
  for (uint64_t at = first; at < last; at += kBlock * step) {
    for (long i = 0; i < kBlock; ++i) {
      x[i] = detail::from_bits(uint32_t(at + uint64_t(i) * step));
      wide[i] = double(x[i]);
    }
    row.run(x.data(), out.data(), wide.data(), exact.data());
    double most = 0;
    long odd = 0;
    for (long i = 0; i < kBlock; ++i) {
      const float y = out[i], nearest = float(exact[i]);
      const bool finite = std::fabs(y) < detail::kInfF && std::fabs(nearest) < detail::kInfF;
      const bool same = y == nearest || (y != y && nearest != nearest);
      // beyond the largest number by less than an ulp: either side will do
      const bool edge = std::fabs(std::fabs(exact[i]) * 0x1.000001p-128 - 1.0) < 0x1p-22;
      const double least = floor == Floor::Argument ? std::fabs(wide[i]) : floor == Floor::OneBelow0 && x[i] < 0.0f;
      const double size = std::fmax(std::fabs(exact[i]), least);
      // 2^-23 of the power of 2 at or below the size, which is at least the smallest normal number
      const double power = detail::from_bits(detail::bits(std::fmax(size, 0x1p-126)) & 0x7ff0000000000000u) * 0x1p-23;
      error[i] = finite ? std::fabs(double(y) - exact[i]) / power : 0.0;
      most = error[i] > most ? error[i] : most;
      odd += !(finite || same || edge);
    }
    worst.odd += odd;
    if (most > worst.error)
      worst.error = most, worst.at = x[size_t(std::max_element(error.begin(), error.end()) - error.begin())];
  }
  return worst;
}

#define ROW_Float(name, F) {name, both<F>},
#define ROW_Same(name, F)
#define ROW_Bool(name, F)
#define ROW_Real(name, F)
#define ROW_FloatReal(name, F)
#define RL_UNARY(name, F, dtypes, result) ROW_##result(#name, F)
constexpr Row kRows[] = {
#include "functors/unary.def"
    {"square", both<Square>}, {"logit", both<Logit>}, {"gelu", both<Gelu>}, {"gelu_tanh", both<GeluTanh>}};
#undef RL_UNARY

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

}  // namespace

int main(int count, char** words) {
  unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  uint64_t step = 1;
  std::vector<std::string> names;
  for (int i = 1; i < count; ++i) {
    if (!std::strcmp(words[i], "--threads") && i + 1 < count)
      threads = unsigned(std::max(1, std::atoi(words[++i])));
    else if (!std::strcmp(words[i], "--step") && i + 1 < count)
      step = uint64_t(std::max(1, std::atoi(words[++i])));
    else
      names.push_back(words[i]);
  }
  const uint64_t all = uint64_t(1) << 32, share = all / threads / (kBlock * step) * (kBlock * step);
  bool good = true;
  std::printf("# float32 against float64, arguments even in bit space. Errors in ulp. %s\n", processor().c_str());
  std::printf("%-27s %10s %7s %-16s %4s\n", "function", "arguments", "error", "at", "odd");
  for (const Row& row : kRows) {
    if (!names.empty() && std::find(names.begin(), names.end(), row.name) == names.end()) continue;
    std::vector<Worst> found(threads);
    std::vector<std::thread> pool;
    for (unsigned t = 0; t < threads; ++t)
      pool.emplace_back([&, t] { found[t] = measure(row, t * share, t + 1 == threads ? all : (t + 1) * share, step); });
    for (auto& thread : pool) thread.join();
    Worst worst;
    for (const Worst& w : found) {
      if (w.error > worst.error) worst.error = w.error, worst.at = w.at;
      worst.odd += w.odd;
    }
    good &= worst.odd == 0;
    std::printf("%-27s %10lld %7.3f %-16.9g %4ld\n", row.name.data(), (long long)((all + step - 1) / step), worst.error,
                double(worst.at), worst.odd);
    std::fflush(stdout);
  }
  return good ? 0 : 1;
}
