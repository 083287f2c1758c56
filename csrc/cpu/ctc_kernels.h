// Rows of the kernels of connectionist temporal classification.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {

// {losses [N], alpha [N, T, 2 S + 1], log_probs [T, N, C], targets [N, S] or one after the other, input lengths [N],
// target lengths [N]}: all dense, integers int64.
extern Kernel ctc_loss;
// {gradient of log_probs, grad [N], losses, alpha, log_probs, targets, input lengths, target lengths}
extern Kernel ctc_loss_backward;

struct CtcParameters {
  int64_t blank;
  bool zero_infinity;
};

}  // namespace rl::kernels
