// The kernel rows of optimiser steps, one a rule of functors/optim.def; one launch per parameter.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {

// {param, states..., counters... (0-d), grad, options}: all but the last two are written. Tensors of a parameter are
// dense in one stride order; `options` is 1-d float64 and read at every run, so that a recorded step follows a rate
// that changes: lr, weight_decay, maximize, decoupled, then those that the rule names.
#define RL_OPTIM(name, ...) extern Kernel name##_step;
#include "functors/optim.def"
#undef RL_OPTIM

}  // namespace rl::kernels

namespace rl::step_options {
enum { lr, weight_decay, maximize, decoupled, count };
}
