// Tiles transposed between memory that is dense the other way round and a plan's blocks.
#include "cpu/transpose.h"

#include "core/launch.h"

RL_ISA_BEGIN

extern const TransposeFunction transpose_table[kTransposers];
const TransposeFunction transpose_table[kTransposers] = {&transpose<uint8_t>, &transpose<uint16_t>,
                                                         &transpose<uint32_t>, &transpose<uint64_t>};

RL_ISA_END
