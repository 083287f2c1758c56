// Rows of the kernels that normalise groups of elements, and what ops/ tells them about where a group lies.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {

// {out, mean, var, input, weight?, bias?}: all dense. normalize_given reads the statistics and does not make them.
extern Kernel normalize, normalize_given;
// {input's gradient, weight's, bias's, grad, input, mean, var, weight?}: without weights the second and third are
// empty.
extern Kernel normalize_backward;

/// A group is `segments` runs of `length` elements, `step` apart; groups begin `start` apart. Weights belong to its
/// elements one by one (units = 0), or to its `units` equal parts: part u of group g has weight
/// (g mod period) * units + u. Only where there is one segment there may be several parts.
struct NormalizeParameters {
  int64_t groups, segments, length, step, start;
  int64_t units, period;
  double eps;
  bool centred;  // false: the mean is taken to be 0
  bool given;    // statistics are constants, of another batch
  bool has_weight, has_bias;
};

}  // namespace rl::kernels
