// Shapes of factors, and what follows from them.
#include "ops/factor.h"

#include <algorithm>

#include "ops/create.h"
#include "ops/shape.h"

namespace rl::kernels {
static void explain_svd(const ErrorWord&, const Operand*, int) {
  fail(ErrorKind::Runtime,
       "linalg.svd: The algorithm failed to converge because the input matrix contained non-finite values, or has too "
       "many repeated singular values");
}
constinit Kernel svd{.name = "svd", .kind = Kind::Opaque, .outputs = 3, .explain = &explain_svd};
}  // namespace rl::kernels

namespace rl::ops {
namespace {

void check_matrix(const char* op, const Tensor& a) {
  RL_CHECK(a.ndim() >= 2, op, ": The input tensor A must have at least 2 dimensions, it has shape ", a.sizes());
  RL_CHECK(is_differentiable(a.dtype()), op, ": Expected a floating point or complex tensor as input. Got ",
           short_name(a.dtype()));
  RL_CHECK(contains(only(DType::Float32, DType::Float64) | kComplex, a.dtype()), op,
           ": Low precision dtypes not supported. Got ", short_name(a.dtype()));
}

Dims with_matrix(const Tensor& batch, int64_t rows, int64_t cols) {
  Dims sizes(batch.sizes().data(), batch.ndim() - 2);
  for (int64_t n : {rows, cols}) sizes.push_back(n);
  return sizes;
}

}  // namespace

std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& a, bool full_matrices, bool compute_uv) {
  check_matrix("linalg.svd", a);
  const int64_t m = a.size(a.ndim() - 2), n = a.size(a.ndim() - 1), k = std::min(m, n);
  const Dims of_u = compute_uv ? with_matrix(a, m, full_matrices ? m : k) : Dims{0},
             of_vh = compute_uv ? with_matrix(a, full_matrices ? n : k, n) : Dims{0};
  Dims of_s(a.sizes().data(), a.ndim() - 2);
  of_s.push_back(k);
  const Tensor u = empty(of_u, a.dtype(), a.device()), s = empty(of_s, real_of(a.dtype()), a.device()),
               vh = empty(of_vh, a.dtype(), a.device());
  if (a.is_meta()) return {u, s, vh};
  if (s.numel() == 0) {
    for (const Tensor& t : {u, vh}) {
      if (!compute_uv) continue;
      const Tensor ones = eye(t.size(t.ndim() - 2), t.size(t.ndim() - 1), a.dtype(), a.device(), nullptr);
      copy_values(t, ones);
    }
    return {u, s, vh};
  }
  read_host(a, "linalg.svd");
  const Tensor dense = as_contiguous(a);
  launch(kernels::svd, {u, s, vh, dense}, a.dtype(),
         Parameters::pack(kernels::SvdParameters{full_matrices, compute_uv}));
  return {u, s, vh};
}

Tensor nuclear_norm(const Tensor& input, const MaybeDims& dim, bool keepdim, Tensor* out) {
  check_matrix("norm: linalg.matrix_norm", input);
  Dims dims = dim.value_or(Dims());
  if (!dim)
    for (int d = 0; d < input.ndim(); ++d) dims.push_back(d);
  RL_CHECK(dims.size() == 2, "norm: linalg.matrix_norm: dim must be a 2-tuple. Got ", dims);
  const int rows = wrap_dim(dims[0], input.ndim(), "norm"), cols = wrap_dim(dims[1], input.ndim(), "norm");
  RL_CHECK(rows != cols, "norm: linalg.matrix_norm: dims must be different. Got (", dims[0], ", ", dims[1], ")");
  Dims order;
  for (int d = 0; d < input.ndim(); ++d)
    if (d != rows && d != cols) order.push_back(d);
  for (int d : {rows, cols}) order.push_back(d);
  const Tensor values = std::get<1>(svd(permute(input, order), false, false));
  Tensor total = sum(values, Dims{-1}, false, std::nullopt, nullptr);
  if (keepdim)
    for (int d : {std::min(rows, cols), std::max(rows, cols)}) total = unsqueeze(total, d);
  return deliver_exact("norm", total, out);
}

}  // namespace rl::ops
