// What the guard asks of recording and of the walk: which graphs live longer than their step.
#pragma once

#include "python/node.h"

namespace rl::python {

/// A node was made while the guard is on: does it use a result that is older than the last backward pass?
void guard_recording(const Node* n);
/// The Python error that is set came from the backward pass of a node: says so, if it is the guard's.
void guard_blame(const Node* n);
/// A backward pass begins; `keeps`: its graph is meant to stay.
void guard_walk(bool keeps);
void add_guard(py::module_& m);

}  // namespace rl::python
