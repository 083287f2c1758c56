// Indexing: shapes, checks, and the views under which the kernels of cpu/index.cpp walk their operands.
#include "ops/index.h"

#include "core/fits.h"
#include "cpu/index_kernels.h"
#include "ops/index_views.h"

namespace rl::kernels {
namespace {

/// The error word's code is 1 + the dim; `target` is the operand whose dims are addressed.
template <Kernel& kernel, ErrorKind kind, int target>
void explain_bounds(const ErrorWord& word, const Operand* operands, int) {
  const int dim = word.code - 1;
  fail(kind, kernel.name, ": index ", word.value, " is out of bounds for dimension ", dim, " with size ",
       operands[target].tensor->size(dim));
}
void explain_select(const ErrorWord& word, const Operand* operands, int) {
  const int dim = word.code - 1;
  fail(ErrorKind::Index, "index_select: index out of range in self: index ", word.value,
       " is out of bounds for dimension ", dim, " with size ", operands[2].tensor->size(dim));
}
void explain_take(const ErrorWord& word, const Operand* operands, int) {
  fail(ErrorKind::Index, "take: out of range: tried to access index ", word.value, " on a tensor of ",
       operands[2].tensor->numel(), " elements");
}
void explain_masked_scatter(const ErrorWord& word, const Operand*, int) {
  fail(ErrorKind::Runtime, "masked_scatter: Number of elements of source < number of ones in mask: ", word.position,
       " < ", word.value);
}

}  // namespace

#define RL_INDEX_KERNEL(NAME, EXPLAIN) \
  constinit Kernel NAME { .name = #NAME, .kind = Kind::Index, .outputs = 1, .explain = EXPLAIN, .block = {} }
#define RL_READS(NAME, KIND) RL_INDEX_KERNEL(NAME, (&explain_bounds<NAME, ErrorKind::KIND, 2>))
#define RL_WRITES(NAME, KIND) RL_INDEX_KERNEL(NAME, (&explain_bounds<NAME, ErrorKind::KIND, 0>))
// the class of the error is PyTorch's, op by op
RL_READS(gather, Runtime);
RL_READS(index, Index);
RL_INDEX_KERNEL(index_select, &explain_select);
RL_INDEX_KERNEL(take, &explain_take);
RL_WRITES(scatter, Runtime);
RL_WRITES(scatter_add, Runtime);
RL_WRITES(index_put, Index);
RL_WRITES(index_put_add, Index);
RL_WRITES(index_add, Runtime);
RL_WRITES(index_copy, Index);
RL_WRITES(index_fill, Index);
RL_WRITES(scatter_mul, Runtime);
RL_WRITES(scatter_max, Runtime);
RL_WRITES(scatter_min, Runtime);
RL_WRITES(index_mul, Index);
RL_WRITES(index_max, Index);
RL_WRITES(index_min, Index);
RL_INDEX_KERNEL(count_chunks, nullptr);
RL_INDEX_KERNEL(nonzero, nullptr);
RL_INDEX_KERNEL(masked_select, nullptr);
RL_INDEX_KERNEL(masked_scatter, &explain_masked_scatter);
#undef RL_INDEX_KERNEL
#undef RL_READS
#undef RL_WRITES

}  // namespace rl::kernels

namespace rl::ops {

void check_gather_shape(const char* op, const Tensor& input, const Tensor& index, int dim, const Tensor* src) {
  if (index.numel() == 0) return;
  RL_CHECK(index.ndim() == input.ndim(), op,
           ": Index tensor must have the same number of dimensions as input tensor; index is ", index.sizes(),
           ", input is ", input.sizes());
  RL_CHECK(!src || index.ndim() == src->ndim(), op,
           ": Index tensor must have the same number of dimensions as src tensor; index is ", index.sizes());
  for (int d = 0; d < index.ndim(); ++d) {
    if (!src)
      RL_CHECK(d == dim || index.size(d) <= input.size(d), op, ": Size does not match at dimension ", d,
               " expected index ", index.sizes(), " to be no larger than self ", input.sizes(),
               " apart from dimension ", dim);
    else
      RL_CHECK((d == dim || index.size(d) <= input.size(d)) && index.size(d) <= src->size(d), op, ": Expected index ",
               index.sizes(), " to be no larger than self ", input.sizes(), " apart from dimension ", dim,
               " and to be no larger size than src ", src->sizes());
  }
}

namespace {

// --- x[i, j]: several index tensors ---

/// Index tensors, broadcast, and the shape of what they select.
struct Selection {
  Dims result;
  std::vector<Tensor> indices;  // seen in `result`
  IndexParameters parameters;
  int at = 0, length = 0;  // the dims of `result` that the indices run over
  Dims dims;

