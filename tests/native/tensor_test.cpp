// Shapes, strides and views; and the questions about overlap, held against sets of addresses.
#include "core/tensor.h"

#include <set>

#include "support.h"

namespace rl {
namespace {

/// A view of `storage_of` with random sizes and strides that stays inside it; undefined where none was found.
Tensor random_view(Numbers& numbers, const Tensor& storage_of, int64_t elements) {
  const int ndim = int(numbers.between(0, 4));
  Dims sizes(ndim), strides(ndim);
  for (int d = 0; d < ndim; ++d) {
    sizes[d] = numbers.between(numbers.below(8) == 0 ? 0 : 1, 4);
    strides[d] = numbers.between(-4, 12);
  }
  const Tensor at_zero = storage_of.view(sizes, strides, 0);
  const auto [low, high] = byte_range(at_zero);
  const int64_t item = item_size(storage_of.dtype());
  if (low > high) return at_zero;
  const int64_t first = -low / item, last = elements - 1 - high / item;
  if (first > last) return {};
  return storage_of.view(sizes, strides, numbers.between(first, last));
}

std::multiset<int64_t> bytes_of(const Tensor& t) {
  std::multiset<int64_t> bytes;
  const int64_t item = item_size(t.dtype());
  for_each_place(t.sizes(), [&](const Dims& p) {
    int64_t element = t.offset();
    for (int d = 0; d < t.ndim(); ++d) element += p[d] * t.stride(d);
    for (int64_t b = 0; b < item; ++b) bytes.insert(element * item + b);
  });
  return bytes;
}

TEST(Overlap, ATensorThatOverlapsItselfIsNeverMissed) {
  Numbers numbers;
  const Tensor base = empty({64}, DType::UInt8);
  int overlapping = 0;
  for (int i = 0; i < 20000; ++i) {
    const Tensor t = random_view(numbers, base, 64);
    if (!t.defined()) continue;
    const auto bytes = bytes_of(t);
    const bool twice = std::set<int64_t>(bytes.begin(), bytes.end()).size() != bytes.size();
    overlapping += twice;
    ASSERT_TRUE(!twice || overlaps_itself(t)) << t.sizes() << " strides " << t.strides();
  }
  EXPECT_GT(overlapping, 1000);
}

TEST(Overlap, TwoViewsThatShareAByteAreNeverMissed) {
  Numbers numbers;
  const Tensor words = empty({32}, DType::Int32);
  const Tensor halves(words.storage(), words.version(), DType::Int16, {64}, {1}, 0);
  int sharing = 0, apart = 0;
  for (int i = 0; i < 40000; ++i) {
    const Tensor a = random_view(numbers, words, 32);
    Tensor b = i % 2 ? random_view(numbers, words, 32) : random_view(numbers, halves, 64);
    if (!a.defined() || !b.defined()) continue;
    if (i % 4 == 1 && a.numel() > 0) {  // the same form moved a little: the case that is decided exactly
      const auto [low, high] = byte_range(a);
      const int64_t offset = a.offset() + numbers.between(-low / 4, 31 - high / 4);
      b = a.view(a.sizes(), a.strides(), offset);
      if (offset == a.offset()) continue;
    }
    const auto x = bytes_of(a), y = bytes_of(b);
    const bool shares = std::any_of(x.begin(), x.end(), [&](int64_t byte) { return y.count(byte) > 0; });
    const bool same =
        a.dtype() == b.dtype() && a.offset() == b.offset() && a.sizes() == b.sizes() && a.strides() == b.strides();
    if (shares && !same) {
      ++sharing;
      ASSERT_TRUE(overlaps_partly(a, b)) << a.sizes() << a.strides() << a.offset() << " and " << b.sizes()
                                         << b.strides() << b.offset();
      ASSERT_TRUE(overlaps_partly(b, a));
    }
    if (shares || a.dtype() != b.dtype()) continue;
    ++apart;  // and where the dtypes agree, the answer is exact
    ASSERT_FALSE(overlaps_partly(a, b)) << a.sizes() << a.strides() << a.offset() << " and " << b.sizes() << b.strides()
                                        << b.offset();
  }
  EXPECT_GT(sharing, 1000);
  EXPECT_GT(apart, 1000);
}

TEST(Overlap, WhatProgramsWriteToIsNotRefused) {
  const Tensor t = empty({6, 8}, DType::Float32);
  const Tensor even = t.view({6, 4}, {8, 2}, 0), odd = t.view({6, 4}, {8, 2}, 1);
  const Tensor upper = t.view({3, 8}, {8, 1}, 0), lower = t.view({3, 8}, {8, 1}, 24);
  const Tensor left = t.view({6, 4}, {8, 1}, 0), right = t.view({6, 4}, {8, 1}, 4);
  for (const Tensor& v : {t, transposed(t, 0, 1), even, odd, left, t.view({6, 8}, {-8, 1}, 40)})
    EXPECT_FALSE(overlaps_itself(v));
  EXPECT_FALSE(overlaps_partly(t, t));
  EXPECT_FALSE(overlaps_partly(even, odd));
  EXPECT_FALSE(overlaps_partly(upper, lower));
  EXPECT_FALSE(overlaps_partly(left, right));
  EXPECT_FALSE(overlaps_partly(left, t.view({6, 1}, {8, 1}, 5)));                       // x[:, :4] and x[:, 5:6]
  EXPECT_FALSE(overlaps_partly(left, t.view({6, 4}, {8, 0}, 5)));                       // the same, broadcast
  EXPECT_FALSE(overlaps_partly(t.view({5, 4}, {9, 2}, 0), t.view({5, 4}, {9, 2}, 1)));  // rows of 9: no common divisor
  EXPECT_FALSE(overlaps_partly(t, empty({6, 8}, DType::Float32)));
  EXPECT_TRUE(overlaps_partly(t, transposed(t, 0, 1)));
  EXPECT_TRUE(overlaps_partly(upper, t.view({3, 8}, {8, 1}, 16)));
  EXPECT_TRUE(overlaps_itself(t.view({6, 8}, {0, 1}, 0)));
}

TEST(TensorShape, StridesLikeKeepTheOrderOfADenseTensorAndOfNoOther) {
  const Tensor t = empty({2, 3, 4}, DType::Float32);
  const Tensor turned = transposed(t, 0, 2);
  EXPECT_EQ(strides_like(turned.sizes(), turned), turned.strides());
  EXPECT_EQ(strides_like(t.sizes(), t), t.strides());
  EXPECT_EQ(strides_like({3, 2}, t), (Dims{2, 1}));                                       // other sizes
  EXPECT_EQ(strides_like({2, 3, 4}, t.view({2, 3, 4}, {0, 4, 1}, 0)), (Dims{12, 4, 1}));  // expanded
  EXPECT_EQ(strides_like({2, 3, 2}, t.view({2, 3, 2}, {12, 4, 2}, 0)), (Dims{6, 2, 1}));  // with holes
  EXPECT_EQ(strides_like({3, 2, 1}, t.view({3, 2, 1}, {1, 3, 77}, 0)), (Dims{1, 3, 6}));  // no holes
}

TEST(TensorShape, EveryDenseOrderIsKept) {
  Numbers numbers;
  for (int i = 0; i < 500; ++i) {
    const int ndim = int(numbers.between(1, 5));
    Dims sizes(ndim), strides(ndim), order(ndim);
    for (int d = 0; d < ndim; ++d) sizes[d] = numbers.between(2, 4), order[d] = d;
    for (int d = ndim - 1; d > 0; --d) std::swap(order[d], order[int(numbers.below(d + 1))]);
    int64_t step = 1;
    for (int64_t d : order) strides[int(d)] = step, step *= sizes[int(d)];
    const Tensor like = empty_strided(sizes, strides, DType::UInt8);
    EXPECT_EQ(strides_like(sizes, like), strides) << sizes;
    EXPECT_EQ(empty_like(like, DType::Float64).strides(), strides);
  }
}

TEST(TensorShape, ContiguousMeansRowMajorWhereSizesOfOneCountForNothing) {
  const Tensor t = empty({2, 1, 3}, DType::Float32);
  EXPECT_TRUE(t.is_contiguous());
  EXPECT_TRUE(t.view({2, 1, 3}, {3, 99, 1}, 0).is_contiguous());
  EXPECT_FALSE(transposed(t, 0, 2).is_contiguous());
  EXPECT_TRUE(t.view({0, 3}, {5, 5}, 0).is_contiguous());
  EXPECT_TRUE(t.view({}, {}, 2).is_contiguous());
}

TEST(TensorShape, BroadcastingAlignsFromTheRight) {
  EXPECT_EQ(broadcast_shapes({3, 1}, {1, 4}, "op"), (Dims{3, 4}));
  EXPECT_EQ(broadcast_shapes({2, 3}, {}, "op"), (Dims{2, 3}));
  EXPECT_EQ(broadcast_shapes({5, 1, 0}, {4, 1}, "op"), (Dims{5, 4, 0}));
  expect_error(ErrorKind::Runtime, "must match the size of tensor b (3) at non-singleton dimension 1",
               [] { broadcast_shapes({2, 4}, {2, 3}, "op"); });
  const Tensor row = empty({1, 4}, DType::Float32);
  EXPECT_EQ(broadcast_to(row, {2, 3, 4}, "op").strides(), (Dims{0, 0, 1}));
  expect_error(ErrorKind::Runtime, "does not broadcast to", [&] { broadcast_to(row, {4}, "op"); });
  expect_error(ErrorKind::Runtime, "does not broadcast to", [&] { broadcast_to(row, {2, 3}, "op"); });
}

TEST(TensorShape, SizesThatFitNowhereAreRefused) {
  const int64_t big = int64_t(1) << 40;
  expect_error(ErrorKind::Runtime, "overflows 63 bits", [&] { empty({big, big}, DType::Float32); });
  expect_error(ErrorKind::Runtime, "overflows 63 bits", [&] { empty({int64_t(1) << 61}, DType::Float32); });
  expect_error(ErrorKind::Runtime, "overflows 63 bits", [&] { empty({big, big, 0}, DType::Float32); });
  expect_error(ErrorKind::Runtime, "negative dimension", [] { empty({2, -1}, DType::Float32); });
  expect_error(ErrorKind::Runtime, "at most 64", [] { empty(Dims(65, 1), DType::Float32); });
  expect_error(ErrorKind::Runtime, "must not be negative", [] { empty_strided({2}, {-1}, DType::Float32); });
  expect_error(ErrorKind::Runtime, "overflows", [&] { empty_strided({3}, {INT64_MAX / 2 + 1}, DType::UInt8); });
}

TEST(TensorShape, DimsWrapOnce) {
  EXPECT_EQ(wrap_dim(-1, 3, "op"), 2);
  EXPECT_EQ(wrap_dim(0, 0, "op"), 0);
  EXPECT_EQ(wrap_dim(-1, 0, "op"), 0);
  for (int64_t dim : {int64_t(3), int64_t(-4), INT64_MAX, INT64_MIN})
    expect_error(ErrorKind::Index, "expected to be in range of [-3, 2]", [&] { wrap_dim(dim, 3, "op"); });
}

TEST(TensorShape, ByteRangeReachesFromTheLowestToTheHighestElement) {
  const Tensor t = empty({10}, DType::Int32);
  EXPECT_EQ(byte_range(t), std::make_pair(int64_t(0), int64_t(39)));
  EXPECT_EQ(byte_range(t.view({3}, {-2}, 9)), std::make_pair(int64_t(20), int64_t(39)));
  EXPECT_GT(byte_range(t.view({0}, {1}, 3)).first, byte_range(t.view({0}, {1}, 3)).second);
}

}  // namespace
}  // namespace rl
