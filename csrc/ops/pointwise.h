// The pointwise ops: what functors/*.def name, and those with arguments of their own.
#pragma once

#include "cpu/pointwise_kernels.h"
#include "ops/common.h"

namespace rl::ops {

enum class Result : uint8_t { Same, Float, Bool, Real, FloatReal };

/// TypeError where an operand is a number that should be a tensor.
void check_tensor(bool found, const char* op);
/// Promotes, broadcasts, allocates (or checks `out`), launches. The one body of every pointwise op.
Tensor pointwise(const Kernel& kernel, Result result, std::initializer_list<const Value*> inputs, Tensor* out,
                 const Parameters& parameters = {});
/// The same into `self`, whose shape and dtype stay.
void pointwise_in_place(const Kernel& kernel, Result result, Tensor& self, std::initializer_list<const Value*> inputs,
                        const Parameters& parameters = {});

#define RL_UNARY(name, Functor, dtypes, result)  \
  Tensor name(const Tensor& input, Tensor* out); \
  void name##_(Tensor& self);
#define RL_BINARY(name, Functor, dtypes, result)                    \
  Tensor name(const Value& input, const Value& other, Tensor* out); \
  void name##_(Tensor& self, const Value& other);
#define RL_BINARY_TENSOR_FIRST RL_BINARY
#define RL_BINARY_TENSORS(name, Functor, dtypes, result)              \
  Tensor name(const Tensor& input, const Tensor& other, Tensor* out); \
  void name##_(Tensor& self, const Tensor& other);
#define RL_UNARY_KERNEL(...)
#define RL_BINARY_KERNEL(...)
#define RL_TERNARY_KERNEL(...)
#include "functors/binary.def"
#include "functors/unary.def"
#undef RL_UNARY
#undef RL_BINARY
#undef RL_BINARY_TENSOR_FIRST
#undef RL_BINARY_TENSORS
#undef RL_UNARY_KERNEL
#undef RL_BINARY_KERNEL
#undef RL_TERNARY_KERNEL

Tensor add(const Value& input, const Value& other, const Scalar& alpha, Tensor* out);
void add_(Tensor& self, const Value& other, const Scalar& alpha);
Tensor sub(const Value& input, const Value& other, const Scalar& alpha, Tensor* out);
void sub_(Tensor& self, const Value& other, const Scalar& alpha);
Tensor mul(const Value& input, const Value& other, Tensor* out);
void mul_(Tensor& self, const Value& other);
Tensor square(const Tensor& input, Tensor* out);
void square_(Tensor& self);
/// The two real tensors as parts of one.
Tensor complex_op(const Tensor& real, const Tensor& imag, Tensor* out);
Tensor conj(const Tensor& input);
Tensor rsub(const Value& input, const Value& other, const Scalar& alpha);
Tensor div(const Value& input, const Value& other, std::optional<std::string_view> rounding_mode, Tensor* out);
void div_(Tensor& self, const Value& other, std::optional<std::string_view> rounding_mode);
Tensor floor_divide(const Value& input, const Value& other, Tensor* out);
void floor_divide_(Tensor& self, const Value& other);
Tensor remainder(const Value& input, const Value& other, Tensor* out);
void remainder_(Tensor& self, const Value& other);
Tensor fmod(const Value& input, const Value& other, Tensor* out);
void fmod_(Tensor& self, const Value& other);
Tensor pow(const Value& input, const Value& exponent, Tensor* out);
void pow_(Tensor& self, const Value& exponent);
Tensor clamp(const Tensor& input, std::optional<Value> min, std::optional<Value> max, Tensor* out);
void clamp_(Tensor& self, std::optional<Value> min, std::optional<Value> max);
Tensor clamp_min(const Tensor& input, const Value& min, Tensor* out);
void clamp_min_(Tensor& self, const Value& min);
Tensor clamp_max(const Tensor& input, const Value& max, Tensor* out);
void clamp_max_(Tensor& self, const Value& max);
Tensor round(const Tensor& input, int64_t decimals, Tensor* out);
void round_(Tensor& self, int64_t decimals);
Tensor logit(const Tensor& input, std::optional<double> eps, Tensor* out);
void logit_(Tensor& self, std::optional<double> eps);
Tensor nan_to_num(const Tensor& input, std::optional<double> nan, std::optional<double> posinf,
                  std::optional<double> neginf, Tensor* out);
void nan_to_num_(Tensor& self, std::optional<double> nan, std::optional<double> posinf, std::optional<double> neginf);
/// Mantissa and exponent (int32).
std::tuple<Tensor, Tensor> frexp(const Tensor& input);
/// The n-th derivative of digamma.
Tensor polygamma(const Tensor& input, int64_t n, Tensor* out);
void polygamma_(Tensor& self, int64_t n);
Tensor heaviside(const Tensor& input, const Tensor& values, Tensor* out);
void heaviside_(Tensor& self, const Tensor& values);
Tensor nextafter(const Tensor& input, const Tensor& other, Tensor* out);
void nextafter_(Tensor& self, const Tensor& other);
Tensor where(const Tensor& condition, const Value& input, const Value& other, Tensor* out);
Tensor addcmul(const Tensor& input, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value, Tensor* out);
void addcmul_(Tensor& self, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value);
Tensor addcdiv(const Tensor& input, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value, Tensor* out);
void addcdiv_(Tensor& self, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value);
Tensor lerp(const Tensor& input, const Tensor& end, const Value& weight, Tensor* out);
void lerp_(Tensor& self, const Tensor& end, const Value& weight);
Tensor masked_scale(const Tensor& grad, const Tensor& mask, double scale);
/// What a function that is composed of ops ends in where it was given `out`.
Tensor deliver_op(const Tensor& input, std::string_view op, bool exact, Tensor* out);
void fill_(Tensor& self, const Value& value);
void zero_(Tensor& self);
void copy_(Tensor& self, const Value& src, bool non_blocking);

}  // namespace rl::ops
