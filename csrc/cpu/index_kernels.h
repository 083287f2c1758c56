// The kernel rows of indexing, and the parameters that ops/ and cpu/ share.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {

// Reading: {out, input walked, input, indices...}. Writing: {self, self walked, source, indices...}.
// "Walked" is a view of the sizes of all positions: step 0 along the dims that index tensors run over.
extern Kernel gather, index_select, take, index;
extern Kernel scatter, scatter_add, index_put, index_put_add, index_add, index_copy, index_fill;
extern Kernel scatter_mul, scatter_max, scatter_min, index_mul, index_max, index_min;
// Contiguous operands, cut into chunks of kMaskChunk elements. count: {offsets [chunks + 1], input}: how many elements
// that are not zero stand before each chunk, the total last.
extern Kernel count_chunks;
extern Kernel nonzero;         // {columns [ndim, n] int64, input, offsets}
extern Kernel masked_select;   // {out [n], input, mask, offsets}
extern Kernel masked_scatter;  // {self, mask, source, offsets}

}  // namespace rl::kernels

namespace rl {

constexpr int kMostIndices = 8;  // index tensors of one x[i, j, ...]
constexpr int64_t kMaskChunk = 32768;

struct IndexParameters {
  int32_t count = 1;               // index tensors
  bool wraps = false;              // -1 is the last one
  int8_t dims[kMostIndices] = {};  // which dim of the input each addresses
};

}  // namespace rl
