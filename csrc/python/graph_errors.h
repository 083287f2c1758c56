// What a walk of the graph refuses, told with the lines of the program that led there and what would help.
#pragma once

#include "python/node.h"

namespace rl::python {

/// "exp (train.py:12)": the op of a node and where it was called.
std::string made_by(const Node* n);

/// Throws where what was kept is at another version than `expected`; `what`: "an input", "a result".
void check_version(const Node* n, const Tensor& kept, uint32_t expected, const char* what);
/// The graph was walked before, and what it kept is gone.
[[noreturn]] void walked_before(const Node* n);
/// The `place`-th root has no history.
[[noreturn]] void no_graph(size_t place, PyTensor* root);
/// A root of more than one element, without a gradient.
[[noreturn]] void no_scalar(PyTensor* root);
/// The `place`-th input was not used in what was differentiated.
[[noreturn]] void unused(size_t place, PyTensor* input);

}  // namespace rl::python
