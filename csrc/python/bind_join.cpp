// The rows of ops/join.h, bound.
#include "ops/join.h"

#include "python/bind.h"

namespace rl::python {

void bind_join_ops(py::module_& m) {
#include "ops/join.def"
}

}  // namespace rl::python
