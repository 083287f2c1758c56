// Matrix products: matmul in all ranks, and what is a special case of it.
#pragma once

#include "ops/common.h"

namespace rl::ops {

Tensor matmul(const Tensor& input, const Tensor& other, Tensor* out);
Tensor mm(const Tensor& input, const Tensor& mat2, Tensor* out);
Tensor bmm(const Tensor& input, const Tensor& mat2, Tensor* out);
Tensor mv(const Tensor& input, const Tensor& vec, Tensor* out);
Tensor dot(const Tensor& input, const Tensor& tensor, Tensor* out);
Tensor addmm(const Tensor& input, const Tensor& mat1, const Tensor& mat2, const Scalar& beta, const Scalar& alpha,
             Tensor* out);
/// input [..., in] x weight [out, in] transposed, + bias [out].
Tensor linear(const Tensor& input, const Tensor& weight, const Tensor* bias);

}  // namespace rl::ops
