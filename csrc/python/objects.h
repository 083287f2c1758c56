// The small Python objects beside Tensor: dtype, device, Size, memory_format, layout.
#pragma once

#include <optional>

#include "core/device.h"
#include "core/dims.h"
#include "core/dtype.h"
#include "core/tensor.h"
#include "python/python.h"

namespace rl::python {

void add_objects(py::module_& m);

PyObject* dtype_object(DType d);  // borrowed; one object a dtype, for ever
std::optional<DType> dtype_from(
    PyObject* object);  // empty where it is none; takes Python's bool, int, float, complex too
std::optional<Device> device_from(PyObject* object);  // a device, "cpu", "meta:0"; throws ValueError for bad text
std::optional<MemoryFormat> memory_format_from(PyObject* object);
void check_layout(const char* op, PyObject* object);  // TypeError unless it is torch.strided or None
PyObject* device_object(Device d);                    // new reference
PyObject* size_object(const Dims& sizes);             // new reference to a torch.Size
extern PyTypeObject* size_type;

}  // namespace rl::python
