// Dims: six in place, more on the heap, and nothing lost on the way from one to the other.
#include "core/dims.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

namespace rl {
namespace {

Dims counting(int n) {
  Dims d;
  for (int i = 0; i < n; ++i) d.push_back(i);
  return d;
}

TEST(Dims, GrowsFromPlaceToHeap) {
  for (int n : {0, 1, 5, 6, 7, 12, 13, 64}) {
    const Dims d = counting(n);
    ASSERT_EQ(d.size(), n);
    for (int i = 0; i < n; ++i) EXPECT_EQ(d[i], i);
    EXPECT_EQ(d.empty(), n == 0);
  }
}

TEST(Dims, CopiesAreApartAndMovesLeaveNothing) {
  for (int n : {3, 6, 7, 20}) {
    Dims a = counting(n), b = a;
    b[0] = 100;
    EXPECT_EQ(a[0], 0);
    EXPECT_FALSE(a == b);
    const Dims moved = std::move(a);
    EXPECT_EQ(moved, counting(n));
    EXPECT_EQ(a.size(), 0);  // NOLINT: a Dims that was moved from is empty, and may be used again
    a.push_back(7);
    EXPECT_EQ(a, (Dims{7}));
    for (int m : {2, 7, 30}) {
      Dims c = counting(m);
      c = b;
      EXPECT_EQ(c, b);
      c = counting(m);
      EXPECT_EQ(c, counting(m));
      Dims& same = c;
      c = same;
      EXPECT_EQ(c, counting(m));
    }
  }
}

TEST(Dims, InsertAndEraseKeepTheOthersInOrder) {
  for (int n : {0, 5, 6, 7}) {
    for (int at = 0; at <= n; ++at) {
      Dims d = counting(n);
      d.insert(at, -1);
      std::vector<int64_t> expected;
      for (int i = 0; i < n; ++i) expected.push_back(i);
      expected.insert(expected.begin() + at, -1);
      EXPECT_EQ(d, Dims(expected.data(), n + 1));
      d.erase(at);
      EXPECT_EQ(d, counting(n));
    }
  }
}

TEST(Dims, ResizeFillsAndShrinks) {
  Dims d(2, 9);
  d.resize(8, 1);
  EXPECT_EQ(d, (Dims{9, 9, 1, 1, 1, 1, 1, 1}));
  d.resize(1);
  EXPECT_EQ(d, (Dims{9}));
  EXPECT_EQ(d.back(), 9);
}

TEST(Dims, PrintsAsAUserWritesIt) {
  std::ostringstream text;
  text << Dims{2, -3} << Dims{};
  EXPECT_EQ(text.str(), "[2, -3][]");
}

}  // namespace
}  // namespace rl
