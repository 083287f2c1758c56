// Generator as a Python class.
#pragma once

#include "core/generator.h"
#include "python/python.h"

namespace rl::python {

struct PyGenerator {
  Ref<Generator> value;
};
void add_generator_type(py::module_& m);
bool is_generator(PyObject* o);

}  // namespace rl::python
