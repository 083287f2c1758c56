// Normalisation over layers, batches and groups of channels. Each op gives its result and the statistics that its
// derivative needs: the mean and the variance, of which the reciprocal spread is made again.
#pragma once

#include "ops/common.h"

namespace rl::ops {

std::tuple<Tensor, Tensor, Tensor> layer_norm(const Tensor& input, const Dims& normalized_shape, const Tensor* weight,
                                              const Tensor* bias, double eps);
/// Divided by the root of the mean square; no mean is taken away.
std::tuple<Tensor, Tensor> rms_norm(const Tensor& input, const Dims& normalized_shape, const Tensor* weight,
                                    double eps);
std::tuple<Tensor, Tensor, Tensor> group_norm(const Tensor& input, int64_t num_groups, const Tensor* weight,
                                              const Tensor* bias, double eps);
/// In training the running statistics, where there are any, are moved towards the batch's.
std::tuple<Tensor, Tensor, Tensor> batch_norm(const Tensor& input, const Tensor* weight, const Tensor* bias,
                                              const Tensor* running_mean, const Tensor* running_var, bool training,
                                              double momentum, double eps);
/// Gradients of input, weight and bias (the last two empty unless `affine`). `by` is "layer", of so many last dims;
/// "group", of so many groups; or "batch". Without a mean none was taken away; `given` statistics are constants.
std::tuple<Tensor, Tensor, Tensor> normalize_backward(const Tensor& grad, const Tensor& input, const Tensor* mean,
                                                      const Tensor& var, const Tensor* weight, std::string_view by,
                                                      int64_t count, double eps, bool given, bool affine);

}  // namespace rl::ops
