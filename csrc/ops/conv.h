// Convolutions over one to three spatial dims, and the two products that are their gradients.
#pragma once

#include "ops/common.h"

namespace rl::ops {

/// input [N, C, s...] and weight [M, C / groups, k...] to [N, M, size...]: at place q the sum over the kernel's places
/// t of weight[t] * input[q * stride - padding + t * dilation], which is zero outside of the input.
Tensor conv(const Tensor& input, const Tensor& weight, const Tensor* bias, const Dims& stride, const Dims& padding,
            const Dims& dilation, int64_t groups, const Dims& size);
/// The transpose of that in its input: [N, M, s...] to [N, C, size...].
Tensor conv_transpose(const Tensor& input, const Tensor& weight, const Tensor* bias, const Dims& stride,
                      const Dims& padding, const Dims& dilation, int64_t groups, const Dims& size);
/// The transpose of that in its weight: grad [N, M, s...] and input [N, C, s...] to [M, C / groups, size...].
Tensor conv_weight(const Tensor& grad, const Tensor& input, const Dims& stride, const Dims& padding,
                   const Dims& dilation, int64_t groups, const Dims& size);

}  // namespace rl::ops
