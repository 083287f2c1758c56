// Dims: a short list of sizes, strides or dim numbers; up to six stand in place, more on the heap (64 at most).
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <ostream>
#include <span>
#include <utility>

#include "core/macros.h"

namespace rl {

constexpr int kMaxDims = 64;

class Dims {
 public:
  Dims() = default;
  explicit Dims(int n, int64_t fill = 0) { resize(n, fill); }
  Dims(std::initializer_list<int64_t> values) : Dims(values.begin(), int(values.size())) {}
  Dims(const int64_t* values, int n) {
    reserve(n);
    n_ = n;
    std::memcpy(data(), values, size_t(n) * sizeof(int64_t));
  }
  Dims(const Dims& other) {
    if (RL_UNLIKELY(other.heap_ != nullptr)) reserve(other.n_);
    n_ = other.n_;
    copy_values(other);
  }
  Dims(Dims&& other) noexcept { take(other); }
  Dims& operator=(const Dims& other) {
    if (this != &other) *this = Dims(other);
    return *this;
  }
  Dims& operator=(Dims&& other) noexcept {
    if (this != &other) {
      free_heap();
      take(other);
    }
    return *this;
  }
  ~Dims() { free_heap(); }

  int size() const { return n_; }
  bool empty() const { return n_ == 0; }
  int64_t* data() { return heap_ ? heap_ : inline_; }
  const int64_t* data() const { return heap_ ? heap_ : inline_; }
  int64_t& operator[](int i) { return data()[i]; }
  int64_t operator[](int i) const { return data()[i]; }
  int64_t* begin() { return data(); }
  int64_t* end() { return data() + n_; }
  const int64_t* begin() const { return data(); }
  const int64_t* end() const { return data() + n_; }
  int64_t back() const { return data()[n_ - 1]; }

  void resize(int n, int64_t fill = 0) {
    reserve(n);
    for (int i = n_; i < n; ++i) data()[i] = fill;
    n_ = n;
  }
  void push_back(int64_t value) {
    reserve(n_ + 1);
    data()[n_++] = value;
  }
  void insert(int at, int64_t value) {
    push_back(value);
    for (int i = n_ - 1; i > at; --i) std::swap(data()[i], data()[i - 1]);
  }
  void erase(int at) {
    for (int i = at; i + 1 < n_; ++i) data()[i] = data()[i + 1];
    --n_;
  }
  friend bool operator==(const Dims& a, const Dims& b) {
    if (a.n_ != b.n_) return false;
    const int64_t *x = a.data(), *y = b.data();
    for (int i = 0; i < a.n_; ++i)
      if (x[i] != y[i]) return false;
    return true;
  }
  /// As a user writes it: [2, 3].
  friend std::ostream& operator<<(std::ostream& out, const Dims& dims) {
    out << '[';
    for (int i = 0; i < dims.n_; ++i) out << (i ? ", " : "") << dims[i];
    return out << ']';
  }

 private:
  static constexpr int kInline = 6;
  void reserve(int n) {
    if (n <= capacity_) return;
    const int capacity = n < 2 * kInline ? 2 * kInline : 2 * n;
    int64_t* grown = new int64_t[size_t(capacity)];
    std::memcpy(grown, data(), size_t(n_) * sizeof(int64_t));
    free_heap();
    heap_ = grown;
    capacity_ = capacity;
  }
  void free_heap() noexcept {
    if (RL_UNLIKELY(heap_ != nullptr)) delete[] heap_;
  }
  /// All of the places within, used or not: a fixed length is a few moves, a length of n_ would be a call.
  void copy_values(const Dims& other) noexcept {
    if (RL_UNLIKELY(other.heap_ != nullptr))
      std::memcpy(heap_ ? heap_ : inline_, other.heap_, size_t(n_) * sizeof(int64_t));
    else
      std::memcpy(inline_, other.inline_, sizeof(inline_));
  }
  void take(Dims& other) noexcept {
    n_ = std::exchange(other.n_, 0);
    capacity_ = std::exchange(other.capacity_, int(kInline));
    heap_ = std::exchange(other.heap_, nullptr);
    std::memcpy(inline_, other.inline_, sizeof(inline_));
  }
  int n_ = 0, capacity_ = kInline;
  int64_t* heap_ = nullptr;
  int64_t inline_[kInline] = {};
};

}  // namespace rl
