// TensorBase: allocation, garbage collection, and the attributes that every tensor has.
#include "python/tensor_type.h"

#include <structmember.h>

#include <new>

#include "ops/shape.h"
#include "python/engine_hooks.h"
#include "python/layer.h"
#include "python/mode.h"
#include "python/node.h"
#include "python/numbers.h"
#include "python/objects.h"
#include "python/plain.h"
#include "python/record.h"

namespace rl::python {

PyTypeObject* tensor_base_type = nullptr;
PyTypeObject* tensor_class = nullptr;

namespace {

PyObject* tensor_new(PyTypeObject* type, PyObject*, PyObject*) { return wrap(empty({0}, default_dtype()), type); }

int tensor_traverse(PyObject* self, visitproc visit, void* arg) {
  PyTensor* t = as_tensor(self);
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(t->grad);
  Py_VISIT(t->grad_fn);
  Py_VISIT(t->dict);
  if (!t->extra) return 0;
  if (t->extra->owns_leaf_node) Py_VISIT(t->extra->leaf_node);
  return t->extra->each([&](PyObject*& o) { return o ? visit(o, arg) : 0; });
}

int tensor_clear(PyObject* self) {
  PyTensor* t = as_tensor(self);
  Py_CLEAR(t->grad);
  Py_CLEAR(t->grad_fn);
  Py_CLEAR(t->dict);
  if (!t->extra) return 0;
  if (std::exchange(t->extra->owns_leaf_node, false)) Py_CLEAR(t->extra->leaf_node);
  return t->extra->each([](PyObject*& o) {
    Py_CLEAR(o);
    return 0;
  });
}

void tensor_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyTensor* t = as_tensor(self);
  PyObject_GC_UnTrack(self);
  // a long chain of gradients or bases must not free itself by recursion
  Py_TRASHCAN_BEGIN(self, tensor_dealloc);
  if (RL_UNLIKELY(t->weakrefs != nullptr)) PyObject_ClearWeakRefs(self);
  tensor_clear(self);
  delete t->extra;
  t->value.~Tensor();
  type->tp_free(self);
  Py_DECREF(type);
  Py_TRASHCAN_END;
}

bool refuse_delete(PyObject* value, const char* what) {
  if (value) return false;
  PyErr_Format(PyExc_AttributeError, "%s cannot be deleted", what);
  return true;
}

#define RL_GETTER(name, ...)                    \
  PyObject* get_##name(PyObject* self, void*) { \
    return guarded(#name, [&]() -> PyObject* {  \
      PyTensor* t = as_tensor(self);            \
      __VA_ARGS__                               \
    });                                         \
  }

RL_GETTER(shape, return size_object(t->value.sizes());)
RL_GETTER(ndim, return PyLong_FromLong(t->value.ndim());)
RL_GETTER(dtype, return Owned::borrow(dtype_object(t->value.dtype())).release();)
RL_GETTER(device, return device_object(device_of(t));)
RL_GETTER(requires_grad, bool wanted = requires_grad(t);
          while (!wanted && is_layered(as_object(t))) wanted = requires_grad(t = as_tensor(t->extra->inner));
          return PyBool_FromLong(wanted);)
RL_GETTER(is_leaf, return PyBool_FromLong(current_grad_fn(t) == nullptr || !requires_grad(t));)
RL_GETTER(retains_grad, return PyBool_FromLong(t->retains_grad);)
RL_GETTER(output_nr, return PyLong_FromLong(long(t->output_nr));)
RL_GETTER(inference, return PyBool_FromLong(t->inference);)
RL_GETTER(version, RL_CHECK(!t->inference, "Inference tensors do not track version counter.");
          return PyLong_FromLong(long(t->value.version()->value()));)
RL_GETTER(is_meta, return PyBool_FromLong(t->value.is_meta());)
RL_GETTER(nbytes, return PyLong_FromLongLong(t->value.numel() * item_size(t->value.dtype()));)
RL_GETTER(itemsize, return PyLong_FromLongLong(item_size(t->value.dtype()));)
RL_GETTER(false, (void)t; Py_RETURN_FALSE;)
RL_GETTER(grad_fn, PyObject* fn = current_grad_fn(t); return fn ? shown(fn).release() : Py_NewRef(Py_None);)
RL_GETTER(base, PyObject* base = t->extra ? t->extra->base : nullptr;
          return Owned::borrow(base ? base : Py_None).release();)
RL_GETTER(hooks, PyObject* hooks = t->extra ? t->extra->hooks : nullptr;
          return Owned::borrow(hooks ? hooks : Py_None).release();)
RL_GETTER(post_hooks, PyObject* hooks = t->extra ? t->extra->post_hooks : nullptr;
          return Owned::borrow(hooks ? hooks : Py_None).release();)
RL_GETTER(data, if (is_layered(self)) return detached(self).release();
          return wrap(t->value.with_own_version(), Py_TYPE(self) == tensor_class ? tensor_class : nullptr);)
