// Activations: a kernel of functors/activation.h and the coefficients that an op's arguments make.
#include "ops/activation.h"

#include "functors/activation.h"
#include "ops/shape.h"

namespace rl::ops {
namespace {

using functors::Coefficients;
using functors::Number;

Parameters one(double value) { return Parameters::pack(Number{value, 0}); }
Parameters several(Coefficients c) { return Parameters::pack(c); }

Tensor activated(const Kernel& kernel, const Tensor& input, const Parameters& parameters = {}) {
  const Value x(input);
  return pointwise(kernel, Result::Same, {&x}, nullptr, parameters);
}
void activate(const Kernel& kernel, Tensor& self, const Parameters& parameters) {
  const Value x(self);
  pointwise_in_place(kernel, Result::Same, self, {&x}, parameters);
}
/// `of`: the input, or the result.
Tensor slope(const Kernel& kernel, const Tensor& grad, const Tensor& of, const Parameters& parameters = {}) {
  const Value g(grad), x(of);
  return pointwise(kernel, Result::Same, {&g, &x}, nullptr, parameters);
}

bool is_tanh_form(std::string_view approximate) {
  RL_CHECK(approximate == "none" || approximate == "tanh", "gelu: approximate argument must be either none or tanh.");
  return approximate == "tanh";
}
Parameters elu_form(double alpha, double scale, double input_scale) {
  return several({alpha * scale, scale, input_scale});
}
Parameters between(double min_val, double max_val) {
  RL_CHECK_VALUE(!(min_val > max_val), "hardtanh: min_val cannot be greater than max_val, but got ", min_val, " and ",
                 max_val);
  return several({min_val, max_val});
}
double checked_shrink(double lambd) {
  RL_CHECK(lambd >= 0, "softshrink: lambda must be greater or equal to 0, but found to be ", lambd, ".");
  return lambd;
}

}  // namespace

Tensor gelu(const Tensor& input, std::string_view approximate) {
  return activated(is_tanh_form(approximate) ? kernels::gelu_tanh : kernels::gelu, input);
}
Tensor gelu_backward(const Tensor& grad, const Tensor& input, std::string_view approximate) {
  return slope(is_tanh_form(approximate) ? kernels::gelu_tanh_backward : kernels::gelu_backward, grad, input);
}
Tensor leaky_relu(const Tensor& input, double negative_slope) {
  return activated(kernels::leaky_relu, input, one(negative_slope));
}
void leaky_relu_(Tensor& self, double negative_slope) { activate(kernels::leaky_relu, self, one(negative_slope)); }
Tensor leaky_relu_backward(const Tensor& grad, const Tensor& input, double negative_slope) {
  return slope(kernels::leaky_relu_backward, grad, input, one(negative_slope));
}
Tensor elu(const Tensor& input, double alpha, double scale, double input_scale) {
  return activated(kernels::elu, input, elu_form(alpha, scale, input_scale));
}
void elu_(Tensor& self, double alpha, double scale, double input_scale) {
  activate(kernels::elu, self, elu_form(alpha, scale, input_scale));
}
Tensor elu_backward(const Tensor& grad, const Tensor& input, double alpha, double scale, double input_scale) {
  return slope(kernels::elu_backward, grad, input, elu_form(alpha, scale, input_scale));
}
Tensor hardtanh(const Tensor& input, double min_val, double max_val) {
  return activated(kernels::hardtanh, input, between(min_val, max_val));
}
void hardtanh_(Tensor& self, double min_val, double max_val) {
  activate(kernels::hardtanh, self, between(min_val, max_val));
}
Tensor hardtanh_backward(const Tensor& grad, const Tensor& input, double min_val, double max_val) {
  return slope(kernels::hardtanh_backward, grad, input, between(min_val, max_val));
}
Tensor threshold(const Tensor& input, double threshold, double value) {
  return activated(kernels::threshold, input, several({threshold, value}));
}
void threshold_(Tensor& self, double threshold, double value) {
  activate(kernels::threshold, self, several({threshold, value}));
}
Tensor threshold_backward(const Tensor& grad, const Tensor& input, double threshold) {
  return slope(kernels::threshold_backward, grad, input, several({threshold}));
}
Tensor softplus(const Tensor& input, double beta, double threshold) {
  return activated(kernels::softplus, input, several({beta, threshold}));
}
Tensor softplus_backward(const Tensor& grad, const Tensor& input, double beta, double threshold) {
  return slope(kernels::softplus_backward, grad, input, several({beta, threshold}));
}
Tensor hardshrink(const Tensor& input, double lambd) { return activated(kernels::hardshrink, input, one(lambd)); }
Tensor hardshrink_backward(const Tensor& grad, const Tensor& input, double lambd) {
  return slope(kernels::hardshrink_backward, grad, input, one(lambd));
}
Tensor softshrink(const Tensor& input, double lambd) {
  return activated(kernels::softshrink, input, one(checked_shrink(lambd)));
}
Tensor prelu(const Tensor& input, const Tensor& weight) {
  RL_CHECK(input.dtype() == weight.dtype(), "prelu: Type promoting not supported. Got ", short_name(input.dtype()),
           " and ", short_name(weight.dtype()));
  const Value x(input), w(weight);
  return pointwise(kernels::prelu, Result::Same, {&x, &w}, nullptr);
}

#define RL_BACKWARD(name) \
  Tensor name(const Tensor& grad, const Tensor& of) { return slope(kernels::name, grad, of); }
RL_BACKWARD(tanh_backward)
RL_BACKWARD(sigmoid_backward)
RL_BACKWARD(relu_backward)
RL_BACKWARD(hardsigmoid_backward)
RL_BACKWARD(hardswish_backward)
RL_BACKWARD(mish_backward)
RL_BACKWARD(silu_backward)
RL_BACKWARD(log_sigmoid_backward)
#undef RL_BACKWARD

Tensor glu(const Tensor& input, int64_t dim) {
  RL_CHECK(input.ndim() > 0, "glu: glu does not support 0-dimensional tensors");
  const int d = wrap_dim(dim, input.ndim(), "glu");
  RL_CHECK(input.size(d) % 2 == 0, "glu: Halving dimension must be even, but dimension ", d, " is size ",
           input.size(d));
  Dims sizes = input.sizes();
  sizes[d] /= 2;
  const Tensor first = input.view(sizes, input.strides(), input.offset());
  const Tensor second = input.view(sizes, input.strides(), input.offset() + sizes[d] * input.stride(d));
  return slope(kernels::glu, first, second);
}

}  // namespace rl::ops
