// Does a number fit a dtype? Asked before a number of the user's becomes an element.
#pragma once

#include "core/dtype.h"
#include "core/scalar_value.h"

namespace rl {

/// The largest finite number of a floating dtype, or of the parts of a complex one.
double largest(DType dtype);

/// Unsigned dtypes take a negative number as its complement, as in PyTorch. NaN fits no integer; infinity fits floats.
bool fits(const Scalar& value, DType dtype);

/// A RuntimeError that names the op, the number and the dtype, where it does not.
void check_fits(const char* op, const Scalar& value, DType dtype);

}  // namespace rl
