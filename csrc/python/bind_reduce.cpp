// The rows of ops/reduce.h, bound.
#include "ops/reduce.h"

#include "python/bind.h"

namespace rl::python {

void bind_reduce_ops(py::module_& m) {
#include "ops/reduce.def"
}

}  // namespace rl::python
