// What the files of indexing share: index tensors as the kernels read them, and the views that they walk.
#pragma once

#include "cpu/index_kernels.h"
#include "ops/common.h"

namespace rl::ops {

inline Tensor at_least_1d(const Tensor& t) { return t.ndim() > 0 ? t : t.view({1}, {1}, t.offset()); }

inline Tensor clone(const Tensor& t, const char* op) {
  Tensor copy = empty_like(t, t.dtype());
  copy_values(copy, t, op);
  return copy;
}

inline Tensor as_index(const Tensor& index, const char* op) {
  RL_CHECK(index.dtype() == DType::Int64 || index.dtype() == DType::Int32 || index.numel() == 0, op,
           ": Expected dtype int32 or int64 for index, got ", dtype_text(index.dtype()));
  return as_dtype(index, DType::Int64);
}

/// The index of index_select and its family: a vector, or one number.
inline Tensor as_index_vector(const Tensor& index, const char* op) {
  RL_CHECK_INDEX(index.ndim() <= 1, op, ": Index is supposed to be a vector, got shape ", index.sizes());
  return at_least_1d(as_index(index, op));
}

inline void check_same_dtype(const Tensor& self, const Tensor& source, const char* op, const char* name) {
  RL_CHECK(self.dtype() == source.dtype(), op, ": Expected self.dtype to be equal to ", name, ".dtype: the tensor is ",
           dtype_text(self.dtype()), ", ", name, " is ", dtype_text(source.dtype()), "; convert it with ", name, ".to(",
           dtype_text(self.dtype()), ")");
}

inline Tensor with_stride_0(const Tensor& t, const Dims& sizes, int dim) {
  Dims strides = t.strides();
  strides[dim] = 0;
  return t.view(sizes, strides, t.offset());
}

/// A vector seen in `sizes`, along one of its dims.
inline Tensor along(const Tensor& vector, const Dims& sizes, int dim) {
  Dims strides(sizes.size());
  strides[dim] = vector.stride(0);
  return vector.view(sizes, strides, vector.offset());
}

inline IndexParameters one_index(int dim, bool wraps) {
  IndexParameters p;
  p.wraps = wraps;
  p.dims[0] = int8_t(dim);
  return p;
}

/// A gather or scatter along `dim`: the index must not be larger than what it reads or writes.
void check_gather_shape(const char* op, const Tensor& input, const Tensor& index, int dim, const Tensor* src);

}  // namespace rl::ops
