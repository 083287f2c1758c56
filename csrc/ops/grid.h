// A tensor read at places given by numbers: grid_sample, and its gradients.
#pragma once

#include "ops/common.h"

namespace rl::ops {

/// input [N, C, (D,) H, W] at the places of grid [N, (D',) H', W', 2 or 3], numbers from -1 to 1 in the order x, y, z.
/// `mode`: 0 linear, 1 nearest, 2 cubic; `padding_mode`: 0 zeros, 1 border, 2 reflection.
Tensor grid_sampler(const Tensor& input, const Tensor& grid, int64_t interpolation_mode, int64_t padding_mode,
                    bool align_corners);
/// The gradient of an input whose spatial sizes are `size`.
Tensor grid_sampler_input(const Tensor& grad, const Tensor& grid, int64_t interpolation_mode, int64_t padding_mode,
                          bool align_corners, const Dims& size);
Tensor grid_sampler_grid(const Tensor& grad, const Tensor& input, const Tensor& grid, int64_t interpolation_mode,
                         int64_t padding_mode, bool align_corners);
/// How the result, and the input's gradient, change as the grid moves along a direction.
Tensor grid_sampler_along(const Tensor& input, const Tensor& grid, const Tensor& direction, int64_t interpolation_mode,
                          int64_t padding_mode, bool align_corners);
Tensor grid_sampler_input_along(const Tensor& grad, const Tensor& grid, const Tensor& direction,
                                int64_t interpolation_mode, int64_t padding_mode, bool align_corners, const Dims& size);

}  // namespace rl::ops
