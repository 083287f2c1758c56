// Writing by an index: scatter and its family, and the ways in which values join that meet at one place.
#include <cmath>

#include "core/fits.h"
#include "cpu/pointwise_kernels.h"
#include "ops/index.h"
#include "ops/index_views.h"
#include "ops/pointwise.h"
#include "ops/shape.h"

namespace rl::ops {
namespace {

// --- scatter: an index of its own for every element ---

void scatter_into(const char* op, const Kernel& kernel, const Tensor& self, int64_t dim, const Tensor& index,
                  const Value& src) {
  const int d = wrap_dim(dim, self.ndim(), op);
  const Tensor target = at_least_1d(self), wide = at_least_1d(as_index(index, op));
  Tensor source;
  if (src.is_tensor()) {
    check_same_dtype(self, *src.tensor, op, "src");
    source = at_least_1d(*src.tensor);
  } else {
    check_fits(op, src.scalar, self.dtype());
  }
  check_gather_shape(op, target, wide, d, src.is_tensor() ? &source : nullptr);
  const Value index_value(index);
  check_writable(op, self, {&src, &index_value});
  if (wide.numel() == 0) return;
  const Tensor walked = with_stride_0(target, wide.sizes(), d);
  if (src.is_tensor()) source = source.view(wide.sizes(), source.strides(), source.offset());
  launch(kernel, {target, walked, src.is_tensor() ? Operand(source) : src.operand(), wide}, self.dtype(),
         Parameters::pack(one_index(d, false)));
}

// --- index_select and its family: a vector of indices along one dim ---

void index_into(const char* op, const Kernel& kernel, const Tensor& self, int64_t dim, const Tensor& index,
                const Value& source, bool wraps) {
  const int d = wrap_dim(dim, self.ndim(), op);
  const Tensor target = at_least_1d(self), vector = as_index_vector(index, op);
  Dims sizes = target.sizes();
  sizes[d] = vector.size(0);
  const Value index_value(index);
  check_writable(op, self, {&source, &index_value});
  const Tensor walked = with_stride_0(target, sizes, d), wide = along(vector, sizes, d);
  Tensor from;
  if (source.is_tensor())
    from = broadcast_to(*source.tensor, sizes, op);
  else
    check_fits(op, source.scalar, self.dtype());
  launch(kernel, {target, walked, source.is_tensor() ? Operand(from) : source.operand(), wide}, self.dtype(),
         Parameters::pack(one_index(d, wraps)));
}

/// The source of index_add and index_copy has the shape of self but for `dim`, where it is as long as the index.
Tensor check_source(const char* op, ErrorKind kind, const Tensor& self, int64_t dim, const Tensor& index,
                    const Tensor& source) {
  const int d = wrap_dim(dim, self.ndim(), op);
  RL_CHECK(self.dtype() == source.dtype(), op, ": self (", short_name(self.dtype()), ") and source (",
           short_name(source.dtype()), ") must have the same scalar type");
  const Tensor from = at_least_1d(source), to = at_least_1d(self);
  bool fits = from.ndim() == to.ndim();
  for (int i = 0; i < to.ndim() && fits; ++i) fits = i == d || from.size(i) == to.size(i);
  RL_CHECK(fits, op,
           ": source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = ",
           self.sizes(), " source.shape = ", source.sizes());
  if (from.size(d) != index.numel())
    fail(kind, op, ": Number of indices (", index.numel(), ") should be equal to source.size(dim): (", from.size(d),
         "), for dim: ", d);
  return from;
}

}  // namespace

void scatter_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src) {
  scatter_into("scatter_", kernels::scatter, self, dim, index, src);
}
void scatter_value_(Tensor& self, int64_t dim, const Tensor& index, const Scalar& value) {
  scatter_into("scatter_", kernels::scatter, self, dim, index, value);
}
void scatter_add_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src) {
  scatter_into("scatter_add_", kernels::scatter_add, self, dim, index, src);
}
Tensor scatter(const Tensor& input, int64_t dim, const Tensor& index, const Tensor& src, Tensor* out) {
  Tensor result = clone(input, "scatter");
  scatter_into("scatter", kernels::scatter, result, dim, index, src);
  return deliver_exact("scatter", result, out);
}
Tensor scatter_value(const Tensor& input, int64_t dim, const Tensor& index, const Scalar& value, Tensor* out) {
  Tensor result = clone(input, "scatter");
  scatter_into("scatter", kernels::scatter, result, dim, index, value);
  return deliver_exact("scatter", result, out);
}
Tensor scatter_add(const Tensor& input, int64_t dim, const Tensor& index, const Tensor& src, Tensor* out) {
  Tensor result = clone(input, "scatter_add");
  scatter_into("scatter_add", kernels::scatter_add, result, dim, index, src);
  return deliver_exact("scatter_add", result, out);
}

