// Dtypes: PyTorch's promotion table, categories and sizes; half and bfloat16 over all their bits.
#include "core/dtype.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <sstream>
#include <string>

#include "core/error.h"

namespace rl {
namespace {

constexpr const char* kCodes[] = {"b",  "u1", "i1", "i2", "i4", "i8", "u2", "u4",
                                  "u8", "f2", "bf", "f4", "f8", "c8", "cx"};
// torch.promote_types of PyTorch 2.13; "??": it raises, and the choice is ours
constexpr const char* kPromotion[] = {
    "b u1 i1 i2 i4 i8 ?? ?? ?? f2 bf f4 f8 c8 cx",   // bool
    "u1 u1 i2 i2 i4 i8 ?? ?? ?? f2 bf f4 f8 c8 cx",  // uint8
    "i1 i2 i1 i2 i4 i8 ?? ?? ?? f2 bf f4 f8 c8 cx",  // int8
    "i2 i2 i2 i2 i4 i8 ?? ?? ?? f2 bf f4 f8 c8 cx",  // int16
    "i4 i4 i4 i4 i4 i8 ?? ?? ?? f2 bf f4 f8 c8 cx",  // int32
    "i8 i8 i8 i8 i8 i8 ?? ?? ?? f2 bf f4 f8 c8 cx",  // int64
    "?? ?? ?? ?? ?? ?? u2 ?? ?? f2 bf f4 f8 ?? ??",  // uint16
    "?? ?? ?? ?? ?? ?? ?? u4 ?? f2 bf f4 f8 ?? ??",  // uint32
    "?? ?? ?? ?? ?? ?? ?? ?? u8 f2 bf f4 f8 ?? ??",  // uint64
    "f2 f2 f2 f2 f2 f2 f2 f2 f2 f2 f4 f4 f8 c8 cx",  // float16
    "bf bf bf bf bf bf bf bf bf f4 bf f4 f8 c8 cx",  // bfloat16
    "f4 f4 f4 f4 f4 f4 f4 f4 f4 f4 f4 f4 f8 c8 cx",  // float32
    "f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 cx cx",  // float64
    "c8 c8 c8 c8 c8 c8 ?? ?? ?? c8 c8 c8 cx c8 cx",  // complex64
    "cx cx cx cx cx cx ?? ?? ?? cx cx cx cx cx cx",  // complex128
};

constexpr int kPromoted = 15;  // the dtypes after these, the float8 types, promote with themselves alone

TEST(Dtype, Float8PromotesWithNothingElse) {
  for (int a = kPromoted; a < kDTypes; ++a)
    for (int b = 0; b < kDTypes; ++b) {
      if (a == b)
        EXPECT_EQ(promote(DType(a), DType(b)), DType(a));
      else
        EXPECT_THROW(promote(DType(a), DType(b)), Error);
    }
}

/// What 8 bits mean, by arXiv:2209.05433.
double meaning8(uint8_t bits, int exponent_bits) {
  const int fraction_bits = 7 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = (bits >> fraction_bits) & ((1 << exponent_bits) - 1),
            fraction = bits & ((1 << fraction_bits) - 1);
  const double sign = bits & 0x80 ? -1 : 1;
  if (exponent_bits == 4 && (bits & 0x7f) == 0x7f) return NAN;
  if (exponent_bits == 5 && exponent == 31) return fraction ? NAN : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias - fraction_bits);
  return sign * std::ldexp((1 << fraction_bits) + fraction, exponent - bias - fraction_bits);
}

template <class E>
void check_float8(int exponent_bits) {
  for (int bits = 0; bits < 256; ++bits) {
    E e;
    e.bits = uint8_t(bits);
    const double expected = meaning8(uint8_t(bits), exponent_bits);
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(float(e))) << bits;
      continue;
    }
    EXPECT_EQ(double(float(e)), expected) << bits;
    EXPECT_EQ(E(float(e)).bits, bits);
    const int next = bits + 1;  // half way to the neighbour: the even one of the two
    if ((next & 0x7f) == 0 || !std::isfinite(meaning8(uint8_t(next), exponent_bits))) continue;
    const float middle = float((expected + meaning8(uint8_t(next), exponent_bits)) / 2);
    EXPECT_EQ(E(middle).bits, bits % 2 == 0 ? bits : next) << bits;
    EXPECT_EQ(E(std::nextafter(middle, 0.0f)).bits, bits);
    EXPECT_EQ(E(std::nextafter(middle, bits & 0x80 ? -INFINITY : INFINITY)).bits, next);
  }
}

TEST(Dtype, Float8PatternsMeanWhatTheirPaperSays) {
  check_float8<float8_e4m3fn>(4);
  check_float8<float8_e5m2>(5);
  EXPECT_EQ(float(float8_e4m3fn(1e9f)), 448.0f);  // no infinity: the largest number
  EXPECT_EQ(float(float8_e5m2(1e9f)), INFINITY);
}

TEST(Dtype, PromotionIsPyTorchsTable) {
  for (int a = 0; a < kPromoted; ++a) {
    std::istringstream row(kPromotion[a]);
    for (int b = 0; b < kPromoted; ++b) {
      std::string expected;
      row >> expected;
      if (expected == "??") continue;
      EXPECT_EQ(kCodes[int(promote(DType(a), DType(b)))], expected) << name(DType(a)) << ", " << name(DType(b));
    }
  }
}

