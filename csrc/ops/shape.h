// Views and copies that move no arithmetic: reshape, transpose, expand, slicing, conversion of dtype and device.
#pragma once

#include "ops/common.h"

namespace rl::ops {

Tensor view(const Tensor& input, const Dims& size);
Tensor reshape(const Tensor& input, const Dims& shape);
Tensor flatten(const Tensor& input, int64_t start_dim, int64_t end_dim);
Tensor unflatten(const Tensor& input, int64_t dim, const Dims& sizes);
Tensor transpose(const Tensor& input, int64_t dim0, int64_t dim1);
Tensor t(const Tensor& input);
Tensor permute(const Tensor& input, const Dims& dims);
Tensor unsqueeze(const Tensor& input, int64_t dim);
Tensor squeeze(const Tensor& input, const std::optional<Dims>& dim);
Tensor expand(const Tensor& input, const Dims& size);
Tensor broadcast_to_op(const Tensor& input, const Dims& size);
Tensor narrow(const Tensor& input, int64_t dim, int64_t start, int64_t length);
Tensor select(const Tensor& input, int64_t dim, int64_t index);
/// start:end:step along dim, by Python's rules; a negative step goes backwards, as NumPy's does and PyTorch's does not.
Tensor slice(const Tensor& input, int64_t dim, std::optional<int64_t> start, std::optional<int64_t> end, int64_t step);
Tensor as_strided(const Tensor& input, const Dims& size, const Dims& stride, std::optional<int64_t> storage_offset);
/// A row-major copy of `input` with `src` written where as_strided would look.
Tensor as_strided_scatter(const Tensor& input, const Tensor& src, const Dims& size, const Dims& stride,
                          std::optional<int64_t> storage_offset);
Tensor diagonal(const Tensor& input, int64_t offset, int64_t dim1, int64_t dim2);
Tensor detach(const Tensor& input);
/// Views of the parts of a complex tensor; `real` of a real tensor is that tensor.
Tensor real(const Tensor& input);
Tensor imag(const Tensor& input);
Tensor view_as_real(const Tensor& input);
Tensor view_as_complex(const Tensor& input);
Tensor flip(const Tensor& input, const Dims& dims);
Tensor repeat(const Tensor& input, const Dims& repeats);

/// `input` itself where it has the format (row-major) already.
Tensor contiguous(const Tensor& input, std::optional<MemoryFormat> memory_format = {});
Tensor clone(const Tensor& input, std::optional<MemoryFormat> memory_format = {});
/// `input` itself where dtype, device and format agree and copy is false.
Tensor to(const Tensor& input, std::optional<Device> device, std::optional<DType> dtype, bool copy,
          std::optional<MemoryFormat> memory_format = {});

/// Gradients of views: zeros of `sizes` with `grad` written where the view was.
Tensor slice_backward(const Tensor& grad, const Dims& sizes, int64_t dim, int64_t start, int64_t step);
Tensor select_backward(const Tensor& grad, const Dims& sizes, int64_t dim, int64_t index);
Tensor as_strided_backward(const Tensor& grad, const Dims& sizes, const Dims& stride, int64_t offset);

// The history of an in-place write into a view. A base is seen with the strides that it had when the view was made, so
// that size, stride and offset (from the base's first element) name the same elements whatever the layout of a gradient
// is.
/// What a view shows of its base, as a tensor of its own.
Tensor view_of(const Tensor& base, const Dims& size, const Dims& stride, int64_t offset, const Dims& base_stride);
/// The base with `src` where the view looks.
Tensor with_view(const Tensor& base, const Tensor& src, const Dims& size, const Dims& stride, int64_t offset,
                 const Dims& base_stride);
/// Zeros of the base's size, with `grad` where the view looks; elements that the view shows twice are summed.
Tensor view_alone(const Tensor& grad, const Dims& base_size, const Dims& stride, int64_t offset,
                  const Dims& base_stride);

}  // namespace rl::ops
