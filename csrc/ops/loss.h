// Losses: what a training step minimises.
#pragma once

#include "ops/common.h"

namespace rl::ops {

/// Negative log likelihood of input [N, C, d...] or [C] at the classes of target; the loss and the weights' sum.
std::tuple<Tensor, Tensor> nll_loss(const Tensor& input, const Tensor& target, const Tensor* weight,
                                    std::string_view reduction, int64_t ignore_index);
Tensor nll_loss_backward(const Tensor& grad, const Tensor& input, const Tensor& target, const Tensor* weight,
                         std::string_view reduction, int64_t ignore_index, const Tensor& total_weight);
Tensor mse_loss(const Tensor& input, const Tensor& target, std::string_view reduction);

}  // namespace rl::ops
