// The rows of ops/product.h, bound.
#include "ops/product.h"

#include "python/bind.h"

namespace rl::python {

void bind_product_ops(py::module_& m) {
#include "ops/product.def"
}

}  // namespace rl::python
