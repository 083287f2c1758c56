// The rows of ops/softmax.h, bound.
#include "ops/softmax.h"

#include "python/bind.h"

namespace rl::python {

void bind_softmax_ops(py::module_& m) {
#include "ops/softmax.def"
}

}  // namespace rl::python
