// Rows of the kernels that put elements in other places.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {

extern Kernel triangle;          // {out, input}: matrices, row-major; may be the same memory
extern Kernel count_repeats;     // {total [], repeats [n]}: their sum; negative ones are reported
extern Kernel repeated_indices;  // {index [total], repeats [n]}

extern Kernel triangle_places;  // {places [2, n] int64}: rows and columns
extern Kernel reverse;          // {out, input}: a copy of an input that steps backwards along its last dim
extern Kernel repeat_blocks;    // {out [n, repeats, inner], input [n, inner]}, row-major

struct Triangle {
  int64_t diagonal;  // the last one kept (lower), or the first (upper); within one of the matrix
  bool upper;
  int64_t rows = 0, cols = 0;  // triangle_places alone
};

}  // namespace rl::kernels
