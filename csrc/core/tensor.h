// A tensor: a storage seen through sizes, strides and an offset, with a dtype. A value; copies share the storage.
#pragma once

#include <optional>
#include <vector>

#include "core/dims.h"
#include "core/dtype.h"
#include "core/error.h"
#include "core/storage.h"

namespace rl {

class Tensor {
 public:
  Tensor() = default;
  Tensor(Ref<Storage> storage, Ref<Version> version, DType dtype, Dims sizes, Dims strides, int64_t offset)
      : storage_(std::move(storage)),
        version_(std::move(version)),
        sizes_(std::move(sizes)),
        strides_(std::move(strides)),
        offset_(offset),
        dtype_(dtype) {}

  bool defined() const { return bool(storage_); }
  int ndim() const { return sizes_.size(); }
  const Dims& sizes() const { return sizes_; }
  const Dims& strides() const { return strides_; }  // in elements
  int64_t size(int dim) const { return sizes_[dim]; }
  int64_t stride(int dim) const { return strides_[dim]; }
  int64_t offset() const { return offset_; }  // in elements
  DType dtype() const { return dtype_; }
  Device device() const { return storage_->device(); }
  bool is_meta() const { return storage_->device().type == DeviceType::Meta; }
  int64_t numel() const {
    int64_t n = 1;
    for (int64_t s : sizes_) n *= s;
    return n;
  }
  void* data() const { return static_cast<char*>(storage_->data()) + offset_ * item_size(dtype_); }
  template <class T>
  T* data_as() const {
    RL_ASSERT(dtype_v<T> == dtype_);
    return static_cast<T*>(data());
  }
  const Ref<Storage>& storage() const { return storage_; }
  const Ref<Version>& version() const { return version_; }

  bool is_contiguous() const {
    int64_t expected = 1;
    for (int d = ndim() - 1; d >= 0; --d) {
      if (sizes_[d] == 0) return true;
      if (sizes_[d] != 1 && strides_[d] != expected) return numel() == 0;
      expected *= sizes_[d];
    }
    return true;
  }
  /// Another view of the same storage and version.
  Tensor view(Dims sizes, Dims strides, int64_t offset) const {
    return Tensor(storage_, version_, dtype_, std::move(sizes), std::move(strides), offset);
  }
  /// The same values under a version counter of their own: what `.data` gives.
  Tensor with_own_version() const { return Tensor(storage_, Version::make(), dtype_, sizes_, strides_, offset_); }

 private:
  Ref<Storage> storage_;
  Ref<Version> version_;
  Dims sizes_, strides_;
  int64_t offset_ = 0;
  DType dtype_ = DType::Float32;
};

/// A memory format is a stride order and nothing else.
enum class MemoryFormat : uint8_t { Contiguous, Preserve, ChannelsLast, ChannelsLast3d };

using TensorList = std::vector<Tensor>;

/// a * b, or an error that names the op where it does not fit into 63 bits.
int64_t checked_mul(int64_t a, int64_t b, const char* op);
/// Number of elements; negative sizes and overflow raise.
int64_t checked_numel(const Dims& sizes, const char* op);
Dims contiguous_strides(const Dims& sizes);
/// Strides by which nobody steps, in dims of size 1 and in empty tensors, may be anything: 0 for those beyond all
/// memory, which would overflow where they are added up or multiplied.
Dims without_idle_strides(const Dims& sizes, Dims strides);
/// Dense strides in the stride order of `like` where it has the same sizes and is dense, else row-major.
Dims strides_like(const Dims& sizes, const Tensor& like);
/// Dense strides in the order of a format; Preserve has none of its own and is row-major.
Dims format_strides(const Dims& sizes, MemoryFormat format);
/// Is `t` dense in the order of a format? A tensor of another number of dims is not.
bool has_format(const Tensor& t, MemoryFormat format);
/// Not initialised, row-major.
Tensor empty(const Dims& sizes, DType dtype, Device device = {});
Tensor empty_strided(const Dims& sizes, const Dims& strides, DType dtype, Device device = {});
/// Of the sizes of `t`, dense, in its stride order.
Tensor empty_like(const Tensor& t, DType dtype, Device device);
inline Tensor empty_like(const Tensor& t, DType dtype) { return empty_like(t, dtype, t.device()); }
/// -ndim <= dim < ndim (a 0-d tensor counts as 1-d) to 0 <= dim; IndexError otherwise.
int wrap_dim(int64_t dim, int ndim, const char* op);
/// The common shape; a RuntimeError that names both otherwise.
Dims broadcast_shapes(const Dims& a, const Dims& b, const char* op);
/// Strides of `t` seen in the wider shape `sizes`: 0 where a size of 1 (or a missing dim) is stretched.
Dims broadcast_strides(const Tensor& t, const Dims& sizes);
Tensor broadcast_to(const Tensor& t, const Dims& sizes, const char* op);
/// [first, last] byte reached by any element, relative to the storage; empty tensors reach none (first > last).
std::pair<int64_t, int64_t> byte_range(const Tensor& t);
/// Do two different indices of `t` name one element?
bool overlaps_itself(const Tensor& t);
/// Do `a` and `b` share an element without being the same view? `out=` and in-place ops are refused then.
bool overlaps_partly(const Tensor& a, const Tensor& b);

}  // namespace rl
