// Memory for storages: a cache of blocks by size class, with a report and a limit.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rl {

class Allocator {
 public:
  virtual ~Allocator() = default;
  /// 64-byte aligned. Throws OutOfMemory beyond the limit. The CPU ignores the stream.
  virtual void* allocate(size_t bytes, int64_t stream) = 0;
  virtual void release(void* block, size_t bytes, int64_t stream) noexcept = 0;
};
Allocator& cpu_allocator();

struct MemoryReport {
  int64_t allocated;    // bytes in use
  int64_t cached;       // bytes kept for reuse in the shared cache
  int64_t peak;         // most bytes in use since the last reset
  int64_t allocations;  // blocks asked of the system so far
};
MemoryReport memory_report();
void reset_peak();
/// Gives this thread's and the shared cache back to the system.
void release_cached();
/// The n-th allocation from now (0: the next) throws OutOfMemory, once; -1 takes that back. For tests.
void fail_allocation_after(int64_t n);

}  // namespace rl
