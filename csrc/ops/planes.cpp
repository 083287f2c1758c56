// Shapes of tensors whose last dims are spatial.
#include "ops/planes.h"

namespace rl::ops {

static int64_t product_of(const int64_t* sizes, int n) {
  int64_t all = 1;
  for (int d = 0; d < n; ++d) all *= sizes[d];
  return all;
}

Dims last_sizes(const Tensor& t, int n) { return Dims(t.sizes().data() + t.ndim() - n, n); }

Dims with_last_sizes(const char* op, const Tensor& t, const Dims& size) {
  RL_CHECK(!size.empty() && size.size() <= 3, op, ": expected one to three sizes, got ", size);
  RL_CHECK(t.ndim() >= size.size(), op, ": expected a tensor of at least ", size.size(), " dims, got shape ",
           t.sizes());
  Dims sizes = t.sizes();
  for (int d = 0; d < size.size(); ++d) {
    RL_CHECK(size[d] >= 0, op, ": negative size ", size);
    sizes[t.ndim() - size.size() + d] = size[d];
  }
  checked_numel(sizes, op);
  return sizes;
}

Tensor as_planes(const Tensor& t, int ndim) {
  const int leading = t.ndim() - ndim;
  Dims sizes{product_of(t.sizes().data(), leading)};
  for (int d = ndim; d < 3; ++d) sizes.push_back(1);
  for (int d = leading; d < t.ndim(); ++d) sizes.push_back(t.size(d));
  return t.view(sizes, contiguous_strides(sizes), t.offset());
}

Tensor as_flat_planes(const Tensor& t, int ndim) {
  const int leading = t.ndim() - ndim;
  const Dims sizes{product_of(t.sizes().data(), leading), product_of(t.sizes().data() + leading, ndim)};
  return t.view(sizes, contiguous_strides(sizes), t.offset());
}

Tensor in_format_of(const Tensor& input, const Tensor& made) {
  if (input.is_contiguous() || made.ndim() != input.ndim()) return made;
  for (const MemoryFormat format : {MemoryFormat::ChannelsLast, MemoryFormat::ChannelsLast3d}) {
    if (!has_format(input, format)) continue;
    const Tensor copy = empty_strided(made.sizes(), format_strides(made.sizes(), format), made.dtype(), made.device());
    copy_values(copy, made);
    return copy;
  }
  return made;
}

}  // namespace rl::ops
