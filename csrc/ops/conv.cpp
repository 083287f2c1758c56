// Shapes of convolutions: one or two spatial dims become three, half types go by way of float32, complex numbers by
// four real convolutions.
#include "ops/conv.h"

#include "cpu/conv_kernels.h"
#include "ops/planes.h"
#include "ops/pointwise.h"
#include "ops/shape.h"

namespace rl::kernels {
constinit Kernel conv{.name = "conv", .kind = Kind::Product, .outputs = 1};
constinit Kernel conv_transpose{.name = "conv_transpose", .kind = Kind::Product, .outputs = 1};
constinit Kernel conv_weight{.name = "conv_weight", .kind = Kind::Product, .outputs = 1};
}  // namespace rl::kernels

namespace rl::ops {
namespace {

using kernels::ConvParameters;
using kernels::kSpatial;

constexpr int64_t kFarthest = int64_t(1) << 31;

/// What the three ops are given besides their operands.
struct Geometry {
  const Dims &stride, &padding, &dilation;
  int64_t groups;
  const Dims& size;
};

/// A tensor with three spatial dims, the missing ones in front and of size 1; row-major.
Tensor with_three(const Tensor& t) {
  Dims sizes = t.sizes();
  while (sizes.size() < 2 + kSpatial) sizes.insert(2, 1);
  const Tensor dense = as_contiguous(t);
  return dense.view(sizes, contiguous_strides(sizes), dense.offset());
}

/// The parameters of a kernel; `kernel` are the weight's spatial sizes.
ConvParameters parameters(const char* op, const Geometry& g, int ndim, const int64_t* kernel) {
  RL_CHECK(1 <= ndim && ndim <= kSpatial, op, ": expected one to three spatial dims, got ", ndim);
  for (const Dims* each : {&g.stride, &g.padding, &g.dilation, &g.size})
    RL_CHECK(each->size() == ndim, op, ": expected ", ndim, " numbers a parameter, one a spatial dim, got ", *each);
  ConvParameters p{{1, 1, 1}, {0, 0, 0}, {1, 1, 1}, g.groups};
  for (int d = 0; d < ndim; ++d) {
    const int at = kSpatial - ndim + d;
    RL_CHECK(g.stride[d] > 0, op, ": non-positive stride is not supported, got ", g.stride);
    RL_CHECK(g.dilation[d] > 0, op, ": dilation should be greater than zero, but got ", g.dilation);
    RL_CHECK(g.padding[d] >= 0, op, ": negative padding is not supported, got ", g.padding);
    RL_CHECK(g.size[d] >= 0, op, ": negative size ", g.size);
    RL_CHECK(g.stride[d] < kFarthest && g.dilation[d] < kFarthest && g.padding[d] < kFarthest, op,
             ": stride, padding and dilation must be below 2^31");
    RL_CHECK(kernel[d] > 0, op, ": kernel size should be greater than zero, but got ", Dims(kernel, ndim));
    RL_CHECK(checked_mul(kernel[d], g.dilation[d], op) < kFarthest, op, ": the kernel reaches beyond 2^31 places");
    p.stride[at] = g.stride[d];
    p.padding[at] = g.padding[d];
    p.dilation[at] = g.dilation[d];
  }
  RL_CHECK(g.groups > 0, op, ": non-positive groups is not supported, got ", g.groups);
  return p;
}

void check_alike(const char* op, const Tensor& a, const char* name_a, const Tensor& b, const char* name_b) {
  RL_CHECK(a.dtype() == b.dtype(), op, ": ", name_a, " type (", name(a.dtype()), ") and ", name_b, " type (",
           name(b.dtype()), ") should be the same");
  RL_CHECK(a.is_meta() == b.is_meta(), op, ": ", name_a, " (", to_string(a.device()), ") and ", name_b, " (",
           to_string(b.device()), ") should be on the same device");
}

/// `made` [N, rows, s...] from the two operands of a product, by the kernel; in the dtype that computes.
Tensor run(const char* op, const Kernel& kernel, const Dims& sizes, const Tensor& a, const Tensor& b,
           const Tensor* bias, const ConvParameters& p) {
  const DType dtype = a.dtype(), key = is_integer(dtype) ? DType::Int64 : compute_dtype(dtype);
  RL_CHECK_IMPLEMENTED(computes(kernel, key), "\"", op, "\" not implemented for '", short_name(dtype), "'");
  checked_numel(sizes, op);
  const Tensor made = empty(sizes, key, a.device());
  if (made.numel() == 0) return as_dtype(made, dtype);
  const Tensor x = with_three(as_dtype(a, key)), y = with_three(as_dtype(b, key));
  if (x.numel() == 0 || y.numel() == 0) {
    fill(made, Scalar(0));
    if (!bias) return as_dtype(made, dtype);
    Dims place(made.ndim(), 1);
    place[1] = bias->size(0);
    const Tensor shaped = reshape(*bias, place);
    copy_values(made, shaped, op);
    return as_dtype(made, dtype);
  }
  const Tensor to = with_three(made);
  if (bias) {
    const Tensor z = as_contiguous(as_dtype(*bias, key));
    launch(kernel, {to, x, y, z}, key, Parameters::pack(p));
  } else {
    launch(kernel, {to, x, y}, key, Parameters::pack(p));
  }
  return as_dtype(made, dtype);
}

/// A bilinear op of complex tensors by four of real ones; the bias by a sum afterwards.
template <class Real>
Tensor complex_product(const Tensor& a, const Tensor& b, const Tensor* bias, const Real& product) {
  const Tensor ar = real(a), ai = imag(a), br = real(b), bi = imag(b);
  const Tensor rr = product(ar, br, nullptr), ii = product(ai, bi, nullptr);
  const Tensor ri = product(ar, bi, nullptr), ir = product(ai, br, nullptr);
  const Tensor out = empty(rr.sizes(), a.dtype(), a.device());
  Tensor re = real(out), im = imag(out);
  const Value prr(rr), pii(ii), pri(ri), pir(ir);
  pointwise(kernels::sub, Result::Same, {&prr, &pii}, &re);
  pointwise(kernels::add, Result::Same, {&pri, &pir}, &im);
  if (!bias) return out;
  Dims place(out.ndim(), 1);
  place[1] = bias->size(0);
  const Tensor shaped = reshape(*bias, place);
  const Value sum(out), shift(shaped);
  return add(sum, shift, Scalar(1), nullptr);
}

void check_bias(const char* op, const Tensor& input, const Tensor& weight, const Tensor* bias, int64_t rows) {
  if (!bias) return;
  check_alike(op, input, "Input", *bias, "bias");
  RL_CHECK(bias->ndim() == 1 && bias->size(0) == rows, op, ": Given weight of size ", weight.sizes(),
           ", expected bias to be 1-dimensional with ", rows, " elements, but got bias of size ", bias->sizes(),
           " instead");
}

Dims with_size(int64_t images, int64_t rows, const Dims& size) {
  Dims sizes{images, rows};
  for (int64_t s : size) sizes.push_back(s);
  return sizes;
}

/// Both directions: going forward the weight's rows are the result's channels, going backward the input's.
Tensor convolved(const char* op, const Kernel& kernel, const Tensor& input, const Tensor& weight, const Tensor* bias,
                 const Geometry& g, bool transposed) {
  const int ndim = weight.ndim() - 2;
  RL_CHECK(input.ndim() == weight.ndim(), op, ": input of shape ", input.sizes(), " and weight of shape ",
           weight.sizes(), " must have the same number of dims");
  check_alike(op, input, "Input", weight, "weight");
  const ConvParameters p = parameters(op, g, ndim, weight.sizes().data() + 2);
  RL_CHECK(weight.size(0) % g.groups == 0, op, ": Given groups=", g.groups, ", expected weight to be divisible by ",
           g.groups, " at dimension 0, but got weight of size ", weight.sizes(), " instead");
  const int64_t across = checked_mul(weight.size(1), g.groups, op);
  const int64_t from = transposed ? weight.size(0) : across, to = transposed ? across : weight.size(0);
  RL_CHECK(input.size(1) == from, op, ": Given groups=", g.groups, transposed ? ", transposed=1" : "",
           ", weight of size ", weight.sizes(), ", expected input", input.sizes(), " to have ", from,
           " channels, but got ", input.size(1), " channels instead");
  check_bias(op, input, weight, bias, to);
  const Dims sizes = with_size(input.size(0), to, g.size);
  const auto product = [&](const Tensor& x, const Tensor& w, const Tensor* shift) {
    return run(op, kernel, sizes, x, w, shift, p);
  };
  const Tensor made =
      is_complex(input.dtype()) ? complex_product(input, weight, bias, product) : product(input, weight, bias);
  return in_format_of(input.is_contiguous() ? weight : input, made);
}

}  // namespace

Tensor conv(const Tensor& input, const Tensor& weight, const Tensor* bias, const Dims& stride, const Dims& padding,
            const Dims& dilation, int64_t groups, const Dims& size) {
  return convolved("conv", kernels::conv, input, weight, bias, {stride, padding, dilation, groups, size}, false);
}

Tensor conv_transpose(const Tensor& input, const Tensor& weight, const Tensor* bias, const Dims& stride,
                      const Dims& padding, const Dims& dilation, int64_t groups, const Dims& size) {
  return convolved("conv_transpose", kernels::conv_transpose, input, weight, bias,
                   {stride, padding, dilation, groups, size}, true);
}

Tensor conv_weight(const Tensor& grad, const Tensor& input, const Dims& stride, const Dims& padding,
                   const Dims& dilation, int64_t groups, const Dims& size) {
  const char* op = "conv_weight";
  RL_CHECK(grad.ndim() == input.ndim() && grad.ndim() > 2, op, ": grad of shape ", grad.sizes(), " and input of shape ",
           input.sizes(), " must have the same number of dims");
  check_alike(op, input, "Input", grad, "grad");
  const ConvParameters p = parameters(op, {stride, padding, dilation, groups, size}, input.ndim() - 2, size.data());
  RL_CHECK(grad.size(0) == input.size(0), op, ": grad has ", grad.size(0), " images, input ", input.size(0));
  RL_CHECK(grad.size(1) % groups == 0 && input.size(1) % groups == 0, op, ": ", grad.size(1), " and ", input.size(1),
           " channels must be divisible by groups=", groups);
  const Dims sizes = with_size(grad.size(1), input.size(1) / groups, size);
  const auto product = [&](const Tensor& g, const Tensor& x, const Tensor*) {
    return run(op, kernels::conv_weight, sizes, g, x, nullptr, p);
  };
  return is_complex(input.dtype()) ? complex_product(grad, input, nullptr, product) : product(grad, input, nullptr);
}

}  // namespace rl::ops
