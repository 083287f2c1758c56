// A number from Python, with the kind it came as: what `x * 2` and `fill_(0.5)` carry.
#pragma once

#include "core/dtype.h"

namespace rl {

class Scalar {
 public:
  Scalar() : Scalar(int64_t(0)) {}
  Scalar(bool v) : category_(0), i_(v), d_(v) {}
  Scalar(int v) : Scalar(int64_t(v)) {}
  Scalar(int64_t v) : category_(1), i_(v), d_(double(v)) {}
  Scalar(uint64_t v) : category_(1), above_int64_(v >> 63), i_(int64_t(v)), d_(double(v)) {}
  Scalar(double v) : category_(2), d_(v) {}
  Scalar(complex<double> v) : category_(3), d_(v.re), im_(v.im) {}

  int category() const { return category_; }  // 0 bool, 1 integer, 2 floating, 3 complex
  bool is_integral() const { return category_ <= 1; }
  double real() const { return d_; }
  double imag() const { return im_; }
  /// Is it an integer from 2^63 to 2^64 - 1? Then integer() is its bits.
  bool above_int64() const { return above_int64_; }
  /// A float that no int64 holds, NaN included, gives the smallest one, as a tensor's conversion does.
  int64_t integer() const {
    if (category_ <= 1) return i_;
    return d_ >= -0x1p63 && d_ < 0x1p63 ? int64_t(d_) : INT64_MIN;
  }
  /// The dtype a lone number of this kind has: bool, int64, the default float, its complex.
  DType dtype() const {
    switch (category_) {
      case 0: return DType::Bool;
      case 1: return DType::Int64;
      case 2: return default_dtype();
      default: return complex_of(default_dtype());
    }
  }
  /// Writes the value, converted to `dtype`, at `where`.
  void store(DType dtype, void* where) const;

 private:
  uint8_t category_;
  bool above_int64_ = false;
  int64_t i_ = 0;
  double d_ = 0, im_ = 0;
};

/// One element as a Scalar.
Scalar load_scalar(DType dtype, const void* where);

}  // namespace rl
