// The rows of ops/random.h, bound.
#include "ops/random.h"

#include "python/bind.h"

namespace rl::python {

void bind_random_ops(py::module_& m) {
#include "ops/random.def"
}

}  // namespace rl::python
