// The rows of ops/index.h, bound.
#include "ops/index.h"

#include "python/bind.h"

namespace rl::python {

void bind_index_ops(py::module_& m) {
#include "ops/index.def"
}

}  // namespace rl::python
