// The rows of ops/sort.h, bound.
#include "ops/sort.h"

#include "python/bind.h"

namespace rl::python {

void bind_sort_ops(py::module_& m) {
#include "ops/sort.def"
}

}  // namespace rl::python
