// Rows of the padding kernels, and the parameters that ops/ and cpu/ share.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {

// Both see planes [n, d, h, w], row-major.
extern Kernel pad;       // {out, input}
extern Kernel pad_back;  // {out (the input's gradient), grad}

enum class PadMode : int32_t { Reflect, Replicate, Circular };

struct PadParameters {
  int64_t before[3];  // places added; taken away where negative
  PadMode mode;
};

}  // namespace rl::kernels
