// How arguments find their parameters.
#pragma once

#include <string_view>

#include "python/call.h"

namespace rl::python {

/// The parameter of that name, or of NumPy's name for it; -1 where there is none.
int find_param(const OpEntry& op, PyObject* name);
/// A factory makes a tensor on a device: only such an op takes requires_grad=, and two words that change nothing here.
bool is_factory(const OpEntry& op);
bool is_factory_option(std::string_view name);

}  // namespace rl::python
