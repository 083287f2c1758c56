// Shapes of matrix products: ranks, batch broadcasting, folding batches into rows; the kernel sees [..., M, K] x [...,
// K, N].
#include "ops/product.h"

#include "cpu/product_kernels.h"
#include "ops/pointwise.h"
#include "ops/shape.h"

namespace rl::kernels {
constinit Kernel matmul{.name = "matmul", .kind = Kind::Product, .outputs = 1};
}

namespace rl::ops {
namespace {

void check_dtypes(const char* op, const Tensor& a, const Tensor& b) {
  RL_CHECK(a.dtype() == b.dtype(), op, ": expected m1 and m2 to have the same dtype, but got: ", name(a.dtype()),
           " != ", name(b.dtype()));
  RL_CHECK(a.is_meta() == b.is_meta(), op,
           ": Expected all tensors to be on the same device, but found at least two devices, ", to_string(a.device()),
           " and ", to_string(b.device()), "!");
}

Tensor complex_product(const char* op, const Tensor& a, const Tensor& b, const Tensor* bias);

/// The product of the last two dims, batch dims already equal or broadcast. Half types go by way of float32.
Tensor product(const char* op, const Tensor& a, const Tensor& b, const Tensor* bias) {
  const DType dtype = a.dtype(), key = compute_dtype(dtype);
  if (is_complex(dtype)) return complex_product(op, a, b, bias);
  RL_CHECK(computes(kernels::matmul, key), "\"", op, "\" not implemented for '", short_name(dtype), "'");
  const Tensor x = as_dtype(a, key), y = as_dtype(b, key);
  Dims sizes = x.sizes();
  sizes[sizes.size() - 1] = y.size(y.ndim() - 1);
  const Tensor out = empty(sizes, key, a.device());
  if (bias) {
    const Tensor z = as_dtype(*bias, key);
    launch(kernels::matmul, {out, x, y, z}, key);
  } else {
    launch(kernels::matmul, {out, x, y}, key);
  }
  return as_dtype(out, dtype);
}

/// (Ar + i Ai) (Br + i Bi) by four real products, each in the order of products; the bias by a sum afterwards.
Tensor complex_product(const char* op, const Tensor& a, const Tensor& b, const Tensor* bias) {
  const Tensor ar = real(a), ai = imag(a), br = real(b), bi = imag(b);
  const Tensor rr = product(op, ar, br, nullptr), ii = product(op, ai, bi, nullptr);
  const Tensor ri = product(op, ar, bi, nullptr), ir = product(op, ai, br, nullptr);
  const Tensor out = empty(rr.sizes(), a.dtype(), a.device());
  Tensor re = real(out), im = imag(out);
  const Value prr(rr), pii(ii), pri(ri), pir(ir);
  pointwise(kernels::sub, Result::Same, {&prr, &pii}, &re);
  pointwise(kernels::add, Result::Same, {&pri, &pir}, &im);
  if (!bias) return out;
  const Value sum(out), shift(*bias);
  return add(sum, shift, Scalar(1), nullptr);
}

/// [B..., M, K] seen as [B * M, K] where strides allow, so that one large product replaces many small ones.
std::optional<Tensor> folded(const Tensor& a) {
  int64_t rows = 1, step = a.stride(a.ndim() - 2);
  const bool empty = a.numel() == 0;  // no stride of it is ever followed
  for (int d = a.ndim() - 2; d >= 0; --d) {
    if (!empty && a.size(d) != 1 && a.stride(d) != step * rows) return std::nullopt;
    rows *= a.size(d);
  }
  return a.view({rows, a.size(a.ndim() - 1)}, {step, a.stride(a.ndim() - 1)}, a.offset());
}

}  // namespace

Tensor matmul(const Tensor& input, const Tensor& other, Tensor* out) {
  RL_CHECK(input.ndim() > 0 && other.ndim() > 0,
           "matmul: both arguments to matmul need to be at least 1D, but they are ", input.ndim(), "D and ",
           other.ndim(), "D");
  check_dtypes("matmul", input, other);
  const Tensor a = input.ndim() == 1 ? unsqueeze(input, 0) : input, b = other.ndim() == 1 ? unsqueeze(other, 1) : other;
  const int64_t m = a.size(a.ndim() - 2), k = a.size(a.ndim() - 1), n = b.size(b.ndim() - 1);
  RL_CHECK(k == b.size(b.ndim() - 2), "matmul: mat1 and mat2 shapes cannot be multiplied (", m, "x", k, " and ",
           b.size(b.ndim() - 2), "x", n, "); the shapes are ", input.sizes(), " and ", other.sizes());
  Dims batch_a(a.sizes().data(), a.ndim() - 2), batch_b(b.sizes().data(), b.ndim() - 2);
  const Dims batch = broadcast_shapes(batch_a, batch_b, "matmul");
  checked_numel(batch, "matmul");

  Tensor result;
  const std::optional<Tensor> rows = b.ndim() == 2 && a.ndim() > 2 ? folded(a) : std::nullopt;
  if (rows) {
    result = product("matmul", *rows, b, nullptr);
  } else {
    Dims sizes_a = batch, sizes_b = batch;
    for (int64_t s : {m, k}) sizes_a.push_back(s);
    for (int64_t s : {k, n}) sizes_b.push_back(s);
    result = product("matmul", broadcast_to(a, sizes_a, "matmul"), broadcast_to(b, sizes_b, "matmul"), nullptr);
  }
  Dims sizes = batch;
  if (input.ndim() > 1) sizes.push_back(m);
  if (other.ndim() > 1) sizes.push_back(n);
  return deliver_exact("matmul", result.view(sizes, contiguous_strides(sizes), 0), out);
}

Tensor mm(const Tensor& input, const Tensor& mat2, Tensor* out) {
  RL_CHECK(input.ndim() == 2 && mat2.ndim() == 2, "mm: self must be a matrix and mat2 must be a matrix; they have ",
           input.ndim(), " and ", mat2.ndim(), " dims");
  return matmul(input, mat2, out);
}

Tensor bmm(const Tensor& input, const Tensor& mat2, Tensor* out) {
  RL_CHECK(input.ndim() == 3 && mat2.ndim() == 3,
           "bmm: batch1 must be a 3D tensor and batch2 must be a 3D tensor; they have ", input.ndim(), " and ",
           mat2.ndim(), " dims");
  RL_CHECK(input.size(0) == mat2.size(0), "bmm: Expected size for first two dimensions of batch2 tensor to be: [",
           input.size(0), ", ", input.size(2), "] but got: [", mat2.size(0), ", ", mat2.size(1), "].");
  return matmul(input, mat2, out);
}

Tensor mv(const Tensor& input, const Tensor& vec, Tensor* out) {
  RL_CHECK(input.ndim() == 2 && vec.ndim() == 1, "mv: vector + matrix @ vector expected, got 1, ", input.ndim(), ", ",
           vec.ndim());
  return matmul(input, vec, out);
}

Tensor dot(const Tensor& input, const Tensor& tensor, Tensor* out) {
  RL_CHECK(input.ndim() == 1 && tensor.ndim() == 1, "dot: 1D tensors expected, but got ", input.ndim(), "D and ",
           tensor.ndim(), "D tensors");
  RL_CHECK(input.size(0) == tensor.size(0), "dot: inconsistent tensor size, expected tensor ", input.sizes(),
           " and src ", tensor.sizes(), " to have the same number of elements");
  return matmul(input, tensor, out);
}

Tensor addmm(const Tensor& input, const Tensor& mat1, const Tensor& mat2, const Scalar& beta, const Scalar& alpha,
             Tensor* out) {
  const Tensor product = mm(mat1, mat2, nullptr);
  const Value p(product), x(input), a(alpha), b(beta);
  const Tensor scaled = mul(p, a, nullptr);
  broadcast_to(input, product.sizes(), "addmm");
  const Tensor kept = mul(x, b, nullptr);
  return deliver_exact("addmm", add(kept, scaled, Scalar(1), nullptr), out);
}

Tensor linear(const Tensor& input, const Tensor& weight, const Tensor* bias) {
  RL_CHECK(weight.ndim() == 2 || weight.ndim() == 1, "linear: weight must be 1-d or 2-d, it has shape ",
           weight.sizes());
  RL_CHECK(input.ndim() > 0, "linear: both arguments to linear need to be at least 1D, but they are 0D and ",
           weight.ndim(), "D");
  check_dtypes("linear", input, weight);
  const int64_t in = input.size(input.ndim() - 1), expected = weight.size(weight.ndim() - 1);
  RL_CHECK(in == expected, "linear: mat1 and mat2 shapes cannot be multiplied: input has ", in, " features (shape ",
           input.sizes(), "), weight expects ", expected, " (shape ", weight.sizes(), ")");
  if (weight.ndim() == 1) {
    const Tensor y = matmul(input, weight, nullptr);
    return bias ? add(y, *bias, Scalar(1), nullptr) : y;
  }
  if (bias) {
    check_dtypes("linear", input, *bias);
    RL_CHECK(bias->ndim() <= 1 && (bias->ndim() == 0 || bias->size(0) == weight.size(0) || bias->size(0) == 1),
             "linear: bias has shape ", bias->sizes(), ", weight expects [", weight.size(0), "]");
  }
  const Tensor wide_bias = bias ? broadcast_to(*bias, {weight.size(0)}, "linear") : Tensor();
  const Tensor columns = t(weight);
  Dims sizes = input.sizes();
  sizes[sizes.size() - 1] = weight.size(0);
  const Tensor a = input.ndim() == 1 ? unsqueeze(input, 0) : input;
  const std::optional<Tensor> rows = folded(a);
  const Tensor packed = rows ? *rows : *folded(as_contiguous(a));
  const Tensor y = product("linear", packed, columns, bias ? &wide_bias : nullptr);
  return y.view(sizes, contiguous_strides(sizes), 0);
}

}  // namespace rl::ops
