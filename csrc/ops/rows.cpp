// The registry: all .def files as one table.
#include <cstring>

#include "core/error.h"
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

const Row& row_of(const char* function) {
  for (const Row& row : kRows)
    if (std::strcmp(row.function, function) == 0) return row;
  fail(ErrorKind::Internal, "internal error: no row for function ", function);
}

}  // namespace rl::ops
