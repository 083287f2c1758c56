// Indexing: reading and writing by index tensors and masks.
#pragma once

#include <vector>

#include "ops/common.h"

namespace rl::ops {

Tensor gather(const Tensor& input, int64_t dim, const Tensor& index, Tensor* out = nullptr);
Tensor index_select(const Tensor& input, int64_t dim, const Tensor& index, Tensor* out = nullptr);
Tensor take(const Tensor& input, const Tensor& index, Tensor* out = nullptr);

void scatter_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src);
void scatter_value_(Tensor& self, int64_t dim, const Tensor& index, const Scalar& value);
void scatter_add_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src);
void index_add_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha);
void index_copy_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& source);
void index_fill_(Tensor& self, int64_t dim, const Tensor& index, const Value& value);
Tensor scatter(const Tensor& input, int64_t dim, const Tensor& index, const Tensor& src);
Tensor scatter_value(const Tensor& input, int64_t dim, const Tensor& index, const Scalar& value);
Tensor scatter_add(const Tensor& input, int64_t dim, const Tensor& index, const Tensor& src);
Tensor index_add(const Tensor& input, int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha);
Tensor index_copy(const Tensor& input, int64_t dim, const Tensor& index, const Tensor& source);
Tensor index_fill(const Tensor& input, int64_t dim, const Tensor& index, const Value& value);

/// x[..., i, j, ...]: `indices` are integer tensors that broadcast against each other and address `dims` of the input,
/// in ascending order. Their shape stands where those dims stood if they are neighbours, else in front (as in NumPy).
Tensor advanced_index(const Tensor& input, const Dims& dims, const std::vector<Tensor>& indices);
void advanced_index_put_(Tensor& self, const Dims& dims, const std::vector<Tensor>& indices, const Value& values,
                         bool accumulate);
Tensor advanced_index_put(const Tensor& input, const Dims& dims, const std::vector<Tensor>& indices,
                          const Value& values, bool accumulate);

void masked_fill_(Tensor& self, const Tensor& mask, const Value& value);
Tensor masked_fill(const Tensor& input, const Tensor& mask, const Value& value);
void masked_scatter_(Tensor& self, const Tensor& mask, const Tensor& source);
Tensor masked_scatter(const Tensor& input, const Tensor& mask, const Tensor& source);
Tensor masked_select(const Tensor& input, const Tensor& mask, Tensor* out = nullptr);

/// [n, ndim] int64, one row per element that is not zero.
Tensor nonzero(const Tensor& input, Tensor* out = nullptr);
/// The same as one dense int64 tensor per dim: what a mask means as an index.
std::vector<Tensor> nonzero_columns(const Tensor& input);

}  // namespace rl::ops
