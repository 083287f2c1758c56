// The reductions: what functors/reduce.def names, and those with arguments of their own. `dim` empty or absent means
// all dims.
#pragma once

#include "cpu/reduce_kernels.h"
#include "ops/common.h"

namespace rl::ops {

using MaybeDims = std::optional<Dims>;

#define RL_REDUCTION(name, Functor, dtypes, rule) RL_REDUCTION_##rule(name)
#define RL_REDUCTION_Total(name) \
  Tensor name(const Tensor& input, const MaybeDims& dim, bool keepdim, std::optional<DType> dtype, Tensor* out);
#define RL_REDUCTION_Same(name) Tensor name(const Tensor& input, const Dims& dim, bool keepdim, Tensor* out);
#define RL_REDUCTION_Truth(name) Tensor name(const Tensor& input, const MaybeDims& dim, bool keepdim, Tensor* out);
#define RL_REDUCTION_Count(name) Tensor name(const Tensor& input, const MaybeDims& dim);
#define RL_REDUCTION_KERNEL(...)
#include "functors/reduce.def"
#undef RL_REDUCTION
#undef RL_REDUCTION_Total
#undef RL_REDUCTION_Same
#undef RL_REDUCTION_Truth
#undef RL_REDUCTION_Count
#undef RL_REDUCTION_KERNEL

Tensor mean(const Tensor& input, const MaybeDims& dim, bool keepdim, std::optional<DType> dtype, Tensor* out);
Tensor prod_all(const Tensor& input, std::optional<DType> dtype);
Tensor prod(const Tensor& input, int64_t dim, bool keepdim, std::optional<DType> dtype, Tensor* out);
Tensor max_all(const Tensor& input);
Tensor min_all(const Tensor& input);
/// maximum and minimum by their other names.
Tensor max_of(const Tensor& input, const Tensor& other, Tensor* out);
Tensor min_of(const Tensor& input, const Tensor& other, Tensor* out);
std::tuple<Tensor, Tensor> max_dim(const Tensor& input, int64_t dim, bool keepdim, Outs* out);
std::tuple<Tensor, Tensor> min_dim(const Tensor& input, int64_t dim, bool keepdim, Outs* out);
Tensor argmax(const Tensor& input, std::optional<int64_t> dim, bool keepdim, Tensor* out);
Tensor argmin(const Tensor& input, std::optional<int64_t> dim, bool keepdim, Tensor* out);
/// The sum over what was broadcast: `input` in the shape `size`, which it came from.
Tensor sum_to(const Tensor& input, const Dims& size);

}  // namespace rl::ops
