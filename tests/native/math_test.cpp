// functors/math.h: edges against the C library, accuracy on a small sample, the same bits in any loop, refused types.
// bench/accuracy.py measures the errors finely.
#include "functors/math.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

namespace {

namespace f = rl::functors;

// Without fma the products of polynomials and reductions are rounded once more.
constexpr double kBound = RL_HAS_FMA ? 2.0 : 2.6;

/// The unary functions of which `reference` has the long double form.
// clang-format off
#define RL_TEST_NOT_PERIODIC(X)                                                                                        \
  X(exp) X(exp2) X(expm1) X(log) X(log2) X(log10) X(log1p) X(sigmoid) X(tanh) X(erf) X(erfc) X(sqrt) X(rsqrt)          \
  X(sinh) X(cosh) X(asin) X(acos) X(atan) X(asinh) X(acosh) X(atanh) X(floor) X(ceil) X(trunc) X(round)                \
  X(fabs)
#define RL_TEST_UNARY(X) RL_TEST_NOT_PERIODIC(X) X(sin) X(cos) X(tan)
/// Those without a long double form: their values are tested in Python, against mpmath.
#define RL_TEST_SPECIAL(X)                                                                                             \
  X(lgamma) X(digamma) X(trigamma) X(erfcx) X(ndtr) X(log_ndtr) X(erfinv) X(ndtri) X(i0) X(i0e) X(i1) X(i1e) X(sinc)   \
  X(logit) X(entr) X(mantissa) X(exponent)
// clang-format on

namespace reference {
using std::acos, std::acosh, std::asin, std::asinh, std::atan, std::atanh, std::ceil, std::cos, std::cosh, std::erf,
    std::erfc, std::exp, std::exp2, std::expm1, std::fabs, std::floor, std::log, std::log10, std::log1p, std::log2,
    std::sin, std::sinh, std::sqrt, std::tan, std::tanh, std::trunc;
long double sigmoid(long double x) { return 1 / (1 + std::exp(-x)); }
long double rsqrt(long double x) { return 1 / std::sqrt(x); }
long double round(long double x) { return std::nearbyint(x); }
}  // namespace reference

template <class T>
double ulps(T value, long double exact) {
  int exponent = 0;
  std::frexp(exact, &exponent);
  exponent = std::max(exponent, std::numeric_limits<T>::min_exponent) - std::numeric_limits<T>::digits;
  return double(std::fabs(std::ldexp((long double)(value)-exact, -exponent)));
}

/// NaN, infinity and zero must agree, signs included; other numbers to within the bound.
template <class T>
void expect_same(T value, long double exact, double bound, const char* name, double x, double y = 0) {
  SCOPED_TRACE(testing::Message() << name << '(' << x << ", " << y << "), float" << 8 * sizeof(T));
  const T rounded = T(exact);
  if (std::isnan(rounded)) {
    EXPECT_TRUE(std::isnan(value)) << value;
  } else if (std::isinf(rounded) || rounded == 0) {
    EXPECT_EQ(value, rounded);
    EXPECT_EQ(std::signbit(value), std::signbit(rounded));
  } else {
    EXPECT_LE(ulps(value, exact), bound) << value << " for " << double(exact);
  }
}

template <class T>
std::vector<T> edges() {
  using L = std::numeric_limits<T>;
  std::vector<T> x = {0,
                      L::denorm_min(),
                      L::min() / 4,
                      L::min(),
                      L::epsilon(),
                      T(1e-5),
                      T(0.1),
                      T(0.25),
                      T(0.5),
                      T(0.6),
                      T(0.875),
                      T(0.92),
                      1 - L::epsilon() / 2,
                      1,
                      1 + L::epsilon(),
                      T(1.5),
                      2,
                      T(2.5),
                      T(3.5),
                      4,
                      10,
                      T(16777217),
                      T(88.3),
                      T(88.7),
                      T(88.8),
                      T(104),
                      T(127.9),
                      128,
                      T(149.5),
                      T(709.7),
                      T(710),
                      T(745),
                      T(1023.5),
                      1024,
                      T(1e9),
                      T(1e30),
                      L::max() / 2,
                      L::max(),
                      L::infinity(),
                      L::quiet_NaN()};
  using Bits = decltype(f::detail::bits(T()));
  const Bits nan = f::detail::bits(L::quiet_NaN());
  for (const int payload : {1, 2, 127, 129, 255, 511}) x.push_back(f::detail::from_bits(Bits(nan + payload)));
  for (size_t i = 0, n = x.size(); i < n; ++i) x.push_back(-x[i]);
  return x;
}

// Each function as a type; the periodic ones also with the slow path, as the loop of cpu/pointwise.h takes it.
#define RL_TEST_APPLY(name)             \
  struct Apply_##name {                 \
    template <class T>                  \
    RL_INLINE T operator()(T x) const { \
      return f::name(x);                \
    }                                   \
  };
#define RL_TEST_PERIODIC(name)                                   \
  struct Periodic_##name {                                       \
    template <class T>                                           \
    T operator()(T x) const {                                    \
      return f::sin_is_rare(x) ? f::name##_slow(x) : f::name(x); \
    }                                                            \
  };
RL_TEST_UNARY(RL_TEST_APPLY)
RL_TEST_SPECIAL(RL_TEST_APPLY)
RL_TEST_PERIODIC(sin)
RL_TEST_PERIODIC(cos)
RL_TEST_PERIODIC(tan)

