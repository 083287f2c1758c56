// Indexing: reading and writing by index tensors and masks.
#pragma once

#include <vector>

#include "ops/common.h"

namespace rl::ops {

/// sparse_grad is accepted and changes nothing: there are no sparse gradients here.
Tensor gather(const Tensor& input, int64_t dim, const Tensor& index, bool sparse_grad = false, Tensor* out = nullptr);
Tensor index_select(const Tensor& input, int64_t dim, const Tensor& index, Tensor* out = nullptr);
/// Rows of a weight, in the shape of the indices; the last two arguments are for its derivative.
Tensor embedding(const Tensor& weight, const Tensor& indices, int64_t padding_idx, bool scale_grad_by_freq);
Tensor take(const Tensor& input, const Tensor& index, Tensor* out = nullptr);

void scatter_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src);
void scatter_value_(Tensor& self, int64_t dim, const Tensor& index, const Scalar& value);
void scatter_add_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src);
void index_add_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha);
void index_copy_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& source);
void index_fill_(Tensor& self, int64_t dim, const Tensor& index, const Value& value);
Tensor scatter(const Tensor& input, int64_t dim, const Tensor& index, const Tensor& src, Tensor* out = nullptr);
Tensor scatter_value(const Tensor& input, int64_t dim, const Tensor& index, const Scalar& value, Tensor* out = nullptr);
Tensor scatter_add(const Tensor& input, int64_t dim, const Tensor& index, const Tensor& src, Tensor* out = nullptr);
Tensor index_add(const Tensor& input, int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha,
                 Tensor* out = nullptr);
Tensor index_copy(const Tensor& input, int64_t dim, const Tensor& index, const Tensor& source, Tensor* out = nullptr);
Tensor index_fill(const Tensor& input, int64_t dim, const Tensor& index, const Value& value);

/// reduce: "add" or "multiply".
void scatter_reduced_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce);
void scatter_value_reduced_(Tensor& self, int64_t dim, const Tensor& index, const Scalar& value,
                            std::string_view reduce);
Tensor scatter_reduced(const Tensor& input, int64_t dim, const Tensor& index, const Tensor& src,
                       std::string_view reduce, Tensor* out);
Tensor scatter_value_reduced(const Tensor& input, int64_t dim, const Tensor& index, const Scalar& value,
                             std::string_view reduce, Tensor* out);
/// reduce: "sum" (scatter alone), "prod", "mean", "amax" or "amin"; without `include_self` the old values do not count.
void scatter_reduce_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce,
                     bool include_self);
Tensor scatter_reduce(const Tensor& input, int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce,
                      bool include_self, Tensor* out);
void index_reduce_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& source, std::string_view reduce,
                   bool include_self);
Tensor index_reduce(const Tensor& input, int64_t dim, const Tensor& index, const Tensor& source,
                    std::string_view reduce, bool include_self, Tensor* out);
/// The tensor as if it were flat.
void put_(Tensor& self, const Tensor& index, const Tensor& source, bool accumulate);
Tensor put(const Tensor& input, const Tensor& index, const Tensor& source, bool accumulate);

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
/// where(condition): the same, a number counting as a vector.
std::vector<Tensor> where_nonzero(const Tensor& condition);

}  // namespace rl::ops
