// Storages and versions: who releases memory and when, and who shares a counter.
#include "core/storage.h"

#include "core/allocator.h"
#include "support.h"

namespace rl {
namespace {

TEST(Storage, GivesItsMemoryBackWithTheLastReference) {
  const int64_t before = memory_report().allocated;
  {
    const Ref<Storage> a = Storage::allocate(1000, {});
    const Ref<Storage> b = a;
    EXPECT_EQ(a->use_count(), 2);
    EXPECT_EQ(a->bytes(), 1000u);
    EXPECT_FALSE(a->borrowed());
    EXPECT_GT(memory_report().allocated, before);
  }
  EXPECT_EQ(memory_report().allocated, before);
}

TEST(Storage, BorrowedMemoryIsReleasedOnceByItsOwner) {
  int released = 0;
  float memory[4] = {};
  {
    const Ref<Storage> a =
        Storage::borrow(memory, sizeof(memory), [](void* count) { ++*static_cast<int*>(count); }, &released);
    const Ref<Storage> b = a;
    EXPECT_TRUE(a->borrowed());
    EXPECT_EQ(a->data(), memory);
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
}

TEST(Storage, OnMetaThereIsNoMemory) {
  const int64_t before = memory_report().allocated;
  const Tensor t = empty({int64_t(1) << 40}, DType::Float32, {DeviceType::Meta});
  EXPECT_EQ(t.storage()->data(), nullptr);
  EXPECT_EQ(memory_report().allocated, before);
}

TEST(Storage, ABuildWithoutCudaSaysSo) {
  expect_error(ErrorKind::Runtime, "no CUDA", [] { Storage::allocate(4, {DeviceType::CUDA}); });
}

TEST(Version, ViewsShareItAndDataStartsOneOfItsOwn) {
  const Tensor t = empty({4}, DType::Float32), view = t.view({2}, {1}, 1), data = t.with_own_version();
  EXPECT_EQ(t.version(), view.version());
  EXPECT_FALSE(t.version() == data.version());
  EXPECT_EQ(t.storage(), data.storage());
  view.version()->bump();
  EXPECT_EQ(t.version()->value(), 1u);
  EXPECT_EQ(data.version()->value(), 0u);
}

}  // namespace
}  // namespace rl
