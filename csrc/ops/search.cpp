// Searching and counting: everything is made dense, and of one dtype that has the order.
#include "ops/search.h"

#include <cmath>

#include "cpu/search_kernels.h"
#include "ops/create.h"
#include "ops/reduce.h"
#include "ops/shape.h"

namespace rl::kernels {
#define RL_ROW(row) constinit Kernel row{.name = #row, .kind = Kind::Index, .outputs = 1};
RL_ROW(searchsorted) RL_ROW(bincount) RL_ROW(histogram)
#undef RL_ROW
}  // namespace rl::kernels

namespace rl::ops {
namespace {

Tensor as_rows(const Tensor& t, int64_t n) {
  const Tensor dense = as_contiguous(t);
  return dense.view({n ? dense.numel() / n : 1, n}, {n, 1}, dense.offset());
}
Tensor flat(const Tensor& t) {
  const Tensor dense = as_contiguous(t);
  return dense.view({dense.numel()}, {1}, dense.offset());
}
double number_at(const Tensor& t, const char* op) { return load_scalar(t.dtype(), read_host(t, op)).real(); }

Tensor search(const char* op, const Tensor& sorted, const Value& input, bool int32, bool right, Tensor* out,
              const Tensor* sorter) {
  RL_CHECK(sorted.ndim() > 0, op,
           "(): input value can be a scalar only when boundaries tensor dimension is 1, but we got boundaries tensor "
           "dim(0)");
  const Tensor lone = input.is_tensor() ? Tensor() : full({}, input.scalar, input.scalar.dtype(), sorted.device());
  const Tensor& x = input.is_tensor() ? *input.tensor : lone;
  const int last = sorted.ndim() - 1;
  if (sorted.ndim() > 1) {
    bool fits = x.ndim() == sorted.ndim();
    for (int d = 0; fits && d < last; ++d) fits = x.size(d) == sorted.size(d);
    RL_CHECK(fits, op,
             "(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and input "
             "value tensor must match, but we got boundaries tensor ",
             sorted.sizes(), " and input value tensor ", x.sizes());
  }
  RL_CHECK(!out || out->dtype() == (int32 ? DType::Int32 : DType::Int64), op,
           "(): output tensor's dtype is wrong, it can only be Int(int32) or Long(int64) depending on whether "
           "out_int32 flag is True, but we got output tensor's dtype ",
           out ? short_name(out->dtype()) : "", " and out_int32 flag is ", int32 ? "True" : "False");
  const int64_t n = sorted.size(last);
  RL_CHECK(!int32 || n < int64_t(1) << 31, op,
           "(): the size of boundaries' last dimension should be less than 2147483647, but we got ", n);
  if (sorter) {
    RL_CHECK(sorter->sizes() == sorted.sizes(), op,
             "(): boundary and sorter must have the same size, but got boundary tensor ", sorted.sizes(),
             "and got sorter tensor ", sorter->sizes());
    RL_CHECK(sorter->dtype() == DType::Int64, op, "(): sorter must be a tensor of long dtype but got dtype ",
             short_name(sorter->dtype()));
    if (sorter->numel() > 0 && !sorter->is_meta()) {
      const Tensor least = min_all(*sorter), most = max_all(*sorter);
      RL_CHECK_INDEX(number_at(least, op) >= 0 && number_at(most, op) < double(n), op, "(): sorter index out of range");
    }
  }
  const DType key = order_dtype(promote(sorted.dtype(), x.dtype()));
  RL_CHECK_IMPLEMENTED(computes(kernels::searchsorted, key), "\"", op, "\" not implemented for '",
                       short_name(sorted.dtype()), "'");
  const Tensor places = empty(x.sizes(), int32 ? DType::Int32 : DType::Int64, sorted.device());
  const bool one = sorted.ndim() == 1;
  const int64_t m = one || x.ndim() == 0 ? x.numel() : x.size(x.ndim() - 1);
  const Tensor in = as_rows(as_dtype(sorted, key), n), what = as_rows(as_dtype(x, key), m);
  const Tensor to = places.view(what.sizes(), what.strides(), 0);
  if (places.numel() > 0) {
    const Parameters p = Parameters::pack(kernels::SearchParameters{right});
    if (sorter) {
      const Tensor order = as_rows(*sorter, n);
      launch(kernels::searchsorted, {to, what, in, order}, key, p);
    } else {
      launch(kernels::searchsorted, {to, what, in}, key, p);
    }
  }
  return deliver(op, places, out);
}

}  // namespace

Tensor searchsorted(const Tensor& sorted_sequence, const Value& input, bool out_int32, bool right,
                    std::optional<std::string_view> side, Tensor* out, const Tensor* sorter) {
  if (side) {
    RL_CHECK(*side == "left" || *side == "right", "torch.searchsorted(): side can only be 'left' or 'right' but got ",
             *side);
    RL_CHECK(*side == "right" || !right,
             "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True");
    right = *side == "right";
  }
  return search("torch.searchsorted", sorted_sequence, input, out_int32, right, out, sorter);
}

Tensor bucketize(const Value& input, const Tensor& boundaries, bool out_int32, bool right, Tensor* out) {
  RL_CHECK(boundaries.ndim() == 1, "bucketize(): boundaries tensor must be 1 dimension, but got dim(",
           boundaries.ndim(), ")");
  return search("torch.bucketize", boundaries, input, out_int32, right, out, nullptr);
}

Tensor bincount(const Tensor& input, const Tensor* weights, int64_t minlength) {
  RL_CHECK(minlength >= 0, "bincount: minlength should be >= 0");
  RL_CHECK(input.ndim() == 1 && is_integer(input.dtype()), "bincount only supports 1-d non-negative integral inputs.");
  RL_CHECK(!weights || (weights->ndim() == 1 && weights->size(0) == input.size(0)),
           "bincount: weights should be 1-d and have the same length as input");
  const Tensor x = flat(as_dtype(input, DType::Int64));
  int64_t bins = minlength;
  if (x.numel() > 0) {
    // one pass for both bounds: seen without a sign, what is negative is larger than all else
    const Tensor bits(x.storage(), x.version(), DType::UInt64, x.sizes(), x.strides(), x.offset());
    const Tensor most = max_all(bits);
    const uint64_t bound = *static_cast<const uint64_t*>(read_host(most, "bincount"));
    RL_CHECK(bound <= uint64_t(INT64_MAX), "bincount only supports 1-d non-negative integral inputs.");
    RL_CHECK(bound < uint64_t(INT64_MAX), "bincount: maximum value of input overflowed, it should be < ", INT64_MAX);
    bins = std::max(bins, int64_t(bound) + 1);
  }
  const DType result = !weights ? DType::Int64 : weights->dtype() == DType::Float32 ? DType::Float32 : DType::Float64;
  const Tensor counts = empty({bins}, result, input.device());
  if (weights) {
    const Tensor w = flat(as_dtype(*weights, result));
    launch(kernels::bincount, {counts, x, w}, result);
  } else {
    launch(kernels::bincount, {counts, x}, result);
  }
  return counts;
}

Tensor histc(const Tensor& input, int64_t bins, const Scalar& min, const Scalar& max, Tensor* out) {
  RL_CHECK_IMPLEMENTED(is_float(input.dtype()), "\"histogram_cpu\" not implemented for '", short_name(input.dtype()),
                       "'");
  RL_CHECK(bins > 0, "torch.histogram(): bins must be > 0, but got ", bins);
  const DType key = compute_dtype(input.dtype());
  const Tensor x = flat(as_dtype(input, key));
  double low = min.real(), high = max.real();
  if (low == high && x.numel() > 0 && !x.is_meta()) {
    const Tensor least = min_all(x), most = max_all(x);
    low = number_at(least, "histc");
    high = number_at(most, "histc");
  }
  if (low == high) low -= 1, high += 1;
  RL_CHECK(std::isfinite(low) && std::isfinite(high), "histc: range of [", low, ", ", high, "] is not finite");
  RL_CHECK(low < high, "histc: max must be larger than min");
  const Tensor counts = empty({bins}, key, input.device());
  // the edges are not looked at: elements go where their quotient says
  launch(kernels::histogram, {counts, x, x}, key,
         Parameters::pack(kernels::HistogramParameters{low, high, true, false}));
  return deliver_exact("histc", as_dtype(counts, input.dtype()), out);
}

Tensor histogram(const Tensor& input, const Tensor& edges, const Tensor* weight, bool even) {
  const DType key = input.dtype();
  RL_CHECK_IMPLEMENTED(computes(kernels::histogram, key), "\"histogram_cpu\" not implemented for '", short_name(key),
                       "'");
  RL_CHECK(edges.ndim() == 1 && edges.size(0) > 0, "torch.histogram(): bins tensor should have one dimension");
  RL_CHECK(edges.dtype() == key, "torch.histogram(): input tensor and bins tensors should have the same dtype");
  RL_CHECK(!weight || (weight->dtype() == key && weight->sizes() == input.sizes()),
           "torch.histogram(): if weight tensor is provided it should have the same shape and dtype as the input");
  const Tensor x = flat(input), between = flat(edges), counts = empty({edges.size(0) - 1}, key, input.device());
  if (counts.numel() == 0) return counts;  // one edge bounds no interval
  const auto number = [&](int64_t i) {
    return load_scalar(key, static_cast<const char*>(read_host(between, "histogram")) + i * item_size(key)).real();
  };
  const Parameters p = Parameters::pack(kernels::HistogramParameters{number(0), number(counts.size(0)), even, true});
  if (weight) {
    const Tensor w = flat(*weight);
    launch(kernels::histogram, {counts, x, between, w}, key, p);
  } else {
    launch(kernels::histogram, {counts, x, between}, key, p);
  }
  return counts;
}

}  // namespace rl::ops
