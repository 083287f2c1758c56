// Softmax along any dim, which is put last and made dense.
#include "ops/softmax.h"

#include <algorithm>

#include "core/parallel.h"
#include "cpu/softmax_kernels.h"
#include "ops/shape.h"

namespace rl::kernels {
#define RL_ROW(row) constinit Kernel row{.name = #row, .kind = Kind::Reduction, .outputs = 1};
RL_ROW(softmax) RL_ROW(log_softmax) RL_ROW(softmax_backward) RL_ROW(log_softmax_backward)
#undef RL_ROW
}  // namespace rl::kernels

namespace rl::ops {
namespace {

/// [rows, n], dense, with `dim` last.
Tensor as_rows(const Tensor& t, int d) {
  const Tensor last = as_contiguous(t.ndim() ? transpose(t, d, -1) : t);
  const int64_t n = t.ndim() ? t.size(d) : 1;
  const int64_t rows = n ? t.numel() / n : 0;
  return last.view({rows, n}, {n, 1}, last.offset());
}
Tensor from_rows(const Tensor& rows, const Tensor& like, int d) {
  if (like.ndim() == 0) return rows.view({}, {}, rows.offset());
  Dims sizes = like.sizes();
  std::swap(sizes[d], sizes[like.ndim() - 1]);
  const Tensor shaped = rows.view(sizes, contiguous_strides(sizes), rows.offset());
  return d == like.ndim() - 1 ? shaped : as_contiguous(transpose(shaped, d, -1));
}

/// Rows of another dtype than the kernel's, converted some at a time into memory that stays in the caches.
Tensor soften_converted(const Kernel& kernel, const Tensor& x, DType result, DType key) {
  constexpr int64_t kSlab = 1 << 16;  // elements a thread: 256 KiB of float32, twice, in second-level cache
  const int64_t rows = x.size(0), n = x.size(1);
  const Tensor made = empty(x.sizes(), result, x.device());
  if (made.numel() == 0 || made.is_meta()) return made;
  const int64_t most = std::clamp<int64_t>(kSlab * num_threads() / n, 1, rows);
  const auto part = [n](const Tensor& t, int64_t first, int64_t count) {
    return t.view({count, n}, {n, 1}, t.offset() + first * n);
  };
  const Tensor wide = empty({most, n}, key, x.device()), soft = empty({most, n}, key, x.device());
  for (int64_t first = 0; first < rows; first += most) {
    const int64_t count = std::min(most, rows - first);
    const Tensor given = part(x, first, count), taken = part(made, first, count);
    const Tensor from = part(wide, 0, count), to = part(soft, 0, count);
    copy_values(from, given);
    launch(kernel, {to, from}, key);
    copy_values(taken, to);
  }
  return made;
}

Tensor soften(const Kernel& kernel, const Tensor& input, int64_t dim, std::optional<DType> dtype, Tensor* out) {
  const int d = wrap_dim(dim, input.ndim(), kernel.name);
  const DType result = dtype.value_or(input.dtype()), key = compute_dtype(result);
  RL_CHECK_IMPLEMENTED(computes(kernel, key), "\"", kernel.name, "\" not implemented for '", short_name(result), "'");
  const Tensor x = as_rows(input, d);
  Tensor y;
  if (x.dtype() == key && result == key)
    launch(kernel, {y = empty(x.sizes(), key, input.device()), x}, key);
  else
    y = soften_converted(kernel, x, result, key);
  return deliver_exact(kernel.name, from_rows(y, input, d), out);
}

Tensor soften_backward(const Kernel& kernel, const Tensor& grad, const Tensor& output, int64_t dim) {
  const int d = wrap_dim(dim, output.ndim(), kernel.name);
  RL_CHECK(grad.sizes() == output.sizes(), kernel.name, ": the gradient has shape ", grad.sizes(), " and the result ",
           output.sizes());
  const DType key = compute_dtype(output.dtype());
  RL_CHECK_IMPLEMENTED(computes(kernel, key), "\"", kernel.name, "\" not implemented for '", short_name(output.dtype()),
                       "'");
  const Tensor g = as_rows(as_dtype(grad, key), d), y = as_rows(as_dtype(output, key), d);
  const Tensor made = empty(y.sizes(), key, output.device());
  launch(kernel, {made, g, y}, key);
  return as_dtype(from_rows(made, output, d), output.dtype());
}

}  // namespace

Tensor softmax(const Tensor& input, int64_t dim, std::optional<DType> dtype, Tensor* out) {
  return soften(kernels::softmax, input, dim, dtype, out);
}
Tensor log_softmax(const Tensor& input, int64_t dim, std::optional<DType> dtype, Tensor* out) {
  return soften(kernels::log_softmax, input, dim, dtype, out);
}
Tensor softmax_backward(const Tensor& grad, const Tensor& output, int64_t dim) {
  return soften_backward(kernels::softmax_backward, grad, output, dim);
}
Tensor log_softmax_backward(const Tensor& grad, const Tensor& output, int64_t dim) {
  return soften_backward(kernels::log_softmax_backward, grad, output, dim);
}

}  // namespace rl::ops