TEST(Dtype, PromotionDoesNotDependOnTheOrderAndLosesNoCategory) {
  for (int a = 0; a < kPromoted; ++a)
    for (int b = 0; b < kPromoted; ++b) {
      const DType x = DType(a), y = DType(b), both = promote(x, y);
      EXPECT_EQ(both, promote(y, x));
      EXPECT_EQ(promote(both, x), both) << name(x) << ", " << name(y);
      EXPECT_GE(category(both), std::max(category(x), category(y)));
    }
}

TEST(Dtype, SizesNamesAndCategoriesAreThoseOfTheTypes) {
  const int64_t sizes[] = {1, 1, 1, 2, 4, 8, 2, 4, 8, 2, 2, 4, 8, 8, 16, 1, 1};
  const int categories[] = {0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 2, 2};
  for (int i = 0; i < kDTypes; ++i) {
    const DType d = DType(i);
    EXPECT_EQ(item_size(d), sizes[i]) << name(d);
    EXPECT_EQ(category(d), categories[i]) << name(d);
    EXPECT_EQ(is_integer(d), category(d) == 1);
    EXPECT_EQ(is_float(d), category(d) == 2);
    EXPECT_EQ(is_complex(d), category(d) == 3);
    EXPECT_EQ(compute_dtype(d), d == DType::Float16 || d == DType::BFloat16 ? DType::Float32 : d);
    EXPECT_EQ(is_complex(d) ? complex_of(real_of(d)) : real_of(d), d);
  }
  EXPECT_EQ(name(DType::BFloat16), "bfloat16");
  EXPECT_EQ(short_name(DType::Int64), "Long");
  EXPECT_EQ(dtype_v<half>, DType::Float16);
}

TEST(Dtype, OnlyAFloatingDtypeMayBeTheDefault) {
  const DType before = default_dtype();
  EXPECT_THROW(set_default_dtype(DType::Int64), Error);
  EXPECT_EQ(default_dtype(), before);
  set_default_dtype(DType::Float64);
  EXPECT_EQ(default_dtype(), DType::Float64);
  set_default_dtype(before);
}

/// What 16 bits mean, by the definition: (-1)^s * 2^(e - bias) * 1.f.
double meaning(uint16_t bits, int exponent_bits) {
  const int fraction_bits = 15 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = (bits >> fraction_bits) & ((1 << exponent_bits) - 1),
            fraction = bits & ((1 << fraction_bits) - 1);
  const double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1) return fraction ? NAN : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias - fraction_bits);
  return sign * std::ldexp((1 << fraction_bits) + fraction, exponent - bias - fraction_bits);
}

template <class H>
H from_bits(uint32_t bits) {
  H h;
  h.bits = uint16_t(bits);
  return h;
}

template <class H>
class HalfTypes : public ::testing::Test {
 public:
  static constexpr int exponent_bits = std::is_same_v<H, half> ? 5 : 8;
  static constexpr uint16_t infinity = std::is_same_v<H, half> ? 0x7c00 : 0x7f80;
};
using BothHalfTypes = ::testing::Types<half, bfloat16>;
TYPED_TEST_SUITE(HalfTypes, BothHalfTypes);

TYPED_TEST(HalfTypes, EveryPatternDecodesToItsMeaningAndBack) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float decoded = float(from_bits<TypeParam>(bits));
    const double expected = meaning(uint16_t(bits), TestFixture::exponent_bits);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(decoded)) << bits;
      ASSERT_TRUE(std::isnan(float(TypeParam(decoded)))) << bits;
      continue;
    }
    ASSERT_EQ(double(decoded), expected) << bits;
    ASSERT_EQ(std::signbit(decoded), std::signbit(expected)) << bits;
    ASSERT_EQ(TypeParam(decoded).bits, bits);
  }
}

TYPED_TEST(HalfTypes, BetweenTwoNeighboursTheNearerOneIsTakenAndTheEvenOneOfTheMiddle) {
  for (uint32_t low = 0; low < TestFixture::infinity; ++low) {
    const double a = meaning(uint16_t(low), TestFixture::exponent_bits);
    // the neighbour of the largest is where one more step would be: infinity's side begins half way to it
    const double b = low + 1 < TestFixture::infinity ? meaning(uint16_t(low + 1), TestFixture::exponent_bits)
                                                     : 2 * a - meaning(uint16_t(low - 1), TestFixture::exponent_bits);
    const float middle = float((a + b) / 2);
    ASSERT_EQ(double(middle), (a + b) / 2);
    for (uint32_t sign : {0u, 0x8000u}) {
      const float s = sign ? -1.0f : 1.0f;
      ASSERT_EQ(TypeParam(s * std::nextafter(middle, 0.0f)).bits, sign | low);
      ASSERT_EQ(TypeParam(s * middle).bits, sign | (low % 2 == 0 ? low : low + 1));
      ASSERT_EQ(TypeParam(s * std::nextafter(middle, INFINITY)).bits, sign | (low + 1));
    }
  }
}

TYPED_TEST(HalfTypes, TheExtremesOfFloat32Encode) {
  EXPECT_EQ(TypeParam(INFINITY).bits, TestFixture::infinity);
  EXPECT_EQ(TypeParam(-INFINITY).bits, TestFixture::infinity | 0x8000);
  EXPECT_EQ(TypeParam(3.4028235e38f).bits, TestFixture::infinity);
  EXPECT_EQ(TypeParam(1e-45f).bits, 0);
  EXPECT_EQ(TypeParam(-1e-45f).bits, 0x8000);
}

}  // namespace
}  // namespace rl