RL_GETTER(grad, return Owned::borrow(t->grad ? t->grad : Py_None).release();)
#undef RL_GETTER

int set_requires_grad(PyObject* self, PyObject* value, void*) {
  if (refuse_delete(value, "requires_grad")) return -1;
  const int on = PyObject_IsTrue(value);
  if (on < 0) return -1;
  PyTensor* t = as_tensor(self);
  if (t->grad_fn && !on) {
    PyErr_SetString(
        PyExc_RuntimeError,
        "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a "
        "subgraph that doesn't require differentiation use var_no_grad = var.detach().");
    return -1;
  }
  if (on && !is_differentiable(t->value.dtype())) {
    PyErr_SetString(PyExc_RuntimeError, "only Tensors of floating point and complex dtype can require gradients");
    return -1;
  }
  if (on && t->inference && !(mode & kInference)) {
    PyErr_SetString(PyExc_RuntimeError,
                    "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.");
    return -1;
  }
  if (!t->grad_fn) t->requires_grad = on;
  return 0;
}

int set_grad(PyObject* self, PyObject* value, void*) {
  PyTensor* t = as_tensor(self);
  if (!value || value == Py_None) {
    Py_CLEAR(t->grad);
    return 0;
  }
  if (!is_tensor(value)) {
    PyErr_Format(PyExc_TypeError, "assigned grad expected to be a Tensor or None but got %s", Py_TYPE(value)->tp_name);
    return -1;
  }
  const Tensor& g = as_tensor(value)->value;
  return guarded("grad",
                 [&]() -> PyObject* {
                   RL_CHECK(value != self, "can't assign Variable as its own grad");
                   RL_CHECK(g.sizes() == t->value.sizes(),
                            "assigned grad has data of a different size: grad has shape ", g.sizes(), ", the tensor ",
                            t->value.sizes());
                   RL_CHECK(g.dtype() == t->value.dtype(), "assigned grad has data of a different type: grad is torch.",
                            name(g.dtype()), ", the tensor torch.", name(t->value.dtype()));
                   Py_INCREF(value);
                   Py_XSETREF(t->grad, value);
                   return self;
                 })
             ? 0
             : -1;
}

int set_data(PyObject* self, PyObject* value, void*) {
  if (refuse_delete(value, "data")) return -1;
  if (!is_tensor(value)) {
    PyErr_Format(PyExc_TypeError, "Variable data has to be a tensor, but got %s", Py_TYPE(value)->tp_name);
    return -1;
  }
  PyTensor* t = as_tensor(self);
  const Tensor& v = as_tensor(value)->value;
  if (v.is_meta() != t->value.is_meta()) {
    PyErr_SetString(PyExc_RuntimeError,
                    "attempted to call `variable.set_data(tensor)`, but `variable` and `tensor` have incompatible "
                    "tensor type: one of them is on the meta device.");
    return -1;
  }
  if (t->requires_grad && !is_differentiable(v.dtype())) {
    PyErr_SetString(PyExc_RuntimeError,
                    "data set to a tensor that requires gradients must be floating point or complex dtype");
    return -1;
  }
  // keeps this tensor's version counter: what was saved of the old values notices nothing, as in PyTorch
  t->value = Tensor(v.storage(), t->value.version(), v.dtype(), v.sizes(), v.strides(), v.offset());
  return 0;
}

template <PyObject* TensorExtra::* Member>
int set_extra(PyObject* self, PyObject* value, void*) {
  if (refuse_delete(value, "a hook dict")) return -1;
  return set_hooks(as_tensor(self)->more().*Member, value);
}

