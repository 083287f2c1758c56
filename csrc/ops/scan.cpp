// Scans: the scanned dim is put last, in views of input and result.
#include "ops/scan.h"

#include "cpu/scan_kernels.h"
#include "ops/shape.h"

namespace rl::kernels {
constinit Kernel cumsum{.name = "cumsum", .kind = Kind::Scan, .outputs = 1};
constinit Kernel cumprod{.name = "cumprod", .kind = Kind::Scan, .outputs = 1};
}  // namespace rl::kernels

namespace rl::ops {
namespace {

Tensor scan(const Kernel& kernel, const Tensor& input, int64_t dim, std::optional<DType> dtype, Tensor* out) {
  const int d = wrap_dim(dim, input.ndim(), kernel.name);
  const DType result = dtype.value_or(category(input.dtype()) < 2 ? DType::Int64 : input.dtype());
  const DType key = category(result) < 2 ? DType::Int64 : compute_dtype(result);
  const Tensor wide = as_dtype(input, key);
  const Tensor made = empty(input.sizes(), key, input.device());
  if (input.ndim() == 0) {
    copy_values(made, wide);
  } else {
    RL_CHECK(computes(kernel, key), "\"", kernel.name, "\" not implemented for '", short_name(result), "'");
    const Tensor to = transpose(made, d, -1), from = transpose(wide, d, -1);
    launch(kernel, {to, from}, key);
  }
  return deliver(kernel.name, as_dtype(made, result), out);
}

}  // namespace

Tensor cumsum(const Tensor& input, int64_t dim, std::optional<DType> dtype, Tensor* out) {
  return scan(kernels::cumsum, input, dim, dtype, out);
}
Tensor cumprod(const Tensor& input, int64_t dim, std::optional<DType> dtype, Tensor* out) {
  return scan(kernels::cumprod, input, dim, dtype, out);
}

}  // namespace rl::ops
