// Shapes of pooling: whatever comes before the last dims becomes planes, one or two dims become three.
#include "ops/pool.h"

#include <limits>

#include "cpu/pool_kernels.h"
#include "ops/planes.h"

namespace rl::kernels {
namespace {

void explain_place(const ErrorWord& word, const Tensor& planes) {
  fail(ErrorKind::Runtime, "Found an invalid max index: ", word.value, " (output volumes are of size ", planes.size(1),
       ")");
}
void explain_gather(const ErrorWord& word, const Operand* operands, int) { explain_place(word, *operands[1].tensor); }
void explain_scatter(const ErrorWord& word, const Operand* operands, int) { explain_place(word, *operands[0].tensor); }

}  // namespace

constinit Kernel avg_pool{.name = "avg_pool", .kind = Kind::Reduction, .outputs = 1};
constinit Kernel avg_pool_back{.name = "avg_pool_backward", .kind = Kind::Index, .outputs = 1};
constinit Kernel max_pool{.name = "max_pool", .kind = Kind::Reduction, .outputs = 2};
constinit Kernel gather_places{
    .name = "gather_places", .kind = Kind::Index, .outputs = 1, .explain = &explain_gather, .block = {}};
constinit Kernel scatter_places{
    .name = "scatter_places", .kind = Kind::Index, .outputs = 1, .explain = &explain_scatter, .block = {}};
constinit Kernel set_places{
    .name = "max_unpool", .kind = Kind::Index, .outputs = 1, .explain = &explain_scatter, .block = {}};
}  // namespace rl::kernels

