// Searching sorted sequences; counting numbers and intervals.
#pragma once

#include "ops/common.h"

namespace rl::ops {

Tensor searchsorted(const Tensor& sorted_sequence, const Value& input, bool out_int32, bool right,
                    std::optional<std::string_view> side, Tensor* out, const Tensor* sorter);
Tensor bucketize(const Value& input, const Tensor& boundaries, bool out_int32, bool right, Tensor* out);
Tensor bincount(const Tensor& input, const Tensor* weights, int64_t minlength);
Tensor histc(const Tensor& input, int64_t bins, const Scalar& min, const Scalar& max, Tensor* out);
/// Counts, or sums of weights, in the intervals between `edges`; `even`: those are evenly spaced.
Tensor histogram(const Tensor& input, const Tensor& edges, const Tensor* weight, bool even);

}  // namespace rl::ops
