// Joining by copies into narrow views of the result; cutting by views.
#include "ops/join.h"

#include <algorithm>

namespace rl::ops {
namespace {

Tensor narrow_view(const Tensor& t, int dim, int64_t start, int64_t length) {
  Dims sizes = t.sizes();
  sizes[dim] = length;
  return t.view(std::move(sizes), t.strides(), t.offset() + (length > 0 ? start * t.stride(dim) : 0));
}

/// cat has always skipped tensors of shape [0], whatever the others look like.
bool is_skipped(const Tensor& t) { return t.ndim() == 1 && t.size(0) == 0; }

DType common_dtype(const std::vector<Tensor>& tensors) {
  // 0-d tensors cannot be joined by cat, and in stack all are alike: plain promotion is PyTorch's rule here
  DType dtype = tensors[0].dtype();
  for (const Tensor& t : tensors) dtype = promote(dtype, t.dtype());
  return dtype;
}

void check_devices(const char* op, const std::vector<Tensor>& tensors) {
  for (const Tensor& t : tensors)
    RL_CHECK(t.device() == tensors[0].device(), op, ": Expected all tensors to be on the same device, but found ",
             to_string(tensors[0].device()), " and ", to_string(t.device()));
}

/// `out` itself where the result can be made in place there: no second copy.
Tensor destination(const Dims& sizes, DType dtype, const std::vector<Tensor>& tensors, Tensor* out) {
  const bool direct =
      out && out->defined() && out->sizes() == sizes && out->dtype() == dtype && out->device() == tensors[0].device() &&
      !overlaps_itself(*out) &&
      std::none_of(tensors.begin(), tensors.end(), [&](const Tensor& t) { return t.storage() == out->storage(); });
  return direct ? *out : empty(sizes, dtype, tensors[0].device());
}
Tensor finish(const char* op, const Tensor& result, Tensor* out) {
  const bool direct = out && out->defined() && out->storage() == result.storage();
  return direct ? *out : deliver(op, result, out);
}

Tensor with_dims(const Tensor& t, int ndim, int at) {
  Dims sizes = t.sizes(), strides = t.strides();
  while (sizes.size() < ndim) {
    sizes.insert(at, 1);
    strides.insert(at, 1);
  }
  return t.view(std::move(sizes), std::move(strides), t.offset());
}

}  // namespace

Tensor cat(const std::vector<Tensor>& tensors, int64_t dim, Tensor* out) {
  RL_CHECK_VALUE(!tensors.empty(), "cat: torch.cat(): expected a non-empty list of Tensors");
  check_devices("cat", tensors);
  const Tensor* first = nullptr;
  for (size_t i = 0; i < tensors.size(); ++i) {
    RL_CHECK(tensors[i].ndim() > 0, "cat: zero-dimensional tensor (at position ", i,
             ") cannot be concatenated; use stack");
    if (!first && !is_skipped(tensors[i])) first = &tensors[i];
  }
  const DType dtype = common_dtype(tensors);
  if (!first) {
    wrap_dim(dim, 1, "cat");
    return finish("cat", destination({0}, dtype, tensors, out), out);
  }
  const int d = wrap_dim(dim, first->ndim(), "cat");
  Dims sizes = first->sizes();
  sizes[d] = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& t = tensors[i];
    if (is_skipped(t)) continue;
    RL_CHECK(t.ndim() == first->ndim(), "cat: Tensors must have same number of dimensions: got ", first->ndim(),
             " and ", t.ndim(), " (shapes ", first->sizes(), " and ", t.sizes(), ")");
    for (int k = 0; k < t.ndim(); ++k)
      RL_CHECK(k == d || t.size(k) == sizes[k], "cat: Sizes of tensors must match except in dimension ", d,
               ". Expected size ", sizes[k], " but got size ", t.size(k), " for tensor number ", i, " in the list.");
    RL_CHECK(!__builtin_add_overflow(sizes[d], t.size(d), &sizes[d]), "cat: the size of dimension ", d,
             " overflows 63 bits");
  }
  checked_numel(sizes, "cat");
  const Tensor result = destination(sizes, dtype, tensors, out);
  int64_t start = 0;
  for (const Tensor& t : tensors) {
    if (is_skipped(t)) continue;
    if (t.numel() > 0) copy_values(narrow_view(result, d, start, t.size(d)), t, "cat");
    start += t.size(d);
  }
  return finish("cat", result, out);
}

Tensor stack(const std::vector<Tensor>& tensors, int64_t dim, Tensor* out) {
  RL_CHECK(!tensors.empty(), "stack: stack expects a non-empty TensorList");
  check_devices("stack", tensors);
  const int d = wrap_dim(dim, tensors[0].ndim() + 1, "stack");
  for (size_t i = 1; i < tensors.size(); ++i)
    RL_CHECK(tensors[i].sizes() == tensors[0].sizes(), "stack: stack expects each tensor to be equal size, but got ",
             tensors[0].sizes(), " at entry 0 and ", tensors[i].sizes(), " at entry ", i);
  Dims sizes = tensors[0].sizes();
  sizes.insert(d, int64_t(tensors.size()));
  checked_numel(sizes, "stack");
  const Tensor result = destination(sizes, common_dtype(tensors), tensors, out);
  const bool is_empty = tensors[0].numel() == 0;
  Dims inner = result.sizes(), strides = result.strides();
  inner.erase(d);
  strides.erase(d);
  for (size_t i = 0; i < tensors.size() && !is_empty; ++i)
    copy_values(result.view(inner, strides, result.offset() + int64_t(i) * result.stride(d)), tensors[i], "stack");
  return finish("stack", result, out);
}

