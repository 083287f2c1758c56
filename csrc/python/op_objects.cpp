// The objects behind an op's function and method.
#include "python/op_objects.h"

#include <structmember.h>

#include <cstddef>

#include "core/error.h"

namespace rl::python {
namespace {

struct OpSelf {
  PyObject_HEAD const void* entry;
};

struct OpMethod {
  PyObject_HEAD vectorcallfunc vectorcall;
  PyObject* function;  // the builtin: name, docstring and signature are its
};

OpMethod* as_method(PyObject* object) { return reinterpret_cast<OpMethod*>(object); }

PyObject* self_reduce(PyObject*, PyObject*) {
  const Owned import(PyImport_ImportModule("importlib"));
  if (!import) return nullptr;
  return Py_BuildValue("N(s)", PyObject_GetAttrString(import.get(), "import_module"), "rushlight._C");
}

PyObject* method_call(PyObject* self, PyObject* const* args, size_t nargsf, PyObject* kwnames) {
  PyObject* function = as_method(self)->function;
  const auto call = reinterpret_cast<FastCall>(reinterpret_cast<void*>(PyCFunction_GET_FUNCTION(function)));
  return call(PyCFunction_GET_SELF(function), args, PyVectorcall_NARGS(nargsf), kwnames);
}

PyObject* method_get(PyObject* self, PyObject* instance, PyObject*) {
  return instance ? PyMethod_New(self, instance) : Py_NewRef(self);
}

PyObject* method_attribute(PyObject* self, PyObject* name) {
  PyObject* own = PyObject_GenericGetAttr(self, name);
  if (own || !PyErr_ExceptionMatches(PyExc_AttributeError)) return own;
  PyErr_Clear();
  return PyObject_GetAttr(as_method(self)->function, name);
}

PyObject* method_doc(PyObject* self, void*) { return PyObject_GetAttrString(as_method(self)->function, "__doc__"); }

/// The function's signature: the tensor comes first in it, too. Where there is a method and no function of that name,
/// nor one without the underscore, it is called `self`.
PyObject* method_signature(PyObject* self, void*) {
  return guarded(nullptr, [&] {
    const py::handle function = as_method(self)->function;
    const py::object signature = py::module_::import("inspect").attr("signature")(function);
    auto name = function.attr("__name__").cast<std::string>();
    if (name.back() == '_') name.pop_back();
    if (py::hasattr(py::module_::import("rushlight"), name.c_str())) return signature.inc_ref().ptr();
    py::list parameters(signature.attr("parameters").attr("values")());
    parameters[0] = parameters[0].attr("replace")(py::arg("name") = "self");
    return signature.attr("replace")(py::arg("parameters") = parameters).inc_ref().ptr();
  });
}

PyObject* method_reduce(PyObject* self, PyObject*) {
  const Owned name(PyObject_GetAttrString(as_method(self)->function, "__name__"));
  const Owned package(PyImport_ImportModule("rushlight"));
  const Owned builtins(PyImport_ImportModule("builtins"));
  if (!name || !package || !builtins) return nullptr;
  return Py_BuildValue("N(NO)", PyObject_GetAttrString(builtins.get(), "getattr"),
                       PyObject_GetAttrString(package.get(), "Tensor"), name.get());
}

PyObject* method_repr(PyObject* self) {
  const Owned name(PyObject_GetAttrString(as_method(self)->function, "__name__"));
  return name ? PyUnicode_FromFormat("<method '%U' of 'torch._C.TensorBase' objects>", name.get()) : nullptr;
}

void method_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  Py_XDECREF(as_method(self)->function);
  type->tp_free(self);
  Py_DECREF(type);
}

PyTypeObject* make_type(PyType_Spec* spec) {
  return reinterpret_cast<PyTypeObject*>(Owned::checked(PyType_FromSpec(spec)).release());
}

PyTypeObject* self_type() {
  static PyMethodDef methods[] = {{"__reduce__", self_reduce, METH_NOARGS, nullptr}, {nullptr, nullptr, 0, nullptr}};
  static PyType_Slot slots[] = {{Py_tp_methods, methods}, {0, nullptr}};
  static PyType_Spec spec{"rushlight._C._Op", sizeof(OpSelf), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                          slots};
  static PyTypeObject* const type = make_type(&spec);
  return type;
}

PyTypeObject* method_type() {
  static PyMemberDef members[] = {
      {"__vectorcalloffset__", T_PYSSIZET, offsetof(OpMethod, vectorcall), READONLY, nullptr},
      {nullptr, 0, 0, 0, nullptr}};
  static PyGetSetDef getset[] = {{"__doc__", method_doc, nullptr, nullptr, nullptr},
                                 {"__signature__", method_signature, nullptr, nullptr, nullptr},
                                 {nullptr, nullptr, nullptr, nullptr, nullptr}};
  static PyMethodDef methods[] = {{"__reduce__", method_reduce, METH_NOARGS, nullptr}, {nullptr, nullptr, 0, nullptr}};
  static PyType_Slot slots[] = {{Py_tp_call, reinterpret_cast<void*>(&PyVectorcall_Call)},
                                {Py_tp_descr_get, reinterpret_cast<void*>(&method_get)},
                                {Py_tp_getattro, reinterpret_cast<void*>(&method_attribute)},
                                {Py_tp_repr, reinterpret_cast<void*>(&method_repr)},
                                {Py_tp_dealloc, reinterpret_cast<void*>(&method_dealloc)},
                                {Py_tp_members, members},
                                {Py_tp_getset, getset},
                                {Py_tp_methods, methods},
                                {0, nullptr}};
  static PyType_Spec spec{"rushlight._C._Method", sizeof(OpMethod), 0,
                          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_HAVE_VECTORCALL |
                              Py_TPFLAGS_METHOD_DESCRIPTOR,
                          slots};
  static PyTypeObject* const type = make_type(&spec);
  return type;
}

}  // namespace

PyObject* make_op_self(const void* entry) {
  PyObject* made = Owned::checked(self_type()->tp_alloc(self_type(), 0)).release();
  reinterpret_cast<OpSelf*>(made)->entry = entry;
  return made;
}
const void* entry_of_op_self(PyObject* self) { return reinterpret_cast<OpSelf*>(self)->entry; }

PyObject* make_op_method(PyObject* builtin) {
  RL_CHECK_TYPE(PyCFunction_Check(builtin) && PyCFunction_GET_SELF(builtin) &&
                    Py_TYPE(PyCFunction_GET_SELF(builtin)) == self_type(),
                "_as_method: not an op of rushlight");
  PyObject* made = Owned::checked(method_type()->tp_alloc(method_type(), 0)).release();
  as_method(made)->vectorcall = &method_call;
  as_method(made)->function = Py_NewRef(builtin);
  return made;
}

}  // namespace rl::python
