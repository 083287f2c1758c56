// Shapes are computed here and nowhere else: sizes, strides and offsets of views; copies only where a view cannot be.
#include "ops/shape.h"

#include <algorithm>

#include "cpu/arrange_kernels.h"
#include "ops/create.h"
#include "ops/index.h"

namespace rl::ops {
namespace {

/// `size` with its one -1 filled in; the product must be numel.
Dims resolve_size(const Dims& size, int64_t numel, const char* op) {
  int unknown = -1;
  int64_t known = 1;
  for (int d = 0; d < size.size(); ++d) {
    if (size[d] == -1) {
      RL_CHECK(unknown < 0, op, ": only one dimension can be inferred, got ", size);
      unknown = d;
    } else {
      RL_CHECK(size[d] >= 0, op, ": invalid shape dimension ", size[d], " in ", size);
      known = checked_mul(known, size[d], op);
    }
  }
  Dims resolved = size;
  if (unknown >= 0) {
    RL_CHECK(known != 0, op, ": cannot reshape tensor of ", numel, " elements into shape ", size,
             " because the unspecified dimension size -1 can be any value and is ambiguous");
    RL_CHECK(numel % known == 0, op, ": shape '", size, "' is invalid for input of size ", numel);
    resolved[unknown] = numel / known;
  } else {
    RL_CHECK(known == numel, op, ": shape '", size, "' is invalid for input of size ", numel);
  }
  return resolved;
}

/// Strides that show `t` as `size` without a copy, if there are any: old and new dims are matched group by group.
std::optional<Dims> view_strides(const Tensor& t, const Dims& size) {
  if (t.numel() == 0) return size == t.sizes() ? t.strides() : contiguous_strides(size);
  Dims strides(size.size());
  int target = size.size() - 1;
  int64_t base = t.ndim() ? t.strides().back() : 1, group = 1, filled = 1;
  for (int d = t.ndim() - 1; d >= 0; --d) {
    group *= t.size(d);
    const bool ends = d == 0 || (t.size(d - 1) != 1 && t.stride(d - 1) != group * base);
    if (!ends) continue;
    while (target >= 0 && (filled < group || size[target] == 1)) {
      strides[target] = filled * base;
      filled *= size[target--];
    }
    if (filled != group) return std::nullopt;
    if (d > 0) base = t.stride(d - 1), group = filled = 1;
  }
  for (; target >= 0; --target) strides[target] = filled * base;
  return strides;
}

/// `length` elements along dim d, from `first` in steps of `step`; they fit.
Tensor stepped(const Tensor& input, int d, int64_t first, int64_t step, int64_t length) {
  Dims sizes = input.sizes(), strides = input.strides();
  const int64_t offset = input.offset() + first * strides[d];
  sizes[d] = length;
  if (length > 1) strides[d] *= step;
  return input.view(std::move(sizes), std::move(strides), offset);
}

}  // namespace

Tensor view(const Tensor& input, const Dims& size) {
  const Dims sizes = resolve_size(size, input.numel(), "view");
  const std::optional<Dims> strides = view_strides(input, sizes);
  RL_CHECK(strides,
           "view: view size is not compatible with input tensor's size and stride (at least one dimension spans across "
           "two contiguous subspaces). Use .reshape(...) instead. The input has shape ",
           input.sizes(), " and strides ", input.strides(), ", the wanted size is ", sizes);
  return input.view(sizes, *strides, input.offset());
}

Tensor reshape(const Tensor& input, const Dims& shape) {
  const Dims sizes = resolve_size(shape, input.numel(), "reshape");
  if (const std::optional<Dims> strides = view_strides(input, sizes))
    return input.view(sizes, *strides, input.offset());
  const Tensor packed = as_contiguous(input);
  return packed.view(sizes, contiguous_strides(sizes), packed.offset());
}

Tensor flatten(const Tensor& input, int64_t start_dim, int64_t end_dim) {
  const int first = wrap_dim(start_dim, input.ndim(), "flatten"), last = wrap_dim(end_dim, input.ndim(), "flatten");
  RL_CHECK(first <= last, "flatten: flatten() has invalid args: start_dim cannot come after end_dim");
  if (input.ndim() == 0) return reshape(input, {1});
  if (first == last) return input;
  Dims sizes;
  int64_t joined = 1;
  for (int d = 0; d < input.ndim(); ++d) {
    if (d < first || d > last) {
      sizes.push_back(input.size(d));
      continue;
    }
    joined *= input.size(d);
    if (d == last) sizes.push_back(joined);
  }
  return reshape(input, sizes);
}

Tensor unflatten(const Tensor& input, int64_t dim, const Dims& sizes) {
  const int at = wrap_dim(dim, input.ndim(), "unflatten");
  RL_CHECK(!sizes.empty(), "unflatten: sizes must be non-empty");
  RL_CHECK(input.ndim() > 0, "unflatten: a 0-d tensor has no dim to unflatten");
  const Dims inner = resolve_size(sizes, input.size(at), "unflatten");
  Dims all;
  for (int d = 0; d < input.ndim(); ++d) {
    if (d != at) {
      all.push_back(input.size(d));
      continue;
    }
    for (int64_t s : inner) all.push_back(s);
  }
  return view(input, all);
}

Tensor transpose(const Tensor& input, int64_t dim0, int64_t dim1) {
  const int a = wrap_dim(dim0, input.ndim(), "transpose"), b = wrap_dim(dim1, input.ndim(), "transpose");
  Dims sizes = input.sizes(), strides = input.strides();
  if (input.ndim() > 0) std::swap(sizes[a], sizes[b]), std::swap(strides[a], strides[b]);
  return input.view(std::move(sizes), std::move(strides), input.offset());
}

Tensor t(const Tensor& input) {
  RL_CHECK(input.ndim() <= 2, "t: t() expects a tensor with <= 2 dimensions, but self is ", input.ndim(), "D");
  return input.ndim() < 2 ? input : transpose(input, 0, 1);
}

Tensor permute(const Tensor& input, const Dims& dims) {
  RL_CHECK(dims.size() == input.ndim(),
           "permute: number of dimensions in the tensor input does not match the "
           "length of the desired ordering of dimensions i.e. input.dim() = ",
           input.ndim(), " is not equal to len(dims) = ", dims.size());
  Dims sizes(dims.size()), strides(dims.size());
  uint64_t seen = 0;
  for (int i = 0; i < dims.size(); ++i) {
    const int d = wrap_dim(dims[i], input.ndim(), "permute");
    RL_CHECK(!((seen >> d) & 1), "permute: duplicate dims are not allowed: ", dims);
    seen |= uint64_t(1) << d;
    sizes[i] = input.size(d);
    strides[i] = input.stride(d);
  }
  return input.view(std::move(sizes), std::move(strides), input.offset());
}

Tensor unsqueeze(const Tensor& input, int64_t dim) {
  const int at = wrap_dim(dim, input.ndim() + 1, "unsqueeze");
  RL_CHECK(input.ndim() < kMaxDims, "unsqueeze: a tensor has at most ", kMaxDims, " dims");
  Dims sizes = input.sizes(), strides = input.strides();
  const int64_t step = at < input.ndim() ? input.size(at) * input.stride(at) : 1;
  sizes.insert(at, 1);
  strides.insert(at, step);
  return input.view(std::move(sizes), std::move(strides), input.offset());
}

Tensor squeeze(const Tensor& input, const std::optional<Dims>& dim) {
  uint64_t wanted = ~uint64_t(0);
  if (dim) {
    wanted = 0;
    for (int64_t d : *dim) wanted |= uint64_t(1) << wrap_dim(d, input.ndim(), "squeeze");
  }
  Dims sizes, strides;
  for (int d = 0; d < input.ndim(); ++d) {
    if (input.size(d) == 1 && ((wanted >> d) & 1)) continue;
    sizes.push_back(input.size(d));
    strides.push_back(input.stride(d));
  }
  return input.view(std::move(sizes), std::move(strides), input.offset());
}

Tensor expand(const Tensor& input, const Dims& size) {
  RL_CHECK(size.size() >= input.ndim(), "expand: the number of sizes provided (", size.size(),
           ") must be greater or equal to the number of dimensions in the tensor (", input.ndim(), ")");
  Dims sizes = size;
  const int shift = size.size() - input.ndim();
  for (int d = 0; d < size.size(); ++d) {
    if (size[d] == -1) {
      RL_CHECK(d >= shift,
               "expand: The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension ", d);
      sizes[d] = input.size(d - shift);
    }
    RL_CHECK(sizes[d] >= 0, "expand: invalid size ", size[d], " in ", size);
    RL_CHECK(d < shift || input.size(d - shift) == sizes[d] || input.size(d - shift) == 1,
             "expand: The expanded size of the tensor (", sizes[d], ") must match the existing size (",
             input.size(d - shift), ") at non-singleton dimension ", d, ".  Target sizes: ", size,
             ".  Tensor sizes: ", input.sizes());
  }
  checked_numel(sizes, "expand");
  return broadcast_to(input, sizes, "expand");
}

Tensor broadcast_to_op(const Tensor& input, const Dims& size) { return expand(input, size); }

Tensor narrow(const Tensor& input, int64_t dim, int64_t start, int64_t length) {
  RL_CHECK(input.ndim() > 0, "narrow: narrow() cannot be applied to a 0-dim tensor.");
  const int d = wrap_dim(dim, input.ndim(), "narrow");
  const int64_t size = input.size(d);
  RL_CHECK(length >= 0, "narrow: narrow(): length must be non-negative.");
  RL_CHECK_INDEX(-size <= start && start <= size, "narrow: start out of range (expected to be in range of [", -size,
                 ", ", size, "], but got ", start, ")");
  if (start < 0) start += size;
  RL_CHECK(length <= size - start, "narrow: start (", start, ") + length (", length, ") exceeds dimension size (", size,
           ").");
  Dims sizes = input.sizes();
  sizes[d] = length;
  return input.view(std::move(sizes), input.strides(), input.offset() + start * input.stride(d));
}

Tensor select(const Tensor& input, int64_t dim, int64_t index) {
  RL_CHECK_INDEX(input.ndim() > 0, "select: select() cannot be applied to a 0-dim tensor.");
  const int d = wrap_dim(dim, input.ndim(), "select");
  const int64_t size = input.size(d);
  RL_CHECK_INDEX(-size <= index && index < size, "select: index ", index, " is out of bounds for dimension ", d,
                 " with size ", size);
  Dims sizes = input.sizes(), strides = input.strides();
  const int64_t offset = input.offset() + (index < 0 ? index + size : index) * input.stride(d);
  sizes.erase(d);
  strides.erase(d);
  return input.view(std::move(sizes), std::move(strides), offset);
}

Tensor slice(const Tensor& input, int64_t dim, std::optional<int64_t> start, std::optional<int64_t> end, int64_t step) {
  RL_CHECK_INDEX(input.ndim() > 0, "slice: slice() cannot be applied to a 0-dim tensor.");
  const int d = wrap_dim(dim, input.ndim(), "slice");
  RL_CHECK_VALUE(step != 0, "slice: slice step cannot be zero");
  const int64_t size = input.size(d);
  const auto wrapped = [size](int64_t i) { return i < 0 ? i + size : i; };
  int64_t first, length;
  if (step > 0) {
    first = start ? std::clamp<int64_t>(wrapped(*start), 0, size) : 0;
    const int64_t last = end ? std::clamp<int64_t>(wrapped(*end), 0, size) : size;
    length = last <= first ? 0 : (last - first - 1) / step + 1;
  } else {  // backwards, as NumPy has it
    step = std::max(step, -size - 1);
    first = start ? std::clamp<int64_t>(wrapped(*start), -1, size - 1) : size - 1;
    const int64_t last = end ? std::clamp<int64_t>(wrapped(*end), -1, size - 1) : -1;
    length = last >= first ? 0 : (first - last - 1) / -step + 1;
    first = std::max<int64_t>(first, 0);
  }
  return stepped(input, d, first, step, length);
}

Tensor as_strided(const Tensor& input, const Dims& size, const Dims& given, std::optional<int64_t> storage_offset) {
  RL_CHECK(size.size() == given.size(), "as_strided: mismatch in length of strides and shape: ", size, " and ", given);
  const Dims stride = without_idle_strides(size, given);
  const int64_t numel = checked_numel(size, "as_strided");
  const int64_t offset = storage_offset.value_or(input.offset());
  RL_CHECK(offset >= 0, "as_strided: storage_offset must not be negative, got ", offset);
  int64_t reach = offset, low = offset;
  for (int d = 0; d < size.size(); ++d) {
    if (size[d] == 0) continue;
    const int64_t step = checked_mul(size[d] - 1, stride[d], "as_strided");
    int64_t& end = step < 0 ? low : reach;
    RL_CHECK(!__builtin_add_overflow(end, step, &end), "as_strided: the reach overflows 63 bits");
  }
  // an empty view reads nothing, but its address is computed, and those of its parts
  RL_CHECK(reach <= INT64_MAX / 16 && low >= -(INT64_MAX / 16), "as_strided: the reach overflows 63 bits");
  RL_CHECK(numel == 0 || low >= 0, "as_strided: Negative strides must stay within the storage, got strides: ", stride);
  const int64_t held = int64_t(input.storage()->bytes()) / item_size(input.dtype());
  RL_CHECK(numel == 0 || reach < held, "as_strided: setStorage: sizes ", size, ", strides ", stride,
           ", storage offset ", offset, " require ", reach + 1, " elements, and the storage has ", held);
  return input.view(size, stride, offset);
}

Tensor as_strided_scatter(const Tensor& input, const Tensor& src, const Dims& size, const Dims& stride,
                          std::optional<int64_t> storage_offset) {
  Tensor made = empty(input.sizes(), input.dtype(), input.device());
  copy_values(made, input, "as_strided_scatter");
  const Tensor place = as_strided(made, size, stride, storage_offset.value_or(0));
  RL_CHECK(src.sizes() == size,
           "as_strided_scatter: expected src to have a size equal to the slice of self. src size = ", src.sizes(),
           ", slice size = ", size);
  RL_CHECK(!overlaps_itself(place), "as_strided_scatter: the view's elements share memory");
  copy_values(place, src, "as_strided_scatter");
  return made;
}

Tensor diagonal(const Tensor& input, int64_t offset, int64_t dim1, int64_t dim2) {
  const int a = wrap_dim(dim1, input.ndim(), "diagonal"), b = wrap_dim(dim2, input.ndim(), "diagonal");
  RL_CHECK(a != b, "diagonal: diagonal dimensions cannot be identical ", dim1, ", ", dim2);
  const int64_t rows = input.size(a), cols = input.size(b);
  int64_t length = 0, start = input.offset();
  if (offset >= 0) {
    if (offset < cols) length = std::min(rows, cols - offset), start += offset * input.stride(b);
  } else if (offset > -rows) {
    length = std::min(rows + offset, cols), start -= offset * input.stride(a);
  }
  Dims sizes, strides;
  for (int d = 0; d < input.ndim(); ++d)
    if (d != a && d != b) sizes.push_back(input.size(d)), strides.push_back(input.stride(d));
  sizes.push_back(std::max<int64_t>(length, 0));
  strides.push_back(input.stride(a) + input.stride(b));
  return input.view(std::move(sizes), std::move(strides), start);
}

namespace {
/// The storage of `t` seen as another dtype of the same storage; sizes, strides and offset count its elements.
Tensor recast(const Tensor& t, DType dtype, Dims sizes, Dims strides, int64_t offset) {
  return Tensor(t.storage(), t.version(), dtype, std::move(sizes), std::move(strides), offset);
}
Dims times(const Dims& strides, int64_t factor) {
  Dims scaled = strides;
  for (int64_t& s : scaled) s *= factor;
  return scaled;
}
}  // namespace

Tensor real(const Tensor& input) {
  if (!is_complex(input.dtype())) return input;
  return recast(input, real_of(input.dtype()), input.sizes(), times(input.strides(), 2), 2 * input.offset());
}
Tensor imag(const Tensor& input) {
  RL_CHECK(is_complex(input.dtype()), "imag: imag is not implemented for tensors with non-complex dtypes, got ",
           dtype_text(input.dtype()));
  return recast(input, real_of(input.dtype()), input.sizes(), times(input.strides(), 2), 2 * input.offset() + 1);
}
Tensor view_as_real(const Tensor& input) {
  RL_CHECK(is_complex(input.dtype()), "view_as_real: view_as_real is only supported for complex tensors, got ",
           dtype_text(input.dtype()));
  RL_CHECK(input.ndim() < kMaxDims, "view_as_real: a tensor has at most ", kMaxDims, " dims");
  Dims sizes = input.sizes(), strides = times(input.strides(), 2);
  sizes.push_back(2);
  strides.push_back(1);
  return recast(input, real_of(input.dtype()), std::move(sizes), std::move(strides), 2 * input.offset());
}
Tensor view_as_complex(const Tensor& input) {
  const DType d = input.dtype();
  RL_CHECK(d == DType::Float32 || d == DType::Float64,
           "view_as_complex: view_as_complex is only supported for half, float and double tensors, but got a tensor of "
           "scalar "
           "type: ",
           short_name(d));
  RL_CHECK(input.ndim() > 0 && input.sizes().back() == 2,
           "view_as_complex: Tensor must have a last dimension of size 2, got ", input.sizes());
  RL_CHECK(input.strides().back() == 1 && input.offset() % 2 == 0,
           "view_as_complex: Tensor must have a last dimension with stride 1 and an even storage_offset");
  Dims sizes(input.sizes().data(), input.ndim() - 1), strides(input.strides().data(), input.ndim() - 1);
  for (int64_t& s : strides) {
    RL_CHECK(s % 2 == 0, "view_as_complex: Tensor must have a stride divisible by 2 for all but last dimension");
    s /= 2;
  }
  return recast(input, complex_of(d), std::move(sizes), std::move(strides), input.offset() / 2);
}

Tensor detach(const Tensor& input) { return input; }

Tensor flip(const Tensor& input, const Dims& dims) {
  Dims strides = input.strides();
  int64_t offset = input.offset();
  uint64_t seen = 0;
  for (int64_t dim : dims) {
    const int d = wrap_dim(dim, input.ndim(), "flip");
    RL_CHECK(!((seen >> d) & 1), "flip: dim ", d, " appears multiple times in the list of dims");
    seen |= uint64_t(1) << d;
    if (input.ndim() == 0 || input.size(d) < 2) continue;
    offset += (input.size(d) - 1) * strides[d];
    strides[d] = -strides[d];
  }
  const Tensor seen_backwards = input.view(input.sizes(), strides, offset);
  Tensor copy = empty(input.sizes(), input.dtype(), input.device());
  // a plan stages what steps backwards; long rows have a kernel of their own
  if (input.ndim() > 0 && strides.back() == -1 && input.sizes().back() >= 16)
    launch(kernels::reverse, {copy, seen_backwards}, input.dtype());
  else
    copy_values(copy, seen_backwards, "flip");
  return copy;
}

Tensor repeat(const Tensor& input, const Dims& repeats) {
  const int shift = repeats.size() - input.ndim();
  RL_CHECK(shift >= 0,
           "repeat: Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor: ",
           repeats, " for shape ", input.sizes());
  // the result seen as [r0, s0, r1, s1, ...]: a broadcast copy fills it
  Dims sizes, split, shape;
  for (int d = 0; d < repeats.size(); ++d) {
    RL_CHECK(repeats[d] >= 0, "repeat: Trying to create tensor with negative dimension ", repeats[d], ": ", repeats);
    const int64_t size = d < shift ? 1 : input.size(d - shift);
    sizes.push_back(checked_mul(repeats[d], size, "repeat"));
    split.push_back(repeats[d]);
    split.push_back(size);
    shape.push_back(1);
    shape.push_back(size);
  }
  Tensor made = empty(sizes, input.dtype(), input.device());
  if (made.numel() == 0) return made;
  RL_CHECK(split.size() <= kMaxDims, "repeat: at most ", kMaxDims / 2, " dims can be repeated, got ", repeats.size());
  const Tensor spread = reshape(input, shape);
  copy_values(view(made, split), spread, "repeat");
  return made;
}

Tensor contiguous(const Tensor& input, std::optional<MemoryFormat> memory_format) {
  const MemoryFormat format = memory_format.value_or(MemoryFormat::Contiguous);
  if (has_format(input, format)) return input;
  RL_CHECK(format != MemoryFormat::Preserve, "preserve memory format is unsupported by the contiguous operator");
  return clone(input, format);
}

Tensor clone(const Tensor& input, std::optional<MemoryFormat> memory_format) {
  Tensor copy = empty_strided(input.sizes(), strides_of_copy(input, memory_format), input.dtype(), input.device());
  copy_values(copy, input, "clone");
  return copy;
}

Tensor to(const Tensor& input, std::optional<Device> device, std::optional<DType> dtype, bool copy,
          std::optional<MemoryFormat> memory_format) {
  const Device where = device.value_or(input.device());
  const DType d = dtype.value_or(input.dtype());
  const bool fits = !memory_format || *memory_format == MemoryFormat::Preserve || has_format(input, *memory_format);
  if (!copy && fits && d == input.dtype() && where.type == input.device().type) return input;
  Tensor made = empty_strided(input.sizes(), strides_of_copy(input, memory_format), d, where);
  copy_values(made, input, "to");
  return made;
}

Tensor slice_backward(const Tensor& grad, const Dims& sizes, int64_t dim, int64_t start, int64_t step) {
  RL_CHECK(grad.ndim() == sizes.size() && grad.ndim() > 0, "slice: a gradient of shape ", grad.sizes(),
           " for a tensor of shape ", sizes);
  checked_numel(sizes, "slice");
  const int d = wrap_dim(dim, sizes.size(), "slice");
  const int64_t n = grad.size(d);
  const int64_t size = sizes[d];
  RL_CHECK(step != 0 && start >= 0, "slice: start ", start, " must be at least 0, and step not 0");
  const int64_t room = step > 0 ? size - 1 - start : start, pace = step > 0 ? step : -std::max(step, -size - 1);
  RL_CHECK(n == 0 || (start < size && (n - 1) <= room / pace), "slice: ", n, " elements from ", start, " in steps of ",
           step, " do not fit into ", size);
  Tensor made = full(sizes, Scalar(0), grad.dtype(), grad.device());
  if (grad.numel() > 0) copy_values(stepped(made, d, start, step, n), grad, "slice");
  return made;
}

Tensor select_backward(const Tensor& grad, const Dims& sizes, int64_t dim, int64_t index) {
  Tensor made = full(sizes, Scalar(0), grad.dtype(), grad.device());
  copy_values(select(made, dim, index), grad, "select");
  return made;
}

Tensor as_strided_backward(const Tensor& grad, const Dims& sizes, const Dims& stride, int64_t offset) {
  Tensor made = full(sizes, Scalar(0), grad.dtype(), grad.device());
  const Tensor place = as_strided(made, grad.sizes(), stride, offset);
  RL_CHECK(!overlaps_itself(place), "as_strided: no gradient for a view whose elements share memory; clone() it first");
  copy_values(place, grad, "as_strided");
  return made;
}

namespace {
/// A copy with these strides.
Tensor fresh(const Tensor& t, const Dims& strides) {
  Tensor made = empty_strided(t.sizes(), strides, t.dtype(), t.device());
  copy_values(made, t);
  return made;
}
/// `t` laid out with these strides: itself, or a copy.
Tensor laid_out(const Tensor& t, const Dims& strides) {
  return t.strides() == strides && t.offset() == 0 ? t : fresh(t, strides);
}
}  // namespace

Tensor view_of(const Tensor& base, const Dims& size, const Dims& stride, int64_t offset, const Dims& base_stride) {
  return clone(as_strided(laid_out(base, base_stride), size, stride, offset));
}
Tensor with_view(const Tensor& base, const Tensor& src, const Dims& size, const Dims& stride, int64_t offset,
                 const Dims& base_stride) {
  const Tensor made = fresh(base, base_stride);
  copy_values(as_strided(made, size, stride, offset), src);
  return made;
}
Tensor view_alone(const Tensor& grad, const Dims& base_size, const Dims& stride, int64_t offset,
                  const Dims& base_stride) {
  const Tensor made = empty_strided(base_size, base_stride, grad.dtype(), grad.device());
  fill(made, Scalar(0));
  const Tensor place = as_strided(made, grad.sizes(), stride, offset);
  if (!overlaps_itself(place)) {
    copy_values(place, grad);
    return made;
  }
  const int64_t held = int64_t(made.storage()->bytes()) / item_size(grad.dtype());
  const Tensor positions = arange(Scalar(0), Scalar(held), Scalar(1), DType::Int64, grad.device(), nullptr);
  Tensor flat = made.view({held}, {1}, 0);
  index_add_(flat, 0, reshape(as_strided(positions, grad.sizes(), stride, offset), {-1}), reshape(grad, {-1}),
             Scalar(1));
  return made;
}

}  // namespace rl::ops
