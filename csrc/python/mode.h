// The mode word: one thread-local number that every call tests. Zero is the fast path: recording on, nothing unusual.
#pragma once

#include <cstdint>

#include "core/macros.h"

namespace rl::python {

enum Mode : uint32_t {
  kNoGrad = 1,     // nothing is recorded
  kInference = 2,  // neither, whatever else is said; and what is made is marked as never to be part of a graph
  kGuarded = 8,    // the guard is on (guard.h)
  kLayered = 4,    // a transform is at work: calls on tensors of a layer leave by the upper door (layer.h)
};

extern RL_THREAD_WORD uint32_t mode;

class ModeScope {
 public:
  ModeScope(uint32_t set, uint32_t clear) : before_(mode) { mode = (mode | set) & ~clear; }
  ~ModeScope() { mode = before_; }
  ModeScope(const ModeScope&) = delete;
  ModeScope& operator=(const ModeScope&) = delete;

 private:
  uint32_t before_;
};

}  // namespace rl::python
