// Functions of the module that are no ops: their arguments are read, and named in errors, as an op's are; nothing is
// recorded.
#pragma once

#include <array>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "python/call.h"

namespace rl::python {

/// Any object, as it is.
template <>
struct Reader<PyObject*> : ReaderBase {
  PyObject* value = nullptr;
  void read(PyObject* o, Place) { value = o; }
  static bool accepts(PyObject*) { return true; }
  PyObject* get() const { return value; }
};
/// The Python object of a tensor.
template <>
struct Reader<PyTensor*> : ReaderBase {
  PyTensor* value = nullptr;
  void read(PyObject* o, Place place) {
    if (!is_tensor(o)) wrong_type(place, "Tensor", o);
    value = as_tensor(o);
  }
  static bool accepts(PyObject* o) { return is_tensor(o); }
  PyTensor* get() const { return value; }
};
template <>
struct Reader<Device> : ReaderBase {
  Device value;
  void read(PyObject* o, Place place) { value = to_device(o, place); }
  static bool accepts(PyObject* o) { return device_from(o).has_value(); }
  Device get() const { return value; }
};

template <>
struct Reader<Generator&> : ReaderBase {
  Generator* value = nullptr;
  void read(PyObject* o, Place place) { value = to_generator(o, place); }
  static bool accepts(PyObject* o) { return is_generator(o); }
  Generator& get() const { return *value; }
};

inline PyObject* given(Owned v) { return v.release(); }
inline PyObject* given(bool v) { return PyBool_FromLong(v); }
inline PyObject* given(int v) { return PyLong_FromLong(v); }
inline PyObject* given(int64_t v) { return PyLong_FromLongLong(v); }
inline PyObject* given(uint64_t v) { return PyLong_FromUnsignedLongLong(v); }
inline PyObject* given(Tensor&& t) { return wrap(std::move(t)); }
inline PyObject* given(DType d) { return Py_NewRef(dtype_object(d)); }
inline PyObject* given(Device d) { return device_object(d); }
inline PyObject* given(const std::string& text) {
  return PyUnicode_FromStringAndSize(text.data(), Py_ssize_t(text.size()));
}
inline PyObject* given(const Dims& sizes) { return size_object(sizes); }

template <class Fn>
struct Plain;
template <class R, class... A>
struct Plain<R (*)(A...)> {
  using Fn = R (*)(A...);

  template <size_t... I>
  static PyObject* run(const OpEntry& entry, [[maybe_unused]] std::span<PyObject*> slots, std::index_sequence<I...>) {
    [[maybe_unused]] std::tuple<Reader<A>...> readers;
    (std::get<I>(readers).read(slots[I], Place{&entry, int(I)}), ...);
    const Fn target = reinterpret_cast<Fn>(entry.target);
    if constexpr (std::is_void_v<R>) {
      target(std::get<I>(readers).get()...);
      Py_RETURN_NONE;
    } else {
      return given(target(std::get<I>(readers).get()...));
    }
  }
  static PyObject* call(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
    const OpEntry& entry = *static_cast<const OpEntry*>(entry_of_op_self(self));
    return guarded(entry.row->name, [&]() -> PyObject* {
      std::array<PyObject*, sizeof...(A)> slots{};
      Owned varargs;
      bool requires_grad = false;
      bind_arguments(entry, args, nargs, kwnames, slots, varargs, requires_grad);
      return run(entry, slots, std::make_index_sequence<sizeof...(A)>());
    });
  }
};

/// `arguments` as a row has them. Gives the function object, which lives for ever.
PyObject* make_plain(const char* name, const char* arguments, const char* doc, void (*target)(), FastCall call);

template <class R, class... A>
PyObject* plain(const char* name, const char* arguments, const char* doc, R (*f)(A...)) {
  return make_plain(name, arguments, doc, reinterpret_cast<void (*)()>(f), &Plain<R (*)(A...)>::call);
}
template <class R, class... A>
void def_plain(py::module_& m, const char* name, const char* arguments, R (*f)(A...), const char* doc = "") {
  m.attr(name) = py::handle(plain(name, arguments, doc, f));
}
/// A method: the object comes first among the arguments.
template <class R, class... A>
void def_method(const py::object& type, const char* name, const char* arguments, R (*f)(A...), const char* doc = "") {
  type.attr(name) = py::reinterpret_steal<py::object>(make_op_method(plain(name, arguments, doc, f)));
}

}  // namespace rl::python
