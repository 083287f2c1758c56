// Spreads, norms, logsumexp, nansum: sums of what a function makes of each element.
#pragma once

#include "ops/reduce.h"

namespace rl::ops {

using MaybeScalar = std::optional<Scalar>;

// Each in PyTorch's three forms: (dim, correction), (unbiased), (dim, unbiased).
Tensor var(const Tensor& input, const MaybeDims& dim, MaybeScalar correction, bool keepdim, Tensor* out);
Tensor var_all(const Tensor& input, bool unbiased);
Tensor var_unbiased(const Tensor& input, const MaybeDims& dim, bool unbiased, bool keepdim, Tensor* out);
Tensor std(const Tensor& input, const MaybeDims& dim, MaybeScalar correction, bool keepdim, Tensor* out);
Tensor std_all(const Tensor& input, bool unbiased);
Tensor std_unbiased(const Tensor& input, const MaybeDims& dim, bool unbiased, bool keepdim, Tensor* out);
using TwoTensors = std::tuple<Tensor, Tensor>;
TwoTensors var_mean(const Tensor& input, const MaybeDims& dim, MaybeScalar correction, bool keepdim, Outs* out);
TwoTensors var_mean_all(const Tensor& input, bool unbiased);
TwoTensors var_mean_unbiased(const Tensor& input, const MaybeDims& dim, bool unbiased, bool keepdim, Outs* out);
TwoTensors std_mean(const Tensor& input, const MaybeDims& dim, MaybeScalar correction, bool keepdim, Outs* out);
TwoTensors std_mean_all(const Tensor& input, bool unbiased);
TwoTensors std_mean_unbiased(const Tensor& input, const MaybeDims& dim, bool unbiased, bool keepdim, Outs* out);

Tensor norm(const Tensor& input, MaybeScalar p, const MaybeDims& dim, bool keepdim, Tensor* out,
            std::optional<DType> dtype);
/// p by name: "fro".
Tensor norm_named(const Tensor& input, std::string_view p, const MaybeDims& dim, bool keepdim, Tensor* out,
                  std::optional<DType> dtype);
Tensor logsumexp(const Tensor& input, const Dims& dim, bool keepdim, Tensor* out);
Tensor nansum(const Tensor& input, const MaybeDims& dim, bool keepdim, std::optional<DType> dtype, Tensor* out);

}  // namespace rl::ops
