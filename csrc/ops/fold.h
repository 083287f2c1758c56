// Windows of planes as columns, and columns added up as planes.
#pragma once

#include "ops/common.h"

namespace rl::ops {

/// input [N, C, H, W] to [N, C * kernel, windows]: a window is a column.
Tensor im2col(const Tensor& input, const Dims& kernel_size, const Dims& dilation, const Dims& padding,
              const Dims& stride);
/// Its transpose: columns added up where they came from, in planes of `output_size`.
Tensor col2im(const Tensor& input, const Dims& output_size, const Dims& kernel_size, const Dims& dilation,
              const Dims& padding, const Dims& stride);

}  // namespace rl::ops
