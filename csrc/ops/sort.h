// Sorting along a dim.
#pragma once

#include "ops/common.h"

namespace rl::ops {

std::tuple<Tensor, Tensor> sort(const Tensor& input, int64_t dim, bool descending, bool stable);
Tensor argsort(const Tensor& input, int64_t dim, bool descending, bool stable);
std::tuple<Tensor, Tensor> topk(const Tensor& input, int64_t k, int64_t dim, bool largest, bool sorted);

}  // namespace rl::ops