PyGetSetDef getset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
    {"shape", get_shape, nullptr, "Sizes of the dims, as a torch.Size.", nullptr},
    {"ndim", get_ndim, nullptr, "Number of dims.", nullptr},
    {"dtype", get_dtype, nullptr, "The type of the elements.", nullptr},
    {"device", get_device, nullptr, "Where the tensor lives.", nullptr},
    {"requires_grad", get_requires_grad, set_requires_grad, "Are gradients wanted for this tensor?", nullptr},
    {"is_leaf", get_is_leaf, nullptr, "Was this tensor made by the user and not by a recorded op?", nullptr},
    {"retains_grad", get_retains_grad, nullptr, "Does a non-leaf keep its .grad?", nullptr},
    {"output_nr", get_output_nr, nullptr, "Which output of grad_fn this is.", nullptr},
    {"_version", get_version, nullptr, "How often the values were written in place.", nullptr},
    {"_inference", get_inference, nullptr, nullptr, nullptr},
    {"grad_fn", get_grad_fn, nullptr, "The node of the graph that made this tensor, or None for a leaf.", nullptr},
    {"_base", get_base, nullptr, "The tensor this one is a view of, or None.", nullptr},
    {"_backward_hooks", get_hooks, set_extra<&TensorExtra::hooks>, nullptr, nullptr},
    {"_post_accumulate_grad_hooks", get_post_hooks, set_extra<&TensorExtra::post_hooks>, nullptr, nullptr},
    {"data", get_data, set_data, "The values outside the graph, under a version counter of their own.", nullptr},
    {"grad", get_grad, set_grad, "The accumulated gradient, or None.", nullptr},
    {"is_meta", get_is_meta, nullptr, "Is this tensor on the meta device?", nullptr},
    {"is_cuda", get_false, nullptr, "Is this tensor on a GPU?", nullptr},
    {"is_sparse", get_false, nullptr, "rushlight has no sparse tensors: False.", nullptr},
    {"is_quantized", get_false, nullptr, "rushlight has no quantized tensors: False.", nullptr},
    {"is_mkldnn", get_false, nullptr, "Always False.", nullptr},
    {"is_nested", get_false, nullptr, "Always False.", nullptr},
    {"nbytes", get_nbytes, nullptr, "Bytes of all elements.", nullptr},
    {"itemsize", get_itemsize, nullptr, "Bytes of one element.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};
PyMemberDef members[] = {{"__dictoffset__", T_PYSSIZET, offsetof(PyTensor, dict), READONLY, nullptr},
                         {"__weaklistoffset__", T_PYSSIZET, offsetof(PyTensor, weakrefs), READONLY, nullptr},
                         {nullptr, 0, 0, 0, nullptr}};

}  // namespace

PyObject* wrap(Tensor&& value, PyTypeObject* type) {
  if (!type) type = tensor_class;
  PyObject* self = type->tp_alloc(type, 0);
  if (!self) throw PythonError();
  new (&as_tensor(self)->value) Tensor(std::move(value));
  as_tensor(self)->inference = (mode & kInference) != 0;
  return self;
}

PyObject* current_grad_fn(PyTensor* t) {
  if (t->extra && t->extra->base && as_tensor(t->extra->base)->grad_fn != t->extra->base_fn) renew_view(t);
  return t->grad_fn;
}

void share_history(PyTensor* to, PyTensor* from) {
  to->grad_fn = Py_XNewRef(current_grad_fn(from));
  to->output_nr = from->output_nr;
  to->requires_grad = from->requires_grad;
}

void drop_history(PyTensor* t) {
  Py_CLEAR(t->grad_fn);
  t->requires_grad = false;
  t->output_nr = 0;
}

namespace {

Owned make_subclass(PyObject* type, const Tensor& data, bool needs_grad) {
  RL_CHECK_TYPE(PyType_Check(type) && PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(type), tensor_base_type),
                "_make_subclass: the class must derive from Tensor");
  RL_CHECK(!needs_grad || is_differentiable(data.dtype()),
           "Only Tensors of floating point and complex dtype can require gradients");
  Owned made(wrap(data, reinterpret_cast<PyTypeObject*>(type)));
  as_tensor(made.get())->requires_grad = needs_grad;
  return made;
}

void detach_in_place(PyTensor* t) {
  RL_CHECK(!(t->extra && t->extra->base), "Can't detach views in-place. Use detach() instead");
  drop_history(t);
}

}  // namespace

void add_tensor_type(py::module_& m) {
  std::vector<PyType_Slot> slots = {{Py_tp_new, reinterpret_cast<void*>(&tensor_new)},
                                    {Py_tp_dealloc, reinterpret_cast<void*>(&tensor_dealloc)},
                                    {Py_tp_traverse, reinterpret_cast<void*>(&tensor_traverse)},
                                    {Py_tp_clear, reinterpret_cast<void*>(&tensor_clear)},
                                    {Py_tp_getset, getset},
                                    {Py_tp_members, members},
                                    {Py_tp_doc, const_cast<char*>("What class Tensor is built on.")}};
  append_number_slots(slots);
  slots.push_back({0, nullptr});
  PyType_Spec spec{"rushlight._C.TensorBase", sizeof(PyTensor), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots.data()};
  tensor_base_type = reinterpret_cast<PyTypeObject*>(Owned::checked(PyType_FromSpec(&spec)).release());
  tensor_class = tensor_base_type;
  m.attr("TensorBase") = py::handle(reinterpret_cast<PyObject*>(tensor_base_type));
  m.def("_set_tensor_class", [](py::type type) {
    RL_CHECK_TYPE(PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(type.ptr()), tensor_base_type),
                  "_set_tensor_class: the class must derive from TensorBase");
    tensor_class = reinterpret_cast<PyTypeObject*>(type.inc_ref().ptr());
    // It adds nothing to what TensorBase frees, so results need not pass through the dealloc of Python's classes.
    tensor_class->tp_dealloc = &tensor_dealloc;
  });
  def_plain(m, "_make_subclass", "cls, data, requires_grad", &make_subclass);
  def_plain(m, "_retain_grad", "input", +[](PyTensor* t) { t->retains_grad = true; });
  def_plain(m, "_detach_in_place", "input", &detach_in_place);
}

}  // namespace rl::python
