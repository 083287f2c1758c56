// The backward pass.
#pragma once

#include "python/python.h"

namespace rl::python {

void add_engine(py::module_& m);

}  // namespace rl::python
