// One binding file a file of ops/: it includes the family's .def with RL_OP as below.
#pragma once

#include "python/call.h"

#define RL_OP(function, ...) def_op<&ops::function>(m, #function, ops::row_of(#function));
#define RL_OP_DATA RL_OP
