// From a node and the gradients of its results to the gradient of one input.
#pragma once

#include <vector>

#include "python/node.h"

namespace rl::python {

struct Rule;

/// What a rule gives. `gathered`: all gradients as a tuple, of a node with several results; `results`: its results,
/// wrapped for the first rule that asks for them.
Owned apply(Node* n, const Rule& rule, const std::vector<Owned>& grads, const Owned& gathered, Owned& results,
            bool create_graph);
void add_derivative(py::module_& m);

}  // namespace rl::python
