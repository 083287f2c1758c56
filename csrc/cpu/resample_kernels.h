// Rows of the resampling kernels, and the parameters that ops/ and cpu/ share.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {

// Both work along the middle of three dims, row-major.
extern Kernel resample;       // {out [n, q, inner], input [n, s, inner]}
extern Kernel resample_back;  // {out [n, s, inner], grad [n, q, inner]}: its transpose

enum class Filter : int32_t { Nearest, NearestExact, Linear, Cubic, SmoothLinear, SmoothCubic, SmoothLanczos };

struct ResampleParameters {
  Filter filter;
  bool align_corners;
  double scale;  // what the caller asked for, of the result to the input; 0 where the sizes say
};

}  // namespace rl::kernels