namespace rl::ops {
namespace {

using kernels::PoolParameters;

DType key_of(const char* op, const Kernel& kernel, const Tensor& t) {
  const DType key = is_integer(t.dtype()) ? DType::Int64 : compute_dtype(t.dtype());
  RL_CHECK_IMPLEMENTED(computes(kernel, key), "\"", op, "\" not implemented for '", short_name(t.dtype()), "'");
  return key;
}

/// `from` is the input's last sizes, `to` those of the windows.
PoolParameters parameters(const char* op, const Dims& kernel, const Dims& stride, const Dims& padding,
                          const Dims& dilation, const Tensor& from, const Dims& to) {
  PoolParameters p{{1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}, false, false, 0};
  const int n = to.size();
  for (const Dims* each : {&kernel, &stride, &padding, &dilation})
    RL_CHECK(each->size() == n, op, ": expected ", n, " numbers a parameter, got ", *each);
  for (int d = 0; d < n; ++d) {
    const int at = 3 - n + d;
    const int64_t size = from.size(from.ndim() - n + d);
    RL_CHECK(kernel[d] > 0, op, ": kernel size should be greater than zero, but got ", kernel);
    RL_CHECK(stride[d] > 0, op, ": stride should not be zero, got ", stride);
    RL_CHECK(dilation[d] > 0, op, ": dilation should be greater than zero, but got ", dilation);
    for (const Dims* each : {&kernel, &stride, &padding, &dilation})
      RL_CHECK((*each)[d] <= std::numeric_limits<int32_t>::max(), op, ": ", *each, " is beyond 2^31");
    RL_CHECK(padding[d] >= 0, op, ": pad must be non-negative, but got pad: ", padding);
    const int64_t reach = (kernel[d] - 1) * dilation[d] + 1;
    RL_CHECK(padding[d] <= reach / 2, op,
             ": pad should be at most half of effective kernel size, but got pad=", padding[d],
             ", kernel_size=", kernel[d], " and dilation=", dilation[d]);
    const int64_t last = to[d] > 0 ? checked_mul(to[d] - 1, stride[d], op) - padding[d] : -1;
    RL_CHECK(last < size, op, ": ", to[d], " windows of ", kernel[d], " elements do not fit into an input of size ",
             size);
    p.kernel[at] = int32_t(kernel[d]);
    p.stride[at] = int32_t(stride[d]);
    p.padding[at] = int32_t(padding[d]);
    p.dilation[at] = int32_t(dilation[d]);
  }
  return p;
}

PoolParameters adaptive(const char* op, const Tensor& from, const Dims& to) {
  PoolParameters p{};
  p.adaptive = true;
  for (int d = 0; d < to.size(); ++d) {
    const int64_t size = from.size(from.ndim() - to.size() + d);
    RL_CHECK(to[d] == 0 || size > 0, op,
             ": Expected the input to have non-zero sizes in the dims that are pooled, got ", from.sizes());
    RL_CHECK(to[d] < std::numeric_limits<int64_t>::max(), op, ": an output of size ", to[d], " is too large");
    checked_mul(to[d] + 1, size, op);
  }
  return p;
}

Tensor averaged(const char* op, const Tensor& input, const Dims& size, const PoolParameters& p) {
  const DType key = key_of(op, kernels::avg_pool, input);
  const Tensor made = empty(with_last_sizes(op, input, size), key, input.device());
  const Tensor from = as_contiguous(as_dtype(input, key));
  if (made.numel() > 0) {
    const Tensor to = as_planes(made, size.size()), planes = as_planes(from, size.size());
    launch(kernels::avg_pool, {to, planes}, key, Parameters::pack(p));
  }
  return in_format_of(input, as_dtype(made, input.dtype()));
}

Tensor averaged_back(const Tensor& grad, const Dims& input_size, const Tensor& made, const PoolParameters& p) {
  const DType key = made.dtype();
  const Tensor from = as_contiguous(as_dtype(grad, key));
  if (grad.numel() == 0) {
    fill(made, Scalar(0));
  } else if (made.numel() > 0) {
    const Tensor to = as_planes(made, input_size.size()), planes = as_planes(from, input_size.size());
    launch(kernels::avg_pool_back, {to, planes}, key, Parameters::pack(p));
  }
  return as_dtype(made, grad.dtype());
}

Tensor room_for_input(const char* op, const Tensor& grad, const Dims& input_size) {
  const DType key = key_of(op, kernels::avg_pool_back, grad);
  return empty(with_last_sizes(op, grad, input_size), key, grad.device());
}

std::tuple<Tensor, Tensor> maxima(const char* op, const Tensor& input, const Dims& size, const PoolParameters& p) {
  const DType key = key_of(op, kernels::max_pool, input);
  const Dims sizes = with_last_sizes(op, input, size);
  int64_t rows = 1;  // they are numbered
  for (int d = input.ndim() - size.size(); d < input.ndim() - 1; ++d) rows = checked_mul(rows, input.size(d), op);
  RL_CHECK(rows <= std::numeric_limits<int32_t>::max() &&
               input.size(-1 + input.ndim()) <= std::numeric_limits<int32_t>::max(),
           op, ": input of shape ", input.sizes(), " has planes of more than 2^31 rows or columns");
  const Tensor made = empty(sizes, key, input.device()), places = empty(sizes, DType::Int64, input.device());
  const Tensor from = as_contiguous(as_dtype(input, key));
  if (made.numel() > 0) {
    const int n = size.size();
    const Tensor to = as_planes(made, n), at = as_planes(places, n), planes = as_planes(from, n);
    launch(kernels::max_pool, {to, at, planes}, key, Parameters::pack(p));
  }
  return {in_format_of(input, as_dtype(made, input.dtype())), in_format_of(input, places)};
}

void check_dims(const char* op, const Tensor& t, const Dims& like) {
  RL_CHECK(!like.empty() && like.size() <= 3 && t.ndim() >= like.size(), op,
           ": expected one to three sizes and a tensor ", "of at least as many dims, got ", like, " and shape ",
           t.sizes());
}

Tensor placed(const Kernel& kernel, const Tensor& input, const Tensor& places, const Dims& size) {
  const char* op = kernel.name;
  RL_CHECK(places.dtype() == DType::Int64, op,
           ": elements in indices should be type int64 but got: ", short_name(places.dtype()));
  RL_CHECK(input.sizes() == places.sizes(), op, ": Expected shape of indices to be same as that of the input tensor (",
           input.sizes(), ") but got indices tensor with shape: ", places.sizes());
  const DType key = key_of(op, kernel, input);
  const Tensor made = empty(with_last_sizes(op, input, size), key, input.device());
  const Tensor from = as_contiguous(as_dtype(input, key)), at = as_contiguous(places);
  if (made.numel() > 0) {
    const int n = size.size();
    const Tensor to = as_flat_planes(made, n), flat = as_flat_planes(from, n), flat_at = as_flat_planes(at, n);
    launch(kernel, {to, flat, flat_at}, key);
  }
  return as_dtype(made, input.dtype());
}

}  // namespace

Tensor avg_pool(const Tensor& input, const Dims& kernel, const Dims& stride, const Dims& padding, const Dims& size,
                bool count_include_pad, std::optional<int64_t> divisor) {
  const char* op = "avg_pool";
  check_dims(op, input, size);
  PoolParameters p = parameters(op, kernel, stride, padding, Dims(size.size(), 1), input, size);
  p.counts_padding = count_include_pad;
  RL_CHECK(divisor.value_or(1) != 0, op, ": divisor must be not zero");
  p.divisor = divisor.value_or(0);
  return averaged(op, input, size, p);
}

Tensor avg_pool_backward(const Tensor& grad, const Dims& kernel, const Dims& stride, const Dims& padding,
                         const Dims& input_size, bool count_include_pad, std::optional<int64_t> divisor) {
  const char* op = "avg_pool_backward";
  check_dims(op, grad, input_size);
  const Tensor made = room_for_input(op, grad, input_size);
  const int n = input_size.size();
  PoolParameters p = parameters(op, kernel, stride, padding, Dims(n, 1), made, last_sizes(grad, n));
  p.counts_padding = count_include_pad;
  RL_CHECK(divisor.value_or(1) != 0, op, ": divisor must be not zero");
  p.divisor = divisor.value_or(0);
  return averaged_back(grad, input_size, made, p);
}

Tensor adaptive_avg_pool(const Tensor& input, const Dims& size) {
  const char* op = "adaptive_avg_pool";
  check_dims(op, input, size);
  return averaged(op, input, size, adaptive(op, input, size));
}

Tensor adaptive_avg_pool_backward(const Tensor& grad, const Dims& input_size) {
  const char* op = "adaptive_avg_pool_backward";
  check_dims(op, grad, input_size);
  const Tensor made = room_for_input(op, grad, input_size);
  return averaged_back(grad, input_size, made, adaptive(op, made, last_sizes(grad, input_size.size())));
}

std::tuple<Tensor, Tensor> max_pool(const Tensor& input, const Dims& kernel, const Dims& stride, const Dims& padding,
                                    const Dims& dilation, const Dims& size) {
  const char* op = "max_pool";
  check_dims(op, input, size);
  return maxima(op, input, size, parameters(op, kernel, stride, padding, dilation, input, size));
}

std::tuple<Tensor, Tensor> adaptive_max_pool(const Tensor& input, const Dims& size) {
  const char* op = "adaptive_max_pool";
  check_dims(op, input, size);
  return maxima(op, input, size, adaptive(op, input, size));
}

Tensor gather_places(const Tensor& input, const Tensor& places, int64_t ndim) {
  const char* op = "gather_places";
  RL_CHECK(0 < ndim && ndim <= 3 && ndim <= places.ndim(), op, ": ndim ", ndim, " is out of range");
  const int n = int(ndim);
  RL_CHECK(places.dtype() == DType::Int64, op,
           ": elements in indices should be type int64 but got: ", short_name(places.dtype()));
  RL_CHECK(input.ndim() == places.ndim() && last_sizes(input, n).size() == n, op, ": input of shape ", input.sizes(),
           " and places of shape ", places.sizes(), " must have the same number of dims");
  for (int d = 0; d < input.ndim() - n; ++d)
    RL_CHECK(input.size(d) == places.size(d), op, ": input of shape ", input.sizes(), " and places of shape ",
             places.sizes(), " differ before the last ", n, " dims");
  const DType key = key_of(op, kernels::gather_places, input);
  const Tensor made = empty(places.sizes(), key, input.device());
  const Tensor from = as_contiguous(as_dtype(input, key)), at = as_contiguous(places);
  if (made.numel() > 0) {
    const Tensor to = as_flat_planes(made, n), flat = as_flat_planes(from, n), flat_at = as_flat_planes(at, n);
    launch(kernels::gather_places, {to, flat, flat_at}, key);
  }
  return as_dtype(made, input.dtype());
}

Tensor scatter_places(const Tensor& input, const Tensor& places, const Dims& size) {
  check_dims("scatter_places", input, size);
  return placed(kernels::scatter_places, input, places, size);
}
Tensor set_places(const Tensor& input, const Tensor& places, const Dims& size) {
  check_dims("max_unpool", input, size);
  return placed(kernels::set_places, input, places, size);
}

}  // namespace rl::ops
