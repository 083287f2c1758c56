// Softmax along any dim (put last and made dense), and losses composed of ops.
#include "ops/softmax.h"

#include "cpu/softmax_kernels.h"
#include "ops/index.h"
#include "ops/pointwise.h"
#include "ops/reduce.h"
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

Tensor soften(const Kernel& kernel, const Tensor& input, int64_t dim, std::optional<DType> dtype, Tensor* out) {
  const int d = wrap_dim(dim, input.ndim(), kernel.name);
  const DType result = dtype.value_or(input.dtype()), key = compute_dtype(result);
  RL_CHECK_IMPLEMENTED(computes(kernel, key), "\"", kernel.name, "\" not implemented for '", short_name(result), "'");
  const Tensor x = as_rows(as_dtype(input, key), d);
  const Tensor y = empty(x.sizes(), key, input.device());
  launch(kernel, {y, x}, key);
  return deliver(kernel.name, as_dtype(from_rows(y, input, d), result), out);
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

enum class Reduce { None, Mean, Sum };
Reduce reduction_of(std::string_view text) {
  if (text == "none") return Reduce::None;
  if (text == "mean") return Reduce::Mean;
  RL_CHECK_VALUE(text == "sum", text, " is not a valid value for reduction");
  return Reduce::Sum;
}

/// The class dim of a likelihood: the second, or the only one.
int class_dim(const Tensor& input) { return input.ndim() == 1 ? 0 : 1; }

struct Classes {
  Tensor index;    // target with a class dim of size 1; 0 where ignored
  Tensor weights;  // of each target, 0 where ignored; shape of target
};

Classes classes_of(const Tensor& input, const Tensor& target, const Tensor* weight, int64_t ignore_index) {
  const int d = class_dim(input);
  const Value t(target), ignored{Scalar(ignore_index)}, zero{Scalar(0)};
  const Tensor counted = ne(t, ignored, nullptr);
  const Tensor safe = as_dtype(where(counted, t, zero, nullptr), DType::Int64);
  if (!target.is_meta() && target.numel() > 0) {
    const Tensor low = min_all(safe), high = max_all(safe);
    const int64_t least = *static_cast<const int64_t*>(read_host(low, "nll_loss"));
    const int64_t most = *static_cast<const int64_t*>(read_host(high, "nll_loss"));
    RL_CHECK_INDEX(least >= 0 && most < input.size(d), "nll_loss: Target ", least < 0 ? least : most,
                   " is out of bounds; there are ", input.size(d), " classes");
  }
  Tensor weights;
  if (weight) {
    const Tensor flat = reshape(safe, {-1});
    const Tensor chosen = reshape(index_select(*weight, 0, flat, nullptr), target.sizes());
    const Value c(chosen);
    weights = where(counted, c, zero, nullptr);
  } else {
    weights = as_dtype(counted, input.dtype());
  }
  return {unsqueeze(safe, d), weights};
}

void check_nll(const Tensor& input, const Tensor& target, const Tensor* weight) {
  RL_CHECK(input.ndim() > 0, "nll_loss: input tensor should be 1D or 2D");
  RL_CHECK(is_integer(target.dtype()), "nll_loss: expected scalar type Long but found ", short_name(target.dtype()));
  const int d = class_dim(input);
  Dims expected = input.sizes();
  expected.erase(d);
  RL_CHECK_VALUE(input.ndim() == 1 || target.ndim() == 0 || input.size(0) == target.size(0),
                 "Expected input batch_size (", input.size(0), ") to match target batch_size (",
                 target.ndim() ? target.size(0) : 0, ").");
  RL_CHECK(target.sizes() == expected, "nll_loss: target of shape ", target.sizes(), " does not fit input of shape ",
           input.sizes(), "; expected ", expected);
  RL_CHECK(!weight || (weight->ndim() == 1 && weight->size(0) == input.size(d)),
           "weight tensor should be defined either for all ", input.size(d),
           " classes or no classes but got weight tensor of shape: ", weight ? weight->sizes() : Dims());
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

std::tuple<Tensor, Tensor> nll_loss(const Tensor& input, const Tensor& target, const Tensor* weight,
                                    std::string_view reduction, int64_t ignore_index) {
  check_nll(input, target, weight);
  const Reduce how = reduction_of(reduction);
  const auto [index, weights] = classes_of(input, target, weight, ignore_index);
  const int d = class_dim(input);
  const Tensor picked = squeeze(gather(input, d, index), Dims{d});
  const Value p(picked), w(weights);
  const Tensor losses = neg(mul(p, w, nullptr), nullptr);
  const Tensor total = sum(weights, std::nullopt, false, std::nullopt, nullptr);
  if (how == Reduce::None) return {losses, total};
  const Tensor summed = sum(losses, std::nullopt, false, std::nullopt, nullptr);
  if (how == Reduce::Sum) return {summed, total};
  const Value s(summed), n(total);
  return {div(s, n, std::nullopt, nullptr), total};
}

Tensor nll_loss_backward(const Tensor& grad, const Tensor& input, const Tensor& target, const Tensor* weight,
                         std::string_view reduction, int64_t ignore_index, const Tensor& total_weight) {
  check_nll(input, target, weight);
  const Reduce how = reduction_of(reduction);
  const auto [index, weights] = classes_of(input, target, weight, ignore_index);
  const Value w(weights), g(grad), n(total_weight);
  Tensor each = mul(g, w, nullptr);
  if (how == Reduce::Mean) {
    const Value e(each);
    each = div(e, n, std::nullopt, nullptr);
  }
  Tensor made = full(input.sizes(), Scalar(0), input.dtype(), input.device());
  const int d = class_dim(input);
  scatter_(made, d, index, unsqueeze(neg(each, nullptr), d));
  return made;
}

Tensor mse_loss(const Tensor& input, const Tensor& target, std::string_view reduction) {
  const Reduce how = reduction_of(reduction);
  const Value x(input), y(target);
  const Tensor squares = square(sub(x, y, Scalar(1), nullptr), nullptr);
  if (how == Reduce::None) return squares;
  return how == Reduce::Mean ? mean(squares, std::nullopt, false, std::nullopt, nullptr)
                             : sum(squares, std::nullopt, false, std::nullopt, nullptr);
}

}  // namespace rl::ops
