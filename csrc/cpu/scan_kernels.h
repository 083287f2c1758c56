// Rows of the scan kernels. Operands: out, input, of one shape; the scanned dim is the last.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {
extern Kernel cumsum, cumprod, logcumsumexp;
extern Kernel cummax, cummin;  // operands: values, indices (int64), input; the last of equals, NaN before all
}  // namespace rl::kernels
