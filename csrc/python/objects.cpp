// dtype, device, Size, memory_format and layout as Python objects. How they are pickled stands in rushlight/_pickle.py.
#include "python/objects.h"

#include <cstring>
#include <string>

#include "core/error.h"
#include "python/plain.h"

namespace rl::python {

PyTypeObject* size_type = nullptr;

namespace {

/// A dtype that PyTorch has and no tensor here: it has a name, prints, compares, and is refused where one is asked for.
struct NameOnly {
  const char* name;
  int bytes;
  enum Kind : uint8_t { Signed, Unsigned, Floating, Complex, Bits } kind;
};
constexpr NameOnly kNamesOnly[] = {
    {"uint1", 1, NameOnly::Unsigned},
    {"uint2", 1, NameOnly::Unsigned},
    {"uint3", 1, NameOnly::Unsigned},
    {"uint4", 1, NameOnly::Unsigned},
    {"uint5", 1, NameOnly::Unsigned},
    {"uint6", 1, NameOnly::Unsigned},
    {"uint7", 1, NameOnly::Unsigned},
    {"int1", 1, NameOnly::Signed},
    {"int2", 1, NameOnly::Signed},
    {"int3", 1, NameOnly::Signed},
    {"int4", 1, NameOnly::Signed},
    {"int5", 1, NameOnly::Signed},
    {"int6", 1, NameOnly::Signed},
    {"int7", 1, NameOnly::Signed},
    {"float4_e2m1fn_x2", 1, NameOnly::Floating},
    {"float8_e4m3fnuz", 1, NameOnly::Floating},
    {"float8_e5m2fnuz", 1, NameOnly::Floating},
    {"float8_e8m0fnu", 1, NameOnly::Floating},
    {"complex32", 4, NameOnly::Complex},
    {"bits1x8", 1, NameOnly::Bits},
    {"bits2x4", 1, NameOnly::Bits},
    {"bits4x2", 1, NameOnly::Bits},
    {"bits8", 1, NameOnly::Bits},
    {"bits16", 2, NameOnly::Bits},
    {"quint8", 1, NameOnly::Bits},
    {"qint8", 1, NameOnly::Bits},
    {"qint32", 4, NameOnly::Bits},
    {"quint4x2", 1, NameOnly::Bits},
    {"quint2x4", 1, NameOnly::Bits},
};

struct DTypeObject {
  DType dtype;
  const NameOnly* only = nullptr;  // then `dtype` is nothing

