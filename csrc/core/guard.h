// The guard: an observer of launches that stops where a result first holds NaN (or, if asked, infinity), and says what
// went in.
#pragma once

#include "core/launch.h"

namespace rl {

class Guard : public LaunchObserver {
 public:
  explicit Guard(bool infinities) : infinities_(infinities) {}
  void before(const Kernel&, std::span<const Operand>, DType, const Parameters&) override;
  void after(const Kernel&, std::span<const Operand>, DType, const Parameters&) override;
  void fence(const char* op) override;

  LaunchObserver* next = nullptr;  // who watched before; goes on watching

 private:
  bool infinities_;
  std::string inputs_;  // what an op that writes over its input was given, kept for the message
};

/// The place of the first NaN (or infinity) of a tensor, counted along its dims, or -1. Of numbers that are no floats:
/// -1.
int64_t first_fault(const Tensor& t, bool infinities);

}  // namespace rl
