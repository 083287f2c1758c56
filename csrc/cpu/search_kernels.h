// Rows of the search and histogram kernels. Operands are row-major.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {
// places out (int64 or int32) [rows, m], values [rows, m], sorted [rows or 1, n], and perhaps an int64 sorter like it
extern Kernel searchsorted;
extern Kernel bincount;   // counts out [bins] (int64, or the weights' dtype), input (int64), and perhaps weights
extern Kernel histogram;  // counts out [bins], input, edges [bins + 1], and perhaps weights

struct SearchParameters {
  bool right;
};
struct HistogramParameters {
  double low, high;
  bool even;   // the edges are evenly spaced from low to high
  bool exact;  // an element beside an edge is compared with the edge itself
};
}  // namespace rl::kernels
