// What the native tests share: numbers that repeat, tensors made of them, places in a tensor, and views to try.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "core/parallel.h"
#include "cpu/select.h"
#include "ops/common.h"

namespace rl {

/// A small stream of numbers of its own, so that a failure repeats.
class Numbers {
 public:
  int64_t below(int64_t n) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return int64_t((state_ >> 33) % uint64_t(n));
  }
  int64_t between(int64_t low, int64_t high) { return low + below(high - low + 1); }

 private:
  uint64_t state_ = 42;
};

/// Kernels filled in, and one thread again afterwards.
class NativeTest : public ::testing::Test {
 protected:
  NativeTest() { cpu::isa(); }
  ~NativeTest() override { set_num_threads(1); }

  /// Whole numbers, small enough to stand for indices and masks too.
  template <class T>
  Tensor random(const Dims& sizes) {
    const Tensor t = empty(sizes, dtype_v<T>);
    for (int64_t i = 0; i < t.numel(); ++i) t.data_as<T>()[i] = T(numbers_.below(100) - (std::is_signed_v<T> ? 50 : 0));
    return t;
  }
  /// Numbers between -1 and 1 with every bit of their fraction in use.
  template <class T>
  Tensor fractions(const Dims& sizes) {
    const Tensor t = empty(sizes, dtype_v<T>);
    for (int64_t i = 0; i < t.numel(); ++i) {
      const double high = double(numbers_.below(int64_t(1) << 31)), low = double(numbers_.below(int64_t(1) << 22));
      t.data_as<T>()[i] = T((high + low * 0x1p-22) * 0x1p-30 - 1);
    }
    return t;
  }
  Numbers numbers_;
};

template <class T>
T& at(const Tensor& t, const Dims& place) {
  int64_t offset = 0;
  for (int d = 0; d < t.ndim(); ++d) offset += place[d] * t.stride(d);
  return t.data_as<T>()[offset];
}

/// Every place of a shape, in row-major order.
inline void for_each_place(const Dims& sizes, const std::function<void(const Dims&)>& body) {
  Dims place(sizes.size());
  int64_t n = 1;
  for (int64_t s : sizes) n *= s;
  for (int64_t i = 0; i < n; ++i) {
    int64_t rest = i;
    for (int d = sizes.size() - 1; d >= 0; --d) {
      place[d] = rest % sizes[d];
      rest /= sizes[d];
    }
    body(place);
  }
}

template <class T>
void expect_same(const Tensor& a, const Tensor& b) {
  ASSERT_EQ(a.sizes(), b.sizes());
  for_each_place(a.sizes(), [&](const Dims& p) { ASSERT_EQ(at<T>(a, p), at<T>(b, p)) << p; });
}

/// The same bits, signed zeros and NaN included.
template <class T>
bool same_bits(T a, T b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}

inline Tensor transposed(const Tensor& t, int a, int b) {
  Dims sizes = t.sizes(), strides = t.strides();
  std::swap(sizes[a], sizes[b]);
  std::swap(strides[a], strides[b]);
  return t.view(sizes, strides, t.offset());
}
inline Tensor copy_of(const Tensor& t) {
  const Tensor copy = empty(t.sizes(), t.dtype());
  ops::copy_values(copy, t);
  return copy;
}
/// The values of `t` in memory that steps by `step` along its last dim.
inline Tensor strided_copy(const Tensor& t, int64_t step) {
  Dims sizes = t.sizes();
  sizes[t.ndim() - 1] *= step;
  const Tensor wide = empty(sizes, t.dtype());
  Dims strides = wide.strides();
  strides[t.ndim() - 1] = step;
  const Tensor view = wide.view(t.sizes(), strides, 0);
  ops::copy_values(view, t);
  return view;
}
/// The values of a matrix in memory that runs down its columns.
inline Tensor column_major_copy(const Tensor& t) { return transposed(copy_of(transposed(t, 0, 1)), 0, 1); }

/// The message of the error that `body` raises, which must be of this kind.
inline std::string message(ErrorKind kind, const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& e) {
    EXPECT_EQ(int(e.kind()), int(kind)) << e.what();
    return e.what();
  }
  ADD_FAILURE() << "nothing was raised";
  return {};
}
inline void expect_error(ErrorKind kind, const char* text, const std::function<void()>& body) {
  EXPECT_PRED_FORMAT2(::testing::IsSubstring, text, message(kind, body));
}

}  // namespace rl
