// The rows of ops/shape.h, bound.
#include "ops/shape.h"

#include "python/bind.h"

namespace rl::python {

void bind_shape_ops(py::module_& m) {
#include "ops/shape.def"
}

}  // namespace rl::python
