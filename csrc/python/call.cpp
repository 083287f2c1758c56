// What a call does around its op: the class of results, out=, recording, views, the same object back.
#include "python/call.h"

#include "ops/shape.h"
#include "python/record.h"
#include "python/site.h"

namespace rl::python {

RL_THREAD_WORD uint32_t mode = 0;

namespace {

/// Same view of the same storage?
bool is_same(const Tensor& a, const Tensor& b) {
  return a.storage() == b.storage() && a.version() == b.version() && a.offset() == b.offset() &&
         a.dtype() == b.dtype() && a.sizes() == b.sizes() && a.strides() == b.strides();
}

std::vector<PyTypeObject*> plain_classes;

/// A tuple, or PyTorch's named one (torch.return_types.max) where Python registered it for the op's name.
PyObject* named(const OpEntry& op, Owned items) {
  if (!op.result_type) return items.release();
  return Owned::checked(PyObject_CallOneArg(op.result_type, items.get())).release();
}

}  // namespace

PyTypeObject* result_class(const OpEntry& op, std::span<PyObject* const> slots) {
  PyTypeObject* found = tensor_class;
  for (int s : op.tensor_slots) {
    PyObject* o = slots[size_t(s)];
    PyTypeObject* type = Py_TYPE(o);
    if (RL_LIKELY(type == tensor_class || o == Py_None) || !PyType_IsSubtype(type, tensor_class)) continue;
    bool plain = false;
    for (PyTypeObject* p : plain_classes) plain |= PyType_IsSubtype(type, p);
    if (!plain && (found == tensor_class || PyType_IsSubtype(type, found))) found = type;
  }
  return found;
}

PyObject* wrap_result(const OpEntry&, PyTypeObject* type, std::vector<Tensor>&& list) {
  Owned tuple = Owned::checked(PyTuple_New(Py_ssize_t(list.size())));
  for (size_t i = 0; i < list.size(); ++i) PyTuple_SET_ITEM(tuple.get(), Py_ssize_t(i), wrap(std::move(list[i]), type));
  return tuple.release();
}

PyObject* wrap_result(const OpEntry&, PyTypeObject* type, std::tuple<Tensor, Tensor>&& pair) {
  Owned items = Owned::checked(PyTuple_New(2));
  PyTuple_SET_ITEM(items.get(), 0, wrap(std::move(std::get<0>(pair)), type));
  PyTuple_SET_ITEM(items.get(), 1, wrap(std::move(std::get<1>(pair)), type));
  return items.release();
}
PyObject* wrap_result(const OpEntry&, PyTypeObject* type, std::tuple<Tensor, Tensor, Tensor>&& three) {
  Owned items = Owned::checked(PyTuple_New(3));
  PyTuple_SET_ITEM(items.get(), 0, wrap(std::move(std::get<0>(three)), type));
  PyTuple_SET_ITEM(items.get(), 1, wrap(std::move(std::get<1>(three)), type));
  PyTuple_SET_ITEM(items.get(), 2, wrap(std::move(std::get<2>(three)), type));
  return items.release();
}

namespace {
void check_apart(const OpEntry& op, std::span<PyObject* const> slots, PyObject* out) {
  for (int s : op.tensor_slots) {
    PyObject* o = slots[size_t(s)];
    each_tensor(o, [&](PyTensor* input) {
      RL_CHECK(!overlaps_partly(as_tensor(out)->value, input->value), op.row->name,
               ": unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
               "memory location. Please clone() the tensor before performing the operation.");
    });
  }
}
}  // namespace

void check_out(const OpEntry& op, std::span<PyObject* const> slots, PyObject* out) {
  RL_CHECK(!wants_record(op, slots), op.row->name,
           "(): functions with out=... arguments don't support automatic differentiation, but one of the arguments "
           "requires grad.");
  each_tensor(out, [&](PyTensor* one) { check_apart(op, slots, as_object(one)); });
}

PyObject* finish(const OpEntry& op, std::span<PyObject* const> slots, PyObject* made, PyObject* out, bool wants_grad) {
  Owned result(made);
  if (RL_UNLIKELY(out != nullptr))
    return is_tensor(out) ? result.release() : named(op, Owned::checked(PySequence_Tuple(out)));
  const bool single = is_tensor(made);
  if (op.row->returns == ops::Returns::InputIfSame && single &&
      is_same(as_tensor(made)->value, as_tensor(slots[0])->value)) {
    return Py_NewRef(slots[0]);
  }
  if (!single && !PyTuple_Check(made)) return result.release();
  PyObject* const* items = single ? &made : &PyTuple_GET_ITEM(made, 0);
  const std::span<PyObject* const> results(items, single ? 1 : size_t(PyTuple_GET_SIZE(made)));
  if (op.row->returns == ops::Returns::New) {
    for (PyObject* r : results) as_tensor(r)->value.version()->begin();
  } else {
    for (PyObject* r : results) note_view(op, r, as_tensor(slots[0]), !single);
  }
  if (wants_record(op, slots)) record(op, slots, results, !single);
  if (RL_UNLIKELY(wants_grad)) {
    RL_CHECK(is_differentiable(as_tensor(made)->value.dtype()),
             "Only Tensors of floating point and complex dtype can require gradients");
    as_tensor(made)->requires_grad = true;
  }
  return single ? result.release() : named(op, std::move(result));
}

namespace {

/// A copy of what is about to be overwritten, with its history: a derivative's derivative passes through it.
Owned copy_with_history(PyTensor* t) {
  if (RL_UNLIKELY(is_layered(as_object(t)))) return Owned::checked(PyObject_CallMethod(as_object(t), "clone", nullptr));
  Owned made(wrap(ops::clone(t->value)));
  share_history(as_tensor(made.get()), t);
  return made;
}

}  // namespace

Owned before_in_place(const OpEntry& op, std::span<PyObject* const> slots) {
  PyObject* self = slots[0];
  if (!is_tensor(self)) return {};  // an op on lists
  const bool records = wants_record(op, slots);
  check_in_place(op, as_tensor(self), records);
  // a rule that names what is about to be overwritten gets a copy
  if (records)
    for (const Rule& rule : op.rules)
      if (rule.keeps & 1u) return copy_with_history(as_tensor(self));
  return {};
}

void note_write(PyTensor* t) {
  Version& version = *t->value.version();
  if (RL_UNLIKELY(version.watched)) version.origin = std::make_unique<WrittenAt>(version.value());
}

PyObject* finish_in_place(const OpEntry& op, std::span<PyObject* const> slots, Owned original) {
  if (!is_tensor(slots[0])) {
    each_tensor(slots[0], note_write);
    return Py_NewRef(Py_None);
  }
  if (wants_record(op, slots)) record_in_place(op, slots, std::move(original));
  as_tensor(slots[0])->value.version()->last_writer = op.row->name;  // says more than its kernel's name
  note_write(as_tensor(slots[0]));
  return Py_NewRef(slots[0]);
}

void add_call(py::module_& m) {
  m.def(
      "_results_are_tensors",
      [](py::type type) { plain_classes.push_back(reinterpret_cast<PyTypeObject*>(type.inc_ref().ptr())); },
      "Results computed from this subclass are plain tensors, as PyTorch has it for Parameter.");
}

}  // namespace rl::python
