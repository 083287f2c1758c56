// Factors of matrices. The kernels' bodies are NumPy's LAPACK and come from csrc/python: without Python the rows stand
// and have no function, and a recorder meets a fence (DESIGN, section 3).
#pragma once

#include "ops/reduce.h"

namespace rl::kernels {
struct SvdParameters {
  bool full, vectors;
};
/// U, S, Vh, A; all row-major. Without vectors U and Vh are empty and stay so.
extern Kernel svd;
constexpr int32_t kNotConverged = 1;
}  // namespace rl::kernels

namespace rl::ops {

/// A = U diag(S) Vh over the last two dims, S from the largest on. Without `compute_uv` U and Vh are empty.
std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& a, bool full_matrices, bool compute_uv);
/// The sum of the singular values of the matrices that two dims span.
Tensor nuclear_norm(const Tensor& input, const MaybeDims& dim, bool keepdim, Tensor* out);

}  // namespace rl::ops
