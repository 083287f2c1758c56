// Activations with arguments, and the backward ops of all: what a nonlinearity's derivative makes of a gradient.
#pragma once

#include "ops/pointwise.h"

namespace rl::ops {

Tensor hardshrink(const Tensor& input, double lambd);
Tensor hardshrink_backward(const Tensor& grad, const Tensor& input, double lambd);
Tensor prelu(const Tensor& input, const Tensor& weight);
Tensor gelu(const Tensor& input, std::string_view approximate);
Tensor leaky_relu(const Tensor& input, double negative_slope);
Tensor gelu_backward(const Tensor& grad, const Tensor& input, std::string_view approximate);
Tensor leaky_relu_backward(const Tensor& grad, const Tensor& input, double negative_slope);
Tensor tanh_backward(const Tensor& grad, const Tensor& output);
Tensor sigmoid_backward(const Tensor& grad, const Tensor& output);
Tensor relu_backward(const Tensor& grad, const Tensor& output);

/// scale x above 0, scale alpha (exp(input_scale x) - 1) below.
Tensor elu(const Tensor& input, double alpha, double scale, double input_scale);
void elu_(Tensor& self, double alpha, double scale, double input_scale);
Tensor elu_backward(const Tensor& grad, const Tensor& input, double alpha, double scale, double input_scale);
Tensor hardtanh(const Tensor& input, double min_val, double max_val);
void hardtanh_(Tensor& self, double min_val, double max_val);
Tensor hardtanh_backward(const Tensor& grad, const Tensor& input, double min_val, double max_val);
/// `value` for whatever is not above the threshold.
Tensor threshold(const Tensor& input, double threshold, double value);
void threshold_(Tensor& self, double threshold, double value);
Tensor threshold_backward(const Tensor& grad, const Tensor& input, double threshold);
Tensor softplus(const Tensor& input, double beta, double threshold);
Tensor softplus_backward(const Tensor& grad, const Tensor& input, double beta, double threshold);
Tensor softshrink(const Tensor& input, double lambd);
void leaky_relu_(Tensor& self, double negative_slope);
Tensor hardsigmoid_backward(const Tensor& grad, const Tensor& input);
Tensor hardswish_backward(const Tensor& grad, const Tensor& input);
Tensor mish_backward(const Tensor& grad, const Tensor& input);
Tensor silu_backward(const Tensor& grad, const Tensor& input);
Tensor log_sigmoid_backward(const Tensor& grad, const Tensor& input);
/// One half along dim times the sigmoid of the other.
Tensor glu(const Tensor& input, int64_t dim);

}  // namespace rl::ops
