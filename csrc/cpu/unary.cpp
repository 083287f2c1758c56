// Unary pointwise kernels of this instruction set: functors/unary.def through the loop of pointwise.h.
#include "functors/unary.h"

#include "cpu/pointwise.h"
#include "cpu/pointwise_kernels.h"
#include "functors/activation.h"

RL_ISA_BEGIN

extern const KernelEntry unary_entries[];
const KernelEntry unary_entries[] = {
#define RL_UNARY(name, Functor, dtypes, result) RL_ENTRIES_##dtypes(name, unary_loop, Functor)
#include "functors/unary.def"
#undef RL_UNARY
};
extern const int unary_count;
const int unary_count = int(sizeof(unary_entries) / sizeof(KernelEntry));

RL_ISA_END
