// Where the groups lie over which an op normalises; checks.
#include "ops/normalize.h"

#include "cpu/normalize_kernels.h"
#include "ops/pointwise.h"
#include "ops/shape.h"

namespace rl::kernels {
constinit Kernel normalize{.name = "normalize", .kind = Kind::Reduction, .outputs = 3};
constinit Kernel normalize_given{.name = "normalize", .kind = Kind::Reduction, .outputs = 1};
constinit Kernel normalize_backward{.name = "normalize_backward", .kind = Kind::Reduction, .outputs = 3};
}  // namespace rl::kernels

namespace rl::ops {
namespace {

using kernels::NormalizeParameters;
using ThreeTensors = std::tuple<Tensor, Tensor, Tensor>;

/// Groups in an input, and the form that the kernel sees it in.
struct Layout {
  NormalizeParameters p{};
  Dims statistics;  // the shape of mean and variance
  Dims weights;     // the shape of weight and bias
  bool channels_first = false;

  /// Dense, as the parameters say; a converted copy where it has another dtype.
  Tensor bring(const Tensor& t, DType key) const {
    const Tensor wide = as_dtype(t, key);
    return as_contiguous(channels_first ? transpose(wide, 0, 1) : wide);
  }
  /// What was made in that form, in the shape and stride order of `like`.
  Tensor take_back(const Tensor& made, const Tensor& like) const {
    if (!channels_first && like.is_contiguous()) return as_dtype(made, like.dtype());
    const Tensor back = empty_like(like, like.dtype());
    const Tensor shaped = channels_first ? transpose(made, 0, 1) : made;
    copy_values(back, shaped);
    return back;
  }
};

int64_t product_of(const Dims& sizes, int from) {
  int64_t n = 1;
  for (int d = from; d < sizes.size(); ++d) n *= sizes[d];
  return n;
}

/// The last `count` dims.
Layout by_layer(const Tensor& input, int64_t count) {
  Layout l;
  const int kept = input.ndim() - int(count);
  const int64_t n = product_of(input.sizes(), kept);
  int64_t rows = 1;
  for (int d = 0; d < input.ndim(); ++d) {
    if (d < kept) rows *= input.size(d);
    l.statistics.push_back(d < kept ? input.size(d) : 1);
    if (d >= kept) l.weights.push_back(input.size(d));
  }
  l.p = {.groups = rows, .segments = 1, .length = n, .step = 0, .start = n, .units = 0, .period = 1};
  return l;
}

/// The channels of each image in so many groups.
Layout by_group(const Tensor& input, int64_t groups) {
  Layout l;
  const int64_t images = input.size(0), channels = input.size(1), each = channels / groups;
  const int64_t n = each * product_of(input.sizes(), 2);
  l.statistics = {images, groups};
  l.weights = {channels};
  l.p = {.groups = images * groups, .segments = 1, .length = n, .step = 0, .start = n, .units = each, .period = groups};
  return l;
}

/// A channel of all images. Where its runs are short, or not dense, channels are put first, so that a group is one run.
Layout by_channel(const Tensor& input) {
  constexpr int64_t kShort = 16;
  Layout l;
  const int64_t images = input.size(0), channels = input.size(1), inner = product_of(input.sizes(), 2);
  l.statistics = l.weights = {channels};
  l.channels_first = images > 1 && (inner < kShort || !input.is_contiguous());
  l.p = {.groups = channels, .segments = images, .length = inner, .step = channels * inner, .start = inner};
  if (l.channels_first || images == 1)
    l.p = {.groups = channels, .segments = 1, .length = images * inner, .step = 0, .start = images * inner};
  l.p.units = 1, l.p.period = channels;
  return l;
}

DType checked_key(const char* name, const Tensor& input) {
  const DType key = compute_dtype(input.dtype());
  RL_CHECK_IMPLEMENTED(computes(kernels::normalize, key), "\"", name, "\" not implemented for '",
                       short_name(input.dtype()), "'");
  return key;
}

/// Parameters of the input's dtype, or float32 ones beside an input of a half type.
void check_parameter(const Tensor& input, const Tensor* parameter) {
  if (!parameter || parameter->dtype() == input.dtype()) return;
  const bool half = input.dtype() == DType::Float16 || input.dtype() == DType::BFloat16;
  RL_CHECK(half || input.dtype() == DType::Float32, "mixed dtype (CPU): all inputs must share same datatype. Got ",
           short_name(input.dtype()), " and ", short_name(parameter->dtype()));
  RL_CHECK(half && parameter->dtype() == DType::Float32,
           "mixed dtype (CPU): expect parameter to have scalar type of Float, or of the input, ",
           short_name(input.dtype()), "; got ", short_name(parameter->dtype()));
}

void check_trailing(const char* name, const Tensor& input, const Dims& shape, const Tensor* weight,
                    const Tensor* bias) {
  RL_CHECK(shape.size() > 0,
           "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
           "normalized_shape = ",
           shape);
  const int kept = input.ndim() - shape.size();
  bool fits = kept >= 0;
  for (int d = 0; fits && d < shape.size(); ++d) fits = input.size(kept + d) == shape[d];
  RL_CHECK(fits, name, ": Given normalized_shape=", shape, ", expected input with shape [*, ", shape,
           "], but got input of size", input.sizes());
  const auto check = [&](const Tensor* t, const char* which) {
    RL_CHECK(!t || t->sizes() == shape, "Expected ", which, " to be of same shape as normalized_shape, but got ", which,
             " of shape ", t->sizes(), " and normalized_shape = ", shape);
    check_parameter(input, t);
  };
  check(weight, "weight"), check(bias, "bias");
}

/// Result, mean and variance; `given` ones are read.
ThreeTensors normalized(Layout layout, DType key, const Tensor& input, const Tensor* weight, const Tensor* bias,
                        double eps, const Tensor* mean = nullptr, const Tensor* var = nullptr) {
  NormalizeParameters& p = layout.p;
  p.eps = eps, p.given = mean != nullptr, p.has_weight = weight != nullptr, p.has_bias = bias != nullptr;
  const Tensor x = layout.bring(input, key), y = empty(x.sizes(), key, x.device());
  const Tensor m = mean ? as_contiguous(as_dtype(*mean, key)) : empty(layout.statistics, key, x.device());
  const Tensor v = var ? as_contiguous(as_dtype(*var, key)) : empty(layout.statistics, key, x.device());
  std::vector<Tensor> affine;
  for (const Tensor* t : {weight, bias})
    if (t) affine.push_back(as_contiguous(as_dtype(*t, key)));
  std::vector<Operand> operands{y, m, v, x};
  for (const Tensor& t : affine) operands.push_back(t);
  launch(p.given ? kernels::normalize_given : kernels::normalize, operands, key, Parameters::pack(p));
  return {layout.take_back(y, input), m, v};
}

void check_channels(const char* which, const Tensor* t, int64_t channels) {
  RL_CHECK(!t || t->numel() == channels, "batch_norm: ", which, " should contain ", channels, " elements not ",
           t->numel());
}

/// running = (1 - momentum) running + momentum scale batch's
void move_running(const Tensor* running, const Tensor& of_batch, double momentum, double scale) {
  if (!running) return;
  Tensor to = *running;
  mul_(to, Value(Scalar(1 - momentum)));
  add_(to, Value(of_batch), Scalar(momentum * scale));
}

}  // namespace

ThreeTensors layer_norm(const Tensor& input, const Dims& normalized_shape, const Tensor* weight, const Tensor* bias,
                        double eps) {
  check_trailing("layer_norm", input, normalized_shape, weight, bias);
  const DType key = checked_key("LayerNormKernelImpl", input);
  Layout layout = by_layer(input, normalized_shape.size());
  layout.p.centred = true;
  return normalized(layout, key, as_contiguous(input), weight, bias, eps);
}

std::tuple<Tensor, Tensor> rms_norm(const Tensor& input, const Dims& normalized_shape, const Tensor* weight,
                                    double eps) {
  check_trailing("rms_norm", input, normalized_shape, weight, nullptr);
  const DType key = checked_key("rms_norm", input);
  const Layout layout = by_layer(input, normalized_shape.size());
  const auto [out, mean, var] = normalized(layout, key, as_contiguous(input), weight, nullptr, eps);
  return {out, var};
}

ThreeTensors group_norm(const Tensor& input, int64_t num_groups, const Tensor* weight, const Tensor* bias, double eps) {
  RL_CHECK(input.ndim() >= 2, "group_norm: Expected at least 2 dimensions for input tensor but received ",
           input.ndim());
  RL_CHECK(num_groups > 0, "group_norm: Expected num groups to be greater than 0, got ", num_groups);
  RL_CHECK(input.size(1) % num_groups == 0,
           "group_norm: Expected number of channels in input to be divisible by num_groups, but got input of shape ",
           input.sizes(), " and num_groups=", num_groups);
  const auto check = [&](const Tensor* t, const char* which) {
    RL_CHECK(!t || (t->ndim() == 1 && t->numel() == input.size(1)), "group_norm: Expected ", which,
             " to be a vector of size equal to the number of channels in input, but got ", which, " of shape ",
             t->sizes(), " and input of shape ", input.sizes());
    check_parameter(input, t);
  };
  check(weight, "weight"), check(bias, "bias");
  const DType key = checked_key("GroupNormKernelImpl", input);
  Layout layout = by_group(input, num_groups);
  layout.p.centred = true;
  return normalized(layout, key, input, weight, bias, eps);
}

ThreeTensors batch_norm(const Tensor& input, const Tensor* weight, const Tensor* bias, const Tensor* running_mean,
                        const Tensor* running_var, bool training, double momentum, double eps) {
  const DType key = checked_key("batch_norm", input);
  RL_CHECK(input.ndim() >= 2, "batch_norm: expected an input of at least 2 dims, [N, C, ...], got shape ",
           input.sizes());
  const int64_t channels = input.size(1);
  RL_CHECK(training || running_mean, "batch_norm: running_mean must be defined in evaluation mode");
  RL_CHECK(training || running_var, "batch_norm: running_var must be defined in evaluation mode");
  check_channels("running_mean", running_mean, channels), check_channels("running_var", running_var, channels);
  check_channels("weight", weight, channels), check_channels("bias", bias, channels);
  for (const Tensor* t : {weight, bias, running_mean, running_var}) check_parameter(input, t);
  Layout layout = by_channel(input);
  layout.p.centred = true;
  if (!training) return normalized(layout, key, input, weight, bias, eps, running_mean, running_var);
  const auto [out, mean, var] = normalized(layout, key, input, weight, bias, eps);
  const double n = double(layout.p.segments * layout.p.length);
  if (n > 0) {
    move_running(running_mean, mean, momentum, 1);
    move_running(running_var, var, momentum, n / (n - 1));
  }
  return {out, mean, var};
}

ThreeTensors normalize_backward(const Tensor& grad, const Tensor& input, const Tensor* mean, const Tensor& var,
                                const Tensor* weight, std::string_view by, int64_t count, double eps, bool given,
                                bool affine) {
  const char* op = "normalize_backward";
  const DType key = checked_key(op, input);
  RL_CHECK(grad.sizes() == input.sizes(), op, ": the gradient has shape ", grad.sizes(), ", the input ", input.sizes());
  RL_CHECK_VALUE(by == "layer" || by == "group" || by == "batch", op, ": '", by,
                 "' is none of 'layer', 'group', 'batch'");
  RL_CHECK(by == "layer" || input.ndim() >= 2, op, ": expected an input of at least 2 dims, got ", input.ndim());
  RL_CHECK(by != "layer" || (0 < count && count <= input.ndim()), op, ": ", count, " dims of ", input.ndim());
  RL_CHECK(by != "group" || (count > 0 && input.size(1) % count == 0), op, ": ", count, " groups of ",
           by == "group" ? input.size(1) : 0, " channels");
  const Tensor dense = by == "layer" ? as_contiguous(input) : input;
  Layout layout = by == "layer" ? by_layer(dense, count) : by == "group" ? by_group(dense, count) : by_channel(dense);
  NormalizeParameters& p = layout.p;
  p.eps = eps, p.centred = mean != nullptr, p.given = given, p.has_weight = weight != nullptr;
  for (const Tensor* t : {mean, &var})
    RL_CHECK(!t || t->numel() == p.groups, op, ": expected statistics of ", p.groups, " groups, got ", t->numel());
  RL_CHECK(!weight || weight->numel() == product_of(layout.weights, 0), op, ": expected a weight of shape ",
           layout.weights, ", got ", weight->sizes());
  const Tensor x = layout.bring(dense, key), g = layout.bring(grad, key);
  const Tensor v = as_contiguous(as_dtype(var, key)), m = mean ? as_contiguous(as_dtype(*mean, key)) : v;
  const Tensor made = empty(x.sizes(), key, x.device());
  const Dims of_weights = affine ? layout.weights : Dims{0};
  const Tensor of_weight = empty(of_weights, key, x.device()), of_bias = empty(of_weights, key, x.device());
  if (weight) {
    const Tensor w = as_contiguous(as_dtype(*weight, key));
    launch(kernels::normalize_backward, {made, of_weight, of_bias, g, x, m, v, w}, key, Parameters::pack(p));
  } else {
    launch(kernels::normalize_backward, {made, of_weight, of_bias, g, x, m, v}, key, Parameters::pack(p));
  }
  return {layout.take_back(made, dense), of_weight, of_bias};
}

}  // namespace rl::ops
