// Resampling by dims, the last first, as PyTorch adds them up; the transpose goes the other way.
#include "ops/resample.h"

#include "cpu/resample_kernels.h"
#include "ops/planes.h"

namespace rl::kernels {
constinit Kernel resample{.name = "upsample", .kind = Kind::Index, .outputs = 1, .block = {}};
constinit Kernel resample_back{.name = "upsample_backward", .kind = Kind::Index, .outputs = 1, .block = {}};
}  // namespace rl::kernels

namespace rl::ops {
namespace {

using kernels::Filter;
using kernels::ResampleParameters;
using Scale = std::optional<double>;

/// A row-major tensor as [n, size of dim, inner].
Tensor around(const Tensor& t, int dim) {
  Dims sizes{1, t.size(dim), 1};
  for (int d = 0; d < t.ndim(); ++d) {
    if (d < dim) sizes[0] *= t.size(d);
    if (d > dim) sizes[2] *= t.size(d);
  }
  return t.view(sizes, contiguous_strides(sizes), t.offset());
}

struct Resampling {
  Filter filter;
  bool align_corners;
  Scale scales[3];

  ResampleParameters along(int dim) const {
    const double scale = scales[dim].value_or(0);
    return {filter, align_corners, scale > 0 ? scale : 0};
  }
};

DType key_of(const Kernel& kernel, const Tensor& t, Filter filter) {
  const bool picks = filter == Filter::Nearest || filter == Filter::NearestExact;
  const DType key = picks && t.dtype() == DType::UInt8 ? DType::Float32 : compute_dtype(t.dtype());
  RL_CHECK_IMPLEMENTED(computes(kernel, key), "\"", kernel.name, "\" not implemented for '", short_name(t.dtype()),
                       "'");
  return key;
}

void check_sizes(const Kernel& kernel, const Tensor& t, const Dims& from, const Dims& to) {
  for (int d = 0; d < from.size(); ++d)
    RL_CHECK(from[d] > 0 && to[d] > 0, kernel.name, ": Input and output sizes should be greater than 0, but got input ",
             from, " output ", to, " for a tensor of shape ", t.sizes());
}

/// `kernel` along each of the last dims, whose sizes become `size`.
Tensor resampled(const Kernel& kernel, const Tensor& input, const Dims& size, const Resampling& r, bool back) {
  with_last_sizes(kernel.name, input, size);
  const DType key = key_of(kernel, input, r.filter);
  const int n = size.size(), first = input.ndim() - n;
  check_sizes(kernel, input, back ? size : last_sizes(input, n), back ? last_sizes(input, n) : size);
  Tensor made = as_contiguous(as_dtype(input, key));
  for (int i = 0; i < n; ++i) {
    const int d = back ? i : n - 1 - i;
    Dims sizes = made.sizes();
    sizes[first + d] = size[d];
    checked_numel(sizes, kernel.name);
    const Tensor next = empty(sizes, key, input.device());
    if (next.numel() > 0) {
      const Tensor to = around(next, first + d), from = around(made, first + d);
      launch(kernel, {to, from}, key, Parameters::pack(r.along(d)));
    }
    made = next;
  }
  return in_format_of(input, as_dtype(made, input.dtype()));
}

Tensor forward(const Tensor& input, const Dims& size, const Resampling& r) {
  return resampled(kernels::resample, input, size, r, false);
}
Tensor backward(const Tensor& grad, const Dims& input_size, const Resampling& r) {
  return resampled(kernels::resample_back, grad, input_size, r, true);
}

Resampling nearest(bool exact, Scale a, Scale b, Scale c) {
  return {exact ? Filter::NearestExact : Filter::Nearest, false, {a, b, c}};
}
Resampling linear(bool align_corners, bool antialias, Scale a, Scale b, Scale c) {
  return {antialias ? Filter::SmoothLinear : Filter::Linear, align_corners, {a, b, c}};
}
Resampling cubic(bool align_corners, bool antialias, Scale a, Scale b, Scale c) {
  return {antialias ? Filter::SmoothCubic : Filter::Cubic, align_corners, {a, b, c}};
}
Resampling lanczos(Scale a, Scale b, Scale c) { return {Filter::SmoothLanczos, false, {a, b, c}}; }

}  // namespace

Tensor upsample_nearest(const Tensor& input, const Dims& size, bool exact, Scale scale0, Scale scale1, Scale scale2) {
  return forward(input, size, nearest(exact, scale0, scale1, scale2));
}
Tensor upsample_nearest_backward(const Tensor& grad, const Dims& input_size, bool exact, Scale scale0, Scale scale1,
                                 Scale scale2) {
  return backward(grad, input_size, nearest(exact, scale0, scale1, scale2));
}
Tensor upsample_linear(const Tensor& input, const Dims& size, bool align_corners, bool antialias, Scale scale0,
                       Scale scale1, Scale scale2) {
  return forward(input, size, linear(align_corners, antialias, scale0, scale1, scale2));
}
Tensor upsample_linear_backward(const Tensor& grad, const Dims& input_size, bool align_corners, bool antialias,
                                Scale scale0, Scale scale1, Scale scale2) {
  return backward(grad, input_size, linear(align_corners, antialias, scale0, scale1, scale2));
}
Tensor upsample_cubic(const Tensor& input, const Dims& size, bool align_corners, bool antialias, Scale scale0,
                      Scale scale1, Scale scale2) {
  return forward(input, size, cubic(align_corners, antialias, scale0, scale1, scale2));
}
Tensor upsample_cubic_backward(const Tensor& grad, const Dims& input_size, bool align_corners, bool antialias,
                               Scale scale0, Scale scale1, Scale scale2) {
  return backward(grad, input_size, cubic(align_corners, antialias, scale0, scale1, scale2));
}
Tensor upsample_lanczos(const Tensor& input, const Dims& size, Scale scale0, Scale scale1, Scale scale2) {
  return forward(input, size, lanczos(scale0, scale1, scale2));
}
Tensor upsample_lanczos_backward(const Tensor& grad, const Dims& input_size, Scale scale0, Scale scale1, Scale scale2) {
  return backward(grad, input_size, lanczos(scale0, scale1, scale2));
}

}  // namespace rl::ops
