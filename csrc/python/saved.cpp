// Keeping tensors for the backward pass, with the hooks of the moment or as they are.
#include "python/saved.h"

#include <string>
#include <vector>

#include "core/error.h"
#include "python/call.h"
#include "python/graph_errors.h"
#include "python/layer.h"
#include "python/mode.h"
#include "python/objects.h"
#include "python/plain.h"
#include "python/record.h"

namespace rl::python {

RL_THREAD_WORD uint32_t saved_hooks = 0;

namespace {

PyTypeObject* packed_type = nullptr;
enum Field : uint8_t { kValue, kUnpack, kHistory, kOutput, kSize };

struct Pair {
  PyObject *pack, *unpack;  // owned
};
struct Scope {
  std::vector<Pair> pairs;
  PyObject* refused = nullptr;  // a message while no hooks are allowed, owned
};
Scope& scope() {
  // not destroyed with its thread, which may not hold the GIL then
  thread_local Scope* mine = new Scope;
  return *mine;
}

void push(PyObject* pack, PyObject* unpack) {
  scope().pairs.push_back({Py_NewRef(pack), Py_NewRef(unpack)});
  ++saved_hooks;
}

void pop() {
  RL_CHECK(!scope().pairs.empty(), "saved_tensors_hooks: there are no hooks to take away");
  const Pair last = scope().pairs.back();
  scope().pairs.pop_back();
  --saved_hooks;
  Py_DECREF(last.pack);
  Py_DECREF(last.unpack);
}

/// Keeps the message of those who refuse hooks, None to allow them; gives the one before.
Owned refuse(PyObject* message) {
  Scope& here = scope();
  Owned before(here.refused ? here.refused : Py_NewRef(Py_None));
  here.refused = message == Py_None ? nullptr : Py_NewRef(message);
  return before;
}

}  // namespace

bool is_packed(PyObject* object) { return Py_TYPE(object) == packed_type; }
PyObject* packed_size(PyObject* packed) { return PyTuple_GET_ITEM(packed, kSize); }

namespace {
/// What the innermost pack hook makes of a tensor; `history` is where the unpacked one hangs in the graph.
Owned pack(PyObject* tensor, const Edge& history) {
  const Pair hooks = scope().pairs.back();
  const Owned unpack = Owned::borrow(hooks.unpack), function = Owned::borrow(hooks.pack);
  const Tensor value = as_tensor(tensor)->value;
  const uint32_t before = value.version()->value();
  const ModeScope unrecorded(kNoGrad, 0);
  const Owned packed = Owned::checked(PyObject_CallOneArg(function.get(), tensor));
  RL_CHECK(
      value.version()->value() == before,
      "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook cannot be "
      "modified by in-place operations as this can lead to unexpected side-effects. Let the hook clone() it first.");
  const Owned size = Owned::checked(size_object(value.sizes()));
  PyObject* target = history.target ? history.target : Py_None;
  const Owned fields =
      Owned::checked(Py_BuildValue("((OOOIO))", packed.get(), unpack.get(), target, history.output_nr, size.get()));
  return Owned::checked(PyObject_Call(reinterpret_cast<PyObject*>(packed_type), fields.get(), nullptr));
}
}  // namespace

Owned keep_tensor(PyTensor* t) {
  if (RL_LIKELY(saved_hooks == 0)) {
    t->value.version()->watched = true;
    return Owned::borrow(as_object(t));
  }
  const Edge history = edge_of(t);
  const Owned held(history.target);
  return pack(as_object(t), history);
}

Owned unpack(PyObject* packed) {
  Owned given =
      Owned::checked(PyObject_CallOneArg(PyTuple_GET_ITEM(packed, kUnpack), PyTuple_GET_ITEM(packed, kValue)));
  RL_CHECK_TYPE(is_tensor(given.get()),
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type ",
                Py_TYPE(given.get())->tp_name);
  PyObject* history = PyTuple_GET_ITEM(packed, kHistory);
  if (history == Py_None) return given;
  Owned made = detached(given.get());
  const uint32_t output_nr = uint32_t(PyLong_AsUnsignedLong(PyTuple_GET_ITEM(packed, kOutput)));
  set_history(as_tensor(made.get()), history, output_nr);
  return made;
}

SavedResult kept_result(PyTensor* t) {
  SavedResult kept{t->value, t->value.version()->value()};
  t->value.version()->watched = true;
  if (RL_UNLIKELY(saved_hooks != 0)) {
    kept.packed = pack(detached(as_object(t)).get(), {nullptr, 0});
    kept.value = Tensor();
  } else if (RL_UNLIKELY(is_layered(as_object(t)))) {
    kept.layer = Owned::borrow(t->extra->layer);
    kept.inner = Owned::borrow(t->extra->inner);
    kept.added = Owned::borrow(t->extra->added);
  }
  return kept;
}

Owned result_value(const Node* n, const SavedResult& kept) {
  if (RL_UNLIKELY(bool(kept.packed))) return detached(unpack(kept.packed.get()).get());
  check_version(n, kept.value, kept.version, "a result");
  Owned made(wrap(kept.value));
  if (RL_UNLIKELY(bool(kept.layer)))
    set_layer(as_tensor(made.get()), kept.layer.get(), kept.inner.get(), kept.added.get());
  return made;
}

void add_saved(py::module_& m) {
  const Owned made =
      Owned::checked(PyObject_CallFunction(reinterpret_cast<PyObject*>(&PyType_Type), "s(O){s:s}", "_Packed",
                                           reinterpret_cast<PyObject*>(&PyTuple_Type), "__module__", "rushlight._C"));
  packed_type = reinterpret_cast<PyTypeObject*>(Owned(made).release());
  def_plain(m, "_push_saved_hooks", "pack, unpack", &push);
  def_plain(m, "_pop_saved_hooks", "", &pop);
  def_plain(m, "_refuse_saved_hooks", "message", &refuse);
  def_plain(
      m, "_saved_hooks_refused", "", +[]() { return Owned::borrow(scope().refused ? scope().refused : Py_None); });
  def_plain(m, "_saved_hooks", "", +[]() { return int64_t(saved_hooks); });
}

}  // namespace rl::python
