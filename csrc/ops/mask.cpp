// Indexing by masks: fill, select and scatter where a mask is true, and where elements are not zero.
#include "core/fits.h"
#include "cpu/index_kernels.h"
#include "cpu/pointwise_kernels.h"
#include "ops/index.h"
#include "ops/index_views.h"

namespace rl::ops {
namespace {

/// {offsets, total} of elements that are not zero; the total reaches control flow only if asked for.
Tensor count(const Tensor& dense) {
  const int64_t chunks = (dense.numel() + kMaskChunk - 1) / kMaskChunk;
  const Tensor offsets = empty({chunks + 1}, DType::Int64, dense.device());
  launch(kernels::count_chunks, {offsets, dense}, dense.dtype());
  return offsets;
}
int64_t read_total(const Tensor& offsets, const char* op) {
  return *static_cast<const int64_t*>(read_host(offsets.view({}, {}, offsets.numel() - 1), op));
}

void check_mask(const Tensor& mask, const char* op, const char* phrase) {
  RL_CHECK(mask.dtype() == DType::Bool, op, ": ", phrase, ", but got mask with dtype ", dtype_text(mask.dtype()),
           "; compare it with something, or convert it with .bool()");
}

void fill_where(const char* op, const Tensor& to, const Tensor& from, const Tensor& mask, const Value& value) {
  check_mask(mask, op, "masked_fill_ only supports boolean masks");
  RL_CHECK(!value.is_tensor() || value.tensor->ndim() == 0, op,
           ": masked_fill_ only supports a 0-dimensional value tensor, but got tensor with ",
           value.is_tensor() ? value.tensor->ndim() : 0, " dimension(s).");
  if (!value.is_tensor()) check_fits(op, value.scalar, to.dtype());
  RL_CHECK(!value.is_tensor() || !is_complex(value.tensor->dtype()) || is_complex(to.dtype()), op,
           ": value cannot be converted to type ", dtype_text(to.dtype()), " without overflow: it is complex");
  launch(kernels::where, {to, mask, value.operand(), from}, compute_dtype(to.dtype()));
}

/// Columns of coordinates, [ndim, n].
Tensor coordinates(const Tensor& input, const char* op) {
  const Tensor dense = as_contiguous(input), offsets = count(dense);
  const int64_t n = read_total(offsets, op);
  const Tensor columns = empty({input.ndim(), n}, DType::Int64, input.device());
  launch(kernels::nonzero, {columns, dense, offsets}, dense.dtype());
  return columns;
}

}  // namespace

void masked_fill_(Tensor& self, const Tensor& mask, const Value& value) {
  const Value mask_value(mask);
  check_writable("masked_fill_", self, {&mask_value, &value});
  const Dims sizes = broadcast_shapes(self.sizes(), mask.sizes(), "masked_fill_");
  RL_CHECK(sizes == self.sizes(), "masked_fill_: output with shape ", self.sizes(),
           " doesn't match the broadcast shape ", sizes);
  fill_where("masked_fill_", self, self, mask, value);
}

Tensor masked_fill(const Tensor& input, const Tensor& mask, const Value& value) {
  const Dims sizes = broadcast_shapes(input.sizes(), mask.sizes(), "masked_fill");
  const Tensor result = empty_strided(sizes, strides_like(sizes, input), input.dtype(), input.device());
  fill_where("masked_fill", result, input, mask, value);
  return result;
}

void masked_scatter_(Tensor& self, const Tensor& mask, const Tensor& source) {
  const char* op = "masked_scatter_";
  check_mask(mask, op, "masked_scatter_ only supports boolean masks");
  RL_CHECK(self.dtype() == source.dtype(), op, ": expected self and source to have same dtypes but got ",
           dtype_text(self.dtype()), " and ", dtype_text(source.dtype()));
  const Value mask_value(mask), source_value(source);
  check_writable(op, self, {&mask_value, &source_value});
  const Tensor wide = as_contiguous(broadcast_to(mask, self.sizes(), op)), dense = as_contiguous(source);
  const Tensor target = as_contiguous(self), offsets = count(wide);
  launch(kernels::masked_scatter, {target, wide, dense, offsets}, self.dtype());
  if (!self.is_contiguous()) copy_values(self, target, op);
}

Tensor masked_scatter(const Tensor& input, const Tensor& mask, const Tensor& source) {
  const Dims sizes = broadcast_shapes(input.sizes(), mask.sizes(), "masked_scatter");
  Tensor result = empty(sizes, input.dtype(), input.device());
  copy_values(result, input, "masked_scatter");
  masked_scatter_(result, mask, source);
  return result;
}

Tensor masked_select(const Tensor& input, const Tensor& mask, Tensor* out) {
  check_mask(mask, "masked_select", "expected BoolTensor for mask");
  const Dims sizes = broadcast_shapes(input.sizes(), mask.sizes(), "masked_select");
  const Tensor dense = as_contiguous(broadcast_to(input, sizes, "masked_select"));
  const Tensor wide = as_contiguous(broadcast_to(mask, sizes, "masked_select")), offsets = count(wide);
  const Tensor result = empty({read_total(offsets, "masked_select")}, input.dtype(), input.device());
  launch(kernels::masked_select, {result, dense, wide, offsets}, input.dtype());
  return deliver_exact("masked_select", result, out);
}

Tensor nonzero(const Tensor& input, Tensor* out) {
  const Tensor columns = coordinates(input, "nonzero");
  const int64_t n = columns.size(1);
  return deliver_exact("nonzero", columns.view({n, columns.size(0)}, {1, n}, 0), out);
}

std::vector<Tensor> nonzero_columns(const Tensor& input) {
  const Tensor columns = coordinates(input, "nonzero");
  std::vector<Tensor> list;
  for (int d = 0; d < input.ndim(); ++d) list.push_back(columns.view({columns.size(1)}, {1}, d * columns.size(1)));
  return list;
}

std::vector<Tensor> where_nonzero(const Tensor& condition) { return nonzero_columns(at_least_1d(condition)); }

}  // namespace rl::ops