  std::string_view name() const { return only ? only->name : rl::name(dtype); }
  bool is_signed() const {
    RL_CHECK(!only || only->kind != NameOnly::Bits, "is_signed: torch.", name(), " has no sign");
    return only ? only->kind != NameOnly::Unsigned : !contains(kUnsigned | rl::only(DType::Bool), dtype);
  }
};
struct Layout {};
constexpr const char* kFormats[] = {"contiguous_format", "preserve_format", "channels_last", "channels_last_3d"};
PyObject* dtype_objects[kDTypes];
PyTypeObject* dtype_type;
PyTypeObject* device_type;
PyTypeObject* format_type;
PyTypeObject* layout_type;

Device parse_device(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  Device d;
  if (kind == "cpu")
    d.type = DeviceType::CPU;
  else if (kind == "meta")
    d.type = DeviceType::Meta;
  else if (kind == "cuda")
    d.type = DeviceType::CUDA;
  else
    fail(ErrorKind::Runtime, "Expected one of cpu, cuda, meta device type at start of device string: ", kind);
  if (colon != std::string_view::npos) {
    const std::string digits(text.substr(colon + 1));
    RL_CHECK(!digits.empty() && digits.size() < 3 && (digits[0] != '0' || digits.size() == 1) &&
                 digits.find_first_not_of("0123456789") == std::string::npos,
             "Invalid device string: '", text, "'");
    d.index = int8_t(std::stoi(digits));
  }
  return d;
}

const char* kind_text(Device d) {
  return d.type == DeviceType::CPU ? "cpu" : d.type == DeviceType::Meta ? "meta" : "cuda";
}

PyObject* size_repr(PyObject* self) {
  const Owned tuple(PyTuple_GetSlice(self, 0, PyTuple_GET_SIZE(self)));
  const Owned list(tuple ? PySequence_List(tuple.get()) : nullptr);
  return list ? PyUnicode_FromFormat("torch.Size(%R)", list.get()) : nullptr;
}
PyObject* size_numel(PyObject* self, PyObject*) {
  const Owned one(PyLong_FromLong(1));
  Owned product = Owned::borrow(one.get());
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(self); ++i) {
    product = Owned(PyNumber_Multiply(product.get(), PyTuple_GET_ITEM(self, i)));
    if (!product) return nullptr;
  }
  return product.release();
}
/// Slices and sums of sizes are sizes, as in PyTorch.
PyObject* as_size(PyObject* tuple) {
  if (!tuple) return nullptr;
  const Owned owned(tuple);
  if (!PyTuple_CheckExact(tuple)) return Owned(owned).release();
  PyObject* made = size_type->tp_alloc(size_type, PyTuple_GET_SIZE(tuple));
  if (!made) return nullptr;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); ++i) {
    Py_INCREF(PyTuple_GET_ITEM(tuple, i));
    PyTuple_SET_ITEM(made, i, PyTuple_GET_ITEM(tuple, i));
  }
  return made;
}
PyObject* size_subscript(PyObject* self, PyObject* key) {
  PyObject* item = PyTuple_Type.tp_as_mapping->mp_subscript(self, key);
  return PySlice_Check(key) ? as_size(item) : item;
}
/// The ints of any iterable, as sizes.
PyObject* size_new(PyTypeObject*, PyObject* args, PyObject* kwargs) {
  if ((kwargs && PyDict_GET_SIZE(kwargs)) || PyTuple_GET_SIZE(args) > 1) {
    PyErr_SetString(PyExc_TypeError, "torch.Size() takes one iterable of 'int' and no keyword");
    return nullptr;
  }
  const Owned items(PyTuple_GET_SIZE(args) ? PySequence_Tuple(PyTuple_GET_ITEM(args, 0)) : PyTuple_New(0));
  if (!items) return nullptr;
  Owned made(size_type->tp_alloc(size_type, PyTuple_GET_SIZE(items.get())));
  if (!made) return nullptr;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items.get()); ++i) {
    PyObject* item = PyTuple_GET_ITEM(items.get(), i);
    PyObject* number = PyIndex_Check(item) ? PyNumber_Index(item) : nullptr;
    if (number && PyBool_Check(number)) Py_SETREF(number, PyLong_FromLong(number == Py_True));
    if (!number) {
      PyErr_Format(PyExc_TypeError, "torch.Size() takes an iterable of 'int' (item %zd is '%s')", i,
                   Py_TYPE(item)->tp_name);
      return nullptr;
    }
    PyTuple_SET_ITEM(made.get(), i, number);
  }
  return made.release();
}
/// A size and a tuple, in either order.
PyObject* size_add(PyObject* a, PyObject* b) {
  if (!PyTuple_Check(a)) Py_RETURN_NOTIMPLEMENTED;
  if (!PyTuple_Check(b)) {
    PyErr_Format(PyExc_TypeError, "can only concatenate tuple (not %s) to torch.Size", Py_TYPE(b)->tp_name);
    return nullptr;
  }
  return as_size(PyTuple_Type.tp_as_sequence->sq_concat(a, b));
}
PyObject* size_repeat(PyObject* self, Py_ssize_t n) { return as_size(PyTuple_Type.tp_as_sequence->sq_repeat(self, n)); }

PyMethodDef size_methods[] = {
    {"numel", size_numel, METH_NOARGS, "numel($self, /)\n--\n\nNumber of elements of a tensor of this size."},
    {nullptr, nullptr, 0, nullptr}};

PyTypeObject* make_size_type() {
  PyType_Slot slots[] = {
      {Py_tp_base, &PyTuple_Type},
      {Py_tp_repr, reinterpret_cast<void*>(&size_repr)},
      {Py_tp_methods, size_methods},
      {Py_mp_subscript, reinterpret_cast<void*>(&size_subscript)},
      {Py_tp_new, reinterpret_cast<void*>(&size_new)},
      {Py_nb_add, reinterpret_cast<void*>(&size_add)},
      {Py_sq_repeat, reinterpret_cast<void*>(&size_repeat)},
      {Py_tp_doc, const_cast<char*>("The shape of a tensor: a tuple of ints that prints as torch.Size([2, 3]).")},
      {0, nullptr}};
  PyType_Spec spec{"torch.Size", 0, 0, Py_TPFLAGS_DEFAULT, slots};
  return reinterpret_cast<PyTypeObject*>(Owned::checked(PyType_FromSpec(&spec)).release());
}

