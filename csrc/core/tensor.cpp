// Shapes: contiguity, broadcasting, stride order, overlap, and the creation of empty tensors.
#include "core/tensor.h"

#include <algorithm>
#include <numeric>

namespace rl {

int64_t checked_mul(int64_t a, int64_t b, const char* op) {
  int64_t product;
  RL_CHECK(!__builtin_mul_overflow(a, b, &product), op, ": the number of elements or bytes overflows 63 bits (", a,
           " x ", b, ")");
  return product;
}

int64_t checked_numel(const Dims& sizes, const char* op) {
  RL_CHECK(sizes.size() <= kMaxDims, op, ": ", sizes.size(), " dims; a tensor has at most ", kMaxDims);
  int64_t n = 1;
  bool empty = false;
  for (int64_t s : sizes) {
    RL_CHECK(s >= 0, op, ": Trying to create tensor with negative dimension ", s, ": ", sizes);
    empty |= s == 0;
    if (s != 0) n = checked_mul(n, s, op);
  }
  return empty ? 0 : n;
}

Dims contiguous_strides(const Dims& sizes) {
  Dims strides(sizes.size());
  int64_t step = 1;
  for (int d = sizes.size() - 1; d >= 0; --d) {
    strides[d] = step;
    step *= std::max<int64_t>(sizes[d], 1);
  }
  return strides;
}

Dims without_idle_strides(const Dims& sizes, Dims strides) {
  constexpr int64_t kFarthest = int64_t(1) << 48;
  const bool empty = std::find(sizes.begin(), sizes.end(), 0) != sizes.end();
  for (int d = 0; d < sizes.size(); ++d)
    if ((empty || sizes[d] == 1) && (strides[d] > kFarthest || strides[d] < -kFarthest)) strides[d] = 0;
  return strides;
}

namespace {
int channels_last_dims(MemoryFormat format) {
  return format == MemoryFormat::ChannelsLast ? 4 : format == MemoryFormat::ChannelsLast3d ? 5 : 0;
}
}  // namespace

Dims format_strides(const Dims& sizes, MemoryFormat format) {
  const int ndim = channels_last_dims(format);
  if (!ndim) return contiguous_strides(sizes);
  RL_CHECK(sizes.size() == ndim, "required rank ", ndim, " tensor to use channels_last", ndim == 5 ? "_3d" : "",
           " format");
  Dims strides(ndim);
  strides[1] = 1;
  int64_t step = std::max<int64_t>(sizes[1], 1);
  for (int d = ndim - 1; d >= 0; --d) {
    if (d == 1) continue;
    strides[d] = step;
    step *= std::max<int64_t>(sizes[d], 1);
  }
  return strides;
}

bool has_format(const Tensor& t, MemoryFormat format) {
  const int ndim = channels_last_dims(format);
  if (!ndim) return t.is_contiguous();
  if (t.ndim() != ndim) return false;
  const Dims dense = format_strides(t.sizes(), format);
  for (int d = 0; d < ndim; ++d)
    if (t.size(d) != 1 && t.stride(d) != dense[d]) return false;
  return true;
}

Dims strides_like(const Dims& sizes, const Tensor& like) {
  if (!(sizes == like.sizes()) || like.is_contiguous()) return contiguous_strides(sizes);
  const int ndim = sizes.size();
  Dims order(ndim);  // dims from the slowest to the fastest
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return like.stride(int(a)) > like.stride(int(b)); });
  Dims strides(ndim);
  int64_t step = 1;
  for (int i = ndim - 1; i >= 0; --i) {
    const int d = int(order[i]);
    // an expanded or a holey tensor has no dense order of its own: row-major
    if (sizes[d] > 1 && like.stride(d) != step) return contiguous_strides(sizes);
    strides[d] = step;
    step *= std::max<int64_t>(sizes[d], 1);
  }
  return strides;
}

Tensor empty(const Dims& sizes, DType dtype, Device device) {
  const int64_t bytes = checked_mul(checked_numel(sizes, "empty"), item_size(dtype), "empty");
  return Tensor(Storage::allocate(size_t(bytes), device), Version::make(), dtype, sizes, contiguous_strides(sizes), 0);
}

Tensor empty_strided(const Dims& sizes, const Dims& strides, DType dtype, Device device) {
  RL_CHECK(sizes.size() == strides.size(), "empty_strided: ", sizes.size(), " sizes and ", strides.size(), " strides");
  int64_t reach = 1;
  if (checked_numel(sizes, "empty_strided") == 0) reach = 0;
  for (int d = 0; d < sizes.size() && reach; ++d) {
    RL_CHECK(strides[d] >= 0, "empty_strided: strides must not be negative: ", strides);
    const int64_t step = checked_mul(sizes[d] - 1, strides[d], "empty_strided");
    RL_CHECK(!__builtin_add_overflow(reach, step, &reach), "empty_strided: the number of bytes overflows 63 bits");
  }
  const int64_t bytes = checked_mul(reach, item_size(dtype), "empty_strided");
  return Tensor(Storage::allocate(size_t(bytes), device), Version::make(), dtype, sizes,
                without_idle_strides(sizes, strides), 0);
}

Tensor empty_like(const Tensor& t, DType dtype, Device device) {
  const Dims strides = strides_like(t.sizes(), t);
  const int64_t bytes = checked_mul(checked_numel(t.sizes(), "empty_like"), item_size(dtype), "empty_like");
  return Tensor(Storage::allocate(size_t(bytes), device), Version::make(), dtype, t.sizes(), strides, 0);
}

int wrap_dim(int64_t dim, int ndim, const char* op) {
  const int range = std::max(ndim, 1);
  RL_CHECK_INDEX(-range <= dim && dim < range, op, ": Dimension out of range (expected to be in range of [", -range,
                 ", ", range - 1, "], but got ", dim, ")");
  return int(dim < 0 ? dim + range : dim);
}

