// Rows of the sums of what a function makes of each element. Operands: out, input (kept dims first, then the reduced
// ones, which are dense, or one dim that steps over dense columns), and perhaps a centre a row, laid out as out is.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {
extern Kernel spread;  // |x - centre|^2, divided by `number`; its root where `root`
extern Kernel norm_p;  // |x|^number, and the 1/number-th power of the sum
extern Kernel norm_0, norm_1, norm_2;
extern Kernel logsumexp;  // exp(x - centre); centre + log of the sum
extern Kernel nansum;     // x, or 0 where it is NaN

struct MomentParameters {
  int kept;
  bool root;
  double number;
};
}  // namespace rl::kernels
