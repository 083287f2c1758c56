// The rows of ops/optim.h, bound.
#include "ops/optim.h"

#include "python/bind.h"

namespace rl::python {

void bind_optim_ops(py::module_& m) {
#include "ops/optim.def"
}

}  // namespace rl::python
