// Rows of the loss kernels, and the parameters that ops/ and cpu/ share.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {

// {losses, total, input, target, weight?}: the input with its classes last, the losses as the target or 0-d.
extern Kernel nll_loss;
// {made [n, classes, d] dense, grad [n, d], target [n, d], total, weight?}
extern Kernel nll_loss_backward;

// The loss of each element and its slope are pointwise; the total is 0-d.
#define RL_LOSS(name, F) extern Kernel name, name##_slope, name##_total;
#include "functors/loss.def"
#undef RL_LOSS

enum class Reduction : int32_t { None, Mean, Sum };

struct NllParameters {
  Reduction reduction;
  int64_t ignored;  // a target that counts for nothing
};

}  // namespace rl::kernels