Tensor hstack(const std::vector<Tensor>& tensors, Tensor* out) {
  RL_CHECK(!tensors.empty(), "hstack: hstack expects a non-empty TensorList");
  std::vector<Tensor> wide;
  for (const Tensor& t : tensors) wide.push_back(with_dims(t, 1, 0));
  return cat(wide, wide[0].ndim() == 1 ? 0 : 1, out);
}

Tensor vstack(const std::vector<Tensor>& tensors, Tensor* out) {
  RL_CHECK(!tensors.empty(), "vstack: vstack expects a non-empty TensorList");
  std::vector<Tensor> wide;
  for (const Tensor& t : tensors) wide.push_back(with_dims(t, 2, 0));
  return cat(wide, 0, out);
}

std::vector<Tensor> split(const Tensor& input, int64_t split_size, int64_t dim) {
  RL_CHECK(input.ndim() > 0, "split: split expects at least a 1-dimensional tensor");
  const int d = wrap_dim(dim, input.ndim(), "split");
  RL_CHECK(split_size >= 0, "split: split expects split_size be non-negative, but got split_size=", split_size);
  const int64_t size = input.size(d);
  RL_CHECK(split_size > 0 || size == 0,
           "split: split_size can only be 0 if dimension size is 0, but got dimension size of ", size);
  std::vector<Tensor> parts;
  for (int64_t start = 0; start < size || parts.empty();) {
    const int64_t length = std::min(split_size, size - start);
    parts.push_back(narrow_view(input, d, start, length));
    start += length;
  }
  return parts;
}

std::vector<Tensor> split_sections(const Tensor& input, const Dims& split_sizes, int64_t dim) {
  RL_CHECK(input.ndim() > 0, "split: split expects at least a 1-dimensional tensor");
  const int d = wrap_dim(dim, input.ndim(), "split");
  int64_t left = input.size(d);
  bool fits = true;
  for (int64_t length : split_sizes) {
    RL_CHECK(length >= 0,
             "split: split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes=",
             split_sizes);
    fits &= length <= left;
    if (fits) left -= length;
  }
  RL_CHECK(fits && left == 0, "split: split_with_sizes expects split_sizes to sum exactly to ", input.size(d),
           " (input tensor's size at dimension ", d, "), but got split_sizes=", split_sizes);
  std::vector<Tensor> parts;
  int64_t start = 0;
  for (int64_t length : split_sizes) {
    parts.push_back(narrow_view(input, d, start, length));
    start += length;
  }
  return parts;
}

std::vector<Tensor> chunk(const Tensor& input, int64_t chunks, int64_t dim) {
  RL_CHECK(input.ndim() > 0, "chunk: chunk expects at least a 1-dimensional tensor");
  RL_CHECK(chunks > 0, "chunk: chunk expects `chunks` to be greater than 0, got: ", chunks);
  const int d = wrap_dim(dim, input.ndim(), "chunk");
  const int64_t size = input.size(d), length = size / chunks + (size % chunks != 0);
  if (length == 0) {  // an empty dim still gives as many chunks as were asked for
    RL_CHECK(chunks <= (1 << 20), "chunk: ", chunks, " chunks of an empty dimension");
    return std::vector<Tensor>(size_t(chunks), input);
  }
  return split(input, length, d);
}

std::vector<Tensor> tensor_split(const Tensor& input, int64_t sections, int64_t dim) {
  RL_CHECK(input.ndim() > 0, "tensor_split: expected at least a 1-dimensional tensor, but got a tensor with 0 dims");
  RL_CHECK(sections > 0, "tensor_split: number of sections must be larger than 0, got ", sections);
  RL_CHECK(sections <= (1 << 20), "tensor_split: ", sections, " sections; at most ", 1 << 20, " are supported");
  const int d = wrap_dim(dim, input.ndim(), "tensor_split");
  const int64_t size = input.size(d);
  std::vector<Tensor> parts;
  int64_t start = 0;
  for (int64_t i = 0; i < sections; ++i) {
    const int64_t length = size / sections + (i < size % sections);
    parts.push_back(narrow_view(input, d, start, length));
    start += length;
  }
  return parts;
}

std::vector<Tensor> tensor_split_indices(const Tensor& input, const Dims& indices, int64_t dim) {
  RL_CHECK(input.ndim() > 0, "tensor_split: expected at least a 1-dimensional tensor, but got a tensor with 0 dims");
  const int d = wrap_dim(dim, input.ndim(), "tensor_split");
  const int64_t size = input.size(d);
  // as x[begin:end]: negative ones count from the end, none reaches outside
  const auto place = [&](int64_t i) { return std::clamp<int64_t>(i < 0 && i >= -size ? i + size : i, 0, size); };
  std::vector<Tensor> parts;
  int64_t start = 0;
  for (int i = 0; i <= indices.size(); ++i) {
    const int64_t end = i < indices.size() ? place(indices[i]) : size;
    parts.push_back(narrow_view(input, d, start, std::max<int64_t>(end - start, 0)));
    start = end;
  }
  return parts;
}

std::vector<Tensor> pass_through(const std::vector<Tensor>& tensors) { return tensors; }

std::vector<Tensor> unbind(const Tensor& input, int64_t dim) {
  RL_CHECK_INDEX(input.ndim() > 0, "unbind: Dimension specified as ", dim, " but tensor has no dimensions");
  const int d = wrap_dim(dim, input.ndim(), "unbind");
  Dims sizes = input.sizes(), strides = input.strides();
  sizes.erase(d);
  strides.erase(d);
  std::vector<Tensor> parts;
  parts.reserve(size_t(input.size(d)));
  for (int64_t i = 0; i < input.size(d); ++i)
    parts.push_back(input.view(sizes, strides, input.offset() + i * input.stride(d)));
  return parts;
}

}  // namespace rl::ops
