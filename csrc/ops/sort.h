// Sorting along a dim, the k-th and the medians, the most frequent, runs of equals.
#pragma once

#include "ops/reduce.h"

namespace rl::ops {

using Ranked = std::tuple<Tensor, Tensor>;  // values, indices

Ranked sort(const Tensor& input, int64_t dim, bool descending, std::optional<bool> stable, Outs* out);
Tensor argsort(const Tensor& input, int64_t dim, bool descending, bool stable, Tensor* out);
Ranked topk(const Tensor& input, int64_t k, int64_t dim, bool largest, bool sorted, Outs* out);

Ranked kthvalue(const Tensor& input, int64_t k, int64_t dim, bool keepdim, Outs* out);
/// The lower median; NaN where there is one. `nanmedian` looks past NaN.
Tensor median_all(const Tensor& input);
Ranked median(const Tensor& input, int64_t dim, bool keepdim, Outs* out);
Tensor nanmedian_all(const Tensor& input);
Ranked nanmedian(const Tensor& input, int64_t dim, bool keepdim, Outs* out);
Ranked mode(const Tensor& input, int64_t dim, bool keepdim, Outs* out);

/// Rows of a matrix in lexicographic order: where they were.
Tensor row_order(const Tensor& input);
/// Of a matrix: for every row the number of the run of equal rows it belongs to.
Tensor run_ids(const Tensor& input);
/// Of run_ids: where each run begins, and how many it has.
Ranked run_starts(const Tensor& ids);

}  // namespace rl::ops
