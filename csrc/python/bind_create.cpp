// The rows of ops/create.h, bound.
#include "ops/create.h"

#include "python/bind.h"

namespace rl::python {

void bind_create_ops(py::module_& m) {
#include "ops/create.def"
}

}  // namespace rl::python