PyObject* device_function;

/// torch.device(type, index=None): a device, or the text of one.
Device make_device(PyObject* type, std::optional<int64_t> index) {
  RL_CHECK(!PyLong_Check(type), "Cannot access accelerator device when none is available.");
  std::optional<Device> d = device_from(type);
  RL_CHECK_TYPE(d, "device(): argument 'type' (position 1) must be torch.device or str, not ", Py_TYPE(type)->tp_name);
  if (!index) return *d;
  RL_CHECK_TYPE(PyUnicode_Check(type), "device(): argument 'type' (position 1) must be str, not ",
                Py_TYPE(type)->tp_name);
  RL_CHECK(d->index < 0,
           "type (string) must not include an index because index was passed explicitly: ", to_string(*d));
  RL_CHECK(*index >= 0 && *index < 128, "Device index must not be negative, nor beyond 127; got ", *index);
  d->index = int8_t(*index);
  return *d;
}

}  // namespace

PyObject* dtype_object(DType d) { return dtype_objects[int(d)]; }

std::optional<DType> dtype_from(PyObject* object) {
  if (Py_TYPE(object) == dtype_type) {
    for (int i = 0; i < kDTypes; ++i)
      if (dtype_objects[i] == object) return DType(i);
    fail(ErrorKind::NotImplemented, "torch.", py::handle(object).cast<const DTypeObject&>().name(),
         " is the name of a dtype that no tensor has here");
  }
  if (object == reinterpret_cast<PyObject*>(&PyFloat_Type)) return DType::Float64;
  if (object == reinterpret_cast<PyObject*>(&PyLong_Type)) return DType::Int64;
  if (object == reinterpret_cast<PyObject*>(&PyBool_Type)) return DType::Bool;
  if (object == reinterpret_cast<PyObject*>(&PyComplex_Type)) return DType::Complex128;
  return std::nullopt;
}

std::optional<Device> device_from(PyObject* object) {
  if (Py_TYPE(object) == device_type) return py::handle(object).cast<Device>();
  if (PyUnicode_Check(object)) {
    Py_ssize_t n;
    const char* text = PyUnicode_AsUTF8AndSize(object, &n);
    if (!text) throw PythonError();
    return parse_device({text, size_t(n)});
  }
  return std::nullopt;
}

std::optional<MemoryFormat> memory_format_from(PyObject* object) {
  if (Py_TYPE(object) != format_type) return std::nullopt;
  return py::handle(object).cast<MemoryFormat>();
}

void check_layout(const char* op, PyObject* object) {
  RL_CHECK_TYPE(object == Py_None || Py_TYPE(object) == layout_type, op,
                "(): argument 'layout' must be torch.layout, not ", Py_TYPE(object)->tp_name);
}

PyObject* device_object(Device d) { return py::cast(d).release().ptr(); }

PyObject* size_object(const Dims& sizes) {
  PyObject* made = size_type->tp_alloc(size_type, sizes.size());
  if (!made) throw PythonError();
  for (int d = 0; d < sizes.size(); ++d) PyTuple_SET_ITEM(made, d, PyLong_FromLongLong(sizes[d]));
  return made;
}

