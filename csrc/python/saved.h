// What a node keeps of a tensor for the backward pass: the tensor itself, or what the hooks of this thread made of it.
#pragma once

#include <cstdint>

#include "core/macros.h"
#include "python/node.h"

namespace rl::python {

/// How many pairs of hooks (autograd.graph.saved_tensors_hooks) this thread is in; zero is the fast path.
extern RL_THREAD_WORD uint32_t saved_hooks;

/// Stands in a node for a tensor that hooks have packed: (packed, unpack, history, output_nr, size).
bool is_packed(PyObject* object);
/// The shape of what was packed, without unpacking it.
PyObject* packed_size(PyObject* packed);
/// What stands in a node for `t`.
Owned keep_tensor(PyTensor* t);
/// The tensor again, with the history of the one that was kept.
Owned unpack(PyObject* packed);

/// What a node keeps of a result, and the result again, without its history.
SavedResult kept_result(PyTensor* t);
Owned result_value(const Node* n, const SavedResult& kept);

void add_saved(py::module_& m);

}  // namespace rl::python
