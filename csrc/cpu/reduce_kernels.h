// Rows of the reduction kernels. Operands: out; input, seen with the kept dims first and the reduced ones after them;
// for the kernels that look at elements around a centre, a centre a row, laid out as out is.
#pragma once

#include "core/kernel.h"
#include "functors/reduce.h"

namespace rl::kernels {

#define RL_REDUCTION(name, ...) extern Kernel name;
#define RL_REDUCTION_KERNEL RL_REDUCTION
#include "functors/reduce.def"
#undef RL_REDUCTION
#undef RL_REDUCTION_KERNEL

// Operands: values, indices (int64), input with its reduced dims dense, or one that steps over dense columns. The first
// of equals, NaN before all.
extern Kernel max_index, min_index;

struct ReduceParameters {
  int kept;  // dims of the input that are kept
  functors::Given given = {};
};

}  // namespace rl::kernels
