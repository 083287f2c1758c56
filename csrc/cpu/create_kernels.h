// Rows of the kernels that make values from nothing.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {

extern Kernel ramp;  // out [n]

struct Ramp {
  double start, step, end;  // floats: start + i * step
  int64_t first, stride;    // integers: first + i * stride
  bool mirrored;  // linspace: the second half counts back from `end`, as PyTorch's does, so that both ends are exact
};

}  // namespace rl::kernels
