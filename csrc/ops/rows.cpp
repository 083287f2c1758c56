// The registry: all .def files as one table.
#include "ops/row.h"

namespace rl::ops {
namespace {

constexpr Row kRows[] = {
#define RL_OP(function, name, arguments, kind, returns) {#function, name, arguments, Kind::kind, Returns::returns},
#define RL_OP_DATA(function, name, arguments, kind, returns) \
  {#function, name, arguments, Kind::kind, Returns::returns, true},
#include "ops/all.def"
#undef RL_OP
#undef RL_OP_DATA
};

}  // namespace

std::span<const Row> rows() { return kRows; }

}  // namespace rl::ops
