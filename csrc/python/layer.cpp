// The upper door: calls that leave for Python, and what Python needs to make tensors of a layer.
#include "python/layer.h"

#include "core/error.h"
#include "python/call.h"
#include "python/objects.h"
#include "python/plain.h"
#include "python/record.h"

namespace rl::python {
namespace {

PyObject* door = nullptr;  // door(op, slots) of python/rushlight/func/_layers.py, once it is imported

bool draws_numbers(const OpEntry& op) {
  for (const Param& p : op.params)
    if (PyUnicode_CompareWithASCIIString(p.name, "generator") == 0) return true;
  return false;
}

/// A tensor of class Tensor whose elements are elsewhere: the shape that a layer shows.
Tensor shown(const Dims& sizes, DType dtype) { return empty(sizes, dtype, Device{DeviceType::Meta}); }

Owned make(PyObject* layer, PyTensor* inner, PyObject* added, PyObject* size) {
  const Tensor& t = inner->value;
  Owned made(size == Py_None ? wrap(t) : wrap(shown(to_dims(size, {}), t.dtype())));
  set_layer(as_tensor(made.get()), layer, as_object(inner), added);
  return made;
}

/// Another object for the same values and history; `t` is left without a history.
Owned move_aside(PyTensor* t) {
  Owned made(wrap(t->value));
  share_history(as_tensor(made.get()), t);
  drop_history(t);
  return made;
}

}  // namespace

bool leaves_by_door(const OpEntry& op, std::span<PyObject* const> slots) {
  for (PyObject* slot : slots) {
    bool found = false;
    each_tensor(slot, [&](PyTensor* t) { found |= is_layered(as_object(t)); });
    if (found) return true;
  }
  return draws_numbers(op);
}

PyObject* through_door(const OpEntry& op, std::span<PyObject*> slots, bool requires_grad) {
  Owned given = Owned::checked(PyTuple_New(Py_ssize_t(slots.size())));
  for (size_t i = 0; i < slots.size(); ++i) PyTuple_SET_ITEM(given.get(), Py_ssize_t(i), Py_NewRef(slots[i]));
  const auto leave = [&] { return PyObject_CallFunctionObjArgs(door, op.function, given.get(), nullptr); };
  if (op.row->returns == ops::Returns::Input && is_tensor(slots[0])) {
    Owned original = before_in_place(op, slots);
    const uint32_t before = as_tensor(slots[0])->value.version()->value();
    Owned::checked(leave());
    const Tensor& written = as_tensor(slots[0])->value;
    if (written.version()->value() == before) written.version()->bump();  // a value without elements was not written
    return finish_in_place(op, slots, std::move(original));
  }
  for (size_t i = 0; i < op.params.size(); ++i)
    RL_CHECK(PyUnicode_CompareWithASCIIString(op.params[i].name, "out") != 0 || slots[i] == Py_None, op.row->name,
             ": out= is not supported inside of a transform (vmap, forward mode); use the result");
  Owned made = Owned::checked(leave());
  // what is drawn for nobody in particular was recorded, if at all, by the call that drew it
  bool layered = false;
  each_tensor(made.get(), [&](PyTensor* t) { layered |= is_layered(as_object(t)); });
  return layered ? finish(op, slots, made.release(), nullptr, requires_grad) : made.release();
}

Device device_of(const PyTensor* t) {
  while (t->extra && t->extra->layer) t = as_tensor(t->extra->inner);
  return t->value.device();
}

Owned detached(PyObject* tensor) {
  if (RL_LIKELY(!is_layered(tensor))) return Owned(wrap(as_tensor(tensor)->value));
  return Owned::checked(PyObject_CallMethod(tensor, "detach", nullptr));
}

/// Makes `t` one of a layer; refuses a chain of layers that would come back to it.
void checked_set_layer(PyTensor* t, PyObject* layer, PyTensor* inner, PyObject* added) {
  RL_CHECK_TYPE(layer != Py_None, "_set_layer: no layer");
  for (PyTensor* next = inner; next; next = is_layered(as_object(next)) ? as_tensor(next->extra->inner) : nullptr)
    RL_CHECK_VALUE(next != t, "_set_layer: a tensor cannot be made of itself");
  set_layer(t, layer, as_object(inner), added);
}

void set_layer(PyTensor* t, PyObject* layer, PyObject* inner, PyObject* added) {
  TensorExtra& extra = t->more();
  Py_XSETREF(extra.layer, Py_NewRef(layer));
  Py_XSETREF(extra.inner, Py_NewRef(inner));
  Py_XSETREF(extra.added, Py_NewRef(added));
}

void add_layers(py::module_& m) {
  m.def("_set_door", [](const py::object& function) { door = function.inc_ref().ptr(); });
  def_plain(m, "_set_layered", "on", +[](bool on) { mode = on ? mode | kLayered : mode & ~kLayered; });
  def_plain(m, "_make_layered", "layer, inner, added, size=None", &make,
            "A tensor of a layer, which shows `size`, and has no elements then; the elements of `inner` without it.");
  def_plain(
      m, "_layer_of", "input",
      +[](PyTensor* t) { return Owned::borrow(is_layered(as_object(t)) ? t->extra->layer : Py_None); });
  def_plain(
      m, "_inner_of", "input",
      +[](PyTensor* t) { return Owned::borrow(is_layered(as_object(t)) ? t->extra->inner : as_object(t)); });
  def_plain(
      m, "_added_of", "input",
      +[](PyTensor* t) { return Owned::borrow(is_layered(as_object(t)) ? t->extra->added : Py_None); });
  def_plain(m, "_set_layer", "input, layer, inner, added", &checked_set_layer);
  def_plain(
      m, "_is_recorded", "input", +[](PyTensor* t) { return requires_grad(t); },
      "Does a graph lead to this very tensor, not only to what its layer made it of?");
  def_plain(m, "_move_aside", "input", &move_aside);
  m.def(
      "_run_row",
      [](const py::object& function, const py::tuple& given) {
        const OpEntry* op = entry_of(function.ptr());
        RL_CHECK_TYPE(op && op->enter && given.size() == op->params.size(), "_run_row: a row and its arguments");
        std::vector<PyObject*> slots;
        for (const py::handle& value : given) slots.push_back(value.ptr());
        return py::reinterpret_steal<py::object>(Owned::checked(op->enter(*op, slots, false)).release());
      },
      "A row on all its arguments by place, the keyword-only ones too.");
}

}  // namespace rl::python
