// Rows of the matrix product kernels.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {
extern Kernel
    matmul;  // operands: out [..., M, N], a [..., M, K], b [..., K, N], optionally bias [N]; batch dims broadcast
}  // namespace rl::kernels
