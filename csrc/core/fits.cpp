// The range of each dtype.
#include "core/fits.h"

#include <cmath>

#include "core/error.h"

namespace rl {
namespace {

bool fits_integer(const Scalar& value, DType dtype) {
  const bool is_unsigned = contains(kUnsigned, dtype);
  const int bits = 8 * int(item_size(dtype));
  if (value.is_integral() && bits == 64) return is_unsigned || !value.above_int64();
  const double end = std::ldexp(1.0, is_unsigned ? bits : bits - 1), v = value.real();
  return v < end && (is_unsigned ? v > -end : v >= -end);
}

}  // namespace

double largest(DType dtype) {
  switch (real_of(dtype)) {
    case DType::Float16: return 65504;
    case DType::BFloat16: return 0x1.fep127;
    case DType::Float32: return 0x1.fffffep127;
    default: return 0x1.fffffffffffffp1023;
  }
}

bool fits(const Scalar& value, DType dtype) {
  if (dtype == DType::Bool) return true;
  if (value.category() == 3 && !is_complex(dtype) && value.imag() != 0) return false;
  if (is_integer(dtype)) return fits_integer(value, dtype);
  const double end = largest(dtype);
  const auto within = [end](double v) { return !std::isfinite(v) || std::fabs(v) <= end; };
  return within(value.real()) && within(value.imag());
}

void check_fits(const char* op, const Scalar& value, DType dtype) {
  if (RL_LIKELY(fits(value, dtype))) return;
  fail(ErrorKind::Runtime, op, ": value cannot be converted to type ", name(dtype), " without overflow: it is ",
       value.real(), value.category() == 3 ? " and a part times i" : "");
}

}  // namespace rl
