// Rows of the kernels that read a tensor at places given by numbers, and the parameters that ops/ and cpu/ share.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {

// All row-major: the input [n, c, d, h, w], the grid [n, d', h', w', 2 or 3] in the order x, y, z. With a direction, of
// the grid's shape, its change along that takes the place of what is read.
extern Kernel grid_sample;        // {out [n, c, d', h', w'], input, grid, direction?}
extern Kernel grid_sample_input;  // {out (the input's gradient), grad, grid, direction?}
extern Kernel grid_sample_grid;   // {out (the grid's gradient), grad, input, grid}

enum class Between : int32_t { Linear, Nearest, Cubic };
enum class Beyond : int32_t { Zeros, Border, Reflection };

struct GridParameters {
  Between mode;
  Beyond padding;
  bool align_corners;
};

}  // namespace rl::kernels
