// Attention: shapes, dtypes, and how results lie in memory.
#include "ops/attention.h"

#include "cpu/attention_kernels.h"

namespace rl::kernels {
constinit Kernel attention{.name = "attention", .kind = Kind::Opaque, .outputs = 1};
constinit Kernel attention_back{.name = "attention_back", .kind = Kind::Opaque, .outputs = 3};
}  // namespace rl::kernels

namespace rl::ops {
namespace {

constexpr int64_t kMost = int64_t(1) << 31;

void check(const char* op, const Tensor& query, const Tensor& key, const Tensor& value, const Tensor* mask,
           const Kernel& kernel) {
  for (const Tensor* t : {&query, &key, &value}) {
    RL_CHECK(t->ndim() == 4, op,
             ": query, key and value must have 4 dims (batch, heads, positions, features), got shapes ", query.sizes(),
             ", ", key.sizes(), " and ", value.sizes());
    RL_CHECK(t->dtype() == query.dtype(),
             "Expected query, key, and value to have the same dtype, but got query.dtype: ", dtype_text(query.dtype()),
             " key.dtype: ", dtype_text(key.dtype()), " and value.dtype: ", dtype_text(value.dtype()), " instead.");
    RL_CHECK(t->device() == query.device(), op, ": Expected all tensors to be on the same device");
    RL_CHECK(t->size(0) == query.size(0) && t->size(1) == query.size(1), op,
             ": batch and heads differ: query has shape ", query.sizes(), ", key ", key.sizes(), ", value ",
             value.sizes());
  }
  RL_CHECK(query.size(3) == key.size(3), op, ": query has ", query.size(3), " features and key ", key.size(3));
  RL_CHECK(key.size(2) == value.size(2), op, ": key has ", key.size(2), " positions and value ", value.size(2));
  RL_CHECK(key.size(2) < kMost, op, ": key has ", key.size(2), " positions, more than 2^31");
  RL_CHECK_IMPLEMENTED(computes(kernel, compute_dtype(query.dtype())), "\"", op, "\" not implemented for '",
                       short_name(query.dtype()), "'");
  if (!mask) return;
  RL_CHECK(mask->sizes() == Dims({query.size(0), query.size(1), query.size(2), key.size(2)}), op,
           ": the mask has shape ", mask->sizes(), " where ",
           Dims({query.size(0), query.size(1), query.size(2), key.size(2)}), " belongs");
  RL_CHECK(mask->device() == query.device(), op, ": Expected all tensors to be on the same device");
}

/// Features side by side, in the dtype of the computation.
Tensor prepared(const Tensor& t, DType key) {
  const Tensor cast = as_dtype(t, key);
  return cast.stride(3) == 1 || cast.size(3) <= 1 ? cast : as_contiguous(cast);
}
/// A tensor to be written, that lies as `like` does but for its features, which are side by side.
Tensor made_like(const Tensor& like, int64_t features, DType dtype) {
  Dims sizes = like.sizes();
  sizes[3] = features;
  Dims order = like.strides();
  order[3] = 1;
  for (int d = 0; d < 3; ++d) order[d] = like.stride(3) == 1 ? order[d] : contiguous_strides(like.sizes())[d];
  return empty_strided(sizes, strides_like(sizes, like.view(like.sizes(), order, 0)), dtype, like.device());
}

/// What the kernels add: bools as they are, numbers in the dtype of the computation.
Tensor prepared_mask(const Tensor& mask, DType key) { return mask.dtype() == DType::Bool ? mask : as_dtype(mask, key); }

}  // namespace

Tensor attention(const Tensor& query, const Tensor& key, const Tensor& value, const Tensor* mask, bool is_causal,
                 double scale) {
  check("attention", query, key, value, mask, kernels::attention);
  const DType compute = compute_dtype(query.dtype());
  const Tensor q = prepared(query, compute), k = prepared(key, compute), v = prepared(value, compute);
  const Tensor out = made_like(query, value.size(3), compute);
  if (out.numel() == 0) return as_dtype(out, query.dtype());
  const Parameters p = Parameters::pack(kernels::AttentionParameters{scale, is_causal});
  if (mask) {
    const Tensor m = prepared_mask(*mask, compute);
    launch(kernels::attention, {out, q, k, v, m}, compute, p);
  } else {
    launch(kernels::attention, {out, q, k, v}, compute, p);
  }
  return as_dtype(out, query.dtype());
}

std::tuple<Tensor, Tensor, Tensor> attention_backward(const Tensor& grad, const Tensor& query, const Tensor& key,
                                                      const Tensor& value, const Tensor* mask, bool is_causal,
                                                      double scale) {
  check("attention_backward", query, key, value, mask, kernels::attention_back);
  RL_CHECK(grad.sizes() == Dims({query.size(0), query.size(1), query.size(2), value.size(3)}) &&
               grad.dtype() == query.dtype(),
           "attention_backward: the gradient has shape ", grad.sizes(), " and dtype ", dtype_text(grad.dtype()));
  const DType compute = compute_dtype(query.dtype());
  const Tensor g = prepared(grad, compute), q = prepared(query, compute), k = prepared(key, compute),
               v = prepared(value, compute);
  const Tensor dq = made_like(query, query.size(3), compute), dk = made_like(key, key.size(3), compute),
               dv = made_like(value, value.size(3), compute);
  const DType dtype = query.dtype();
  if (dq.numel() == 0 && dk.numel() == 0 && dv.numel() == 0)
    return {as_dtype(dq, dtype), as_dtype(dk, dtype), as_dtype(dv, dtype)};
  const Parameters p = Parameters::pack(kernels::AttentionParameters{scale, is_causal});
  if (mask) {
    const Tensor m = prepared_mask(*mask, compute);
    launch(kernels::attention_back, {dq, dk, dv, g, q, k, v, m}, compute, p);
  } else {
    launch(kernels::attention_back, {dq, dk, dv, g, q, k, v}, compute, p);
  }
  return {as_dtype(dq, dtype), as_dtype(dk, dtype), as_dtype(dv, dtype)};
}

}  // namespace rl::ops
