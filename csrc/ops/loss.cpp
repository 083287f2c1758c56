// Losses: checks, and the shapes under which the kernels of cpu/loss.cpp see classes and positions.
#include "ops/loss.h"

#include "cpu/loss_kernels.h"
#include "functors/loss.h"
#include "ops/pointwise.h"
#include "ops/reduce.h"
#include "ops/shape.h"

namespace rl::kernels {
namespace {

void explain_target(const ErrorWord& word, int64_t classes) {
  fail(ErrorKind::Index, "nll_loss: Target ", word.value, " is out of bounds. The input has ", classes,
       " classes: 0 <= target < ", classes, ", or ignore_index");
}
void explain_nll(const ErrorWord& word, const Operand* operands, int) {
  const Tensor& input = *operands[2].tensor;
  explain_target(word, input.size(input.ndim() - 1));
}
void explain_nll_backward(const ErrorWord& word, const Operand* operands, int) {
  explain_target(word, operands[0].tensor->size(1));
}

}  // namespace

constinit Kernel nll_loss{.name = "nll_loss", .kind = Kind::Reduction, .outputs = 2, .explain = &explain_nll};
constinit Kernel nll_loss_backward{
    .name = "nll_loss_backward", .kind = Kind::Index, .outputs = 1, .explain = &explain_nll_backward};
#define RL_LOSS(row, F)                                                                          \
  constinit Kernel row{.name = #row, .kind = Kind::Pointwise, .outputs = 1};                     \
  constinit Kernel row##_slope{.name = #row "_backward", .kind = Kind::Pointwise, .outputs = 1}; \
  constinit Kernel row##_total{.name = #row, .kind = Kind::Reduction, .outputs = 1};
#include "functors/loss.def"
#undef RL_LOSS

}  // namespace rl::kernels

namespace rl::ops {
namespace {

using functors::LossParams;
using kernels::NllParameters;
using kernels::Reduction;

Reduction reduction_of(std::string_view text) {
  if (text == "none") return Reduction::None;
  if (text == "mean") return Reduction::Mean;
  RL_CHECK_VALUE(text == "sum", text, " is not a valid value for reduction");
  return Reduction::Sum;
}

/// The class dim of a likelihood: the second, or the only one.
int class_dim(const Tensor& input) { return input.ndim() == 1 ? 0 : 1; }

Tensor with_classes_last(const Tensor& input) {
  const int d = class_dim(input);
  Dims sizes = input.sizes(), strides = input.strides();
  sizes.erase(d);
  strides.erase(d);
  sizes.push_back(input.size(d));
  strides.push_back(input.stride(d));
  return input.view(std::move(sizes), std::move(strides), input.offset());
}

/// What both directions ask of their arguments; the target as int64, in the shape of the input without its classes.
Tensor checked_target(const Tensor& input, const Tensor& target, const Tensor* weight) {
  RL_CHECK(input.ndim() > 0, "nll_loss: input tensor should be 1D or 2D");
  RL_CHECK(target.dtype() == DType::Int64 || target.dtype() == DType::UInt8,
           "nll_loss: expected target dtype to be Long or Byte, but got ", short_name(target.dtype()));
  const int d = class_dim(input);
  Dims expected = input.sizes();
  expected.erase(d);
  RL_CHECK_VALUE(input.ndim() == 1 || (target.ndim() > 0 && input.size(0) == target.size(0)),
                 "Expected input batch_size (", input.size(0), ") to match target batch_size (",
                 target.ndim() ? target.size(0) : 0, ").");
  const bool single = input.ndim() == 1 && target.sizes() == Dims{1};
  RL_CHECK(single || target.sizes() == expected, "nll_loss: target of shape ", target.sizes(),
           " does not fit input of shape ", input.sizes(), "; expected ", expected);
  if (weight) {
    RL_CHECK(weight->ndim() == 1 && weight->size(0) == input.size(d), "weight tensor should be defined either for all ",
             input.size(d), " classes or no classes but got weight tensor of shape: ", weight->sizes());
    RL_CHECK(weight->dtype() == input.dtype(), "nll_loss: expected scalar type ", short_name(input.dtype()),
             " but found ", short_name(weight->dtype()), " (weight)");
  }
  const Tensor classes = as_dtype(target, DType::Int64);
  return single ? classes.view({}, {}, classes.offset()) : classes;
}

}  // namespace

std::tuple<Tensor, Tensor> nll_loss(const Tensor& input, const Tensor& target, const Tensor* weight,
                                    std::string_view reduction, int64_t ignore_index) {
  const NllParameters p{reduction_of(reduction), ignore_index};
  const Tensor classes = checked_target(input, target, weight);
  const DType key = compute_dtype(input.dtype());
  const Tensor x = with_classes_last(as_dtype(input, key));
  const Tensor loss = empty(p.reduction == Reduction::None ? classes.sizes() : Dims(), key, input.device());
  const Tensor total = empty({}, key, input.device());
  if (weight) {
    const Tensor w = as_dtype(*weight, key);
    launch(kernels::nll_loss, {loss, total, x, classes, w}, key, Parameters::pack(p));
  } else {
    launch(kernels::nll_loss, {loss, total, x, classes}, key, Parameters::pack(p));
  }
  return {as_dtype(loss, input.dtype()), total};  // a half could not count to 2049
}

Tensor nll_loss_backward(const Tensor& grad, const Tensor& input, const Tensor& target, const Tensor* weight,
                         std::string_view reduction, int64_t ignore_index, const Tensor& total_weight) {
  const NllParameters p{reduction_of(reduction), ignore_index};
  const Tensor classes = as_contiguous(checked_target(input, target, weight));
  RL_CHECK(total_weight.numel() == 1, "nll_loss_backward: total_weight must be one number, got shape ",
           total_weight.sizes());
  const DType key = compute_dtype(input.dtype());
  const int64_t rows = input.ndim() == 1 ? 1 : input.size(0), count = input.size(class_dim(input));
  int64_t inner = 1;
  for (int d = 2; d < input.ndim(); ++d) inner *= input.size(d);
  const Tensor made = empty(input.sizes(), key, input.device());
  const Tensor planes = made.view({rows, count, inner}, contiguous_strides({rows, count, inner}), 0);
  // one gradient a position, or one for all
  const bool each = p.reduction == Reduction::None;
  const Dims sizes = each ? classes.sizes() : Dims(), steps = each ? Dims{inner, 1} : Dims{0, 0};
  const Tensor g = as_contiguous(broadcast_to(as_dtype(grad, key), sizes, "nll_loss_backward"));
  const Tensor slopes = g.view({rows, inner}, steps, g.offset());
  const Tensor at = classes.view({rows, inner}, {inner, 1}, classes.offset());
  const Tensor total = as_dtype(total_weight, key);
  if (weight) {
    const Tensor w = as_dtype(*weight, key);
    launch(kernels::nll_loss_backward, {planes, slopes, at, total, w}, key, Parameters::pack(p));
  } else {
    launch(kernels::nll_loss_backward, {planes, slopes, at, total}, key, Parameters::pack(p));
  }
  return as_dtype(made, input.dtype());
}

namespace {

/// The dtype of two tensors together, where a loss of elements is made of it.
DType element_dtype(const Kernel& kernel, const Tensor& input, const Tensor& target) {
  const Value x(input), y(target);
  const DType common = result_dtype({&x, &y});
  RL_CHECK_IMPLEMENTED(is_float(common), "\"", kernel.name, "\" not implemented for '", short_name(common),
                       "'; convert to a floating dtype first");
  return common;
}
LossParams params_of(Reduction how, const Dims& sizes, double coefficient) {
  double n = 1;
  if (how == Reduction::Mean)
    for (int64_t size : sizes) n *= double(size);
  return {coefficient, n};
}

Tensor loss_of(const Kernel& each, const Kernel& total, const Tensor& input, const Tensor& target,
               std::string_view reduction, double coefficient) {
  const Reduction how = reduction_of(reduction);
  const DType dtype = element_dtype(each, input, target), key = compute_dtype(dtype);
  const Dims sizes = broadcast_shapes(input.sizes(), target.sizes(), each.name);
  const Parameters parameters = Parameters::pack(params_of(how, sizes, coefficient));
  const Value x(input), y(target);
  if (how == Reduction::None) return pointwise(each, Result::Same, {&x, &y}, nullptr, parameters);
  common_device(each.name, {&x, &y});
  const auto brought = [&](const Tensor& t) { return as_contiguous(broadcast_to(as_dtype(t, key), sizes, each.name)); };
  const Tensor a = brought(input), b = brought(target), made = empty({}, key, input.device());
  launch(total, {made, a, b}, key, parameters);
  return as_dtype(made, dtype);
}

Tensor slope_of(const Kernel& kernel, const Tensor& grad, const Tensor& input, const Tensor& target,
                std::string_view reduction, double coefficient) {
  element_dtype(kernel, input, target);
  const Dims sizes = broadcast_shapes(input.sizes(), target.sizes(), kernel.name);
  const Value g(grad), x(input), y(target);
  return pointwise(kernel, Result::Same, {&g, &x, &y}, nullptr,
                   Parameters::pack(params_of(reduction_of(reduction), sizes, coefficient)));
}

}  // namespace

#define RL_LOSS(name, F)                                                                                            \
  Tensor name(const Tensor& input, const Tensor& target, std::string_view reduction, double coefficient) {          \
    return loss_of(kernels::name, kernels::name##_total, input, target, reduction, coefficient);                    \
  }                                                                                                                 \
  Tensor name##_backward(const Tensor& grad, const Tensor& input, const Tensor& target, std::string_view reduction, \
                         double coefficient) {                                                                      \
    return slope_of(kernels::name##_slope, grad, input, target, reduction, coefficient);                            \
  }
#include "functors/loss.def"
#undef RL_LOSS

}  // namespace rl::ops
