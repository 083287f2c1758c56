// Layers, the upper door: a transform (vmap, forward mode) wraps tensors, and a call on one leaves for Python, where
// the layer says what the op is on what it wrapped. Costs one test of the mode word where no transform is at work.
#pragma once

#include <span>

#include "python/tensor_type.h"

namespace rl::python {

struct OpEntry;

/// Does a tensor belong to a layer? Its value then has the shape and dtype that its user sees; under vmap no elements.
inline bool is_layered(PyObject* tensor) {
  const TensorExtra* extra = as_tensor(tensor)->extra;
  return extra && extra->layer;
}
/// Is there a tensor of a layer among the arguments, or does the op draw numbers, which layers arrange?
bool leaves_by_door(const OpEntry& op, std::span<PyObject* const> slots);
/// The call as its layer has it. What is recorded is recorded of the tensors of the layer.
PyObject* through_door(const OpEntry& op, std::span<PyObject*> slots, bool requires_grad);
/// Where the elements are, be it of what was wrapped.
Device device_of(const PyTensor* t);
/// The values outside the graph, of the same layer if they are of one.
Owned detached(PyObject* tensor);
/// Makes `t` one of a layer.
void set_layer(PyTensor* t, PyObject* layer, PyObject* inner, PyObject* added);
void add_layers(py::module_& m);

}  // namespace rl::python
