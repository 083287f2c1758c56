// Attention without its matrix of weights.
#pragma once

#include "ops/common.h"

namespace rl::ops {

/// softmax(scale * query @ key^T + mask) @ value. query [B, H, L, E], key [B, H, S, E], value [B, H, S, Ev], mask [B,
/// H, L, S], whose dims may be expanded: bool (true: seen) or of their dtype. The result lies in memory as query does.
Tensor attention(const Tensor& query, const Tensor& key, const Tensor& value, const Tensor* mask, bool is_causal,
                 double scale);
/// Gradients of query, key and value; the weights are computed once more.
std::tuple<Tensor, Tensor, Tensor> attention_backward(const Tensor& grad, const Tensor& query, const Tensor& key,
                                                      const Tensor& value, const Tensor* mask, bool is_causal,
                                                      double scale);

}  // namespace rl::ops
