// Recurrent layers: one direction of one layer over a whole sequence.
#pragma once

#include "ops/common.h"

namespace rl::ops {

/// input [N, in]: the rows of all time steps, packed as PyTorch's PackedSequence has them; batch_sizes [T], int64, on
/// the CPU and never growing, says how many rows each step has. Gives the states [N, out], the last ones [B, out], the
/// last cells [B, hidden] (lstm, else empty), and what the backward pass needs [N, 5, 4 or 0 times hidden].
std::vector<Tensor> recurrent(const Tensor& input, const Tensor& h0, const Tensor* c0, const Tensor& w_ih,
                              const Tensor& w_hh, const Tensor* b_ih, const Tensor* b_hh, const Tensor* w_hr,
                              const Tensor& batch_sizes, std::string_view mode, bool reverse);

/// Gradients of the input's part of the gates [N, gates], of the hidden's part, the states before [N, out], the
/// gradients of h0 and c0; with a projection the gradients of the states [N, out] and the states that were projected
/// [N, hidden].
std::vector<Tensor> recurrent_backward(const Tensor* grad, const Tensor* grad_h, const Tensor* grad_c,
                                       const Tensor& output, const Tensor& kept, const Tensor& h0, const Tensor* c0,
                                       const Tensor& w_hh, const Tensor* w_hr, const Tensor& batch_sizes,
                                       std::string_view mode, bool reverse);

}  // namespace rl::ops
