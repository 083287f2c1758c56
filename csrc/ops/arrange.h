// Elements in other places: windows, other dtypes' views, rolled, one triangle alone, a copy with one slice replaced.
#pragma once

#include "ops/common.h"

namespace rl::ops {

/// Windows of `size` along one dim, `step` apart, as a view; their elements run along a new last dim.
Tensor unfold(const Tensor& input, int64_t dimension, int64_t size, int64_t step);
/// The same bytes as another dtype; the last dim shrinks or grows where the element sizes differ.
Tensor view_dtype(const Tensor& input, DType dtype);
Tensor roll(const Tensor& input, const Dims& shifts, const Dims& dims);

/// The lower or upper triangle of each matrix, zero elsewhere.
Tensor tril(const Tensor& input, int64_t diagonal, Tensor* out);
Tensor triu(const Tensor& input, int64_t diagonal, Tensor* out);
void tril_(Tensor& self, int64_t diagonal);
void triu_(Tensor& self, int64_t diagonal);

/// Copies of `input` with `src` where select, slice or diagonal would look.
Tensor select_scatter(const Tensor& input, const Tensor& src, int64_t dim, int64_t index);
Tensor slice_scatter(const Tensor& input, const Tensor& src, int64_t dim, std::optional<int64_t> start,
                     std::optional<int64_t> end, int64_t step);
Tensor diagonal_scatter(const Tensor& input, const Tensor& src, int64_t offset, int64_t dim1, int64_t dim2);
/// Zeros of `sizes` with `grad` on a diagonal.
Tensor diagonal_backward(const Tensor& grad, const Dims& sizes, int64_t offset, int64_t dim1, int64_t dim2);

/// [2, n]: rows and columns of a triangle's places, row by row.
Tensor tril_indices(int64_t row, int64_t col, int64_t offset, std::optional<DType> dtype, std::optional<Device> device);
Tensor triu_indices(int64_t row, int64_t col, int64_t offset, std::optional<DType> dtype, std::optional<Device> device);

/// Each slice along dim `repeats` times in a row.
Tensor repeat_blocks(const Tensor& input, int64_t dim, int64_t repeats);
/// 0, 1, 2, ..., each as often as `repeats` says: the index of repeat_interleave.
Tensor repeated_indices(const Tensor& repeats, std::optional<int64_t> output_size);

}  // namespace rl::ops
