// The border with Python: the headers, owned references, and the exception that says "a Python error is set".
#pragma once

#include <pybind11/pybind11.h>

#include <utility>

namespace rl::python {

namespace py = pybind11;

/// Thrown when the Python error indicator is set; every entry point returns NULL then.
struct PythonError {};

/// An owned reference.
class Owned {
 public:
  Owned() = default;
  explicit Owned(PyObject* object) : object_(object) {}
  static Owned borrow(PyObject* object) {
    Py_XINCREF(object);
    return Owned(object);
  }
  /// Takes a new reference, or throws where the call that made it failed.
  static Owned checked(PyObject* object) {
    if (!object) throw PythonError();
    return Owned(object);
  }
  Owned(Owned&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  Owned(const Owned& other) : object_(other.object_) { Py_XINCREF(object_); }
  Owned& operator=(const Owned&) = delete;
  ~Owned() { Py_XDECREF(object_); }
  PyObject* get() const { return object_; }
  PyObject* release() { return std::exchange(object_, nullptr); }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  PyObject* object_ = nullptr;
};

/// Sets the Python exception for whatever C++ exception is in flight. Called in a catch block; `op` names the op, or
/// null.
void set_python_error(const char* op) noexcept;

/// Runs `body`, and turns any C++ exception into a Python one.
template <class Body>
PyObject* guarded(const char* op, Body&& body) noexcept {
  try {
    return body();
  } catch (...) {
    set_python_error(op);
    return nullptr;
  }
}

}  // namespace rl::python
