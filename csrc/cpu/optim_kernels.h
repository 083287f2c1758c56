// The kernel rows of optimiser steps, one launch per parameter.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {

// All tensors of a step are dense in one stride order; `hyper` is 1-d float64 and read at every run, so that a recorded
// step follows a rate that changes. Its places are named in ops/optim.h.
extern Kernel sgd_step;           // {param, grad, hyper}
extern Kernel sgd_momentum_step;  // {param, momentum buffer, grad, hyper}
extern Kernel adam_step;          // {param, exp_avg, exp_avg_sq, step (0-d float32, counted up here), grad, hyper}
extern Kernel adam_amsgrad_step;  // {param, exp_avg, exp_avg_sq, step, max_exp_avg_sq, grad, hyper}

}  // namespace rl::kernels

namespace rl {

namespace sgd_hyper {
enum { lr, momentum, dampening, weight_decay, nesterov, maximize, first, count };
}
namespace adam_hyper {
enum { lr, beta1, beta2, eps, weight_decay, amsgrad, maximize, decoupled, count };
}

}  // namespace rl
