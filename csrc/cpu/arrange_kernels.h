// Rows of the kernels that put elements in other places.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {

extern Kernel triangle;       // {out, input}: matrices, row-major; may be the same memory
extern Kernel count_repeats;  // {total [], repeats [n]}: their sum; negative ones are reported
extern Kernel repeated_indices;         // {index [total], repeats [n]}

struct Triangle {
  int64_t diagonal;  // the last one kept (lower), or the first (upper); within one of the matrix
  bool upper;
};

}  // namespace rl::kernels
