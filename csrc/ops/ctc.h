// Connectionist temporal classification.
#pragma once

#include "ops/common.h"

namespace rl::ops {

/// The loss of each sequence, and what its derivative needs: log_probs [T, N, C], targets [N, S] or one after the
/// other.
std::tuple<Tensor, Tensor> ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                                    const Tensor& target_lengths, int64_t blank, bool zero_infinity);
Tensor ctc_loss_backward(const Tensor& grad, const Tensor& log_probs, const Tensor& targets,
                         const Tensor& input_lengths, const Tensor& target_lengths, int64_t blank, bool zero_infinity,
                         const Tensor& losses, const Tensor& alpha);

}  // namespace rl::ops
