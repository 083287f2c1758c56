// Hooks of the backward pass: the user's functions on gradients, and what they may return.
#include "python/engine_hooks.h"

#include <atomic>

#include "core/error.h"
#include "python/tensor_type.h"

namespace rl::python {
namespace {

/// What a hook returns in a gradient's place looks as the gradient does.
void check_replacement(PyObject* gradient, PyObject* result) {
  RL_CHECK_TYPE(is_tensor(result), "expected Variable, but hook returned '", Py_TYPE(result)->tp_name, "'");
  RL_CHECK(gradient, "can't replace a None gradient with a non-None value: the hook must return None there");
  const Tensor &was = as_tensor(gradient)->value, &now = as_tensor(result)->value;
  RL_CHECK(now.sizes() == was.sizes(), "hook has changed the size of value: the gradient has shape ", was.sizes(),
           ", what the hook returned ", now.sizes());
  RL_CHECK(now.dtype() == was.dtype(), "hook has changed the type of value (was torch.", name(was.dtype()),
           " got torch.", name(now.dtype()), ")");
}

Owned call_hook(PyObject* hook, Owned gradient) {
  Owned result = Owned::checked(PyObject_CallOneArg(hook, gradient.get()));
  if (result.get() == Py_None) return gradient;
  check_replacement(gradient.get(), result.get());
  return result;
}

std::atomic<bool> used{false};

}  // namespace

void note_hooks() { used.store(true, std::memory_order_relaxed); }
bool hooks_used() { return used.load(std::memory_order_relaxed); }

int set_hooks(PyObject*& slot, PyObject* value) {
  if (value && value != Py_None && !PyDict_Check(value)) {
    PyErr_Format(PyExc_TypeError, "hooks are a dict or None, not %s", Py_TYPE(value)->tp_name);
    return -1;
  }
  note_hooks();
  PyObject* dict = value == Py_None ? nullptr : value;
  Py_XINCREF(dict);
  Py_XSETREF(slot, dict);
  return 0;
}

Owned run_hooks(PyObject* dict, Owned gradient) {
  if (!dict || PyDict_Size(dict) == 0) return gradient;
  const Owned hooks = Owned::checked(PyDict_Values(dict));  // a hook may remove itself
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(hooks.get()); ++i)
    gradient = call_hook(PyList_GET_ITEM(hooks.get(), i), std::move(gradient));
  return gradient;
}

Owned tuple_of(const std::vector<Owned>& grads) {
  Owned all = Owned::checked(PyTuple_New(Py_ssize_t(grads.size())));
  for (size_t i = 0; i < grads.size(); ++i)
    PyTuple_SET_ITEM(all.get(), Py_ssize_t(i), Py_NewRef(grads[i] ? grads[i].get() : Py_None));
  return all;
}

void replace(std::vector<Owned>& grads, PyObject* hook, PyObject* others, const char* what) {
  const Owned all = tuple_of(grads);
  const Owned given = Owned::checked(PyObject_CallFunctionObjArgs(hook, all.get(), others, nullptr));
  if (given.get() == Py_None) return;
  if (is_tensor(given.get()) && grads.size() == 1) {
    check_replacement(grads[0].get(), given.get());
    grads[0] = Owned(given);
    return;
  }
  RL_CHECK_TYPE(PyTuple_Check(given.get()) || PyList_Check(given.get()), what, " must return a tuple or None, not ",
                Py_TYPE(given.get())->tp_name);
  RL_CHECK(size_t(PySequence_Fast_GET_SIZE(given.get())) == grads.size(), what, " returned ",
           PySequence_Fast_GET_SIZE(given.get()), " gradients for ", grads.size());
  for (size_t i = 0; i < grads.size(); ++i) {
    PyObject* g = PySequence_Fast_GET_ITEM(given.get(), Py_ssize_t(i));
    if (g != Py_None) check_replacement(grads[i].get(), g);
    grads[i] = g == Py_None ? Owned() : Owned::borrow(g);
  }
}

bool is_result_hook(PyObject* o) {
  return PyTuple_Check(o) && PyTuple_GET_SIZE(o) == 3 && PyLong_Check(PyTuple_GET_ITEM(o, 0));
}

/// Hooks on results: dict of (output_nr, function, keeps): those that keep .grad see what the others left.
void run_result_hooks(PyObject* dict, std::vector<Owned>& grads) {
  for (const bool keeping : {false, true}) {
    const Owned hooks = Owned::checked(PyDict_Values(dict));
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(hooks.get()); ++i) {
      PyObject* item = PyList_GET_ITEM(hooks.get(), i);
      RL_CHECK_TYPE(is_result_hook(item), "a result hook is (output_nr, function, keeps)");
      int overflow = 0;
      const long nr = PyLong_AsLongAndOverflow(PyTuple_GET_ITEM(item, 0), &overflow);
      if (overflow) continue;
      if (nr == -1 && !keeping) {
        replace(grads, PyTuple_GET_ITEM(item, 1), nullptr, "a node's prehook");
        continue;
      }
      if ((PyTuple_GET_ITEM(item, 2) == Py_True) != keeping || nr < 0 || size_t(nr) >= grads.size() ||
          !grads[size_t(nr)])
        continue;
      grads[size_t(nr)] = call_hook(PyTuple_GET_ITEM(item, 1), std::move(grads[size_t(nr)]));
    }
  }
}

}  // namespace rl::python
