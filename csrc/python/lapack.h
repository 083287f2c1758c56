// Where the kernels of ops/factor.h get their functions.
#pragma once

#include "python/python.h"

namespace rl::python {

void fill_lapack_kernels();

}  // namespace rl::python