template <class T, class Apply, class Exact>
void check_unary(Apply apply, Exact exact, const char* name, double bound = kBound) {
  for (const T x : edges<T>()) expect_same(apply(x), exact(x), bound, name, double(x));
  for (int i = 0; i < 5000; ++i) {  // both signs, magnitudes from 2^-12 to 2^12
    const T x = std::ldexp(T(1 + (i * 40503u % 65536) / T(65536)), i / 2 % 24 - 12) * (i % 2 ? T(-1) : T(1));
    expect_same(apply(x), exact(x), bound, name, double(x));
  }
}

#define RL_TEST_CHECK(name) RL_TEST_CHECK_AS(name, Apply_##name)
#define RL_TEST_CHECK_AS(name, apply)                                                           \
  {                                                                                             \
    const auto exact = [](auto x) -> long double { return reference::name((long double)(x)); }; \
    check_unary<float>(apply(), exact, #name);                                                  \
    check_unary<double>(apply(), exact, #name);                                                 \
  }

TEST(Math, EdgesAndAccuracy) { RL_TEST_NOT_PERIODIC(RL_TEST_CHECK); }

TEST(Math, PeriodicFunctionsOfHugeArguments) {
  RL_TEST_CHECK_AS(sin, Periodic_sin)
  RL_TEST_CHECK_AS(cos, Periodic_cos)
  RL_TEST_CHECK_AS(tan, Periodic_tan)
  for (int i = 1; i < 60000; ++i) {  // close to multiples of pi/2, where the reduction cancels most
    const double multiple = i * 1.57079632679489661923;
    const float x = float(multiple);
    expect_same(f::sin(x), std::sin((long double)(x)), kBound, "sin", x);
    expect_same(f::cos(x), std::cos((long double)(x)), kBound, "cos", x);
    expect_same(f::sin(multiple), std::sin((long double)(multiple)), kBound, "sin", multiple);
    expect_same(f::cos(multiple), std::cos((long double)(multiple)), kBound, "cos", multiple);
  }
  EXPECT_FALSE(f::sin_is_rare(99999.0f));
  EXPECT_TRUE(f::sin_is_rare(std::numeric_limits<float>::infinity()));
  EXPECT_TRUE(f::sin_is_rare(-1e7));
}

template <class T>
void check_binary() {
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  std::vector<T> values = {0, T(0.5), T(0.7), 1, T(1.5), 2, 3, 4, 17, T(1e-3), T(1e10), T(3e9 + 1), T(1e-30), inf, nan};
  for (size_t i = 0, n = values.size(); i < n; ++i) values.push_back(-values[i]);
  for (const T x : values)
    for (const T y : values) {
      expect_same(f::pow(x, y), T(std::pow((long double)(x), (long double)(y))), 1, "pow", double(x), double(y));
      expect_same(f::atan2(x, y), std::atan2((long double)(x), (long double)(y)), 1, "atan2", double(x), double(y));
      expect_same(f::fmod(x, y), std::fmod((long double)(x), (long double)(y)), 0, "fmod", double(x), double(y));
      expect_same(f::copysign(x, y), std::copysign((long double)(x), (long double)(y)), 0, "copysign", double(x),
                  double(y));
    }
}
TEST(Math, BinaryFunctions) {
  check_binary<float>();
  check_binary<double>();
}

TEST(Math, FmaIsRoundedOnceWhereTheMachineHasIt) {
  const float x = 1 + 0x1p-12f;  // x * x is 1 + 2^-11 + 2^-24; the last part does not fit a float
  EXPECT_EQ(f::fma(x, x, -1 - 0x1p-11f), RL_HAS_FMA ? 0x1p-24f : 0.0f);
  EXPECT_EQ(f::fma(2.0, 3.0, 4.0), 10.0);
}

/// A loop that the compiler vectorises, and the same function called for one element at a time.
template <class T, class Apply>
__attribute__((noinline)) void loop(const T* x, T* y, int64_t n) {
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) y[i] = Apply()(x[i]);
}
template <class T, class Apply>
__attribute__((noinline)) T single(T x) {
  return Apply()(x);
}
template <class T, class Apply>
void check_bits(const char* name) {
  std::vector<T> x = edges<T>(), y;
  for (int i = 0; i < 1000; ++i) x.push_back(T(i % 2 ? -1 : 1) * std::ldexp(T(1000 + i), i % 20 - 16));
  y.resize(x.size());
  loop<T, Apply>(x.data(), y.data(), int64_t(x.size()));
  for (size_t i = 0; i < x.size(); ++i) {
    const T one = single<T, Apply>(x[i]);
    if (std::isnan(one) && std::isnan(y[i])) continue;
    EXPECT_EQ(f::detail::bits(y[i]), f::detail::bits(one)) << name << '(' << x[i] << ')';
  }
}
TEST(Math, BitsDoNotDependOnTheLoop) {
#define RL_TEST_BITS(name)                \
  check_bits<float, Apply_##name>(#name); \
  check_bits<double, Apply_##name>(#name);
  RL_TEST_UNARY(RL_TEST_BITS)
  RL_TEST_SPECIAL(RL_TEST_BITS)
}

template <class... T>
concept HasExp = requires(T... x) { f::exp(x...); };
template <class... T>
concept HasAtan2 = requires(T... x) { f::atan2(x...); };
static_assert(HasExp<float> && HasExp<double> && HasAtan2<float, float>);
static_assert(!HasExp<int> && !HasExp<long double> && !HasExp<bool>, "would silently become double");
static_assert(!HasAtan2<float, double> && !HasAtan2<int, float>);
static_assert(std::is_same_v<decltype(f::pow(1.0f, 1.0f)), float>);

}  // namespace
