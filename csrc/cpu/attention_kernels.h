// Rows of the attention kernels, and the parameters that ops/ and cpu/ share.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {

// All of four dims: a batch, heads, positions, features; their last stride is 1 but the mask's, which is bool or of the
// key dtype. L positions ask, S answer.
extern Kernel attention;       // {out [L, Ev], query [L, E], key [S, E], value [S, Ev], mask [L, S]?}
extern Kernel attention_back;  // {grads of query, key, value; grad, query, key, value, mask?}

struct AttentionParameters {
  double scale;
  bool causal;  // position i sees the positions up to i
};

}  // namespace rl::kernels
