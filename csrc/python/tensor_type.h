// TensorBase: the plain heap type behind class Tensor. Value, gradient, place in the graph, and one pointer for what
// few have.
#pragma once

#include "core/tensor.h"
#include "python/python.h"

namespace rl::python {

/// How a view was made. Only into a plain one may an in-place write be recorded: the others' bases would be rewritten
/// behind the back of their siblings, of an op that nobody recorded, or of a custom Function.
enum class ViewKind : uint8_t { Plain, OfMany, Unrecorded, InFunction };

/// What few tensors have; null by default.
struct TensorExtra {
  PyObject* base = nullptr;  // the tensor this one is a view of (never itself a view)
  PyObject* base_fn =
      nullptr;  // the base's grad_fn when this view's own was made: another one means a rewritten history
  ViewKind view_kind = ViewKind::Plain;
  PyObject* hooks = nullptr;       // dict of tensor hooks, in order
  PyObject* post_hooks = nullptr;  // dict of hooks after accumulation into .grad
  PyObject* leaf_node = nullptr;  // what Python sees at the end of a path to this leaf: not owned, for it owns the leaf
  bool owns_leaf_node = false;    // but for one with hooks, which lives as long as the leaf

  // What a transform made of another tensor (layer.h): who made it, of what, and what it adds: a dim, a tangent.
  PyObject* layer = nullptr;
  PyObject* inner = nullptr;
  PyObject* added = nullptr;

  /// Every Python object held, for the garbage collector.
  template <class Visit>
  int each(Visit&& visit) {
    for (PyObject** o : {&base, &base_fn, &hooks, &post_hooks, &layer, &inner, &added})
      if (const int stop = visit(*o)) return stop;
    return 0;
  }

  void keep_leaf_node() {
    if (!std::exchange(owns_leaf_node, true)) Py_INCREF(leaf_node);
  }
};

struct PyTensor {
  PyObject_HEAD Tensor value;
  PyObject* grad;     // a Tensor or null
  PyObject* grad_fn;  // a Node or null
  uint32_t output_nr;
  bool requires_grad;
  bool retains_grad;
  bool inference;  // made under inference_mode
  TensorExtra* extra;
  PyObject* dict;      // attributes of the user's; null at first
  PyObject* weakrefs;  // list of them

  TensorExtra& more() {
    if (!extra) extra = new TensorExtra;
    return *extra;
  }
};

extern PyTypeObject* tensor_base_type;
extern PyTypeObject* tensor_class;  // what results are: class Tensor of Python, once it is set

void add_tensor_type(py::module_& m);

inline bool is_tensor(PyObject* object) {
  return Py_TYPE(object) == tensor_class || PyType_IsSubtype(Py_TYPE(object), tensor_base_type);
}
inline PyTensor* as_tensor(PyObject* object) { return reinterpret_cast<PyTensor*>(object); }
inline PyObject* as_object(PyTensor* t) { return reinterpret_cast<PyObject*>(t); }

/// A new Python tensor of class `type` (null: tensor_class).
PyObject* wrap(Tensor&& value, PyTypeObject* type = nullptr);
inline PyObject* wrap(const Tensor& value, PyTypeObject* type = nullptr) { return wrap(Tensor(value), type); }

/// Does the graph reach this tensor? (A view of a rewritten base does, before its own grad_fn is made anew; and one of
/// a leaf that came to ask for gradients only after it was viewed, as a leaf of its own.)
inline bool requires_grad(PyTensor* t) {
  if (t->requires_grad) return true;
  if (RL_LIKELY(!t->extra || !t->extra->base)) return false;
  const PyTensor* base = as_tensor(t->extra->base);
  if (base->grad_fn != t->extra->base_fn) return true;
  return base->requires_grad && !base->grad_fn && is_differentiable(t->value.dtype());
}
/// Gives a fresh tensor another one's place in the graph.
void share_history(PyTensor* to, PyTensor* from);
/// Takes a tensor out of the graph.
void drop_history(PyTensor* t);
/// Borrowed grad_fn, made anew first where the base's history was rewritten.
PyObject* current_grad_fn(PyTensor* t);

}  // namespace rl::python

namespace pybind11::detail {
/// Lets ordinary pybind11 functions take and give tensors.
template <>
struct type_caster<rl::Tensor> {
  PYBIND11_TYPE_CASTER(rl::Tensor, const_name("Tensor"));
  bool load(handle source, bool) {
    if (!source || !rl::python::is_tensor(source.ptr())) return false;
    value = rl::python::as_tensor(source.ptr())->value;
    return true;
  }
  static handle cast(rl::Tensor t, return_value_policy, handle) { return rl::python::wrap(std::move(t)); }
};
}  // namespace pybind11::detail
