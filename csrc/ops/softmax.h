// Softmax and its logarithm, each with its own backward.
#pragma once

#include "ops/common.h"

namespace rl::ops {

Tensor softmax(const Tensor& input, int64_t dim, std::optional<DType> dtype, Tensor* out);
Tensor log_softmax(const Tensor& input, int64_t dim, std::optional<DType> dtype, Tensor* out);
Tensor softmax_backward(const Tensor& grad, const Tensor& output, int64_t dim);
Tensor log_softmax_backward(const Tensor& grad, const Tensor& output, int64_t dim);

}  // namespace rl::ops
