// Every row of the registry, bound: a new op needs no line here.
#include "ops/activation.h"
#include "ops/arrange.h"
#include "ops/attention.h"
#include "ops/conv.h"
#include "ops/create.h"
#include "ops/ctc.h"
#include "ops/factor.h"
#include "ops/fold.h"
#include "ops/grid.h"
#include "ops/index.h"
#include "ops/join.h"
#include "ops/loss.h"
#include "ops/moments.h"
#include "ops/normalize.h"
#include "ops/optim.h"
#include "ops/pad.h"
#include "ops/pointwise.h"
#include "ops/pool.h"
#include "ops/product.h"
#include "ops/random.h"
#include "ops/recurrent.h"
#include "ops/reduce.h"
#include "ops/resample.h"
#include "ops/scan.h"
#include "ops/search.h"
#include "ops/shape.h"
#include "ops/softmax.h"
#include "ops/sort.h"
#include "python/call.h"

namespace rl::python {

void bind_ops(py::module_& m) {
  const ops::Row* row = ops::rows().data();  // in the order of all.def, as below
#define RL_OP(function, ...) def_op(m, *row++, &ops::function);
#define RL_OP_DATA RL_OP
#include "ops/all.def"
#undef RL_OP
#undef RL_OP_DATA
}

}  // namespace rl::python
