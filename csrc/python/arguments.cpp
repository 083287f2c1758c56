// Readers' bodies: numbers, sizes, dtypes, devices and generators out of Python objects, and the errors for what is
// none.
#include "python/arguments.h"

#include <cstring>

#include "python/call.h"
#include "python/errors.h"
#include "python/generator_type.h"

namespace rl::python {
namespace {

bool is_numpy(PyObject* o, const char* kind) {
  const char* type = Py_TYPE(o)->tp_name;
  return std::strncmp(type, "numpy.", 6) == 0 && std::strncmp(type + 6, kind, std::strlen(kind)) == 0;
}
bool is_single(PyObject* o) { return is_tensor(o) && as_tensor(o)->value.ndim() == 0; }
Scalar single_value(PyObject* o, Place place) {
  const Tensor& t = as_tensor(o)->value;
  return load_scalar(t.dtype(), read_host(t, place.op ? place.op->row->name : "item"));
}
/// The argument that a message is about: `sum: argument 'dim': `.
std::string argument_name(Place place, const char* otherwise) {
  if (!place.op) return concat(otherwise, ": ");
  return concat(public_name(place.op->row->name), ": argument '",
                PyUnicode_AsUTF8(place.op->params[size_t(place.slot)].name), "': ");
}

}  // namespace

void wrong_type(Place place, const char* expected, PyObject* got) {
  if (!place.op) fail(ErrorKind::Type, "expected ", expected, ", not ", Py_TYPE(got)->tp_name);
  const Param& p = place.op->params[size_t(place.slot)];
  const std::string position = p.keyword_only ? "" : concat(" (position ", place.slot + 1, ")");
  fail(ErrorKind::Type, public_name(place.op->row->name), "(): argument '", PyUnicode_AsUTF8(p.name), "'", position,
       " must be ", expected, ", not ", Py_TYPE(got)->tp_name);
}

bool is_number(PyObject* o) {
  if (PyFloat_Check(o) || PyLong_Check(o) || PyComplex_Check(o)) return true;
  if (is_tensor(o)) return is_single(o);
  return std::strncmp(Py_TYPE(o)->tp_name, "numpy.", 6) == 0 && !PySequence_Check(o) && PyNumber_Check(o);
}

Scalar to_scalar(PyObject* o, Place place) {
  if (PyBool_Check(o)) return Scalar(o == Py_True);
  if (PyLong_Check(o)) {
    int overflow = 0;
    const long long v = PyLong_AsLongLongAndOverflow(o, &overflow);
    if (overflow == 0) return Scalar(int64_t(v));
    if (overflow > 0) {
      const unsigned long long wide = PyLong_AsUnsignedLongLong(o);
      if (!PyErr_Occurred()) return Scalar(uint64_t(wide));
      PyErr_Clear();
    }
    fail(ErrorKind::Overflow, argument_name(place, "number"),
         "int too big to convert: ", overflow < 0 ? "below" : "beyond",
         " 64 bits, it fits no integer dtype; write it as a float");
  }
  if (PyFloat_Check(o)) return Scalar(PyFloat_AS_DOUBLE(o));
  if (PyComplex_Check(o)) return Scalar(complex<double>(PyComplex_RealAsDouble(o), PyComplex_ImagAsDouble(o)));
  if (is_single(o)) return single_value(o, place);
  if (is_number(o)) {
    if (is_numpy(o, "bool")) return Scalar(PyObject_IsTrue(o) == 1);
    if (is_numpy(o, "complex")) {
      const Py_complex v = PyComplex_AsCComplex(o);
      if (v.real == -1 && PyErr_Occurred()) throw PythonError();
      return Scalar(complex<double>(v.real, v.imag));
    }
    const Owned plain = Owned::checked(PyIndex_Check(o) ? PyNumber_Index(o) : PyNumber_Float(o));
    return to_scalar(plain.get(), place);
  }
  wrong_type(place, "Number", o);
}

bool is_int(PyObject* o) {
  if (PyLong_Check(o)) return !PyBool_Check(o);
  if (is_tensor(o)) return is_single(o) && is_integer(as_tensor(o)->value.dtype());
  return PyIndex_Check(o);
}

namespace {
/// `beyond`: what an int of more than 64 bits raises; a size is another matter than a dim in PyTorch.
int64_t read_int(PyObject* o, Place place, ErrorKind beyond) {
  if (PyLong_Check(o)) {
    int overflow = 0;
    const long long v = PyLong_AsLongLongAndOverflow(o, &overflow);
    if (RL_UNLIKELY(overflow != 0))
      fail(beyond, argument_name(place, "int"), "Overflow when unpacking long long: the int is beyond 64 bits");
    return v;
  }
  if (!is_int(o)) wrong_type(place, "int", o);
  if (is_tensor(o)) return single_value(o, place).integer();
  return read_int(Owned::checked(PyNumber_Index(o)).get(), place, beyond);
}
}  // namespace

int64_t to_int(PyObject* o, Place place) { return read_int(o, place, ErrorKind::Value); }

double to_double(PyObject* o, Place place) {
  if (PyFloat_Check(o)) return PyFloat_AS_DOUBLE(o);
  if (!is_number(o) || PyComplex_Check(o)) wrong_type(place, "float", o);
  if (PyLong_Check(o)) {
    const double v = PyLong_AsDouble(o);
    if (v == -1 && PyErr_Occurred()) throw PythonError();
    return v;
  }
  return to_scalar(o, place).real();
}

bool to_bool(PyObject* o, Place place) {
  if (PyBool_Check(o)) return o == Py_True;
  if (is_numpy(o, "bool") || is_int(o)) return PyObject_IsTrue(o) == 1;
  wrong_type(place, "bool", o);
}

bool is_ints(PyObject* o) {
  if (!PyTuple_Check(o) && !PyList_Check(o)) return false;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); ++i)
    if (!is_int(PySequence_Fast_GET_ITEM(o, i))) return false;
  return true;
}