void index_add_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha) {
  Tensor from = check_source("index_add_", ErrorKind::Runtime, self, dim, index, source);
  if (alpha.real() != 1 || alpha.category() == 3) {
    RL_CHECK(alpha.category() <= category(self.dtype()), "index_add_: alpha of a higher category than the tensor's ",
             dtype_text(self.dtype()));
    const Tensor scaled = empty_like(from, from.dtype());
    launch(kernels::mul, {scaled, from, alpha}, compute_dtype(from.dtype()));
    from = scaled;
  }
  index_into("index_add_", kernels::index_add, self, dim, index, from, false);
}
void index_copy_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& source) {
  const Tensor from = check_source("index_copy_", ErrorKind::Index, self, dim, index, source);
  index_into("index_copy_", kernels::index_copy, self, dim, index, from, false);
}
void index_fill_(Tensor& self, int64_t dim, const Tensor& index, const Value& value) {
  RL_CHECK(!value.is_tensor() || value.tensor->ndim() == 0,
           "index_fill_ only supports a 0-dimensional value tensor, but got tensor with ",
           value.is_tensor() ? value.tensor->ndim() : 0, " dimension(s).");
  if (!value.is_tensor()) return index_into("index_fill_", kernels::index_fill, self, dim, index, value, true);
  const Tensor converted = as_dtype(*value.tensor, self.dtype());
  index_into("index_fill_", kernels::index_fill, self, dim, index, converted, true);
}
Tensor index_add(const Tensor& input, int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha,
                 Tensor* out) {
  Tensor result = clone(input, "index_add");
  index_add_(result, dim, index, source, alpha);
  return deliver_exact("index_add", result, out);
}
Tensor index_copy(const Tensor& input, int64_t dim, const Tensor& index, const Tensor& source, Tensor* out) {
  Tensor result = clone(input, "index_copy");
  index_copy_(result, dim, index, source);
  return deliver_exact("index_copy", result, out);
}
Tensor index_fill(const Tensor& input, int64_t dim, const Tensor& index, const Value& value) {
  Tensor result = clone(input, "index_fill");
  index_fill_(result, dim, index, value);
  return result;
}

// --- other ways to join what meets: products, means, extremes ---

namespace {

struct Reduction {
  const char* name;
  const Kernel *scatter, *index;  // for an index of every element, and for a vector of indices
};
const Reduction kReductions[] = {{"sum", &kernels::scatter_add, &kernels::index_add},
                                 {"prod", &kernels::scatter_mul, &kernels::index_mul},
                                 {"mean", &kernels::scatter_add, &kernels::index_add},
                                 {"amax", &kernels::scatter_max, &kernels::index_max},
                                 {"amin", &kernels::scatter_min, &kernels::index_min}};

/// The value that a reduction leaves as it is.
Scalar neutral(std::string_view reduce, DType d) {
  if (reduce == "prod") return Scalar(1);
  if (reduce == "sum" || reduce == "mean") return Scalar(0);
  const bool low = reduce == "amax";
  if (is_float(d)) return Scalar(low ? -INFINITY : INFINITY);
  if (d == DType::Bool) return Scalar(!low);
  const int bits = 8 * int(item_size(d));
  if (contains(kUnsigned, d)) return low ? Scalar(0) : Scalar(uint64_t(-1) >> (64 - bits));
  return Scalar(low ? INT64_MIN >> (64 - bits) : INT64_MAX >> (64 - bits));
}

/// `write(kernel, target, source)` runs one kernel over the places that the index names: a reduction is at most three
/// such runs, one to put the neutral value where the old one does not count, and one to count for a mean.
template <class Write>
void reduce_into(const char* op, Tensor& self, const Value& src, std::string_view reduce, bool include_self,
                 const Kernel& set, const Kernel& add, const Kernel& kernel, const Write& write) {
  RL_CHECK_IMPLEMENTED(reduce != "mean" || self.dtype() != DType::Bool, "\"", op, "_mean\" not implemented for 'Bool'");
  if (!include_self) write(set, self, neutral(reduce, self.dtype()));
  write(kernel, self, src);
  if (reduce != "mean") return;
  Tensor count = full(self.sizes(), Scalar(include_self ? 1 : 0), DType::Int64, self.device());
  write(add, count, Scalar(1));
  if (!include_self) launch(kernels::maximum, {count, count, Scalar(1)}, DType::Int64);
  const bool divides = category(self.dtype()) >= 2;
  div_(self, count, divides ? std::nullopt : std::optional<std::string_view>("floor"));
}

const Reduction& find_reduction(std::string_view reduce, bool sums) {
  for (const Reduction& r : kReductions)
    if (reduce == r.name && (sums || reduce != "sum")) return r;
  if (sums)
    fail(ErrorKind::Runtime, "scatter_reduce: reduce argument must be either sum, prod, mean, amax or amin, got ",
         reduce);
  fail(ErrorKind::Runtime, "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got ", reduce,
       ".");
}

const Kernel& add_or_multiply(std::string_view reduce) {
  RL_CHECK(reduce == "add" || reduce == "multiply", "scatter: reduce argument must be either add or multiply, got ",
           reduce);
  return reduce == "add" ? kernels::scatter_add : kernels::scatter_mul;
}

}  // namespace

