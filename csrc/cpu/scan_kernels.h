// Rows of the scan kernels. Operands: out, input, of one shape; the scanned dim is the last.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {
extern Kernel cumsum, cumprod;
}
