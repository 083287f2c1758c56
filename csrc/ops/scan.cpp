// Scans: the scanned dim is put last, in views of input and result.
#include "ops/scan.h"

#include "cpu/scan_kernels.h"
#include "ops/shape.h"

namespace rl::kernels {
constinit Kernel cumsum{.name = "cumsum", .kind = Kind::Scan, .outputs = 1};
constinit Kernel cumprod{.name = "cumprod", .kind = Kind::Scan, .outputs = 1};
constinit Kernel logcumsumexp{.name = "logcumsumexp", .kind = Kind::Scan, .outputs = 1};
constinit Kernel cummax{.name = "cummax", .kind = Kind::Scan, .outputs = 2};
constinit Kernel cummin{.name = "cummin", .kind = Kind::Scan, .outputs = 2};
}  // namespace rl::kernels

namespace rl::ops {
namespace {

Tensor scan(const Kernel& kernel, const Tensor& input, int64_t dim, std::optional<DType> dtype, Tensor* out) {
  const int d = wrap_dim(dim, input.ndim(), kernel.name);
  const DType result = dtype.value_or(category(input.dtype()) < 2 ? DType::Int64 : input.dtype());
  const DType key = category(result) < 2 ? DType::Int64 : compute_dtype(result);
  const Tensor wide = as_dtype(as_dtype(input, result), key);
  const Tensor made = empty(input.sizes(), key, input.device());
  if (input.ndim() == 0 || input.size(d) == 1) {
    copy_values(made, wide);
  } else {
    RL_CHECK(computes(kernel, key), "\"", kernel.name, "\" not implemented for '", short_name(result), "'");
    if (d == input.ndim() - 1) {
      launch(kernel, {made, wide}, key);
    } else {
      const Tensor to = transpose(made, d, -1), from = transpose(wide, d, -1);
      launch(kernel, {to, from}, key);
    }
  }
  return deliver(kernel.name, as_dtype(made, result), out);
}

std::tuple<Tensor, Tensor> running(const Kernel& kernel, const Tensor& input, int64_t dim, Outs* out) {
  const int d = wrap_dim(dim, input.ndim(), kernel.name);
  const DType key = order_dtype(input.dtype());
  RL_CHECK_IMPLEMENTED(computes(kernel, key), "\"", kernel.name, "\" not implemented for '", short_name(input.dtype()),
                       "'");
  const Tensor wide = as_dtype(input, key), values = empty(input.sizes(), key, input.device()),
               indices = empty(input.sizes(), DType::Int64, input.device());
  if (input.ndim() == 0 || input.size(d) == 1) {
    copy_values(values, wide);
    fill(indices, Scalar(0));
  } else {
    const Tensor v = transpose(values, d, -1), i = transpose(indices, d, -1), from = transpose(wide, d, -1);
    launch(kernel, {v, i, from}, key);
  }
  return deliver(kernel.name, std::tuple(as_dtype(values, input.dtype()), indices), out);
}

}  // namespace

Tensor cumsum(const Tensor& input, int64_t dim, std::optional<DType> dtype, Tensor* out) {
  return scan(kernels::cumsum, input, dim, dtype, out);
}
Tensor cumprod(const Tensor& input, int64_t dim, std::optional<DType> dtype, Tensor* out) {
  return scan(kernels::cumprod, input, dim, dtype, out);
}

void cumsum_(Tensor& self, int64_t dim, std::optional<DType> dtype) {
  const Tensor made = cumsum(self, dim, dtype.value_or(self.dtype()), nullptr);
  copy_values(self, made, "cumsum_");
}
void cumprod_(Tensor& self, int64_t dim, std::optional<DType> dtype) {
  const Tensor made = cumprod(self, dim, dtype.value_or(self.dtype()), nullptr);
  copy_values(self, made, "cumprod_");
}

Tensor logcumsumexp(const Tensor& input, int64_t dim, Tensor* out) {
  RL_CHECK_IMPLEMENTED(is_differentiable(input.dtype()), "\"logcumsumexp_out_cpu\" not implemented for '",
                       short_name(input.dtype()), "'");
  return scan(kernels::logcumsumexp, input, dim, input.dtype(), out);
}
std::tuple<Tensor, Tensor> cummax(const Tensor& input, int64_t dim, Outs* out) {
  return running(kernels::cummax, input, dim, out);
}
std::tuple<Tensor, Tensor> cummin(const Tensor& input, int64_t dim, Outs* out) {
  return running(kernels::cummin, input, dim, out);
}

}  // namespace rl::ops
