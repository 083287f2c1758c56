// Tensors of other sizes: each of the last one to three dims resampled.
#pragma once

#include "ops/common.h"

namespace rl::ops {

// `size` and `input_size` are those of the last dims; `scale0` to `scale2` what the caller asked for along them, of the
// result to the input, where the sizes alone do not say it.

/// The nearest element; `exact`: the one whose middle is the nearest.
Tensor upsample_nearest(const Tensor& input, const Dims& size, bool exact, std::optional<double> scale0,
                        std::optional<double> scale1, std::optional<double> scale2);
Tensor upsample_nearest_backward(const Tensor& grad, const Dims& input_size, bool exact, std::optional<double> scale0,
                                 std::optional<double> scale1, std::optional<double> scale2);
/// Linear in each dim; `antialias`: where the result is smaller, the filter grows with the step.
Tensor upsample_linear(const Tensor& input, const Dims& size, bool align_corners, bool antialias,
                       std::optional<double> scale0, std::optional<double> scale1, std::optional<double> scale2);
Tensor upsample_linear_backward(const Tensor& grad, const Dims& input_size, bool align_corners, bool antialias,
                                std::optional<double> scale0, std::optional<double> scale1,
                                std::optional<double> scale2);
/// Cubic in each dim.
Tensor upsample_cubic(const Tensor& input, const Dims& size, bool align_corners, bool antialias,
                      std::optional<double> scale0, std::optional<double> scale1, std::optional<double> scale2);
Tensor upsample_cubic_backward(const Tensor& grad, const Dims& input_size, bool align_corners, bool antialias,
                               std::optional<double> scale0, std::optional<double> scale1,
                               std::optional<double> scale2);
/// Lanczos' filter in each dim, which grows with the step.
Tensor upsample_lanczos(const Tensor& input, const Dims& size, std::optional<double> scale0,
                        std::optional<double> scale1, std::optional<double> scale2);
Tensor upsample_lanczos_backward(const Tensor& grad, const Dims& input_size, std::optional<double> scale0,
                                 std::optional<double> scale1, std::optional<double> scale2);

}  // namespace rl::ops
