// Tensors with something around them: a number, or their own elements.
#pragma once

#include "ops/common.h"

namespace rl::ops {

/// `pad` holds two numbers a dim, before and behind, the last dim first; negative ones take away.
Tensor constant_pad_nd(const Tensor& input, const Dims& pad, const Scalar& value);
/// Mode reflect, replicate or circular, over one to three dims.
Tensor pad_with_own(const Tensor& input, const Dims& pad, std::string_view mode);
/// Its transpose, for an input whose last sizes are `size`.
Tensor pad_with_own_backward(const Tensor& grad, const Dims& pad, std::string_view mode, const Dims& size);

}  // namespace rl::ops
