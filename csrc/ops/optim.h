// One step of an optimiser over lists of parameters, in place: one launch per parameter.
#pragma once

#include <string_view>
#include <vector>

#include "ops/common.h"

namespace rl::ops {

/// `rule` is a row of functors/optim.def. `states` holds what lies beside the parameters: the first state of every
/// parameter, then the second of every one, ...; `counters` the 0-d states likewise, counted up by the kernel.
/// `options` is 1-d float64: lr, weight_decay, maximize, decoupled, then those that the rule names in functors/optim.h.
void optimizer_step(const std::vector<Tensor>& params, std::string_view rule, const std::vector<Tensor>& grads,
                    const std::vector<Tensor>& states, const std::vector<Tensor>& counters, const Tensor& options);

}  // namespace rl::ops
