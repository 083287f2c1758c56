// Rows of the softmax kernels. All operands row-major, [rows, n]: out, input; or out, gradient, result.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {
extern Kernel softmax, log_softmax, softmax_backward, log_softmax_backward;
}
