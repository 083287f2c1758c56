// Losses: what a training step minimises.
#pragma once

#include "ops/common.h"

namespace rl::ops {

/// Negative log likelihood of input [N, C, d...] or [C] at the classes of target; the loss and the weights' sum.
std::tuple<Tensor, Tensor> nll_loss(const Tensor& input, const Tensor& target, const Tensor* weight,
                                    std::string_view reduction, int64_t ignore_index);
Tensor nll_loss_backward(const Tensor& grad, const Tensor& input, const Tensor& target, const Tensor* weight,
                         std::string_view reduction, int64_t ignore_index, const Tensor& total_weight);
#define RL_LOSS(name, F)                                                                                            \
  Tensor name(const Tensor& input, const Tensor& target, std::string_view reduction, double coefficient);           \
  Tensor name##_backward(const Tensor& grad, const Tensor& input, const Tensor& target, std::string_view reduction, \
                         double coefficient);
#include "functors/loss.def"
#undef RL_LOSS

}  // namespace rl::ops
