// Which instruction set is in use.
#pragma once

namespace rl::cpu {

/// "v4", "v3", "v2" or "baseline": the best set this machine runs, or the one RUSHLIGHT_ISA forces. Fills the kernel
/// rows.
const char* isa();

}  // namespace rl::cpu
