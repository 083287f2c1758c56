// Softmax and the losses on top of it, each with its own backward.
#pragma once

#include "ops/common.h"

namespace rl::ops {

Tensor softmax(const Tensor& input, int64_t dim, std::optional<DType> dtype, Tensor* out);
Tensor log_softmax(const Tensor& input, int64_t dim, std::optional<DType> dtype, Tensor* out);
Tensor softmax_backward(const Tensor& grad, const Tensor& output, int64_t dim);
Tensor log_softmax_backward(const Tensor& grad, const Tensor& output, int64_t dim);

/// Negative log likelihood of input [N, C, d...] or [C] at the classes of target; the loss and the weights' sum.
std::tuple<Tensor, Tensor> nll_loss(const Tensor& input, const Tensor& target, const Tensor* weight,
                                    std::string_view reduction, int64_t ignore_index);
Tensor nll_loss_backward(const Tensor& grad, const Tensor& input, const Tensor& target, const Tensor* weight,
                         std::string_view reduction, int64_t ignore_index, const Tensor& total_weight);
Tensor mse_loss(const Tensor& input, const Tensor& target, std::string_view reduction);

}  // namespace rl::ops
