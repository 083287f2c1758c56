// The rows of the pointwise kernels, declared from the tables in functors/.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {

#define RL_UNARY(name, ...) extern Kernel name;
#define RL_BINARY(name, ...) extern Kernel name;
#define RL_BINARY_TENSOR_FIRST(name, ...) extern Kernel name;
#define RL_BINARY_TENSORS(name, ...) extern Kernel name;
#define RL_BINARY_KERNEL(name, ...) extern Kernel name;
#define RL_UNARY_KERNEL(name, ...) extern Kernel name;
#define RL_TERNARY_KERNEL(name, ...) extern Kernel name;
#include "functors/binary.def"
#include "functors/unary.def"
#undef RL_UNARY
#undef RL_BINARY
#undef RL_BINARY_TENSOR_FIRST
#undef RL_BINARY_TENSORS
#undef RL_BINARY_KERNEL
#undef RL_UNARY_KERNEL
#undef RL_TERNARY_KERNEL

}  // namespace rl::kernels
