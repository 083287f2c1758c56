// Rows of the kernels that lay windows of planes out as columns, and the parameters that ops/ and cpu/ share.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {

extern Kernel im2col;  // {out [n, c, k0, k1, q0, q1], input [n, c, h, w]}, row-major
extern Kernel col2im;  // {out [n, c, h, w], columns [n, c, k0, k1, q0, q1]}: its transpose

struct FoldParameters {
  int64_t stride[2], padding[2], dilation[2];
};

}  // namespace rl::kernels
