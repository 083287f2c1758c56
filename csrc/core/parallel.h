// The thread pool: parallel_for over a range. Sized by affinity and the container's CPU quota; safe after fork.
#pragma once

#include <cstdint>

#include "core/macros.h"

namespace rl {

int num_threads();  // threads a parallel_for may use, at least 1
void set_num_threads(int n);
/// Denormal inputs and results as zero, in the calling thread and in the workers of its jobs; false where the processor
/// has no such switch.
bool set_flush_denormal(bool on);  // 1 <= n; otherwise throws

/// Runs invoke(context, begin, end) over disjoint pieces that cover [0, n). Pieces are multiples of `grain` long (the
/// last may be shorter). Runs in the caller alone where n <= grain, where one thread is set, or inside another
/// parallel_for. The body must not throw.
void run_parallel(int64_t n, int64_t grain, void (*invoke)(void*, int64_t, int64_t), void* context);

/// body(begin, end). Always inlined, so that a body compiled for one instruction set stays in its own namespace.
template <class Body>
RL_INLINE void parallel_for(int64_t n, int64_t grain, Body&& body) {
  struct Call {
    static void invoke(void* context, int64_t begin, int64_t end) {
      (*static_cast<decltype(&body)>(context))(begin, end);
    }
  };
  if (n <= grain) {
    if (n > 0) body(int64_t(0), n);
    return;
  }
  run_parallel(n, grain, &Call::invoke, const_cast<void*>(static_cast<const void*>(&body)));
}

}  // namespace rl
