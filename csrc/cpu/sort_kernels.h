// Rows of the sort kernels. Operands, row-major [rows, n]: values out, indices out (int64), input.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {
extern Kernel sort;
struct SortParameters {
  bool descending;
};
}  // namespace rl::kernels
