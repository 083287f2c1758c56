// Rows of the pooling kernels, and the parameters that ops/ and cpu/ share.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {

// All see planes [n, d, h, w], row-major.
extern Kernel avg_pool;        // {out, input}
extern Kernel avg_pool_back;   // {out (the input's gradient), grad}
extern Kernel max_pool;        // {out, places, input}: places within a plane of the input
extern Kernel gather_places;   // {out, input [n, m], places}: input at the places of each plane
extern Kernel scatter_places;  // {out [n, m], source, places}: zeros, with what comes to the same place added
extern Kernel set_places;      // the same, the last of them kept

struct PoolParameters {
  int32_t kernel[3], stride[3], padding[3], dilation[3];
  bool adaptive;        // windows that share the input out evenly; the kernel's numbers mean nothing then
  bool counts_padding;  // an average divides by the padding's elements, too
  int64_t divisor;      // instead of the count, unless 0
};

}  // namespace rl::kernels
