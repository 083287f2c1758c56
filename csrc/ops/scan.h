// Scans: running sums and products along a dim.
#pragma once

#include "ops/common.h"

namespace rl::ops {

Tensor cumsum(const Tensor& input, int64_t dim, std::optional<DType> dtype, Tensor* out);
Tensor cumprod(const Tensor& input, int64_t dim, std::optional<DType> dtype, Tensor* out);

}  // namespace rl::ops