Dims to_dims(PyObject* o, Place place) {
  if (is_int(o)) return Dims{to_int(o, place)};
  if (!PyTuple_Check(o) && !PyList_Check(o)) wrong_type(place, "tuple of ints", o);
  const Py_ssize_t n = PySequence_Fast_GET_SIZE(o);
  RL_CHECK(n <= kMaxDims, place.op ? place.op->row->name : "sizes", ": ", n, " sizes; a tensor has at most ", kMaxDims,
           " dims");
  Dims dims;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); ++i) {
    const Owned held = Owned::borrow(PySequence_Fast_GET_ITEM(o, i));  // __index__ may empty the list
    PyObject* item = held.get();
    if (!is_int(item)) {
      const std::string expected =
          concat("tuple of ints, but found element of type ", Py_TYPE(item)->tp_name, " at pos ", i);
      wrong_type(place, expected.c_str(), o);
    }
    dims.push_back(read_int(item, place, ErrorKind::Type));
  }
  return dims;
}

DType to_dtype(PyObject* o, Place place) {
  if (const auto d = dtype_from(o)) return *d;
  wrong_type(place, "torch.dtype", o);
}
Device to_device(PyObject* o, Place place) {
  if (const auto d = device_from(o)) return *d;
  wrong_type(place, "torch.device", o);
}
MemoryFormat to_memory_format(PyObject* o, Place place) {
  if (const auto f = memory_format_from(o)) return *f;
  wrong_type(place, "torch.memory_format", o);
}
std::string_view to_text(PyObject* o, Place place) {
  if (!PyUnicode_Check(o)) wrong_type(place, "str", o);
  Py_ssize_t n;
  const char* text = PyUnicode_AsUTF8AndSize(o, &n);
  if (!text) throw PythonError();
  return {text, size_t(n)};
}

void Reader<Tensor*>::read(PyObject* o, Place place) {
  if (o == Py_None) return;
  if (!is_tensor(o)) wrong_type(place, "Tensor", o);
  RL_CHECK((mode & kNoGrad) || !requires_grad(as_tensor(o)), place.op->row->name,
           "(): functions with out=... arguments don't support automatic differentiation, but one of the arguments "
           "requires grad.");
  value = as_tensor(o)->value;
}

void Reader<ops::Outs*>::read(PyObject* o, Place place) {
  if (o == Py_None) return;
  if (!PyTuple_Check(o) && !PyList_Check(o)) wrong_type(place, "tuple of Tensors", o);
  value.emplace();
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); ++i) {
    Reader<Tensor*> one;
    one.read(PySequence_Fast_GET_ITEM(o, i), place);
    if (!one.value) wrong_type(place, "tuple of Tensors", o);
    value->tensors.push_back(*one.value);
  }
}

void Reader<ops::Outs*>::write_back(PyObject* o) {
  if (!value) return;
  for (size_t i = 0; i < value->tensors.size(); ++i)
    as_tensor(PySequence_Fast_GET_ITEM(o, Py_ssize_t(i)))->value = value->tensors[i];
}

void Reader<const std::vector<Tensor>&>::read(PyObject* o, Place place) {
  if (!PyTuple_Check(o) && !PyList_Check(o)) wrong_type(place, "tuple of Tensors", o);
  const Py_ssize_t n = PySequence_Fast_GET_SIZE(o);
  value.reserve(size_t(n));
  for (Py_ssize_t i = 0; i < n; ++i) {
    PyObject* item = PySequence_Fast_GET_ITEM(o, i);
    if (!is_tensor(item))
      fail(ErrorKind::Type, "expected Tensor as element ", i, " in argument ", place.slot, ", but got ",
           Py_TYPE(item)->tp_name);
    value.push_back(as_tensor(item)->value);
  }
}
bool Reader<const std::vector<Tensor>&>::accepts(PyObject* o) {
  if (!PyTuple_Check(o) && !PyList_Check(o)) return false;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); ++i)
    if (!is_tensor(PySequence_Fast_GET_ITEM(o, i))) return false;
  return true;
}

}  // namespace rl::python
