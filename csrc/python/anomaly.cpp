// The switch of anomaly detection; what it writes is put together in autograd/anomaly_mode.py.
#include "python/anomaly.h"

#include <atomic>
#include <utility>

#include "core/error.h"
#include "python/plain.h"

namespace rl::python {
namespace {

std::atomic<Anomaly> state{Anomaly::Off};
thread_local PyObject* walked = nullptr;  // owned by the walk

/// A function of autograd/anomaly_mode.py, called.
template <class... Objects>
Owned reporter(const char* name, Objects... arguments) {
  const Owned module = Owned::checked(PyImport_ImportModule("rushlight.autograd.anomaly_mode"));
  const Owned function = Owned::checked(PyObject_GetAttrString(module.get(), name));
  return Owned::checked(PyObject_CallFunctionObjArgs(function.get(), arguments..., nullptr));
}

PyObject* object(Node* n) { return reinterpret_cast<PyObject*>(n); }

}  // namespace

Anomaly anomaly() { return state.load(std::memory_order_relaxed); }

WalkedNode::WalkedNode(PyObject* node) : before_(std::exchange(walked, node)) {}
WalkedNode::~WalkedNode() { walked = before_; }

void note_traceback(Node* n) {
  if (!n->metadata) n->metadata = Owned::checked(PyDict_New()).release();
  reporter("_note", n->metadata, walked ? walked : Py_None);
}

void check_nan(Node* n, int index, PyObject* gradient) {
  const Owned found = reporter("_has_nan", gradient);
  RL_CHECK(found.get() != Py_True, "Function '", node_name(n), "' returned nan values in its ", index, "th output.");
}

void warn_of(Node* n) {
  // the exception that brought us here may be Python's, and stays the one that is raised
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  try {
    reporter("_warn", shown(object(n)).get());
  } catch (const PythonError&) {
    PyErr_Clear();
  }
  PyErr_Restore(type, value, traceback);
}

void add_anomaly(py::module_& m) {
  def_plain(
      m, "_set_anomaly", "mode, check_nan", +[](bool mode, bool check_nan) {
        state = !mode ? Anomaly::Off : check_nan ? Anomaly::CheckNan : Anomaly::Detect;
      });
  def_plain(m, "_anomaly", "", +[]() { return int(anomaly()); });
}

}  // namespace rl::python
