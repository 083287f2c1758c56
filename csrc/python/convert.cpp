// Into and out of tensors: Python numbers and nested sequences, NumPy arrays (without a copy where asked), lists,
// items.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "ops/common.h"
#include "ops/shape.h"
#include "python/call.h"
#include "python/numbers.h"
#include "python/objects.h"

namespace rl::python {
namespace {

bool is_array(PyObject* o) {
  return std::strcmp(Py_TYPE(o)->tp_name, "numpy.ndarray") == 0 || PyObject_HasAttrString(o, "__array_interface__");
}
bool is_list(PyObject* o) {
  return PyList_Check(o) || PyTuple_Check(o) ||
         (PySequence_Check(o) && !PyUnicode_Check(o) && !PyBytes_Check(o) && !is_tensor(o) && !is_number(o));
}

// ---- from Python values -------------------------------------------------------------------------------------------

/// A list may hold itself.
void check_depth(int depth, PyObject* data) {
  RL_CHECK_VALUE(depth < kMaxDims, "too many dimensions '", Py_TYPE(data)->tp_name, "': tensor() reads at most ",
                 kMaxDims, " nested ones");
}

void read_shape(PyObject* data, Dims& sizes) {
  Owned current = Owned::borrow(data);  // a sequence may make its items on demand: nobody else holds them
  while (is_list(current.get())) {
    const Py_ssize_t n = PySequence_Size(current.get());
    if (n < 0) throw PythonError();
    check_depth(sizes.size(), current.get());
    sizes.push_back(n);
    if (n == 0) return;
    current = Owned::checked(PySequence_GetItem(current.get(), 0));
  }
}

[[noreturn]] void not_a_number(PyObject* o) {
  if (PyUnicode_Check(o) || PyBytes_Check(o))
    fail(ErrorKind::Type, "new(): invalid data type '", Py_TYPE(o)->tp_name, "'");
  fail(ErrorKind::Runtime, "Could not infer dtype of ", Py_TYPE(o)->tp_name);
}

/// The widest kind of number anywhere in the data.
DType infer_dtype(PyObject* data, int depth = 0) {
  if (is_tensor(data)) return as_tensor(data)->value.dtype();
  if (PyFloat_Check(data))
    return std::strcmp(Py_TYPE(data)->tp_name, "numpy.float64") == 0 ? DType::Float64 : default_dtype();
  if (is_list(data)) {
    check_depth(depth, data);
    const Py_ssize_t n = PySequence_Size(data);
    if (n < 0) throw PythonError();
    if (n == 0) return default_dtype();
    DType all = DType::Bool;
    for (Py_ssize_t i = 0; i < n; ++i) {
      const Owned item = Owned::checked(PySequence_GetItem(data, i));
      const DType d = infer_dtype(item.get(), depth + 1);
      all = i == 0 ? d : promote(all, d);
    }
    return all;
  }
  if (!is_number(data)) not_a_number(data);
  const char* type = Py_TYPE(data)->tp_name;
  if (std::strncmp(type, "numpy.", 6) == 0) {
#define X(name, Name, cpp, Short) \
  if (std::strcmp(type + 6, #name) == 0) return DType::Name;
    RL_FOR_EACH_DTYPE(X)
#undef X
    if (std::strncmp(type + 6, "bool", 4) == 0) return DType::Bool;
  }
  int overflow = 0;
  if (PyLong_Check(data) && PyLong_AsLongLongAndOverflow(data, &overflow) == -1 && overflow)
    fail(ErrorKind::Value, "Overflow when unpacking long long: a Python int beyond int64 needs a dtype that holds it");
  return to_scalar(data, {}).dtype();
}

/// A number that must fit the integers of a dtype; unsigned ones take a negative number as its complement.
void check_fits(const Scalar& s, DType dtype) {
  const bool is_unsigned = contains(kUnsigned, dtype);
  const int bits = 8 * int(item_size(dtype));
  bool fits;
  if (s.category() <= 1 && bits == 64) {
    fits = is_unsigned || s.dtype() != DType::UInt64;
  } else {
    const double end = std::ldexp(1.0, is_unsigned ? bits : bits - 1), value = s.real();
    fits = value < end && (is_unsigned ? value > -end : value >= -end);
  }
  RL_CHECK(fits, "value cannot be converted to type ", name(dtype), " without overflow");
}

void store_all(PyObject* data, const Dims& sizes, int dim, DType dtype, char*& where) {
  if (is_tensor(data) && dim == sizes.size()) {
    const Tensor& t = as_tensor(data)->value;
    if (t.numel() != 1 && is_integer(dtype))
      fail(ErrorKind::Type, "only integer tensors of a single element can be converted to an index");
    RL_CHECK_VALUE(t.numel() == 1, "only one element tensors can be converted to Python scalars");
    load_scalar(t.dtype(), read_host(t, "tensor")).store(dtype, where);
    where += item_size(dtype);
    return;
  }
  if (is_tensor(data)) {  // a tensor beside lists counts as one
    const Tensor& t = as_tensor(data)->value;
    RL_CHECK_VALUE(t.ndim() == sizes.size() - dim, "only one element tensors can be converted to Python scalars");
    for (int d = 0; d < t.ndim(); ++d)
      RL_CHECK_VALUE(t.size(d) == sizes[dim + d], "expected sequence of length ", sizes[dim + d], " at dim ", dim + d,
                     " (got ", t.size(d), ")");
    const Tensor packed = ops::as_contiguous(ops::as_dtype(t, dtype));
    const size_t bytes = size_t(packed.numel() * item_size(dtype));
    std::memcpy(where, read_host(packed, "tensor"), bytes);
    where += bytes;
    return;
  }
  if (dim == sizes.size()) {
    if (is_list(data))
      fail(ErrorKind::Type,
           is_integer(dtype) ? "'list' object cannot be interpreted as an integer" : "must be real number, not ",
           is_integer(dtype) ? "" : Py_TYPE(data)->tp_name, ": the nested lists differ in depth");
    if (!is_number(data)) not_a_number(data);
    const Scalar s = to_scalar(data, {});
    RL_CHECK_TYPE(s.category() < 3 || is_complex(dtype) || dtype == DType::Bool, "must be real number, not complex");
    if (is_integer(dtype)) check_fits(s, dtype);
    s.store(dtype, where);
    where += item_size(dtype);
    return;
  }
  RL_CHECK_TYPE(is_list(data), "expected a sequence at dim ", dim, ", but got ", Py_TYPE(data)->tp_name);
  const Owned items = Owned::checked(PySequence_Fast(data, "expected a sequence"));
  const Py_ssize_t n = PySequence_Fast_GET_SIZE(items.get());
  RL_CHECK_VALUE(n == sizes[dim], "expected sequence of length ", sizes[dim], " at dim ", dim, " (got ", n, ")");
  for (Py_ssize_t i = 0; i < n; ++i) store_all(PySequence_Fast_GET_ITEM(items.get(), i), sizes, dim + 1, dtype, where);
}

// ---- NumPy --------------------------------------------------------------------------------------------------------

DType dtype_of_array(const py::array& a) {
  const char kind = a.dtype().kind();
  const auto size = a.dtype().itemsize();
  switch (kind) {
    case 'b': return DType::Bool;
    case 'f':
      if (size == 2) return DType::Float16;
      if (size == 4) return DType::Float32;
      if (size == 8) return DType::Float64;
      break;
    case 'c':
      if (size == 8) return DType::Complex64;
      if (size == 16) return DType::Complex128;
      break;
    case 'i': return size == 1 ? DType::Int8 : size == 2 ? DType::Int16 : size == 4 ? DType::Int32 : DType::Int64;
    case 'u': return size == 1 ? DType::UInt8 : size == 2 ? DType::UInt16 : size == 4 ? DType::UInt32 : DType::UInt64;
    default: break;
  }
  fail(ErrorKind::Type, "can't convert np.ndarray of type ", std::string(py::str(a.dtype())),
       ". The supported types are: float64, float32, "
       "float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, uint8, and bool.");
}

void release_array(void* array) {
  if (!Py_IsInitialized() || _Py_IsFinalizing()) return;  // the interpreter's memory goes with it
  const PyGILState_STATE state = PyGILState_Ensure();
  Py_DECREF(static_cast<PyObject*>(array));
  PyGILState_Release(state);
}

Tensor share_array(const py::array& a, const char* op) {
  const DType dtype = dtype_of_array(a);
  RL_CHECK_VALUE(a.dtype().byteorder() != '>', op,
                 ": given numpy array has byte order different from the native byte order.");
  Dims sizes, strides;
  const int64_t item = item_size(dtype);
  for (py::ssize_t d = 0; d < a.ndim(); ++d) {
    sizes.push_back(a.shape(d));
    RL_CHECK_VALUE(a.strides(d) >= 0, op,
                   ": At least one stride in the given numpy array is negative, and tensors with negative strides are "
                   "not currently supported. (You can probably work around this by making a copy of your array with "
                   "array.copy().)");
    RL_CHECK_VALUE(a.strides(d) % item == 0, op,
                   ": given numpy array strides not a multiple of the element byte size. Copy the numpy array to "
                   "reallocate the memory.");
    strides.push_back(a.strides(d) / item);
  }
  int64_t reach = 1;
  for (int d = 0; d < sizes.size(); ++d) reach = sizes[d] == 0 ? 0 : reach ? reach + (sizes[d] - 1) * strides[d] : 0;
  auto storage = Storage::borrow(const_cast<void*>(a.data()), size_t(reach * item), &release_array, a.inc_ref().ptr());
  return Tensor(std::move(storage), Version::make(), dtype, std::move(sizes), std::move(strides), 0);
}

py::array array_of(const py::object& o) {
  if (py::isinstance<py::array>(o)) return py::reinterpret_borrow<py::array>(o);
  py::array made = py::array::ensure(o);
  if (!made) throw PythonError();
  return made;
}

Tensor copy_of_array(const py::object& o) {
  py::array a = array_of(o);
  (void)dtype_of_array(a);
  a = py::module_::import("numpy")
          .attr("ascontiguousarray")(a, py::arg("dtype") = a.dtype().attr("newbyteorder")("="))
          .attr("reshape")(a.attr("shape"));
  return ops::clone(share_array(a, "tensor"));
}

const char* numpy_code(DType d) {
  switch (d) {
    case DType::Bool: return "?";
    case DType::UInt8: return "u1";
    case DType::Int8: return "i1";
    case DType::Int16: return "i2";
    case DType::Int32: return "i4";
    case DType::Int64: return "i8";
    case DType::UInt16: return "u2";
    case DType::UInt32: return "u4";
    case DType::UInt64: return "u8";
    case DType::Float16: return "f2";
    case DType::Float32: return "f4";
    case DType::Float64: return "f8";
    case DType::Complex64: return "c8";
    case DType::Complex128: return "c16";
    default:
      fail(ErrorKind::Type, "Got unsupported ScalarType ", short_name(d),
           ": NumPy has no such dtype; call .float() first");
  }
}

py::array to_numpy(const py::object& self) {
  RL_CHECK_TYPE(is_tensor(self.ptr()), "numpy: expected a Tensor, got ", Py_TYPE(self.ptr())->tp_name);
  const PyTensor* p = as_tensor(self.ptr());
  const Tensor& t = p->value;
  RL_CHECK(!requires_grad(as_tensor(self.ptr())),
           "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.");
  RL_CHECK_TYPE(
      !t.is_meta(),
      "can't convert meta device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first.");
  (void)read_host(t, "numpy");
  std::vector<py::ssize_t> sizes(t.sizes().begin(), t.sizes().end()), strides;
  for (int64_t s : t.strides()) strides.push_back(s * item_size(t.dtype()));
  const py::capsule owner(new Tensor(t), [](void* held) { delete static_cast<Tensor*>(held); });
  return py::array(py::dtype(std::string(numpy_code(t.dtype()))), sizes, strides, t.data(), owner);
}

// ---- tensor(), as_tensor() ----------------------------------------------------------------------------------------

Tensor from_data(const py::object& data, std::optional<DType> dtype, std::optional<Device> device) {
  Tensor made;
  if (is_tensor(data.ptr())) {
    made = ops::clone(as_tensor(data.ptr())->value);
  } else if (is_array(data.ptr())) {
    made = copy_of_array(data);
  } else {
    const DType d = dtype ? *dtype : infer_dtype(data.ptr());
    Dims sizes;
    read_shape(data.ptr(), sizes);
    made = empty(sizes, d);
    char* where = static_cast<char*>(made.data());
    if (made.numel() > 0 || sizes.empty()) store_all(data.ptr(), sizes, 0, d, where);
  }
  return ops::to(made, device, dtype, false);
}

std::optional<DType> maybe_dtype(const py::object& o) {
  return o.is_none() ? std::nullopt : std::optional(to_dtype(o.ptr(), {}));
}
/// The thread's default device counts where it is not the CPU: data that is a tensor stays where it is otherwise.
std::optional<Device> maybe_device(const py::object& o) {
  if (!o.is_none()) return to_device(o.ptr(), {});
  return default_device().type == DeviceType::CPU ? std::nullopt : std::optional(default_device());
}

py::object tensor(const py::object& data, const py::object& dtype, const py::object& device, bool needs_grad, bool) {
  Tensor made = from_data(data, maybe_dtype(dtype), maybe_device(device));
  RL_CHECK(!needs_grad || is_differentiable(made.dtype()),
           "Only Tensors of floating point and complex dtype can require gradients");
  PyObject* object = wrap(std::move(made));
  as_tensor(object)->requires_grad = needs_grad;
  return py::reinterpret_steal<py::object>(object);
}

/// Shares memory with an array; returns a tensor that fits as it is.
py::object as_tensor_like(const py::object& data, const py::object& dtype, const py::object& device) {
  const auto d = maybe_dtype(dtype);
  const auto where = maybe_device(device);
  if (is_tensor(data.ptr())) {
    const Tensor& t = as_tensor(data.ptr())->value;
    if ((!d || *d == t.dtype()) && (!where || *where == t.device())) return data;
    return py::module_::import("rushlight._C").attr("_to")(data, where ? py::cast(*where) : py::none(), dtype);
  }
  if (is_array(data.ptr())) {
    const py::array a = array_of(data);
    bool shareable = a.dtype().byteorder() != '>';
    for (py::ssize_t i = 0; i < a.ndim(); ++i) shareable &= a.strides(i) >= 0 && a.strides(i) % a.itemsize() == 0;
    Tensor t = shareable ? share_array(a, "as_tensor") : copy_of_array(a);
    return py::reinterpret_steal<py::object>(wrap(ops::to(t, where, d, false)));
  }
  return py::reinterpret_steal<py::object>(wrap(from_data(data, d, where)));
}

// ---- out of tensors -----------------------------------------------------------------------------------------------

PyObject* number(DType dtype, const void* where) {
  const Scalar s = load_scalar(dtype, where);
  switch (s.category()) {
    case 0: return PyBool_FromLong(s.integer() != 0);
    case 1:
      if (dtype == DType::UInt64) return PyLong_FromUnsignedLongLong(*static_cast<const uint64_t*>(where));
      return PyLong_FromLongLong(s.integer());
    case 2: return PyFloat_FromDouble(s.real());
    default: return PyComplex_FromDoubles(s.real(), s.imag());
  }
}

PyObject* nested(const Tensor& t, int dim, const char* where) {
  if (dim == t.ndim()) return number(t.dtype(), where);
  Owned list = Owned::checked(PyList_New(t.size(dim)));
  for (int64_t i = 0; i < t.size(dim); ++i)
    PyList_SET_ITEM(list.get(), i,
                    Owned::checked(nested(t, dim + 1, where + i * t.stride(dim) * item_size(t.dtype()))).release());
  return list.release();
}

}  // namespace

PyObject* item(PyObject* self) {
  return guarded("item", [&]() -> PyObject* {
    const Tensor& t = as_tensor(self)->value;
    RL_CHECK(t.numel() == 1, "a Tensor with ", t.numel(), " elements cannot be converted to Scalar");
    return number(t.dtype(), read_host(t, "item"));
  });
}

void add_convert(py::module_& m) {
  m.def("tensor", &tensor, py::arg("data"), py::kw_only(), py::arg("dtype") = py::none(),
        py::arg("device") = py::none(), py::arg("requires_grad") = false, py::arg("pin_memory") = false);
  m.def("_as_tensor", &as_tensor_like, py::arg("data"), py::arg("dtype") = py::none(), py::arg("device") = py::none());
  m.def(
      "from_numpy",
      [](const py::object& a) {
        RL_CHECK_TYPE(py::isinstance<py::array>(a), "expected np.ndarray (got ", Py_TYPE(a.ptr())->tp_name, ")");
        return share_array(py::reinterpret_borrow<py::array>(a), "from_numpy");
      },
      py::arg("ndarray"));
  m.def("_numpy", &to_numpy);
  m.def(
      "_storage_bytes",
      [](const Tensor& t) {
        const int64_t bytes = int64_t(t.storage()->bytes());
        return Tensor(t.storage(), t.version(), DType::UInt8, {bytes}, {1}, 0);
      },
      "The bytes of the whole storage, as a tensor on the same memory.");
  m.def(
      "_on_bytes",
      [](const Tensor& bytes, const py::object& dtype, const py::object& sizes, const py::object& strides,
         int64_t offset) {
        const DType d = to_dtype(dtype.ptr(), {});
        const Dims size = to_dims(sizes.ptr(), {}), stride = to_dims(strides.ptr(), {});
        RL_CHECK(size.size() == stride.size() && offset >= 0, "_on_bytes: a damaged pickle");
        int64_t reach = checked_numel(size, "_on_bytes") == 0 ? 0 : 1;
        for (int i = 0; i < size.size() && reach; ++i) {
          RL_CHECK(stride[i] >= 0, "_on_bytes: a damaged pickle");
          RL_CHECK(!__builtin_add_overflow(reach, checked_mul(size[i] - 1, stride[i], "_on_bytes"), &reach),
                   "_on_bytes: a damaged pickle");
        }
        RL_CHECK(!__builtin_add_overflow(reach, offset, &reach) &&
                     checked_mul(reach, item_size(d), "_on_bytes") <= int64_t(bytes.storage()->bytes()),
                 "_on_bytes: the storage is too small for a tensor of shape ", size);
        return Tensor(bytes.storage(), bytes.version(), d, size, stride, offset);
      },
      "A tensor over the storage of another.");
  m.def("_item", [](const py::object& t) {
    RL_CHECK_TYPE(is_tensor(t.ptr()), "item: expected a Tensor");
    PyObject* value = item(t.ptr());
    if (!value) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(value);
  });
  m.def("_tolist", [](const Tensor& t) {
    (void)read_host(t, "tolist");
    return py::reinterpret_steal<py::object>(nested(t, 0, static_cast<const char*>(t.data())));
  });
}

}  // namespace rl::python
