// The caching allocator: four size classes an octave; small blocks in lists of the thread, large ones in a shared,
// bounded cache.
#include "core/allocator.h"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/machine.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define RL_POISON(block, bytes) ASAN_POISON_MEMORY_REGION(block, bytes)
#define RL_UNPOISON(block, bytes) ASAN_UNPOISON_MEMORY_REGION(block, bytes)
#else
#define RL_POISON(block, bytes) (void)0
#define RL_UNPOISON(block, bytes) (void)0
#endif

namespace rl {
namespace {

constexpr int kClasses = 232;
constexpr size_t kSmall = size_t(1) << 18;      // up to here a thread keeps blocks of its own
constexpr size_t kHuge = size_t(4) << 20;       // from here huge pages are asked for
constexpr size_t kListBytes = size_t(1) << 20;  // a thread keeps at most this much of one class
constexpr int64_t kUncounted = 1 << 16;         // a thread's small blocks are counted by this many bytes at a time
constexpr int64_t kCacheFloor = int64_t(256) << 20;

std::atomic<int64_t> in_use{0}, peak{0}, cached{0}, asked{0}, countdown{-1};

class SharedCache;
SharedCache& shared();

struct SizeClass {
  int index;
  size_t bytes;
};
SizeClass size_class(size_t bytes) {
  if (bytes <= 64) return {0, 64};
  const int octave = int(std::bit_width(bytes - 1)) - 1;
  const int quarter = int((bytes - 1) >> (octave - 2)) & 3;
  const size_t size = (size_t(1) << octave) + (size_t(quarter + 1) << (octave - 2));
  return {(octave - 6) * 4 + quarter + 1, (size + 63) / 64 * 64};
}

void* from_system(size_t bytes) {
  asked.fetch_add(1, std::memory_order_relaxed);
  const size_t page = size_t(2) << 20;
  if (bytes < kHuge) return std::aligned_alloc(64, bytes);
  void* block = std::aligned_alloc(page, (bytes + page - 1) / page * page);
  if (block) madvise(block, bytes, MADV_HUGEPAGE);
  return block;
}

class SharedCache {
 public:
  void* take(SizeClass c) {
    const std::lock_guard hold(lock_);
    std::vector<void*>& list = lists_[c.index];
    last_use_[c.index] = ++uses_;
    if (list.empty()) return nullptr;
    void* block = list.back();
    list.pop_back();
    cached.fetch_sub(int64_t(c.bytes), std::memory_order_relaxed);
    return block;
  }
  /// At most 256 MB is kept, or as much as is in use: what is asked for now, and blocks of sizes that nobody has asked
  /// for longest go. False where that makes no room.
  bool keep(void* block, SizeClass c) noexcept {
    const int64_t bound = std::max(kCacheFloor, in_use.load(std::memory_order_relaxed));
    if (int64_t(c.bytes) > bound) return false;
    const std::lock_guard hold(lock_);
    bytes_[c.index] = c.bytes;
    while (cached.load(std::memory_order_relaxed) + int64_t(c.bytes) > bound)
      if (!drop_oldest(c.index)) return false;
    try {
      lists_[c.index].push_back(block);
    } catch (...) {
      return false;
    }
    cached.fetch_add(int64_t(c.bytes), std::memory_order_relaxed);
    return true;
  }
  void drop() noexcept {
    const std::lock_guard hold(lock_);
    for (std::vector<void*>& list : lists_) {
      for (void* block : list) give_back(block);
      list.clear();
    }
    cached.store(0, std::memory_order_relaxed);
  }
  std::mutex& lock() { return lock_; }

 private:
  static void give_back(void* block) {
    RL_UNPOISON(block, 64);
    std::free(block);
  }
  /// A block of the class, another than `asking`, that was asked for longest ago.
  bool drop_oldest(int asking) {
    int oldest = -1;
    for (int i = 0; i < kClasses; ++i)
      if (i != asking && !lists_[i].empty() && (oldest < 0 || last_use_[i] < last_use_[oldest])) oldest = i;
    if (oldest < 0 || last_use_[oldest] > last_use_[asking]) return false;
    give_back(lists_[oldest].back());
    lists_[oldest].pop_back();
    cached.fetch_sub(int64_t(bytes_[oldest]), std::memory_order_relaxed);
    return true;
  }

  std::mutex lock_;
  std::vector<void*> lists_[kClasses];
  size_t bytes_[kClasses] = {};  // of a block
  uint64_t last_use_[kClasses] = {}, uses_ = 0;
};

SharedCache& shared() {
  static SharedCache* cache = [] {
    // a fork waits for the lock, so that no child inherits it from a thread that it does not have
    pthread_atfork([] { shared().lock().lock(); }, [] { shared().lock().unlock(); }, [] { shared().lock().unlock(); });
    return new SharedCache;  // never freed: tensors may outlive static destruction
  }();
  return *cache;
}

struct FreeBlock {
  FreeBlock* next;
};

void count_in_use(int64_t bytes) {
  const int64_t now = in_use.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (now > peak.load(std::memory_order_relaxed)) peak.store(now, std::memory_order_relaxed);
}

/// Free small blocks of one thread, linked through themselves.
struct ThreadLists {
  struct List {
    FreeBlock* first = nullptr;
    size_t bytes = 0;
  };
  List lists[kClasses];
  int64_t uncounted = 0;  // in use by blocks from these lists, and not in `in_use` yet: a locked add a block is dear