  Selection(const char* op, const Tensor& input, const Dims& wanted, const std::vector<Tensor>& list) : dims(wanted) {
    const int count = int(list.size());
    RL_CHECK(count > 0 && dims.size() == count, op, ": ", dims.size(), " dims for ", count, " index tensors");
    RL_CHECK_INDEX(input.ndim() > 0, op, ": too many indices for tensor of dimension 0");
    RL_CHECK_INDEX(count <= kMostIndices, op, ": ", count, " index tensors; at most ", kMostIndices, " are supported");
    parameters.count = count;
    parameters.wraps = true;
    bool neighbours = true;
    for (int k = 0; k < count; ++k) {
      dims[k] = wrap_dim(dims[k], input.ndim(), op);
      RL_CHECK(k == 0 || dims[k - 1] < dims[k], op, ": dims must ascend, got ", wanted);
      neighbours &= k == 0 || dims[k - 1] + 1 == dims[k];
      parameters.dims[k] = int8_t(dims[k]);
    }
    const Dims shared = shared_shape(op, list);
    length = shared.size();
    at = neighbours ? int(dims[0]) : 0;
    bool picks = true;  // does any index tensor hold an element?
    for (int64_t size : shared) picks &= size != 0;
    for (int d = 0, k = 0; d < input.ndim(); ++d) {
      if (k < count && dims[k] == d) {
        RL_CHECK_INDEX(input.size(d) != 0 || !picks, op, ": index is out of bounds for dimension with size 0");
        ++k;
      } else {
        result.push_back(input.size(d));
      }
    }
    for (int i = length - 1; i >= 0; --i) result.insert(at, shared[i]);
    for (const Tensor& given : list) {
      const Tensor index = as_index(given, op);
      const Dims own = broadcast_strides(index, shared);
      Dims strides(result.size());
      for (int i = 0; i < length; ++i) strides[at + i] = own[i];
      indices.push_back(index.view(result, strides, index.offset()));
    }
  }
  /// `t`, whose dims are addressed, seen in `result`: no step along the index dims.
  Tensor walked(const Tensor& t) const {
    Dims strides;
    for (int d = 0, k = 0; d < t.ndim(); ++d) {
      if (k < dims.size() && dims[k] == d)
        ++k;
      else
        strides.push_back(t.stride(d));
    }
    for (int i = 0; i < length; ++i) strides.insert(at, 0);
    return t.view(result, strides, t.offset());
  }

