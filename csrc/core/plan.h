// The plan of a pointwise launch: dims sorted by the output's strides and coalesced, and the tiles they are walked in.
#pragma once

#include <span>

#include "core/launch.h"

namespace rl {

constexpr int kMaxOperands = 8;
constexpr int64_t kBlock =
    1024;  // elements of a staged block: 4 KiB of float32, so that eight operands stay in L1 and L2
constexpr int64_t kTileCols = 64;
constexpr int64_t kConstantBytes = 1 << 12;  // of a constant's block, which is to stay in L1 beside what streams by
constexpr int64_t kStageBytes = 1 << 14;  // of one operand: a block of the widest dtype, or a tile of 64 x 64 float32

struct PlannedOperand {
  char* base;           // null for a constant
  int64_t item;         // bytes of an element in memory
  DType memory, block;  // dtype in memory, dtype the kernel sees
  bool constant;
  Scalar value;
  int64_t strides[kMaxDims];  // bytes, the output's fastest dim first
};

struct Plan {
  int ndim = 0;
  int operands = 0, outputs = 0;
  int64_t numel = 1;
  bool copies;
  int64_t sizes[kMaxDims];  // fastest first, coalesced
  PlannedOperand operand[kMaxOperands];

  /// `block_dtype(i)` says what the kernel sees of operand i.
  Plan(const Kernel& kernel, std::span<const Operand> operands, DType key);
  void run(BlockFunction function, const Parameters& parameters) const;

 private:
  bool is_flat() const;
  bool steps_by_item(const PlannedOperand& o) const {
    return !o.constant && o.memory == o.block && o.strides[0] == o.item;
  }
  /// A copy between dense memory in one order, or of a number: converted or filled where it stands, without a stage.
  bool copies_flat() const;
  void run_copy() const;
  void run_flat(BlockFunction, const Parameters&) const;
  void run_tiles(BlockFunction, const Parameters&) const;
};

/// Runs a pointwise kernel: at once where all operands are row-major in one shape and the kernel's dtypes, which most
/// calls are, else by a plan.
void run_pointwise(const Kernel& kernel, std::span<const Operand> operands, DType key, const Parameters& parameters);

}  // namespace rl
