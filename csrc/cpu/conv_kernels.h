// Rows of the convolution kernels, and the parameters that ops/ and cpu/ share.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {

// {out [N, M, ...], input [N, C, ...], weight [M, C / groups, ...], bias [M]?}, three spatial dims each, dense
extern Kernel conv;
// {out [N, C, ...], grad [N, M, ...], weight [M, C / groups, ...], bias [C]?}: the gradient of conv's input
extern Kernel conv_transpose;
// {out [M, C / groups, ...], grad [N, M, ...], input [N, C, ...]}: the gradient of conv's weight
extern Kernel conv_weight;

constexpr int kSpatial = 3;

struct ConvParameters {
  int64_t stride[kSpatial], padding[kSpatial], dilation[kSpatial];
  int64_t groups;
};

}  // namespace rl::kernels
