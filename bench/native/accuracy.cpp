// Largest error of every function of functors/math.h, in units of the last place: `accuracy [name]`.
// Arguments are spread evenly over the bit patterns of a range on both sides of zero; the reference is long double.
// It measures the instruction set it is compiled for. Exit status 1: infinity or NaN where the reference has none,
// or the other way round.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <vector>

#include "functors/math.h"

namespace {

namespace f = rl::functors;

template <class T>
using BitsOf = decltype(f::detail::bits(T()));

struct Worst {
  double ulp = 0;
  double x = 0, y = 0;
  long mismatches = 0;  // of infinity or NaN
};

/// |value - reference| in units of the last place of the reference, which is rounded only to decide on infinity.
template <class T>
void compare(Worst& worst, T value, long double reference, double x, double y) {
  const T rounded = T(reference);
  double ulp;
  if (std::isnan(rounded) || std::isinf(rounded) || !std::isfinite(value)) {
    const bool same = std::isnan(rounded) ? std::isnan(value) : value == rounded;
    if (same) return;
    // One unit past the largest number is infinity; further off is a mismatch.
    const long double top = std::numeric_limits<T>::max();
    const bool near_top = std::isinf(value) != std::isinf(rounded) && !std::isnan(value) && !std::isnan(rounded) &&
                          std::fabs(reference) > top * (1 - 2e-7L) && std::fabs(reference) < top * (1 + 2e-7L);
    if (!near_top) ++worst.mismatches;
    if (near_top || worst.mismatches > 1) return;
    ulp = worst.ulp;
    worst.x = x, worst.y = y;
  } else {
    int exponent = 0;
    std::frexp(reference, &exponent);
    const int lowest = std::numeric_limits<T>::min_exponent;
    exponent = (exponent < lowest ? lowest : exponent) - std::numeric_limits<T>::digits;
    ulp = double(std::fabs(std::ldexp((long double)(value)-reference, -exponent)));
    if (ulp > worst.ulp && worst.mismatches == 0) worst.x = x, worst.y = y;
  }
  if (ulp > worst.ulp) worst.ulp = ulp;
}

/// n arguments, evenly in bit space over low <= |x| <= high; every other one is negative. Zeros and edges come first.
template <class T>
std::vector<T> arguments(long n, double low, double high, bool negative) {
  std::vector<T> x = {T(0),
                      T(1),
                      T(0.5),
                      T(2),
                      std::numeric_limits<T>::infinity(),
                      std::numeric_limits<T>::quiet_NaN(),
                      std::numeric_limits<T>::denorm_min(),
                      std::numeric_limits<T>::max()};
  if (negative)
    for (size_t i = 0, edges = x.size(); i < edges; ++i) x.push_back(-x[i]);
  const long double least = std::numeric_limits<T>::denorm_min(), most = std::numeric_limits<T>::max();
  const auto first = f::detail::bits(T(low < least ? least : low));
  const auto last = f::detail::bits(T(high > most ? most : high));
  for (long i = 0; i < n; ++i) {
    const long double at = (long double)(i) / (long double)(n - 1);
    const T value = f::detail::from_bits(BitsOf<T>(first + BitsOf<T>(at * (long double)(last - first))));
    x.push_back(negative && i % 2 ? -value : value);
  }
  return x;
}

template <class T, class Function, class Reference>
Worst measure(Function function, Reference reference, double low, double high, bool negative) {
  const auto x = arguments<T>(1 << 22, low, high, negative);
  std::vector<T> y(x.size());
  for (size_t i = 0; i < x.size(); ++i) y[i] = function(x[i]);
  Worst worst;
  for (size_t i = 0; i < x.size(); ++i) compare(worst, y[i], reference((long double)(x[i])), double(x[i]), 0);
  return worst;
}

template <class T, class Function, class Reference>
Worst measure2(Function function, Reference reference, double low, double high) {
  const auto x = arguments<T>(3000, low, high, true);
  Worst worst;
  std::vector<T> z(x.size());
  for (const T a : x) {
    for (size_t i = 0; i < x.size(); ++i) z[i] = function(a, x[i]);
    for (size_t i = 0; i < x.size(); ++i)
      compare(worst, z[i], reference((long double)(a), (long double)(x[i])), double(a), double(x[i]));
  }
  return worst;
}

const char* only = nullptr;
bool failed = false;

void print(const char* name, const char* dtype, const Worst& worst) {
  std::printf("%-8s %-8s %6.3f ulp at %.17g", name, dtype, worst.ulp, worst.x);
  if (worst.y != 0) std::printf(", %.17g", worst.y);
  if (worst.mismatches != 0) std::printf("  %ld MISMATCHES of inf or NaN", worst.mismatches);
  std::printf("\n");
  failed |= worst.mismatches != 0;
}

long double sigmoid_reference(long double x) { return 1 / (1 + std::exp(-x)); }
long double rsqrt_reference(long double x) { return 1 / std::sqrt(x); }
long double exp2_reference(long double x) { return std::exp2(x); }

#define RL_ACCURACY(name, reference, low, high, negative)                         \
  if (only == nullptr || std::strcmp(only, #name) == 0) {                         \
    const auto apply = [](auto x) { return f::name(x); };                         \
    const auto exact = [](long double x) -> long double { return reference(x); }; \
    print(#name, "float32", measure<float>(apply, exact, low, high, negative));   \
    print(#name, "float64", measure<double>(apply, exact, low, high, negative));  \
  }
#define RL_ACCURACY_PERIODIC(name)                                                                \
  if (only == nullptr || std::strcmp(only, #name) == 0) {                                         \
    const auto apply = [](auto x) { return f::sin_is_rare(x) ? f::name##_slow(x) : f::name(x); }; \
    const auto exact = [](long double x) -> long double { return std::name(x); };                 \
    print(#name, "float32", measure<float>(apply, exact, 1e-30, 1e7, true));                      \
    print(#name, "float64", measure<double>(apply, exact, 1e-12, 1e7, true));                     \
  }
#define RL_ACCURACY2(name, low, high)                                                               \
  if (only == nullptr || std::strcmp(only, #name) == 0) {                                           \
    const auto apply = [](auto x, auto y) { return f::name(x, y); };                                \
    const auto exact = [](long double x, long double y) -> long double { return std::name(x, y); }; \
    print(#name, "float32", measure2<float>(apply, exact, low, high));                              \
    print(#name, "float64", measure2<double>(apply, exact, low, high));                             \
  }

}  // namespace

int main(int count, char** words) {
  if (count > 1) only = words[1];
  //          name     reference          low     high    both signs
  RL_ACCURACY(exp, std::exp, 1e-6, 800, true)
  RL_ACCURACY(exp2, exp2_reference, 1e-6, 1100, true)
  RL_ACCURACY(expm1, std::expm1, 1e-6, 800, true)
  RL_ACCURACY(log, std::log, 0, 1e308, false)
  RL_ACCURACY(log2, std::log2, 0, 1e308, false)
  RL_ACCURACY(log10, std::log10, 0, 1e308, false)
  RL_ACCURACY(log1p, std::log1p, 1e-6, 1e308, true)
  RL_ACCURACY(sigmoid, sigmoid_reference, 1e-6, 800, true)
  RL_ACCURACY(tanh, std::tanh, 1e-6, 30, true)
  RL_ACCURACY(erf, std::erf, 1e-6, 8, true)
  RL_ACCURACY(erfc, std::erfc, 1e-6, 30, true)
  RL_ACCURACY(sqrt, std::sqrt, 0, 1e308, false)
  RL_ACCURACY(rsqrt, rsqrt_reference, 0, 1e308, false)
  RL_ACCURACY(sinh, std::sinh, 1e-6, 800, true)
  RL_ACCURACY(cosh, std::cosh, 1e-6, 800, true)
  RL_ACCURACY(asin, std::asin, 1e-6, 1.1, true)
  RL_ACCURACY(acos, std::acos, 1e-6, 1.1, true)
  RL_ACCURACY(atan, std::atan, 1e-6, 1e10, true)
  RL_ACCURACY(asinh, std::asinh, 1e-6, 1e308, true)
  RL_ACCURACY(acosh, std::acosh, 0.9, 1e308, false)
  RL_ACCURACY(atanh, std::atanh, 1e-6, 1.1, true)
  RL_ACCURACY_PERIODIC(sin)
  RL_ACCURACY_PERIODIC(cos)
  RL_ACCURACY_PERIODIC(tan)
  RL_ACCURACY2(pow, 1e-44, 3e38)
  RL_ACCURACY2(atan2, 1e-44, 3e38)
  RL_ACCURACY2(fmod, 1e-10, 1e10)
  return failed;
}