  void* take(SizeClass c) {
    List& list = lists[c.index];
    FreeBlock* block = list.first;
    if (!block) return nullptr;
    RL_UNPOISON(block, c.bytes);
    list.first = block->next;
    list.bytes -= c.bytes;
    if (RL_UNLIKELY((uncounted += int64_t(c.bytes)) > kUncounted)) count();
    return block;
  }
  bool keep(void* block, SizeClass c) noexcept {
    List& list = lists[c.index];
    if (list.bytes + c.bytes > kListBytes) return false;
    auto* free_block = static_cast<FreeBlock*>(block);
    free_block->next = list.first;
    list.first = free_block;
    list.bytes += c.bytes;
    RL_POISON(block, c.bytes);
    if (RL_UNLIKELY((uncounted -= int64_t(c.bytes)) < -kUncounted)) count();
    return true;
  }
  void count() noexcept { count_in_use(std::exchange(uncounted, 0)); }
  void drop() noexcept {
    for (List& list : lists) {
      while (FreeBlock* block = list.first) {
        RL_UNPOISON(block, sizeof(FreeBlock));
        list.first = block->next;
        std::free(block);
      }
      list.bytes = 0;
    }
  }
};

RL_THREAD_WORD ThreadLists* lists_here = nullptr;  // null before the first use in a thread, and at its end
RL_THREAD_WORD bool at_end = false;

/// This thread's lists, made at first use; null where the thread is ending or memory is short.
RL_COLD ThreadLists* make_lists() {
  static thread_local struct Owner {
    ~Owner() {
      at_end = true;
      if (ThreadLists* lists = std::exchange(lists_here, nullptr)) {
        lists->drop();
        lists->count();
        delete lists;
      }
    }
  } owner;
  (void)&owner;
  if (!at_end) lists_here = new (std::nothrow) ThreadLists;
  return lists_here;
}

[[noreturn]] RL_COLD void refuse(size_t bytes, const char* why, int64_t limit) {
  throw OutOfMemory(concat("DefaultCPUAllocator: can't allocate memory: you tried to allocate ", bytes, " bytes; ", why,
                           " (in use: ", in_use.load(), " bytes, limit: ", limit,
                           "). Free tensors, use smaller batches, or raise RUSHLIGHT_MEMORY_LIMIT."));
}

class CpuAllocator final : public Allocator {
 public:
  void* allocate(size_t bytes, int64_t) override {
    if (RL_UNLIKELY(countdown.load(std::memory_order_relaxed) >= 0) && countdown.fetch_sub(1) == 0)
      refuse(bytes, "this allocation was told to fail", limit_);
    if (RL_UNLIKELY(bytes > size_t(limit_))) refuse(bytes, "more than this process may have", limit_);
    const SizeClass c = size_class(bytes);
    if (RL_LIKELY(c.bytes <= kSmall && lists_here))
      if (void* block = lists_here->take(c)) return block;
    return allocate_anew(bytes, c);
  }

  void release(void* block, size_t bytes, int64_t) noexcept override {
    if (!block) return;
    const SizeClass c = size_class(bytes);
    if (RL_LIKELY(c.bytes <= kSmall)) {
      if (RL_LIKELY(lists_here != nullptr || make_lists())) {
        if (RL_LIKELY(lists_here->keep(block, c))) return;
      }
      std::free(block);
    } else {
      RL_POISON(block, c.bytes);
      if (!shared().keep(block, c)) {
        RL_UNPOISON(block, c.bytes);
        std::free(block);
      }
    }
    in_use.fetch_sub(int64_t(c.bytes), std::memory_order_relaxed);
  }

 private:
  /// A block that this thread has no free one for.
  void* allocate_anew(size_t bytes, SizeClass c) {
    if (lists_here) lists_here->count();
    count_in_use(int64_t(c.bytes));
    const int64_t now = in_use.load(std::memory_order_relaxed);
    if (RL_UNLIKELY(now > limit_)) {
      in_use.fetch_sub(int64_t(c.bytes), std::memory_order_relaxed);
      refuse(bytes, "with what is in use that is more than this process may have", limit_);
    }
    if (c.bytes > kSmall) {
      if (void* block = shared().take(c)) {
        RL_UNPOISON(block, c.bytes);
        return block;
      }
    }
    if (now + cached.load(std::memory_order_relaxed) > limit_) shared().drop();
    void* block = from_system(c.bytes);
    if (!block) {
      release_cached();
      block = from_system(c.bytes);
    }
    if (!block) {
      in_use.fetch_sub(int64_t(c.bytes), std::memory_order_relaxed);
      refuse(bytes, "the system has no more", limit_);
    }
    return block;
  }

  const int64_t limit_ = memory_limit();
};

}  // namespace

Allocator& cpu_allocator() {
  static CpuAllocator* allocator = new CpuAllocator;
  return *allocator;
}

MemoryReport memory_report() {
  if (lists_here) lists_here->count();
  return {in_use.load(), cached.load(), peak.load(), asked.load()};
}
void reset_peak() {
  if (lists_here) lists_here->count();
  peak.store(in_use.load());
}
void release_cached() {
  if (lists_here) lists_here->drop();
  shared().drop();
}
void fail_allocation_after(int64_t n) { countdown.store(n); }

}  // namespace rl
