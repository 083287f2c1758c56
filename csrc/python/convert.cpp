// Into and out of tensors: Python numbers and nested sequences, NumPy arrays (without a copy where asked), lists,
// items.
#include <pybind11/numpy.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "core/fits.h"
#include "ops/common.h"
#include "ops/shape.h"
#include "python/let_go.h"
#include "python/numbers.h"
#include "python/objects.h"
#include "python/plain.h"

namespace rl::python {
namespace {

PyObject* to_function;  // _C._to

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

/// A Python int has no bounds: one beyond 64 bits becomes a float where that is asked for.
Scalar number_for(PyObject* o, DType dtype) {
  int overflow = 0;
  if (!PyLong_Check(o) || (PyLong_AsLongLongAndOverflow(o, &overflow), overflow == 0)) return to_scalar(o, {});
  if (dtype == DType::UInt64 && overflow > 0) {
    const unsigned long long v = PyLong_AsUnsignedLongLong(o);
    if (!PyErr_Occurred()) return Scalar(uint64_t(v));
    PyErr_Clear();
  }
  RL_CHECK_VALUE(!is_integer(dtype), "Overflow when unpacking long long: a Python int beyond 64 bits fits no torch.",
                 name(dtype));
  const double v = PyLong_AsDouble(o);
  if (v == -1 && PyErr_Occurred()) throw PythonError();
  return Scalar(v);
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
    const Scalar s = number_for(data, dtype);
    RL_CHECK_TYPE(s.category() < 3 || is_complex(dtype) || dtype == DType::Bool, "must be real number, not complex");
    RL_CHECK(!is_integer(dtype) || fits(s, dtype), "value cannot be converted to type ", name(dtype),
             " without overflow: it is ", s.real());
    s.store(dtype, where);
    where += item_size(dtype);
    return;
  }
  RL_CHECK_TYPE(is_list(data), "expected a sequence at dim ", dim, ", but got ", Py_TYPE(data)->tp_name);
  const Py_ssize_t n = PySequence_Size(data);
  if (n < 0) throw PythonError();
  RL_CHECK_VALUE(n == sizes[dim], "expected sequence of length ", sizes[dim], " at dim ", dim, " (got ", n, ")");
  // by index, each item held: reading one may run Python, which may shorten the list (an IndexError then)
  for (Py_ssize_t i = 0; i < n; ++i)
    store_all(Owned::checked(PySequence_GetItem(data, i)).get(), sizes, dim + 1, dtype, where);
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
  let_go([](void* held) { Py_DECREF(static_cast<PyObject*>(held)); }, array);
}

bool is_aligned(const py::array& a) { return (a.flags() & py::detail::npy_api::NPY_ARRAY_ALIGNED_) != 0; }

Tensor share_array(const py::array& a, const char* op) {
  const DType dtype = dtype_of_array(a);
  RL_CHECK_VALUE(a.dtype().byteorder() != '>', op,
                 ": given numpy array has byte order different from the native byte order.");
  RL_ASSERT(is_aligned(a));
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
  auto storage = Storage::borrow(const_cast<void*>(a.data()), size_t(reach * item), &release_array, a.inc_ref().ptr(),
                                 !a.writeable());
  return Tensor(std::move(storage), Version::make(), dtype, std::move(sizes), std::move(strides), 0);
}

py::array array_of(PyObject* o) {
  if (py::isinstance<py::array>(o)) return py::reinterpret_borrow<py::array>(o);
  py::array made = py::array::ensure(o);
  RL_CHECK_TYPE(made, Py_TYPE(o)->tp_name, " cannot be read as a NumPy array");
  return made;
}

Tensor copy_of_array(PyObject* o) {
  py::array a = array_of(o);
  (void)dtype_of_array(a);
  a = py::module_::import("numpy")
          .attr("require")(a, a.dtype().attr("newbyteorder")("="), py::make_tuple("C", "A"))
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

Owned to_numpy(PyTensor* self) {
  const Tensor& t = self->value;
  RL_CHECK(!requires_grad(self),
           "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.");
  RL_CHECK_TYPE(
      !t.is_meta(),
      "can't convert meta device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first.");
  (void)read_host(t, "numpy");
  std::vector<py::ssize_t> sizes(t.sizes().begin(), t.sizes().end()), strides;
  for (int64_t s : t.strides()) strides.push_back(s * item_size(t.dtype()));
  const py::capsule owner(new Tensor(t), [](void* held) { delete static_cast<Tensor*>(held); });
  py::array made(py::dtype(std::string(numpy_code(t.dtype()))), sizes, strides, t.data(), owner);
  if (t.storage()->read_only()) made.attr("setflags")(py::arg("write") = false);
  return Owned(made.release().ptr());
}

void warn(const char* text) {
  if (PyErr_WarnEx(PyExc_UserWarning, text, 1) < 0) throw PythonError();
}

Tensor from_numpy(PyObject* o) {
  RL_CHECK_TYPE(py::isinstance<py::array>(o), "expected np.ndarray (got ", Py_TYPE(o)->tp_name, ")");
  const auto a = py::reinterpret_borrow<py::array>(o);
  (void)dtype_of_array(a);
  if (!is_aligned(a)) {
    warn(
        "The elements of the given NumPy array do not lie at multiples of their size in memory: the tensor is a copy.");
    return copy_of_array(o);
  }
  if (!a.writeable())
    warn(
        "The given NumPy array is not writable: the tensor shares its memory, and writing to it raises. You may want "
        "to copy the array to protect its data or make it writable before converting it to a tensor.");
  return share_array(a, "from_numpy");
}

// ---- tensor(), as_tensor() ----------------------------------------------------------------------------------------

Tensor from_data(PyObject* data, std::optional<DType> dtype, std::optional<Device> device) {
  Tensor made;
  if (is_tensor(data)) {
    made = ops::clone(as_tensor(data)->value);
  } else if (is_array(data)) {
    made = copy_of_array(data);
  } else {
    const DType d = dtype ? *dtype : infer_dtype(data);
    Dims sizes;
    read_shape(data, sizes);
    made = empty(sizes, d);
    char* where = static_cast<char*>(made.data());
    if (made.numel() > 0 || sizes.empty()) store_all(data, sizes, 0, d, where);
  }
  return ops::to(made, device, dtype, false);
}

/// The thread's default device counts where it is not the CPU: data that is a tensor stays where it is otherwise.
std::optional<Device> or_default(std::optional<Device> device) {
  if (device || default_device().type == DeviceType::CPU) return device;
  return default_device();
}

Owned tensor(PyObject* data, std::optional<DType> dtype, std::optional<Device> device, bool needs_grad, bool) {
  Tensor made = from_data(data, dtype, or_default(device));
  RL_CHECK(!needs_grad || is_differentiable(made.dtype()),
           "Only Tensors of floating point and complex dtype can require gradients");
  Owned object(wrap(std::move(made)));
  as_tensor(object.get())->requires_grad = needs_grad;
  return object;
}

/// Shares memory with an array; returns a tensor that fits as it is.
Owned as_tensor_like(PyObject* data, std::optional<DType> dtype, std::optional<Device> device) {
  device = or_default(device);
  if (is_tensor(data)) {
    const Tensor& t = as_tensor(data)->value;
    if ((!dtype || *dtype == t.dtype()) && (!device || *device == t.device())) return Owned::borrow(data);
    const Owned where(device ? device_object(*device) : Py_NewRef(Py_None));
    PyObject* const arguments[] = {data, where.get(), dtype ? dtype_object(*dtype) : Py_None};
    return Owned::checked(PyObject_Vectorcall(to_function, arguments, 3, nullptr));
  }
  if (is_array(data)) {
    const py::array a = array_of(data);
    (void)dtype_of_array(a);  // an array of nothing has no item size
    bool shareable = a.dtype().byteorder() != '>' && is_aligned(a);
    for (py::ssize_t i = 0; i < a.ndim(); ++i) shareable &= a.strides(i) >= 0 && a.strides(i) % a.itemsize() == 0;
    return Owned(wrap(ops::to(shareable ? share_array(a, "as_tensor") : copy_of_array(data), device, dtype, false)));
  }
  return Owned(wrap(from_data(data, dtype, device)));
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

Tensor bytes_of_storage(const Tensor& t) {
  const int64_t bytes = int64_t(t.storage()->bytes());
  return Tensor(t.storage(), t.version(), DType::UInt8, {bytes}, {1}, 0);
}

/// A tensor over the storage of another, as a pickle describes it.
Tensor on_bytes(const Tensor& bytes, DType dtype, const Dims& size, const Dims& stride, int64_t offset) {
  RL_CHECK(size.size() == stride.size() && offset >= 0, "_on_bytes: a damaged pickle");
  int64_t reach = checked_numel(size, "_on_bytes") == 0 ? 0 : 1;
  for (int i = 0; i < size.size() && reach; ++i) {
    RL_CHECK(stride[i] >= 0, "_on_bytes: a damaged pickle");
    RL_CHECK(!__builtin_add_overflow(reach, checked_mul(size[i] - 1, stride[i], "_on_bytes"), &reach),
             "_on_bytes: a damaged pickle");
  }
  RL_CHECK(!__builtin_add_overflow(reach, offset, &reach) &&
               checked_mul(reach, item_size(dtype), "_on_bytes") <= int64_t(bytes.storage()->bytes()),
           "_on_bytes: the storage is too small for a tensor of shape ", size);
  return Tensor(bytes.storage(), bytes.version(), dtype, size, stride, offset);
}

Owned to_list(const Tensor& t) {
  (void)read_host(t, "tolist");
  return Owned(nested(t, 0, static_cast<const char*>(t.data())));
}

}  // namespace

PyObject* item(PyObject* self) {
  return guarded("item", [&]() -> PyObject* {
    const Tensor& t = as_tensor(self)->value;
    RL_CHECK(!(t.is_meta() && is_layered(self)),
             "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over calling .item() on a "
             "Tensor: it has another value in every example of the batch. Please try to rewrite what you're doing with "
             "other operations.");
    RL_CHECK(!t.is_meta(), "Tensor.item() cannot be called on meta tensors: they have no values");
    RL_CHECK(t.numel() == 1, "a Tensor with ", t.numel(), " elements cannot be converted to Scalar");
    return number(t.dtype(), read_host(t, "item"));
  });
}

void add_convert(py::module_& m) {
  to_function = py::object(m.attr("_to")).release().ptr();
  def_plain(m, "tensor", "data, *, dtype=None, device=None, requires_grad=False, pin_memory=False", &tensor);
  def_plain(m, "_as_tensor", "data, dtype=None, device=None", &as_tensor_like);
  def_plain(m, "from_numpy", "ndarray", &from_numpy);
  def_plain(m, "_numpy", "input", &to_numpy);
  def_plain(m, "_storage_bytes", "input", &bytes_of_storage);
  def_plain(m, "_on_bytes", "input, dtype, size, stride, offset", &on_bytes);
  def_plain(m, "_item", "input", +[](PyTensor* t) { return Owned::checked(item(as_object(t))); });
  def_plain(m, "_tolist", "input", &to_list);
}

}  // namespace rl::python
