// A storage: a block of memory on a device. A version: how often values behind it were written, beside the storage.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "core/device.h"
#include "core/ref.h"

namespace rl {

class Storage : public Counted {
 public:
  /// Fresh memory of the device's allocator, not initialised. Throws OutOfMemory.
  static Ref<Storage> allocate(size_t bytes, Device device);
  /// Memory owned by someone else; `release(context)` is called once, from any thread. `launch` refuses to write to
  /// what is read-only.
  static Ref<Storage> borrow(void* data, size_t bytes, void (*release)(void*), void* context, bool read_only = false);
  static void destroy(Storage* storage) noexcept;

  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  Device device() const { return device_; }
  bool borrowed() const { return release_ != nullptr; }
  bool read_only() const { return read_only_; }

 private:
  void* data_ = nullptr;
  size_t bytes_ = 0;
  Device device_;
  bool read_only_ = false;
  void (*release_)(void*) = nullptr;
  void* context_ = nullptr;
};

/// Where something happened, as whoever calls this library knows it.
struct Origin {
  Origin() = default;
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;
  virtual ~Origin() = default;
};

/// Shared by a tensor, its views, `detach()` and `Parameter(x)`; `.data` starts a new one (DESIGN, section 4).
class Version : public Counted {
 public:
  static Ref<Version> make() { return Ref<Version>::to_new(new Version); }
  static void destroy(Version* v) noexcept { delete v; }
  uint32_t value() const { return value_.load(std::memory_order_relaxed); }
  /// What filled a fresh tensor does not count, as long as nobody else has seen it.
  void begin() {
    if (use_count() == 1) value_.store(0, std::memory_order_relaxed);
  }
  /// Not one locked step: of two writes at once, which race anyway, one may go uncounted.
  void bump() { value_.store(value() + 1, std::memory_order_relaxed); }
  /// Where the last write came from, for the error of a saved tensor that changed: a static kernel or op name.
  const char* last_writer = nullptr;
  /// Set by who waits for the values to stay as they are; the place of the last write is kept only then.
  bool watched = false;
  std::unique_ptr<Origin> origin;

 private:
  std::atomic<uint32_t> value_{0};
};

}  // namespace rl
