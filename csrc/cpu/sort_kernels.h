// Rows of the sort kernels. Operands are row-major.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {
extern Kernel sort;  // values out [rows, n], indices out (int64), input [rows, n]
extern Kernel topk;  // values out [rows, k], indices out, input [rows, n]: in order, of equals the first
struct SortParameters {
  bool descending;
};
}  // namespace rl::kernels
