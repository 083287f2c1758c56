// The rows of ops/loss.h, bound.
#include "ops/loss.h"

#include "python/bind.h"

namespace rl::python {

void bind_loss_ops(py::module_& m) {
#include "ops/loss.def"
}

}  // namespace rl::python