Dims broadcast_shapes(const Dims& a, const Dims& b, const char* op) {
  if (a == b) return a;
  const int n = std::max(a.size(), b.size());
  Dims sizes(n);
  for (int i = 0; i < n; ++i) {
    const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1, y = i < b.size() ? b[b.size() - 1 - i] : 1;
    RL_CHECK(x == y || x == 1 || y == 1, op, ": The size of tensor a (", x, ") must match the size of tensor b (", y,
             ") at non-singleton dimension ", n - 1 - i, "; the shapes are ", a, " and ", b);
    sizes[n - 1 - i] = x == 1 ? y : x;
  }
  return sizes;
}

Dims broadcast_strides(const Tensor& t, const Dims& sizes) {
  Dims strides(sizes.size());
  for (int d = 0; d < t.ndim(); ++d) {
    const int target = sizes.size() - t.ndim() + d;
    strides[target] = t.size(d) == 1 && sizes[target] != 1 ? 0 : t.stride(d);
  }
  return strides;
}

Tensor broadcast_to(const Tensor& t, const Dims& sizes, const char* op) {
  if (t.sizes() == sizes) return t;
  bool fits = t.ndim() <= sizes.size();
  for (int i = 1; fits && i <= t.ndim(); ++i) {
    const int64_t from = t.size(t.ndim() - i), to = sizes[sizes.size() - i];
    fits = from == to || from == 1;
  }
  RL_CHECK(fits, op, ": a tensor of shape ", t.sizes(), " does not broadcast to ", sizes);
  return t.view(sizes, broadcast_strides(t, sizes), t.offset());
}

std::pair<int64_t, int64_t> byte_range(const Tensor& t) {
  if (t.numel() == 0) return {0, -1};
  int64_t low = t.offset(), high = t.offset();
  for (int d = 0; d < t.ndim(); ++d) (t.stride(d) < 0 ? low : high) += (t.size(d) - 1) * t.stride(d);
  const int64_t item = item_size(t.dtype());
  return {low * item, (high + 1) * item - 1};
}

bool overlaps_itself(const Tensor& t) {
  if (t.is_contiguous()) return false;
  // Sorted by stride, each dim must step over everything the faster ones reach. Sufficient, and as strict as PyTorch's.
  int order[kMaxDims], n = 0;
  for (int d = 0; d < t.ndim(); ++d) {
    if (t.size(d) == 0) return false;
    if (t.size(d) > 1) order[n++] = d;
  }
  std::sort(order, order + n, [&](int a, int b) { return std::abs(t.stride(a)) < std::abs(t.stride(b)); });
  int64_t reach = 0;
  for (int i = 0; i < n; ++i) {
    const int64_t step = std::abs(t.stride(order[i]));
    if (step <= reach) return true;
    reach += step * (t.size(order[i]) - 1);
  }
  return false;
}

namespace {

struct Step {
  int64_t size, least, most;  // taken least to most times
};

/// Do some of these steps, the larger ones first, lead exactly this far? Yes too where a search of `budget` is too
/// short to tell: only strides that fit into each other badly need more than two tries a step.
bool reaches(const Step* steps, int count, int64_t distance, int* budget) {
  if (count == 0) return distance == 0;
  if (--*budget < 0) return true;
  int64_t low = 0, high = 0, divisor = steps[0].size;
  for (int i = 1; i < count; ++i) {
    low += steps[i].size * steps[i].least;
    high += steps[i].size * steps[i].most;
    divisor = std::gcd(divisor, steps[i].size);
  }
  if (distance % divisor != 0) return false;
  const int64_t size = steps[0].size;
  const auto floor_divided = [size](int64_t x) { return x / size - (x % size < 0); };
  const int64_t first = std::max(steps[0].least, -floor_divided(high - distance));
  const int64_t last = std::min(steps[0].most, floor_divided(distance - low));
  for (int64_t k = first; k <= last; ++k)
    if (reaches(steps + 1, count - 1, distance - k * size, budget)) return true;
  return false;
}

}  // namespace

bool overlaps_partly(const Tensor& a, const Tensor& b) {
  if (!(a.storage() == b.storage())) return false;
  if (a.offset() == b.offset() && a.dtype() == b.dtype() && a.sizes() == b.sizes() && a.strides() == b.strides())
    return false;
  const auto [a0, a1] = byte_range(a);
  const auto [b0, b1] = byte_range(b);
  if (a1 < b0 || b1 < a0) return false;
  if (a.dtype() != b.dtype()) return true;
  // Views of one tensor (even and odd columns, one column and the others) share a range and no element: is there
  // i * stride - j * stride = distance?
  Step steps[2 * kMaxDims];
  int count = 0;
  const auto add = [&](const Tensor& t, int sign) {
    for (int d = 0; d < t.ndim(); ++d) {
      const int64_t step = t.stride(d) * sign, reach = t.size(d) - 1;
      if (step != 0 && reach > 0) steps[count++] = {std::abs(step), step < 0 ? -reach : 0, step < 0 ? 0 : reach};
    }
  };
  add(a, 1);
  add(b, -1);
  std::sort(steps, steps + count, [](const Step& x, const Step& y) { return x.size > y.size; });
  int kept = 0;
  for (int i = 0; i < count; ++i) {
    if (kept > 0 && steps[kept - 1].size == steps[i].size)
      steps[kept - 1].least += steps[i].least, steps[kept - 1].most += steps[i].most;
    else
      steps[kept++] = steps[i];
  }
  int budget = 10000;
  return reaches(steps, kept, b.offset() - a.offset(), &budget);
}

}  // namespace rl
