// Frames and code objects, asked for places and names.
#include "python/site.h"

#include <frameobject.h>

#include <cstring>

#include "python/let_go.h"
#include "python/plain.h"
#include "python/tensor_type.h"

namespace rl::python {
namespace {

std::string home;  // the package's directory

bool is_ours(const PyCodeObject* code) {
  PyObject* file = code->co_filename;
  return !home.empty() && PyUnicode_IS_COMPACT_ASCII(file) && PyUnicode_GET_LENGTH(file) > Py_ssize_t(home.size()) &&
         std::memcmp(PyUnicode_DATA(file), home.data(), home.size()) == 0;
}

Owned code_of(PyFrameObject* frame) { return Owned(reinterpret_cast<PyObject*>(PyFrame_GetCode(frame))); }
PyCodeObject* as_code(PyObject* code) { return reinterpret_cast<PyCodeObject*>(code); }

/// The frames of this thread, from the innermost, until `visit` is content.
template <class Visit>
void each_frame(Visit&& visit) {
  Owned frame(reinterpret_cast<PyObject*>(PyThreadState_GetFrame(PyThreadState_Get())));
  while (frame) {
    auto* f = reinterpret_cast<PyFrameObject*>(frame.get());
    if (visit(f)) return;
    frame = Owned(reinterpret_cast<PyObject*>(PyFrame_GetBack(f)));
  }
}

std::string text_of(PyObject* text) {
  const char* chars = PyUnicode_AsUTF8(text);
  if (!chars) PyErr_Clear();
  return chars ? chars : "";
}

std::string name_among(const Owned& locals, const Version* version) {
  PyObject *name, *value;
  std::string found;
  for (Py_ssize_t i = 0; PyDict_Check(locals.get()) && PyDict_Next(locals.get(), &i, &name, &value);)
    if (found.empty() && PyUnicode_Check(name) && is_tensor(value) &&
        as_tensor(value)->value.version().get() == version)
      found = text_of(name);
  return found;
}

}  // namespace

Site site_here() {
  Site site;
  if (PyFrameObject* frame = PyThreadState_GetFrame(PyThreadState_Get())) {
    site = {reinterpret_cast<PyObject*>(PyFrame_GetCode(frame)), PyFrame_GetLasti(frame)};
    Py_DECREF(frame);
  }
  return site;
}

Site users_site() {
  Site site;
  each_frame([&](PyFrameObject* frame) {
    Owned code = code_of(frame);
    if (is_ours(as_code(code.get()))) return false;
    site = {code.release(), PyFrame_GetLasti(frame)};
    return true;
  });
  return site;
}

std::string told(PyObject* code, int instruction) {
  if (!code) return "";
  const PyCodeObject* c = as_code(code);
  const std::string file = text_of(c->co_filename);
  const size_t slash = file.rfind('/');
  const int line = PyCode_Addr2Line(as_code(code), instruction);
  const std::string place = (slash == std::string::npos ? file : file.substr(slash + 1)) + ":" + std::to_string(line);
  return is_ours(c) ? place + " in " + text_of(c->co_qualname) : place;
}

WrittenAt::~WrittenAt() {
  if (site_.code) let_go([](void* code) { Py_DECREF(static_cast<PyObject*>(code)); }, site_.code);
}

std::string variable_of(const Version* version) {
  std::string found;
  each_frame([&](PyFrameObject* frame) {
    if (is_ours(as_code(code_of(frame).get()))) return false;
    const Owned locals(PyFrame_GetLocals(frame));
    if (!locals) PyErr_Clear();
    if (locals) found = name_among(locals, version);
    return !found.empty();
  });
  return found;
}

void add_sites(py::module_& m) {
  m.def("_set_home", [](std::string directory) { home = std::move(directory); });
  m.def("_variable_of", [](const Tensor& t) { return variable_of(t.version().get()); });
}

}  // namespace rl::python
