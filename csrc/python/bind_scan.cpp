// The rows of ops/scan.h, bound.
#include "ops/scan.h"

#include "python/bind.h"

namespace rl::python {

void bind_scan_ops(py::module_& m) {
#include "ops/scan.def"
}

}  // namespace rl::python
