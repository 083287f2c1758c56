// Numbers from Python and complex numbers.
#include "core/scalar_value.h"

#include <gtest/gtest.h>

#include <climits>
#include <cmath>

namespace rl {
namespace {

TEST(Scalar, KeepsTheKindItCameAs) {
  EXPECT_EQ(Scalar(true).dtype(), DType::Bool);
  EXPECT_EQ(Scalar(3).dtype(), DType::Int64);
  EXPECT_EQ(Scalar(0.5).dtype(), default_dtype());
  EXPECT_EQ(Scalar(complex<double>(1, 2)).dtype(), complex_of(default_dtype()));
  EXPECT_EQ(Scalar(int64_t(INT64_MAX)).integer(), INT64_MAX);  // a float64 could not hold it
  EXPECT_EQ(Scalar(-2.9).integer(), -2);
  EXPECT_EQ(Scalar(complex<double>(1, 2)).imag(), 2);
}

TEST(Scalar, IsStoredAndLoadedInEveryDtype) {
  for (int i = 0; i < kDTypes; ++i) {
    alignas(16) unsigned char memory[16] = {};
    Scalar(1).store(DType(i), memory);
    const Scalar loaded = load_scalar(DType(i), memory);
    EXPECT_EQ(loaded.real(), 1) << name(DType(i));
    EXPECT_EQ(loaded.category(), category(DType(i)));
  }
}

TEST(Scalar, ConvertsAsATensorWould) {
  bool flag = false;
  Scalar(0.5).store(DType::Bool, &flag);
  EXPECT_TRUE(flag);
  Scalar(complex<double>(0, 1)).store(DType::Bool, &flag);
  EXPECT_TRUE(flag);
  Scalar(NAN).store(DType::Bool, &flag);
  EXPECT_TRUE(flag);
  uint8_t byte = 0;
  Scalar(-1).store(DType::UInt8, &byte);
  EXPECT_EQ(byte, 255);
  int64_t whole = 0;
  Scalar(int64_t(INT64_MIN)).store(DType::Int64, &whole);
  EXPECT_EQ(whole, INT64_MIN);
  half h;
  Scalar(1e6).store(DType::Float16, &h);
  EXPECT_TRUE(std::isinf(float(h)));
}

TEST(Scalar, AFloatThatNoIntegerHoldsIsTheSmallestInt64) {
  for (const double x : {double(NAN), double(INFINITY), -double(INFINITY), 1e300, 0x1p63}) {
    int64_t stored = 0;
    Scalar(x).store(DType::Int64, &stored);
    EXPECT_EQ(stored, INT64_MIN) << x;
    EXPECT_EQ(Scalar(x).integer(), INT64_MIN) << x;
  }
}

TEST(Complex, HasTheFieldsArithmetic) {
  const complex<float> a(1, 2), b(3, -4);
  EXPECT_TRUE(a + b == complex<float>(4, -2));
  EXPECT_TRUE(a - b == complex<float>(-2, 6));
  EXPECT_TRUE(a * b == complex<float>(11, 2));
  EXPECT_TRUE(a != b);
  EXPECT_TRUE(complex<double>(a) == complex<double>(1, 2));
  EXPECT_TRUE(complex<float>(3.0f) == complex<float>(3, 0));
}

}  // namespace
}  // namespace rl
