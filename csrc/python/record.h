// Recording: the node of a call whose inputs want gradients, and the history of views and in-place writes.
#pragma once

#include <span>

#include "python/call.h"
#include "python/node.h"

namespace rl::python {

/// Does any tensor among the slots want a gradient, with recording on?
bool wants_record(const OpEntry& op, std::span<PyObject* const> slots);
/// Makes the node and hangs it on the results; `many`: the op gives a tuple, be it of one.
void record(const OpEntry& op, std::span<PyObject* const> slots, std::span<PyObject* const> results, bool many);
/// The same for an op that wrote into slots[0]; rewrites the base's history where that is a view.
void record_in_place(const OpEntry& op, std::span<PyObject* const> slots, Owned original);
/// Makes output `output_nr` of a node the history of a tensor; of what was written into, and of its base where it is a
/// view.
void hang(PyTensor* t, Node* n, uint32_t output_nr);
void rebase(PyTensor* self, Node* n, uint32_t output_nr);
/// Hangs a fresh tensor where another one was: at a node's output, or behind a leaf.
void set_history(PyTensor* t, PyObject* history, uint32_t output_nr);
/// Refuses an in-place write to a leaf that wants gradients, or to a view of one, or to a view whose base's history
/// cannot be rewritten. `records`: an input of the op wants gradients.
void check_in_place(const OpEntry& op, PyTensor* self, bool records);
/// Notes that `result` is a view of `input` (or of input's base), if it is; `of_many`: one of several.
void note_view(const OpEntry& op, PyObject* result, PyTensor* input, bool of_many);
/// Gives a view whose base's history was rewritten a grad_fn that leads to the base's new one.
void renew_view(PyTensor* view);

/// The tensors of an argument: itself, or those of a tuple or list.
template <class Visit>
void each_tensor(PyObject* slot, Visit&& visit) {
  if (is_tensor(slot)) return visit(as_tensor(slot));
  if (!PyTuple_Check(slot) && !PyList_Check(slot)) return;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(slot); ++i)
    if (PyObject* item = PySequence_Fast_GET_ITEM(slot, i); is_tensor(item)) visit(as_tensor(item));
}

}  // namespace rl::python
