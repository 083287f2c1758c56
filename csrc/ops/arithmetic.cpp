// Pointwise ops with arguments or checks of their own: alpha, rounding modes, zero divisors, bounds.
#include "ops/pointwise.h"

#include "core/fits.h"
#include "functors/activation.h"
#include "ops/shape.h"

namespace rl::ops {
namespace {

using functors::Number;

Number number(const Scalar& s) { return {s.real(), s.integer(), s.imag()}; }
bool is_one(const Scalar& s) { return s.category() == 1 && s.integer() == 1; }
/// alpha may not widen: add(int tensors, alpha=0.5) is an error, as in PyTorch.
void check_alpha(const char* op, const Scalar& alpha, DType dtype) {
  RL_CHECK(dtype == DType::Bool || alpha.category() > 0, op, ": Boolean alpha only supported for Boolean results.");
  RL_CHECK(category(dtype) >= 2 || alpha.category() <= 1, op,
           ": For integral input tensors, argument alpha must not be a floating point number.");
  RL_CHECK(category(dtype) == 3 || alpha.category() <= 2, op,
           ": For non-complex input tensors, argument alpha must not be a complex number.");
}
void check_not_bool(const char* op, const Value& a, const Value& b) {
  const bool both = result_dtype({&a, &b}) == DType::Bool;
  RL_CHECK(!both, op,
           ": Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
           "operator instead.");
}

/// Integer division by zero raises instead of trapping; the divisor is looked at once, before the kernel.
void check_divisor(const char* op, const Value& input, const Value& other) {
  if (category(result_dtype({&input, &other})) >= 2) return;
  bool zero;
  if (!other.is_tensor()) {
    zero = other.scalar.integer() == 0;
  } else {
    if (other.tensor->is_meta() || other.tensor->numel() == 0) return;
    const Value nothing(Scalar(0));
    const Tensor zeros = pointwise(kernels::eq, Result::Bool, {&other, &nothing}, nullptr);
    const auto* found = static_cast<const bool*>(read_host(zeros, op));
    zero = __builtin_memchr(found, 1, size_t(zeros.numel())) != nullptr;
  }
  RL_CHECK(!zero, op, ": ZeroDivisionError: an integer is divided by zero");
}

const Kernel& division(std::optional<std::string_view> mode, Result* result) {
  *result = mode ? Result::Same : Result::Float;
  if (!mode) return kernels::div;
  if (*mode == "trunc") return kernels::div_trunc;
  RL_CHECK(*mode == "floor", "div: div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '",
           *mode, "'");
  return kernels::floor_divide;
}

/// Of half types PyTorch rounds the quotient first: 17.99 becomes 18.
bool truncates_halves(const Kernel& kernel, const Value& input, const Value& other) {
  if (&kernel != &kernels::div_trunc) return false;
  const DType dtype = result_dtype({&input, &other});
  return dtype == DType::Float16 || dtype == DType::BFloat16;
}

void check_exponent(const Value& input, const Value& exponent) {
  const bool integers = category(result_dtype({&input, &exponent})) < 2;
  RL_CHECK(!(integers && !exponent.is_tensor() && exponent.scalar.integer() < 0),
           "pow: Integers to negative integer powers are not allowed.");
}

}  // namespace

Tensor add(const Value& input, const Value& other, const Scalar& alpha, Tensor* out) {
  if (RL_LIKELY(is_one(alpha))) return pointwise(kernels::add, Result::Same, {&input, &other}, out);
  check_alpha("add", alpha, result_dtype({&input, &other}));
  return pointwise(kernels::add_scaled, Result::Same, {&input, &other}, out, Parameters::pack(number(alpha)));
}
void add_(Tensor& self, const Value& other, const Scalar& alpha) {
  const Value x(self);
  if (RL_LIKELY(is_one(alpha))) return pointwise_in_place(kernels::add, Result::Same, self, {&x, &other});
  check_alpha("add_", alpha, result_dtype({&x, &other}));
  pointwise_in_place(kernels::add_scaled, Result::Same, self, {&x, &other}, Parameters::pack(number(alpha)));
}

namespace {
Number negated(const Scalar& s) { return {-s.real(), int64_t(-uint64_t(s.integer())), -s.imag()}; }
}  // namespace

Tensor sub(const Value& input, const Value& other, const Scalar& alpha, Tensor* out) {
  check_not_bool("sub", input, other);
  if (RL_LIKELY(is_one(alpha))) return pointwise(kernels::sub, Result::Same, {&input, &other}, out);
  check_alpha("sub", alpha, result_dtype({&input, &other}));
  return pointwise(kernels::add_scaled, Result::Same, {&input, &other}, out, Parameters::pack(negated(alpha)));
}
void sub_(Tensor& self, const Value& other, const Scalar& alpha) {
  const Value x(self);
  check_not_bool("sub_", x, other);
  if (RL_LIKELY(is_one(alpha))) return pointwise_in_place(kernels::sub, Result::Same, self, {&x, &other});
  check_alpha("sub_", alpha, result_dtype({&x, &other}));
  pointwise_in_place(kernels::add_scaled, Result::Same, self, {&x, &other}, Parameters::pack(negated(alpha)));
}
Tensor mul(const Value& input, const Value& other, Tensor* out) {
  return pointwise(kernels::mul, Result::Same, {&input, &other}, out);
}
void mul_(Tensor& self, const Value& other) {
  const Value x(self);
  pointwise_in_place(kernels::mul, Result::Same, self, {&x, &other});
}
Tensor square(const Tensor& input, Tensor* out) {
  const Tensor numbers = input.dtype() == DType::Bool ? as_dtype(input, DType::Int64) : input;
  const Value x(numbers);
  return pointwise(kernels::square, Result::Same, {&x}, out);
}
void square_(Tensor& self) {
  RL_CHECK(self.dtype() != DType::Bool, "square_: result type Long can't be cast to the desired output type Bool");
  const Value x(self);
  pointwise_in_place(kernels::square, Result::Same, self, {&x});
}
Tensor complex_op(const Tensor& re, const Tensor& im, Tensor* out) {
  RL_CHECK(is_float(re.dtype()) && is_float(im.dtype()),
           "complex: Expected both inputs to be Half, Float or Double tensors but got ", short_name(re.dtype()),
           " and ", short_name(im.dtype()));
  RL_CHECK(re.dtype() == im.dtype(), "complex: Expected object of scalar type ", short_name(re.dtype()),
           " but got scalar type ", short_name(im.dtype()), " for second argument");
  RL_CHECK(!out || out->dtype() == complex_of(re.dtype()), "complex: Expected object of scalar type ",
           short_name(complex_of(re.dtype())), " but got scalar type ", out ? short_name(out->dtype()) : "",
           " for argument 'out'");
  const Tensor made = empty(broadcast_shapes(re.sizes(), im.sizes(), "complex"), complex_of(re.dtype()), re.device());
  copy_values(real(made), re, "complex");
  copy_values(imag(made), im, "complex");
  return deliver("complex", made, out);
}
Tensor conj(const Tensor& input) { return is_complex(input.dtype()) ? conj_physical(input, nullptr) : input; }

Tensor rsub(const Value& input, const Value& other, const Scalar& alpha) {
  check_tensor(input.is_tensor(), "rsub");
  return sub(other, input, alpha, nullptr);
}

Tensor div(const Value& input, const Value& other, std::optional<std::string_view> rounding_mode, Tensor* out) {
  Result result;
  const Kernel& kernel = division(rounding_mode, &result);
  if (rounding_mode) check_divisor("div", input, other);
  if (truncates_halves(kernel, input, other)) {
    const Tensor quotient = pointwise(kernels::div, result, {&input, &other}, nullptr);
    const Value x(quotient);
    return pointwise(kernels::trunc, result, {&x}, out);
  }
  return pointwise(kernel, result, {&input, &other}, out);
}
void div_(Tensor& self, const Value& other, std::optional<std::string_view> rounding_mode) {
  Result result;
  const Kernel& kernel = division(rounding_mode, &result);
  const Value x(self);
  if (rounding_mode) check_divisor("div_", x, other);
  if (truncates_halves(kernel, x, other)) {
    pointwise_in_place(kernels::div, result, self, {&x, &other});
    return pointwise_in_place(kernels::trunc, result, self, {&x});
  }
  pointwise_in_place(kernel, result, self, {&x, &other});
}

#define RL_DIVISION(name, found)                                          \
  Tensor name(const Value& input, const Value& other, Tensor* out) {      \
    check_tensor(found, #name);                                           \
    check_divisor(#name, input, other);                                   \
    return pointwise(kernels::name, Result::Same, {&input, &other}, out); \
  }                                                                       \
  void name##_(Tensor& self, const Value& other) {                        \
    const Value x(self);                                                  \
    check_divisor(#name "_", x, other);                                   \
    pointwise_in_place(kernels::name, Result::Same, self, {&x, &other});  \
  }
RL_DIVISION(floor_divide, true)
RL_DIVISION(remainder, input.is_tensor() || other.is_tensor())
RL_DIVISION(fmod, input.is_tensor())
#undef RL_DIVISION

Tensor pow(const Value& input, const Value& exponent, Tensor* out) {
  check_tensor(input.is_tensor() || exponent.is_tensor(), "pow");
  check_exponent(input, exponent);
  if (!exponent.is_tensor() && exponent.scalar.category() <= 2 && input.is_tensor() &&
      category(input.tensor->dtype()) >= (exponent.scalar.category() == 2 ? 2 : 1)) {
    if (exponent.scalar.real() == 2) return pointwise(kernels::square, Result::Same, {&input}, out);
    if (exponent.scalar.real() == 1) return pointwise(kernels::copy, Result::Same, {&input}, out);
    if (exponent.scalar.real() == 0.5 && is_float(input.tensor->dtype()))
      return pointwise(kernels::sqrt, Result::Float, {&input}, out);
  }
  return pointwise(kernels::pow, Result::Same, {&input, &exponent}, out);
}
void pow_(Tensor& self, const Value& exponent) {
  const Value x(self);
  check_exponent(x, exponent);
  pointwise_in_place(kernels::pow, Result::Same, self, {&x, &exponent});
}

namespace {
constexpr const char* kNoBound = "clamp: At least one of 'min' or 'max' must not be None";

Tensor clamp_into(const Value& x, const std::optional<Value>& min, const std::optional<Value>& max, Tensor* out,
                  Tensor* self) {
  RL_CHECK(min || max, kNoBound);
  // the bounds take part in promotion: clamping integers by 0.5 gives floats
  const Value &low = min ? *min : x, &high = max ? *max : x;
  const DType dtype = result_dtype({&x, &low, &high});
  RL_CHECK(!self || can_cast(dtype, self->dtype()), "clamp_: result type ", short_name(dtype),
           " can't be cast to the desired output type ", self ? short_name(self->dtype()) : "");
  for (const Value* bound : {&low, &high})
    if (!bound->is_tensor()) check_fits("clamp", bound->scalar, dtype);
  // the kernel for numbers passes NaN over, which is to win
  const auto is_other = [](const std::optional<Value>& bound) {
    return bound && (bound->is_tensor() || __builtin_isnan(bound->scalar.real()));
  };
  if (is_other(min) || is_other(max)) {
    if (!min) {
      if (self) return pointwise_in_place(kernels::minimum, Result::Same, *self, {&x, &high}), *self;
      return pointwise(kernels::minimum, Result::Same, {&x, &high}, out);
    }
    if (!max) {
      if (self) return pointwise_in_place(kernels::maximum, Result::Same, *self, {&x, &low}), *self;
      return pointwise(kernels::maximum, Result::Same, {&x, &low}, out);
    }
    if (self) return pointwise_in_place(kernels::clamp_tensor, Result::Same, *self, {&x, &low, &high}), *self;
    return pointwise(kernels::clamp_tensor, Result::Same, {&x, &low, &high}, out);
  }
  functors::Clamp::Params p{};
  if (min) p.low = number(min->scalar), p.has_low = true;
  if (max) p.high = number(max->scalar), p.has_high = true;
  if (self) return pointwise_in_place(kernels::clamp, Result::Same, *self, {&x}, Parameters::pack(p)), *self;
  const Tensor wide = dtype == x.tensor->dtype() ? *x.tensor : as_dtype(*x.tensor, dtype);
  const Value input(wide);
  return pointwise(kernels::clamp, Result::Same, {&input}, out, Parameters::pack(p));
}
}  // namespace

Tensor clamp(const Tensor& input, std::optional<Value> min, std::optional<Value> max, Tensor* out) {
  return clamp_into(Value(input), min, max, out, nullptr);
}
void clamp_(Tensor& self, std::optional<Value> min, std::optional<Value> max) {
  clamp_into(Value(self), min, max, nullptr, &self);
}

Tensor clamp_min(const Tensor& input, const Value& min, Tensor* out) { return clamp(input, min, {}, out); }
void clamp_min_(Tensor& self, const Value& min) { clamp_(self, min, {}); }
Tensor clamp_max(const Tensor& input, const Value& max, Tensor* out) { return clamp(input, {}, max, out); }
void clamp_max_(Tensor& self, const Value& max) { clamp_(self, {}, max); }

Tensor where(const Tensor& condition, const Value& input, const Value& other, Tensor* out) {
  RL_CHECK(condition.dtype() == DType::Bool || condition.dtype() == DType::UInt8,
           "where expected condition to be a boolean tensor, but got a tensor with dtype ",
           dtype_text(condition.dtype()));
  const DType dtype = result_dtype({&input, &other});
  const Value c(condition);
  const Device device = common_device("where", {&c, &input, &other});
  Dims sizes = condition.sizes();
  if (input.is_tensor()) sizes = broadcast_shapes(sizes, input.tensor->sizes(), "where");
  if (other.is_tensor()) sizes = broadcast_shapes(sizes, other.tensor->sizes(), "where");
  const DType key = compute_dtype(dtype);
  for (const Value* v : {&input, &other})
    if (!v->is_tensor()) check_fits("where", v->scalar, key);
  RL_CHECK_IMPLEMENTED(computes(kernels::where, key), "\"where\" not implemented for '", short_name(dtype), "'");
  const Tensor made = empty(sizes, dtype, device);
  launch(kernels::where, {made, condition, input.operand(), other.operand()}, key);
  return deliver_exact("where", made, out);
}

namespace {
/// addcdiv of integers would be neither a division of integers nor a true one.
void check_three(const Kernel& kernel, std::initializer_list<const Value*> inputs) {
  RL_CHECK(&kernel != &kernels::addcdiv || category(result_dtype(inputs)) >= 2,
           "addcdiv: Integer division with addcdiv is no longer supported; convert the inputs to a floating point "
           "dtype first");
}
}  // namespace

#define RL_THREE(name)                                                                                               \
  Tensor name(const Tensor& input, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value, Tensor* out) { \
    const Value x(input), y(tensor1), z(tensor2);                                                                    \
    check_three(kernels::name, {&x, &y, &z});                                                                        \
    return pointwise(kernels::name, Result::Same, {&x, &y, &z}, out, Parameters::pack(number(value)));               \
  }                                                                                                                  \
  void name##_(Tensor& self, const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) {                    \
    const Value x(self), y(tensor1), z(tensor2);                                                                     \
    check_three(kernels::name, {&x, &y, &z});                                                                        \
    pointwise_in_place(kernels::name, Result::Same, self, {&x, &y, &z}, Parameters::pack(number(value)));            \
  }
RL_THREE(addcmul)
RL_THREE(addcdiv)
#undef RL_THREE

Tensor lerp(const Tensor& input, const Tensor& end, const Value& weight, Tensor* out) {
  const Value x(input), y(end);
  RL_CHECK(input.dtype() == end.dtype(), "lerp: expected dtype ", dtype_text(input.dtype()),
           " for `end` but got dtype ", dtype_text(end.dtype()));
  return pointwise(kernels::lerp, Result::Same, {&x, &y, &weight}, out);
}
void lerp_(Tensor& self, const Tensor& end, const Value& weight) {
  const Value x(self), y(end);
  pointwise_in_place(kernels::lerp, Result::Same, self, {&x, &y, &weight});
}

Tensor masked_scale(const Tensor& grad, const Tensor& mask, double scale) {
  const Value g(grad), m(mask);
  return pointwise(kernels::masked_scale, Result::Same, {&g, &m}, nullptr, Parameters::pack(number(Scalar(scale))));
}
Tensor deliver_op(const Tensor& input, std::string_view op, bool exact, Tensor* out) {
  const std::string name(op);
  return exact ? deliver_exact(name.c_str(), input, out) : deliver(name.c_str(), input, out);
}

void fill_(Tensor& self, const Value& value) {
  RL_CHECK(!value.is_tensor() || value.tensor->ndim() == 0,
           "fill_: fill_ only supports 0-dimension value tensor but got tensor with ",
           value.is_tensor() ? value.tensor->ndim() : 0, " dimensions.");
  copy_values(self, value, "fill_");
}
void zero_(Tensor& self) { copy_values(self, Scalar(0), "zero_"); }
void copy_(Tensor& self, const Value& src, bool non_blocking) {
  (void)non_blocking;      // the CPU copies at once
  if (!src.is_tensor()) {  // converted as a tensor of its own dtype is: 300 becomes 44 in uint8
    const Tensor number = full({}, src.scalar, src.scalar.dtype());
    return copy_values(self, number, "copy_");
  }
  check_writable("copy_", self, {&src});
  copy_values(self, src, "copy_");
}

}  // namespace rl::ops
