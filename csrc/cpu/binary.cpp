// Binary and ternary pointwise kernels, and unary ones with parameters: functors/binary.def through pointwise.h.
#include "functors/binary.h"

#include "cpu/pointwise.h"
#include "cpu/pointwise_kernels.h"
#include "functors/activation.h"
#include "functors/gamma.h"
#include "functors/unary.h"

RL_ISA_BEGIN

extern const KernelEntry binary_entries[];
const KernelEntry binary_entries[] = {
#define RL_BINARY(name, Functor, dtypes, result) RL_ENTRIES_##dtypes(name, binary_loop, Functor)
#define RL_BINARY_KERNEL(name, Functor, dtypes, result) RL_ENTRIES_##dtypes(name, binary_loop, Functor)
#define RL_BINARY_TENSOR_FIRST(name, Functor, dtypes, result) RL_ENTRIES_##dtypes(name, binary_loop, Functor)
#define RL_BINARY_TENSORS(name, Functor, dtypes, result) RL_ENTRIES_##dtypes(name, binary_loop, Functor)
#define RL_UNARY_KERNEL(name, Functor, dtypes, result) RL_ENTRIES_##dtypes(name, unary_loop, Functor)
#define RL_TERNARY_KERNEL(name, Functor, dtypes, result) RL_ENTRIES_##dtypes(name, ternary_loop, Functor)
#include "functors/binary.def"
#undef RL_BINARY
#undef RL_BINARY_TENSOR_FIRST
#undef RL_BINARY_TENSORS
#undef RL_BINARY_KERNEL
#undef RL_UNARY_KERNEL
#undef RL_TERNARY_KERNEL
};
extern const int binary_count;
const int binary_count = int(sizeof(binary_entries) / sizeof(KernelEntry));

RL_ISA_END
