// Scans: running sums, products, extremes and sums of exponentials along a dim.
#pragma once

#include "ops/common.h"

namespace rl::ops {

Tensor cumsum(const Tensor& input, int64_t dim, std::optional<DType> dtype, Tensor* out);
Tensor cumprod(const Tensor& input, int64_t dim, std::optional<DType> dtype, Tensor* out);
void cumsum_(Tensor& self, int64_t dim, std::optional<DType> dtype);
void cumprod_(Tensor& self, int64_t dim, std::optional<DType> dtype);
Tensor logcumsumexp(const Tensor& input, int64_t dim, Tensor* out);
std::tuple<Tensor, Tensor> cummax(const Tensor& input, int64_t dim, Outs* out);
std::tuple<Tensor, Tensor> cummin(const Tensor& input, int64_t dim, Outs* out);

}  // namespace rl::ops
