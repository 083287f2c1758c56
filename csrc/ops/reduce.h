// Reductions: sums, means, extremes, spreads, norms. `dim` empty or absent means all dims.
#pragma once

#include "ops/common.h"

namespace rl::ops {

using MaybeDims = std::optional<Dims>;

Tensor sum(const Tensor& input, const MaybeDims& dim, bool keepdim, std::optional<DType> dtype, Tensor* out);
Tensor mean(const Tensor& input, const MaybeDims& dim, bool keepdim, std::optional<DType> dtype, Tensor* out);
Tensor prod_all(const Tensor& input, std::optional<DType> dtype);
Tensor prod(const Tensor& input, int64_t dim, bool keepdim, std::optional<DType> dtype, Tensor* out);
Tensor amax(const Tensor& input, const Dims& dim, bool keepdim, Tensor* out);
Tensor amin(const Tensor& input, const Dims& dim, bool keepdim, Tensor* out);
Tensor max_all(const Tensor& input);
Tensor min_all(const Tensor& input);
/// maximum and minimum by their other names.
Tensor max_of(const Tensor& input, const Tensor& other, Tensor* out);
Tensor min_of(const Tensor& input, const Tensor& other, Tensor* out);
std::tuple<Tensor, Tensor> max_dim(const Tensor& input, int64_t dim, bool keepdim, Outs* out);
std::tuple<Tensor, Tensor> min_dim(const Tensor& input, int64_t dim, bool keepdim, Outs* out);
Tensor argmax(const Tensor& input, std::optional<int64_t> dim, bool keepdim, Tensor* out);
Tensor argmin(const Tensor& input, std::optional<int64_t> dim, bool keepdim, Tensor* out);
Tensor all(const Tensor& input, const MaybeDims& dim, bool keepdim, Tensor* out);
Tensor any(const Tensor& input, const MaybeDims& dim, bool keepdim, Tensor* out);
Tensor count_nonzero(const Tensor& input, const MaybeDims& dim);
/// The sum over what was broadcast: `input` in the shape `size`, which it came from.
Tensor sum_to(const Tensor& input, const Dims& size);

}  // namespace rl::ops
