// The operators of Tensor: +, ==, [], len, float(), as slots of the type.
#pragma once

#include <vector>

#include "python/python.h"

namespace rl::python {

/// Type slots for TensorBase; the ops they call are bound later, by bind_numbers.
void append_number_slots(std::vector<PyType_Slot>& slots);
void bind_numbers(py::module_& m);

/// x[key] and x[key] = value (index.cpp).
PyObject* get_index(PyObject* self, PyObject* key);
int set_index(PyObject* self, PyObject* key, PyObject* value);
void bind_index(py::module_& m);
void add_convert(py::module_& m);
/// The one element as a Python number.
PyObject* item(PyObject* self);

}  // namespace rl::python
