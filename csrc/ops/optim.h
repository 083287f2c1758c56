// One step of an optimiser over lists of parameters, in place: one launch per parameter.
#pragma once

#include <vector>

#include "ops/common.h"

namespace rl::ops {

/// hyper, 1-d float64: lr, momentum, dampening, weight_decay, nesterov, maximize, first. `first` not 0: the momentum
/// buffers become the gradients. No buffers are needed where momentum is 0.
void sgd_step(const std::vector<Tensor>& params, const std::vector<Tensor>& grads,
              const std::vector<Tensor>& momentum_buffers, const Tensor& hyper);
/// hyper, 1-d float64: lr, beta1, beta2, eps, weight_decay, amsgrad, maximize, decoupled. `steps` are 0-d float32 and
/// counted up by the kernel. `max_exp_avg_sqs` is empty unless amsgrad.
void adam_step(const std::vector<Tensor>& params, const std::vector<Tensor>& grads, const std::vector<Tensor>& exp_avgs,
               const std::vector<Tensor>& exp_avg_sqs, const std::vector<Tensor>& max_exp_avg_sqs,
               const std::vector<Tensor>& steps, const Tensor& hyper);

}  // namespace rl::ops
