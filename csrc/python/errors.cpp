// C++ exceptions as Python ones: the class by kind, the message as it was made.
#include "python/errors.h"

#include <new>
#include <string>
#include <string_view>

#include "core/error.h"

namespace rl::python {
namespace {

PyObject* out_of_memory = nullptr;  // class OutOfMemoryError

PyObject* class_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Index: return PyExc_IndexError;
    case ErrorKind::Type: return PyExc_TypeError;
    case ErrorKind::Value: return PyExc_ValueError;
    case ErrorKind::NotImplemented: return PyExc_NotImplementedError;
    case ErrorKind::Overflow: return PyExc_OverflowError;
    case ErrorKind::OutOfMemory: return out_of_memory;
    default: return PyExc_RuntimeError;
  }
}

/// Does the text begin with the name, as in `sum: ...` and `sum(): ...`, or quote it, as in `"sum" not implemented`?
bool begins_with(std::string_view text, std::string_view name) {
  return text.starts_with(name) && text.size() > name.size() && (text[name.size()] == ':' || text[name.size()] == '(');
}
bool quotes(std::string_view text, std::string_view name) {
  return text.find('"' + std::string(name) + '"') != std::string_view::npos;
}

/// The message with the op's name in front. An in-place op shares its words with its other form: `add: ...` is add_'s.
std::string with_name(std::string_view op, std::string_view text) {
  if (op.empty() || begins_with(text, op) || quotes(text, op)) return std::string(text);
  const std::string_view base = op.ends_with('_') ? op.substr(0, op.size() - 1) : op;
  if (begins_with(text, base)) return concat(op, text.substr(base.size()));
  return quotes(text, base) ? std::string(text) : concat(op, ": ", text);
}

void raise(PyObject* kind, const char* op, const char* text) noexcept {
  try {
    const std::string message = with_name(op ? public_name(op) : "", text);
    const Owned decoded(PyUnicode_DecodeUTF8(message.data(), Py_ssize_t(message.size()), "replace"));
    const Owned error(decoded ? PyObject_CallOneArg(kind, decoded.get()) : nullptr);
    // marked as ours: a Module may say below the message where it came from (nn/modules/_hooks.py)
    if (!error || PyObject_SetAttrString(error.get(), "_from_rushlight", Py_True) < 0) return;
    PyErr_SetObject(kind, error.get());
  } catch (const std::exception&) {  // no memory for the longer message
    PyErr_SetString(kind, text);
  }
}

}  // namespace

void add_errors(py::module_& m) {
  const Owned bases = Owned::checked(PyTuple_Pack(2, PyExc_RuntimeError, PyExc_MemoryError));
  out_of_memory =
      Owned::checked(PyErr_NewExceptionWithDoc("rushlight.OutOfMemoryError",
                                               "There is no memory for a tensor: a RuntimeError, as in PyTorch, and a "
                                               "MemoryError, as in Python.",
                                               bases.get(), nullptr))
          .release();
  m.attr("OutOfMemoryError") = py::handle(out_of_memory);
}

void set_python_error(const char* op) noexcept {
  try {
    throw;
  } catch (const PythonError&) {
    // the indicator is set already
  } catch (const Error& e) {
    raise(class_of(e.kind()), op, e.what());
  } catch (const py::error_already_set& e) {
    const_cast<py::error_already_set&>(e).restore();
  } catch (const std::bad_alloc&) {
    raise(out_of_memory, op, "no memory for what the call keeps beside its tensors");
  } catch (const std::exception& e) {
    PyErr_Format(PyExc_RuntimeError, "%s: %s", op ? op : "rushlight", e.what());
  } catch (...) {
    PyErr_SetString(PyExc_RuntimeError, "rushlight: unknown C++ exception");
  }
}

}  // namespace rl::python
