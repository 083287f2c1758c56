// Ref<T>: an intrusive, atomic reference count; what storages, versions and generators are held by.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace rl {

class Counted {
 public:
  Counted() = default;
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  void retain() const noexcept { count_.fetch_add(1, std::memory_order_relaxed); }
  /// A sole owner needs no locked instruction: nobody else is left who could take or drop a reference.
  bool release() const noexcept {
    return count_.load(std::memory_order_acquire) == 1 || count_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }
  void first_reference() const noexcept { count_.store(1, std::memory_order_relaxed); }
  int64_t use_count() const noexcept { return count_.load(std::memory_order_relaxed); }

 private:
  mutable std::atomic<int64_t> count_{0};
};

/// T derives from Counted and has a static `void destroy(T*) noexcept`.
template <class T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* object) : object_(object) {
    if (object_) object_->retain();
  }
  /// The first reference to an object that nobody else has seen.
  static Ref to_new(T* object) noexcept {
    Ref made;
    made.object_ = object;
    object->first_reference();
    return made;
  }
  Ref(const Ref& other) : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ && object_->release()) T::destroy(object_);
  }
  T* get() const noexcept { return object_; }
  T* operator->() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  friend bool operator==(const Ref& a, const Ref& b) noexcept { return a.object_ == b.object_; }

 private:
  T* object_ = nullptr;
};

}  // namespace rl
