// Memory: what the report says, reuse, the limit, failures on demand, blocks that change threads.
#include "core/allocator.h"

#include <thread>

#include "core/machine.h"
#include "ops/loss.h"
#include "ops/product.h"
#include "ops/softmax.h"
#include "support.h"

namespace rl {
namespace {

class Memory : public NativeTest {
 protected:
  ~Memory() override { fail_allocation_after(-1); }
  static void* take(size_t bytes) { return cpu_allocator().allocate(bytes, 0); }
  static void give(void* block, size_t bytes) { cpu_allocator().release(block, bytes, 0); }
  const int64_t before_ = memory_report().allocated;
};

constexpr size_t kSizes[] = {0, 1, 63, 64, 65, 1000, 4096, size_t(1) << 18, (size_t(1) << 18) + 1, size_t(5) << 20};

TEST_F(Memory, BlocksAreAlignedAndCountedWhileInUse) {
  for (const size_t bytes : kSizes) {
    void* block = take(bytes);
    EXPECT_EQ(uintptr_t(block) % 64, 0u) << bytes;
    std::memset(block, 1, bytes);
    const int64_t counted = memory_report().allocated - before_;
    EXPECT_GE(counted, int64_t(bytes));
    EXPECT_LE(counted, std::max<int64_t>(64, int64_t(bytes) * 5 / 4 + 64)) << "four size classes an octave";
    give(block, bytes);
    EXPECT_EQ(memory_report().allocated, before_);
  }
}

TEST_F(Memory, AFreedBlockIsTheNextOneOfItsSize) {
  for (const size_t bytes : kSizes) {
    void* first = take(bytes);
    give(first, bytes);
    const int64_t asked = memory_report().allocations;
    void* second = take(bytes);
    EXPECT_EQ(second, first) << bytes;
    EXPECT_EQ(memory_report().allocations, asked);
    give(second, bytes);
  }
}

TEST_F(Memory, ThePeakStaysUntilItIsReset) {
  reset_peak();
  const size_t bytes = 1 << 20;
  give(take(bytes), bytes);
  EXPECT_GE(memory_report().peak, before_ + int64_t(bytes));
  reset_peak();
  EXPECT_EQ(memory_report().peak, before_);
}

TEST_F(Memory, TheCacheIsGivenBack) {
  const size_t bytes = size_t(3) << 20;
  give(take(bytes), bytes);
  EXPECT_GE(memory_report().cached, int64_t(bytes));
  release_cached();
  EXPECT_EQ(memory_report().cached, 0);
}

TEST_F(Memory, AFullCacheMakesRoomForTheSizesInUse) {
  const size_t once = size_t(50) << 20, often = size_t(40) << 20;
  void* blocks[5];
  for (void*& block : blocks) block = take(once);
  for (void* block : blocks) give(block, once);  // 280 MB of this class do not fit; as many as do are kept
  give(take(often), often);
  const int64_t asked = memory_report().allocations;
  for (int i = 0; i < 3; ++i) give(take(often), often);
  EXPECT_EQ(memory_report().allocations, asked);
  release_cached();
  EXPECT_EQ(memory_report().cached, 0);
}

TEST_F(Memory, MoreThanTheMachineHasIsRefusedAndNothingIsCounted) {
  const auto limit = size_t(memory_limit());
  expect_error(ErrorKind::OutOfMemory, "you tried to allocate", [&] { take(limit + 1); });
  expect_error(ErrorKind::OutOfMemory, "you tried to allocate", [&] { take(SIZE_MAX / 2); });
  const size_t some = 1 << 20;
  void* block = take(some);
  expect_error(ErrorKind::OutOfMemory, "with what is in use", [&] { take(limit - some / 2); });
  give(block, some);
  EXPECT_EQ(memory_report().allocated, before_);
}

TEST_F(Memory, TheNthAllocationFailsOnceWhereItIsToldTo) {
  fail_allocation_after(2);
  void* first = take(64);
  void* second = take(64);
  EXPECT_THROW(take(64), OutOfMemory);
  void* third = take(64);
  for (void* block : {first, second, third}) give(block, 64);
  fail_allocation_after(0);
  fail_allocation_after(-1);
  give(take(64), 64);
}

TEST_F(Memory, AnOpThatRunsOutOfMemoryRaisesAndLeaksNothing) {
  const Tensor a = fractions<float>({40, 300}), b = fractions<float>({300, 20}),
               labels = ops::full({40}, Scalar(1), DType::Int64);
  const std::function<void()> ops[] = {
      [&] { ops::matmul(a, b, nullptr); },
      [&] { ops::matmul(transposed(b, 0, 1), transposed(a, 0, 1), nullptr); },
      [&] { ops::softmax(a, 0, {}, nullptr); },
      [&] { ops::nll_loss(a, labels, nullptr, "mean", -100); },
  };
  for (const auto& op : ops) {
    const int64_t before = memory_report().allocated;
    int failures = 0;
    for (bool succeeded = false; !succeeded; ++failures) {
      ASSERT_LT(failures, 100);
      fail_allocation_after(failures);
      try {
        op();
        succeeded = true;
      } catch (const OutOfMemory&) {
      }
      fail_allocation_after(-1);
      EXPECT_EQ(memory_report().allocated, before);
    }
    EXPECT_GT(failures, 1);
  }
}

TEST_F(Memory, BlocksMayBeFreedByAnotherThreadAndThreadsMayEnd) {
  constexpr int kThreads = 4, kRounds = 200;
  std::vector<std::vector<void*>> blocks(kThreads);
  const auto bytes_of = [](int i) { return size_t(64) << (i % 14); };
  const auto everywhere = [&](const std::function<void(int)>& body) {
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) threads.emplace_back(body, t);
    for (std::thread& t : threads) t.join();
  };
  everywhere([&](int t) {
    for (int i = 0; i < kRounds; ++i) {
      blocks[size_t(t)].push_back(take(bytes_of(i)));
      std::memset(blocks[size_t(t)].back(), t, bytes_of(i));
    }
  });
  everywhere([&](int t) {
    const auto& others = blocks[size_t((t + 1) % kThreads)];
    for (int i = 0; i < kRounds; ++i) {
      EXPECT_EQ(*static_cast<unsigned char*>(others[size_t(i)]), (t + 1) % kThreads);
      give(others[size_t(i)], bytes_of(i));
    }
  });
  EXPECT_EQ(memory_report().allocated, before_);
}

}  // namespace
}  // namespace rl
