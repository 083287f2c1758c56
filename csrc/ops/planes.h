// Tensors whose last one to three dims are spatial, as kernels see them: whatever comes before becomes planes.
#pragma once

#include "ops/common.h"

namespace rl::ops {

/// The sizes of the last n dims.
Dims last_sizes(const Tensor& t, int n);
/// The sizes of `t` with its last dims replaced by `size`, one to three of them.
Dims with_last_sizes(const char* op, const Tensor& t, const Dims& size);
/// A row-major tensor as planes [n, d, h, w]: missing dims are of size 1.
Tensor as_planes(const Tensor& t, int ndim);
/// A row-major tensor as planes [n, m].
Tensor as_flat_planes(const Tensor& t, int ndim);
/// A result in the memory format of what it was made of: channels last where that has them last.
Tensor in_format_of(const Tensor& input, const Tensor& made);

}  // namespace rl::ops