 private:
  static Dims shared_shape(const char* op, const std::vector<Tensor>& list) {
    Dims shared;
    for (const Tensor& index : list) {
      bool fits = true;
      for (int i = 1; i <= index.ndim() && i <= shared.size(); ++i) {
        const int64_t a = index.size(index.ndim() - i), b = shared[shared.size() - i];
        fits &= a == b || a == 1 || b == 1;
      }
      if (!fits) {
        std::string shapes;
        for (const Tensor& each : list) shapes += concat(shapes.empty() ? "" : ", ", each.sizes());
        fail(ErrorKind::Index, op, ": shape mismatch: indexing tensors could not be broadcast together with shapes ",
             shapes);
      }
      shared = broadcast_shapes(shared, index.sizes(), op);
    }
    return shared;
  }
};

void launch_indexed(const Kernel& kernel, const Tensor& a, const Tensor& b, const Operand& c,
                    const Selection& selection, DType key) {
  std::vector<Operand> operands{a, b, c};
  for (const Tensor& index : selection.indices) operands.emplace_back(index);
  launch(kernel, std::span<const Operand>(operands), key, Parameters::pack(selection.parameters));
}

}  // namespace

Tensor gather(const Tensor& input, int64_t dim, const Tensor& index, bool, Tensor* out) {
  const int d = wrap_dim(dim, input.ndim(), "gather");
  RL_CHECK(!out || out->dtype() == input.dtype(), "gather: Expected out tensor to have dtype ",
           dtype_text(input.dtype()), ", but got ", dtype_text(out ? out->dtype() : input.dtype()), " instead");
  const Tensor from = at_least_1d(input), wide = at_least_1d(as_index(index, "gather"));
  check_gather_shape("gather", from, wide, d, nullptr);
  const Tensor result = empty(index.sizes(), input.dtype(), input.device());
  if (wide.numel() > 0) {
    const Tensor to = at_least_1d(result), walked = with_stride_0(from, wide.sizes(), d);
    launch(kernels::gather, {to, walked, from, wide}, input.dtype(), Parameters::pack(one_index(d, false)));
  }
  return deliver_exact("gather", result, out);
}

Tensor index_select(const Tensor& input, int64_t dim, const Tensor& index, Tensor* out) {
  const int d = wrap_dim(dim, input.ndim(), "index_select");
  const Tensor from = at_least_1d(input), vector = as_index_vector(index, "index_select");
  RL_CHECK(input.ndim() > 0 || vector.size(0) == 1, "index_select: Index to scalar can have only 1 value, got ",
           vector.size(0));
  Dims sizes = from.sizes();
  sizes[d] = vector.size(0);
  checked_numel(sizes, "index_select");
  const Tensor result = empty(sizes, input.dtype(), input.device()), walked = with_stride_0(from, sizes, d);
  const Tensor wide = along(vector, sizes, d);
  launch(kernels::index_select, {result, walked, from, wide}, input.dtype(), Parameters::pack(one_index(d, false)));
  return deliver_exact("index_select", input.ndim() > 0 ? result : result.view({}, {}, 0), out);
}

Tensor embedding(const Tensor& weight, const Tensor& indices, int64_t, bool) {
  RL_CHECK(weight.ndim() == 2, "embedding: 'weight' must be 2-D, got shape ", weight.sizes());
  RL_CHECK(indices.dtype() == DType::Int64 || indices.dtype() == DType::Int32,
           "embedding: Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; "
           "but got ",
           dtype_text(indices.dtype()), " instead");
  const Tensor dense = as_contiguous(as_dtype(indices, DType::Int64));
  const Tensor rows = index_select(weight, 0, dense.view({dense.numel()}, {1}, dense.offset()));
  Dims sizes = indices.sizes();
  sizes.push_back(weight.size(1));
  return rows.view(sizes, contiguous_strides(sizes), rows.offset());
}

Tensor take(const Tensor& input, const Tensor& index, Tensor* out) {
  RL_CHECK(index.dtype() == DType::Int64, "take: Expected a long tensor for index, but got ",
           short_name(index.dtype()));
  const Tensor dense = as_contiguous(input), flat = dense.view({dense.numel()}, {1}, dense.offset());
  const Tensor result = empty(index.sizes(), input.dtype(), input.device());
  const Tensor walked = flat.view(index.sizes(), Dims(index.ndim()), flat.offset());
  launch(kernels::take, {result, walked, flat, index}, input.dtype(), Parameters::pack(one_index(0, true)));
  return deliver_exact("take", result, out);
}

Tensor advanced_index(const Tensor& input, const Dims& dims, const std::vector<Tensor>& indices) {
  const Selection selection("index", input, dims, indices);
  checked_numel(selection.result, "index");
  const Tensor result = empty(selection.result, input.dtype(), input.device());
  launch_indexed(kernels::index, result, selection.walked(input), input, selection, input.dtype());
  return result;
}

void advanced_index_put_(Tensor& self, const Dims& dims, const std::vector<Tensor>& indices, const Value& values,
                         bool accumulate) {
  const char* op = "index_put_";
  const Selection selection(op, self, dims, indices);
  check_writable(op, self, {&values});
  for (const Tensor& index : indices) {
    const Value value(index);
    check_writable(op, self, {&value});
  }
  const Kernel& kernel = accumulate ? kernels::index_put_add : kernels::index_put;
  const Tensor walked = selection.walked(self);
  if (!values.is_tensor()) {
    check_fits(op, values.scalar, self.dtype());
    return launch_indexed(kernel, self, walked, values.scalar, selection, self.dtype());
  }
  const Tensor& given = *values.tensor;
  RL_CHECK(given.dtype() == self.dtype(), op, ": Index put requires the source and destination dtypes match, got ",
           short_name(self.dtype()), " for the destination and ", short_name(given.dtype()), " for the source.");
  bool fits = true;
  for (int i = 1; i <= given.ndim(); ++i) {
    const int64_t size = given.size(given.ndim() - i);
    // leading ones are dropped, as in an assignment
    fits &= size == 1 || (i <= selection.result.size() && size == selection.result[selection.result.size() - i]);
  }
  RL_CHECK(fits, op, ": shape mismatch: value tensor of shape ", given.sizes(),
           " cannot be broadcast to indexing result of shape ", selection.result);
  Tensor source = given;
  while (source.ndim() > selection.result.size()) {
    Dims sizes = source.sizes(), strides = source.strides();
    sizes.erase(0);
    strides.erase(0);
    source = source.view(sizes, strides, source.offset());
  }
  source = broadcast_to(source, selection.result, op);
  launch_indexed(kernel, self, walked, source, selection, self.dtype());
}

Tensor advanced_index_put(const Tensor& input, const Dims& dims, const std::vector<Tensor>& indices,
                          const Value& values, bool accumulate) {
  Tensor result = clone(input, "index_put");
  advanced_index_put_(result, dims, indices, values, accumulate);
  return result;
}

}  // namespace rl::ops