void add_objects(py::module_& m) {
  py::class_<DTypeObject> dtype(m, "dtype", "The type of a tensor's elements, such as torch.float32.");
  dtype.def("__repr__", [](const DTypeObject& d) { return concat("torch.", d.name()); })
      .def("__deepcopy__", [](py::object self, py::object) { return self; })
      .def("__copy__", [](py::object self) { return self; })
      .def_property_readonly(
          "itemsize", [](const DTypeObject& d) { return d.only ? d.only->bytes : item_size(d.dtype); },
          "Bytes of one element.")
      .def_property_readonly(
          "is_floating_point",
          [](const DTypeObject& d) { return d.only ? d.only->kind == NameOnly::Floating : is_float(d.dtype); })
      .def_property_readonly(
          "is_complex",
          [](const DTypeObject& d) { return d.only ? d.only->kind == NameOnly::Complex : is_complex(d.dtype); })
      .def_property_readonly("is_signed", &DTypeObject::is_signed)
      .def("to_real",
           [](const py::object& self) {
             return py::reinterpret_borrow<py::object>(dtype_object(real_of(*dtype_from(self.ptr()))));
           })
      .def("to_complex", [](const DTypeObject& d) {
        RL_CHECK(!d.only && is_differentiable(d.dtype), "Unknown Complex ScalarType for ", d.name());
        return py::reinterpret_borrow<py::object>(dtype_object(is_complex(d.dtype) ? d.dtype : complex_of(d.dtype)));
      });
  dtype.attr("__module__") = "torch";
  dtype_type = reinterpret_cast<PyTypeObject*>(dtype.ptr());
  for (int i = 0; i < kDTypes; ++i) {
    dtype_objects[i] = py::cast(DTypeObject{DType(i)}).release().ptr();
    m.attr(std::string(name(DType(i))).c_str()) = py::handle(dtype_objects[i]);
  }
  for (const NameOnly& only : kNamesOnly) m.attr(only.name) = py::cast(DTypeObject{DType(), &only});

  device_function = plain("device", "type, index=None", "", &make_device);
  py::class_<Device> device(m, "device", "Where a tensor lives: torch.device('cpu'), torch.device('meta').");
  device
      .def(py::init([](const py::args& args, const py::kwargs& kwargs) {
        const Owned made = Owned::checked(PyObject_Call(device_function, args.ptr(), kwargs.ptr()));
        return py::handle(made.get()).cast<Device>();
      }))
      .def_property_readonly("type", [](Device d) { return std::string(kind_text(d)); })
      .def_property_readonly(
          "index", [](Device d) { return d.index < 0 ? py::object(py::none()) : py::object(py::int_(int(d.index))); })
      .def("__repr__",
           [](Device d) {
             const std::string index = d.index < 0 ? "" : ", index=" + std::to_string(int(d.index));
             return "device(type='" + std::string(kind_text(d)) + "'" + index + ")";
           })
      .def("__str__", [](Device d) { return to_string(d); })
      .def("__eq__",
           [](Device d, const py::object& other) { return py::isinstance<Device>(other) && other.cast<Device>() == d; })
      .def("__hash__", [](Device d) { return int(d.type) * 1000 + d.index; });
  device.attr("__module__") = "torch";
  device_type = reinterpret_cast<PyTypeObject*>(device.ptr());

  py::class_<MemoryFormat> format(m, "memory_format", "The order of a tensor's strides, such as torch.channels_last.");
  format.def("__repr__", [](MemoryFormat f) { return concat("torch.", kFormats[int(f)]); })
      .def("__deepcopy__", [](py::object self, py::object) { return self; })
      .def("__copy__", [](py::object self) { return self; });
  format.attr("__module__") = "torch";
  format_type = reinterpret_cast<PyTypeObject*>(format.ptr());
  for (int i = 0; i < 4; ++i) m.attr(kFormats[i]) = py::cast(MemoryFormat(i));

  py::class_<Layout> layout(m, "layout", "How a tensor lies in memory: torch.strided is the one there is.");
  layout.def("__repr__", [](const Layout&) { return "torch.strided"; })
      .def("__deepcopy__", [](py::object self, py::object) { return self; })
      .def("__copy__", [](py::object self) { return self; });
  layout.attr("__module__") = "torch";
  layout_type = reinterpret_cast<PyTypeObject*>(layout.ptr());
  m.attr("strided") = py::cast(Layout{});
  // as messages name them
  dtype_type->tp_name = "torch.dtype";
  device_type->tp_name = "torch.device";
  format_type->tp_name = "torch.memory_format";
  layout_type->tp_name = "torch.layout";

  size_type = make_size_type();
  m.attr("Size") = py::handle(reinterpret_cast<PyObject*>(size_type));
}

}  // namespace rl::python
