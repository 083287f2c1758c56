// The rows of ops/pointwise.h, bound.
#include "ops/pointwise.h"

#include "python/bind.h"

namespace rl::python {

void bind_pointwise_ops(py::module_& m) {
#define RL_UNARY(name, ...) RL_OP(name) RL_OP(name##_)
#define RL_BINARY(name, ...) RL_OP(name) RL_OP(name##_)
#define RL_UNARY_KERNEL(...)
#define RL_BINARY_KERNEL(...)
#define RL_TERNARY_KERNEL(...)
#include "functors/binary.def"
#include "functors/unary.def"
#include "ops/pointwise.def"
}

}  // namespace rl::python
