// The classes of errors that Python sees.
#pragma once

#include "python/python.h"

namespace rl::python {

/// An internal name as a user knows it: `_nll_loss` is nn.functional's nll_loss.
inline const char* public_name(const char* op) { return *op == '_' ? op + 1 : op; }

void add_errors(py::module_& m);

}  // namespace rl::python