void scatter_reduced_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce) {
  scatter_into("scatter_", add_or_multiply(reduce), self, dim, index, src);
}
void scatter_value_reduced_(Tensor& self, int64_t dim, const Tensor& index, const Scalar& value,
                            std::string_view reduce) {
  scatter_into("scatter_", add_or_multiply(reduce), self, dim, index, value);
}
Tensor scatter_reduced(const Tensor& input, int64_t dim, const Tensor& index, const Tensor& src,
                       std::string_view reduce, Tensor* out) {
  Tensor result = clone(input, "scatter");
  scatter_reduced_(result, dim, index, src, reduce);
  return deliver_exact("scatter", result, out);
}
Tensor scatter_value_reduced(const Tensor& input, int64_t dim, const Tensor& index, const Scalar& value,
                             std::string_view reduce, Tensor* out) {
  Tensor result = clone(input, "scatter");
  scatter_value_reduced_(result, dim, index, value, reduce);
  return deliver_exact("scatter", result, out);
}

void scatter_reduce_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce,
                     bool include_self) {
  const Reduction& r = find_reduction(reduce, true);
  reduce_into("scatter_reduce_", self, src, reduce, include_self, kernels::scatter, kernels::scatter_add, *r.scatter,
              [&](const Kernel& kernel, const Tensor& target, const Value& value) {
                scatter_into("scatter_reduce_", kernel, target, dim, index, value);
              });
}
Tensor scatter_reduce(const Tensor& input, int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce,
                      bool include_self, Tensor* out) {
  Tensor result = clone(input, "scatter_reduce");
  scatter_reduce_(result, dim, index, src, reduce, include_self);
  return deliver_exact("scatter_reduce", result, out);
}

void index_reduce_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& source, std::string_view reduce,
                   bool include_self) {
  const Reduction& r = find_reduction(reduce, false);
  const Tensor from = check_source("index_reduce_", ErrorKind::Runtime, self, dim, index, source);
  reduce_into("index_reduce_", self, from, reduce, include_self, kernels::index_copy, kernels::index_add, *r.index,
              [&](const Kernel& kernel, const Tensor& target, const Value& value) {
                index_into("index_reduce_", kernel, target, dim, index, value, false);
              });
}
Tensor index_reduce(const Tensor& input, int64_t dim, const Tensor& index, const Tensor& source,
                    std::string_view reduce, bool include_self, Tensor* out) {
  Tensor result = clone(input, "index_reduce");
  index_reduce_(result, dim, index, source, reduce, include_self);
  return deliver_exact("index_reduce", result, out);
}

void put_(Tensor& self, const Tensor& index, const Tensor& source, bool accumulate) {
  RL_CHECK(index.dtype() == DType::Int64, "put_: put_(): Expected a long tensor for index, but got ",
           short_name(index.dtype()));
  RL_CHECK(self.dtype() == source.dtype(),
           "put_: put_(): self and source expected to have the same dtype, but got self.dtype = ",
           short_name(self.dtype()), " and source.dtype = ", short_name(source.dtype()));
  RL_CHECK_INDEX(index.numel() == source.numel(),
                 "put_: put_(): Expected source and index to have the same number of elements, but got "
                 "source.numel() = ",
                 source.numel(), ", index.numel() = ", index.numel());
  const Value index_value(index), source_value(source);
  check_writable("put_", self, {&index_value, &source_value});
  const Tensor target = as_contiguous(self);
  Tensor flat = target.view({target.numel()}, {1}, target.offset());
  const Tensor values = reshape(source, {source.numel()});
  advanced_index_put_(flat, {0}, {reshape(index, {index.numel()})}, values, accumulate);
  if (!self.is_contiguous()) copy_values(self, target, "put_");
}
Tensor put(const Tensor& input, const Tensor& index, const Tensor& source, bool accumulate) {
  Tensor result = clone(input, "put");
  put_(result, index, source, accumulate);
  return result;
}

}  // namespace rl::ops
