// The guard as Python switches it on and off, and its watch over graphs that outlive their step.
#include "python/guard.h"

#include <map>
#include <memory>

#include "core/guard.h"
#include "python/mode.h"
#include "python/plain.h"

namespace rl::python {
namespace {

/// One program place that uses what is older than the last backward pass, as `total += loss` does: how often.
struct Watch {
  Guard launches;
  uint64_t last_walk = 0;  // nodes with a smaller number were there before it
  bool told = false;
  std::map<std::pair<PyObject*, int>, int>
      places;  // by code object (which lives as long as its function) and instruction
  explicit Watch(bool infinities) : launches(infinities) {}
};
constexpr int kPatience = 3;  // uses from one place before it is said

RL_THREAD_WORD Watch* watch = nullptr;
PyObject *warn = nullptr, *blame = nullptr;  // warn(text) and blame(error, text) of tape/_guard.py

void enter(bool infinities) {
  RL_CHECK(!watch, "guard: one is on already in this thread");
  auto made = std::make_unique<Watch>(infinities);
  made->launches.next = exchange_observer(&made->launches);
  watch = made.release();
  mode |= kGuarded;
}
void leave() {
  if (!watch) return;
  const std::unique_ptr<Watch> ended(std::exchange(watch, nullptr));
  exchange_observer(ended->launches.next);
  mode &= ~uint32_t(kGuarded);
}

}  // namespace

void guard_walk(bool keeps) {
  if (watch && !keeps) watch->last_walk = next_sequence();
}

void guard_recording(const Node* n) {
  if (!watch || watch->told || !n->code) return;
  for (int e = 0; e < n->edge_count; ++e) {
    PyObject* target = n->edges[e].target;
    if (!target || !is_node(target) || as_node(target)->sequence >= watch->last_walk) continue;
    if (++watch->places[{n->code, n->instruction}] < kPatience) return;
    watch->told = true;
    const std::string text =
        concat("a graph lives longer than its step: ", node_name(n), " at ", call_site(n), " uses the result of ",
               node_name(as_node(target)), " recorded at ", call_site(as_node(target)),
               ", which is older than the last backward pass. Each step adds to that graph and none is freed; use "
               ".detach() (or "
               ".item() for a number to print)");
    const Owned message = Owned::checked(PyUnicode_FromString(text.c_str()));
    Owned::checked(PyObject_CallOneArg(warn, message.get()));
    return;
  }
}

void guard_blame(const Node* n) {
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  try {
    const Owned place = Owned::checked(
        PyUnicode_FromString(concat("\n  in the backward pass of ", node_name(n), " of ", call_site(n)).c_str()));
    Owned::checked(PyObject_CallFunctionObjArgs(blame, value, place.get(), nullptr));
  } catch (const PythonError&) {
    PyErr_Clear();
  }
  PyErr_Restore(type, value, trace);
}

void add_guard(py::module_& m) {
  def_plain(m, "_enter_guard", "infinities", &enter);
  def_plain(m, "_leave_guard", "", &leave);
  m.def("_set_guard_voices", [](const py::object& warning, const py::object& blaming) {
    warn = warning.inc_ref().ptr();
    blame = blaming.inc_ref().ptr();
  });
  def_plain(
      m, "_first_fault", "input, infinities=False",
      +[](const Tensor& t, bool infinities) { return t.is_meta() ? int64_t(-1) : first_fault(t, infinities); });
}

}  // namespace rl::python
