// From a node and the gradients of its results to the gradient of one input.
#pragma once

#include <vector>

#include "python/node.h"

namespace rl::python {

struct Rule;

/// What the first rule of a node that asks for it has made for the others: the results, wrapped, and what hooks had
/// packed, by slot.
struct Unpacked {
  Owned results;
  std::vector<Owned> slots;
};

/// What a rule gives. `gathered`: all gradients as a tuple, of a node with several results.
Owned apply(Node* n, const Rule& rule, const std::vector<Owned>& grads, const Owned& gathered, Unpacked& unpacked,
            bool create_graph);
void add_derivative(py::module_& m);

}  // namespace rl::python
