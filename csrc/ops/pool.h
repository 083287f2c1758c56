// Pooling over the last one to three dims; whatever comes before them is a batch.
#pragma once

#include "ops/common.h"

namespace rl::ops {

/// Averages of windows. `divisor` takes the place of their elements' number.
Tensor avg_pool(const Tensor& input, const Dims& kernel, const Dims& stride, const Dims& padding, const Dims& size,
                bool count_include_pad, std::optional<int64_t> divisor);
/// Its transpose: what averages of `size` windows give back to an input of size `input_size`.
Tensor avg_pool_backward(const Tensor& grad, const Dims& kernel, const Dims& stride, const Dims& padding,
                         const Dims& input_size, bool count_include_pad, std::optional<int64_t> divisor);
/// Averages of windows that share the input out evenly.
Tensor adaptive_avg_pool(const Tensor& input, const Dims& size);
Tensor adaptive_avg_pool_backward(const Tensor& grad, const Dims& input_size);
/// Maxima of windows, and where in the input's last dims, taken as one, they are.
std::tuple<Tensor, Tensor> max_pool(const Tensor& input, const Dims& kernel, const Dims& stride, const Dims& padding,
                                    const Dims& dilation, const Dims& size);
std::tuple<Tensor, Tensor> adaptive_max_pool(const Tensor& input, const Dims& size);

/// input at places of its last dims (as many as `ndim`), taken as one.
Tensor gather_places(const Tensor& input, const Tensor& places, int64_t ndim);
/// Zeros of `size` in the last dims, with `input` added to its places; its transpose.
Tensor scatter_places(const Tensor& input, const Tensor& places, const Dims& size);
/// The same with one of the elements that come to a place: the last.
Tensor set_places(const Tensor& input, const Tensor& places, const Dims& size);

}  // namespace rl::ops
