// Pointwise ops with arguments of their own that are no arithmetic: rounding, logit, frexp, polygamma, neighbours.
#include <algorithm>
#include <cstdlib>

#include "core/fits.h"
#include "functors/activation.h"
#include "functors/gamma.h"
#include "ops/pointwise.h"
#include "ops/shape.h"

namespace rl::ops {
namespace {

using functors::Number;

/// A kernel with the parameters that an op's arguments make.
struct Prepared {
  const Kernel& kernel;
  Result result;
  Parameters parameters;
};
Tensor run(const Prepared& p, std::initializer_list<const Value*> inputs, Tensor* out) {
  return pointwise(p.kernel, p.result, inputs, out, p.parameters);
}
void run_in_place(const Prepared& p, Tensor& self, std::initializer_list<const Value*> inputs) {
  pointwise_in_place(p.kernel, p.result, self, inputs, p.parameters);
}

Prepared rounding(int64_t decimals) {
  if (decimals == 0) return {kernels::round, Result::Same, {}};
  double scale = 1;
  const int64_t powers = std::clamp<int64_t>(decimals, -400, 400);  // beyond which the scale is infinite
  for (int64_t i = 0; i < std::abs(powers); ++i) scale *= 10;
  return {kernels::round_decimals, Result::Same,
          Parameters::pack(functors::RoundDecimals::Params{scale, decimals > 0})};
}
Prepared logit_form(std::optional<double> eps) {
  if (!eps || *eps < 0) return {kernels::logit, Result::Float, {}};
  return {kernels::logit_clamped, Result::Float, Parameters::pack(Number{*eps, 0})};
}
Prepared replacing(DType dtype, std::optional<double> nan, std::optional<double> posinf, std::optional<double> neginf) {
  if (category(dtype) < 2) return {kernels::copy, Result::Same, {}};
  const double top = largest(dtype);
  return {kernels::nan_to_num, Result::Same,
          Parameters::pack(functors::NanToNum::Params{nan.value_or(0), posinf.value_or(top), neginf.value_or(-top)})};
}
Prepared derivative(int64_t n) {
  RL_CHECK(n >= 0, "polygamma: polygamma(n, x) does not support negative n.");
  if (n == 0) return {kernels::digamma, Result::Float, {}};
  if (n == 1) return {kernels::_trigamma, Result::Float, {}};
  // n! leaves float64 at 171: beyond, only the parity of n still shows, in the sign of the infinity
  const int64_t order = n <= 400 ? n : 400 + (n & 1);
  return {kernels::polygamma, Result::Float, Parameters::pack(functors::Polygamma::Params{order})};
}
Prepared step(const Tensor& input, const Tensor& other) {
  const Value x(input), y(other);
  const DType dtype = result_dtype({&x, &y});
  return {dtype == DType::BFloat16  ? kernels::nextafter_bfloat16
          : dtype == DType::Float16 ? kernels::nextafter_half
                                    : kernels::nextafter,
          Result::Same,
          {}};
}
void check_heaviside(const Tensor& input, const Tensor& values) {
  RL_CHECK(!is_complex(input.dtype()) && !is_complex(values.dtype()),
           "heaviside: heaviside is not yet implemented for complex tensors.");
  RL_CHECK(input.dtype() == values.dtype(),
           "heaviside: heaviside is not yet implemented for tensors with different dtypes.");
}

}  // namespace

Tensor round(const Tensor& input, int64_t decimals, Tensor* out) {
  const Value x(input);
  return run(rounding(decimals), {&x}, out);
}
void round_(Tensor& self, int64_t decimals) {
  const Value x(self);
  run_in_place(rounding(decimals), self, {&x});
}
Tensor logit(const Tensor& input, std::optional<double> eps, Tensor* out) {
  const Value x(input);
  return run(logit_form(eps), {&x}, out);
}
void logit_(Tensor& self, std::optional<double> eps) {
  const Value x(self);
  run_in_place(logit_form(eps), self, {&x});
}
Tensor nan_to_num(const Tensor& input, std::optional<double> nan, std::optional<double> posinf,
                  std::optional<double> neginf, Tensor* out) {
  const Value x(input);
  return run(replacing(input.dtype(), nan, posinf, neginf), {&x}, out);
}
void nan_to_num_(Tensor& self, std::optional<double> nan, std::optional<double> posinf, std::optional<double> neginf) {
  const Value x(self);
  run_in_place(replacing(self.dtype(), nan, posinf, neginf), self, {&x});
}
std::tuple<Tensor, Tensor> frexp(const Tensor& input) {
  RL_CHECK(is_float(input.dtype()), "frexp: torch.frexp() only supports floating-point dtypes");
  const Value x(input);
  const Tensor exponent = pointwise(kernels::frexp_exponent, Result::Same, {&x}, nullptr);
  return {pointwise(kernels::frexp_mantissa, Result::Same, {&x}, nullptr), as_dtype(exponent, DType::Int32)};
}
Tensor polygamma(const Tensor& input, int64_t n, Tensor* out) {
  const Value x(input);
  return run(derivative(n), {&x}, out);
}
void polygamma_(Tensor& self, int64_t n) {
  const Value x(self);
  run_in_place(derivative(n), self, {&x});
}
Tensor heaviside(const Tensor& input, const Tensor& values, Tensor* out) {
  check_heaviside(input, values);
  const Value x(input), y(values);
  return pointwise(kernels::heaviside, Result::Same, {&x, &y}, out);
}
void heaviside_(Tensor& self, const Tensor& values) {
  check_heaviside(self, values);
  const Value x(self), y(values);
  pointwise_in_place(kernels::heaviside, Result::Same, self, {&x, &y});
}
Tensor nextafter(const Tensor& input, const Tensor& other, Tensor* out) {
  const Value x(input), y(other);
  return run(step(input, other), {&x, &y}, out);
}
void nextafter_(Tensor& self, const Tensor& other) {
  const Value x(self), y(other);
  run_in_place(step(self, other), self, {&x, &y});
}

}  // namespace rl::ops
