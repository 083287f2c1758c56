// Rows of the reduction kernels. Operands: out, input, seen with the kept dims first and the reduced ones after them.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {
extern Kernel sum, prod, amax, amin, all, any;
extern Kernel max_index, min_index;  // operands: values, indices (int64), input; the first of equals, NaN before all

struct ReduceParameters {
  int kept;  // dims of the input that are kept
};
}  // namespace rl::kernels
