// C++ exceptions as Python ones: the class by kind, the message as it was made.
#include <cstring>
#include <new>

#include "core/error.h"
#include "python/python.h"

namespace rl::python {
namespace {

PyObject* class_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Index: return PyExc_IndexError;
    case ErrorKind::Type: return PyExc_TypeError;
    case ErrorKind::Value: return PyExc_ValueError;
    case ErrorKind::NotImplemented: return PyExc_NotImplementedError;
    case ErrorKind::OutOfMemory: return PyExc_MemoryError;
    default: return PyExc_RuntimeError;
  }
}

}  // namespace

void set_python_error(const char* op) noexcept {
  try {
    throw;
  } catch (const PythonError&) {
    // the indicator is set already
  } catch (const Error& e) {
    const char* text = e.what();
    if (op && *op == '_') ++op;  // `_nll_loss` is nn.functional's nll_loss
    const bool named = !op || std::strstr(text, op);
    // marked as ours: a Module may say below the message where it came from (nn/modules/_hooks.py)
    const std::string whole = named ? std::string(text) : concat(op, ": ", text);
    const Owned message(PyUnicode_DecodeUTF8(whole.data(), Py_ssize_t(whole.size()), "replace"));
    const Owned error(message ? PyObject_CallOneArg(class_of(e.kind()), message.get()) : nullptr);
    if (!error || PyObject_SetAttrString(error.get(), "_from_rushlight", Py_True) < 0) return;
    PyErr_SetObject(class_of(e.kind()), error.get());
  } catch (const py::error_already_set& e) {
    const_cast<py::error_already_set&>(e).restore();
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& e) {
    PyErr_Format(PyExc_RuntimeError, "%s: %s", op ? op : "rushlight", e.what());
  } catch (...) {
    PyErr_SetString(PyExc_RuntimeError, "rushlight: unknown C++ exception");
  }
}

}  // namespace rl::python
