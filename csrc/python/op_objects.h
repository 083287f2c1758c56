// What Python holds of an op: what its builtin function is bound to, and its method.
#pragma once

#include "python/python.h"

namespace rl::python {

using FastCall = PyObject* (*)(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames);

/// An object that holds `entry` (of an overloaded name: the group), which lives for ever. A builtin bound to it is
/// pickled by its name in the extension module.
PyObject* make_op_self(const void* entry);
const void* entry_of_op_self(PyObject* self);

/// A builtin of an op as a method: what a call finds on an instance goes first among the arguments, and no bound object
/// is made for the call.
PyObject* make_op_method(PyObject* builtin);

}  // namespace rl::python
