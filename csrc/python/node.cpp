// Node as a Python type: its life, and what a user may ask of it.
#include "python/node.h"

#include <structmember.h>

#include <algorithm>
#include <atomic>
#include <unordered_map>

#include "python/anomaly.h"
#include "python/call.h"
#include "python/engine_hooks.h"
#include "python/function.h"
#include "python/saved.h"
#include "python/site.h"

namespace rl::python {

PyTypeObject* node_type = nullptr;

namespace {

std::atomic<uint64_t> counter{0};
const std::pair<std::string, std::string>* pattern_of(const Node* n);

int node_traverse(PyObject* self, visitproc visit, void* arg) { return traverse_node(as_node(self), visit, arg); }

int node_clear(PyObject* self) {
  clear_node(as_node(self));
  return 0;
}

/// A chain of a million nodes must not free itself by recursion: CPython's trashcan turns depth into a list.
void node_dealloc(PyObject* self) {
  PyObject_GC_UnTrack(self);
  Py_TRASHCAN_BEGIN(self, node_dealloc);
  free_node(as_node(self));
  Py_TRASHCAN_END;
}

/// The class that is called as its nodes are; there is one a name, for ever.
PyTypeObject* class_named(const char* name) {
  static auto* all = new std::unordered_map<std::string, PyTypeObject*>;
  PyTypeObject*& type = (*all)[name];
  if (!type) {
    const Owned made = Owned::checked(PyObject_CallFunction(reinterpret_cast<PyObject*>(&PyType_Type), "s(O){s:s,s:()}",
                                                            name, reinterpret_cast<PyObject*>(node_type), "__module__",
                                                            "builtins", "__slots__"));
    type = reinterpret_cast<PyTypeObject*>(Owned(made).release());
    type->tp_dealloc = &node_dealloc;  // it adds nothing that would have to be freed
  }
  return type;
}

PyObject* node_repr(PyObject* self) {
  return PyUnicode_FromFormat("<%s object at %p>", node_name(as_node(self)), static_cast<void*>(self));
}

PyObject* method_name(PyObject* self, PyObject*) {
  return PyUnicode_FromString(as_node(self)->op ? node_name(as_node(self)) : "torch::autograd::AccumulateGrad");
}

/// Where a gradient goes, as Python sees it: (node, output number), (None, 0) for nowhere.
Owned next_function(const Edge& e) {
  if (!e.target) return Owned::checked(Py_BuildValue("(Oi)", Py_None, 0));
  const Owned node = is_node(e.target) ? shown(e.target) : leaf_node(as_tensor(e.target));
  return Owned::checked(Py_BuildValue("(OI)", node.get(), e.output_nr));
}

PyObject* get_next_functions(PyObject* self, void*) {
  const Node* n = as_node(self);
  return guarded("next_functions", [&]() -> PyObject* {
    const std::vector<int> places = shown_edges(n);
    Owned all = Owned::checked(PyTuple_New(Py_ssize_t(places.size())));
    for (size_t i = 0; i < places.size(); ++i) {
      const Edge e = places[i] < 0 ? Edge{nullptr, 0} : n->edges[places[i]];
      PyTuple_SET_ITEM(all.get(), Py_ssize_t(i), next_function(e).release());
    }
    return all.release();
  });
}

PyObject* get_variable(PyObject* self, void*) {
  if (PyObject* leaf = as_node(self)->variable) return Py_NewRef(leaf);
  PyErr_Format(PyExc_AttributeError, "'%s' object has no attribute 'variable'", node_name(as_node(self)));
  return nullptr;
}
Owned hooks_part(const char* name, PyObject* argument) {
  const Owned module = Owned::checked(PyImport_ImportModule("rushlight.utils.hooks"));
  const Owned part = Owned::checked(PyObject_GetAttrString(module.get(), name));
  return Owned::checked(PyObject_CallFunctionObjArgs(part.get(), argument, nullptr));
}

template <PyObject* Node::* Dict>
PyObject* add_hook(PyObject* self, PyObject* hook, bool of_results) {
  Node* n = as_node(self);
  return guarded("register_hook", [&]() -> PyObject* {
    note_hooks();
    if (n->variable) as_tensor(n->variable)->more().keep_leaf_node();
    if (!(n->*Dict)) n->*Dict = new_hooks().release();
    Owned handle = hooks_part("RemovableHandle", n->*Dict);
    const Owned id = Owned::checked(PyObject_GetAttrString(handle.get(), "id"));
    // among the hooks on results stands one on all of them: of output -1
    const Owned entry = Owned::checked(of_results ? Py_BuildValue("(iOO)", -1, hook, Py_False) : Py_NewRef(hook));
    if (PyDict_SetItem(n->*Dict, id.get(), entry.get()) < 0) throw PythonError();
    return handle.release();
  });
}
PyObject* register_hook(PyObject* self, PyObject* hook) { return add_hook<&Node::hooks>(self, hook, false); }
PyObject* register_prehook(PyObject* self, PyObject* hook) { return add_hook<&Node::prehooks>(self, hook, true); }

PyObject* get_metadata(PyObject* self, void*) {
  Node* n = as_node(self);
  if (!n->metadata) n->metadata = PyDict_New();
  return Py_XNewRef(n->metadata);
}

PyObject* get_prehooks(PyObject* self, void*) {
  PyObject* hooks = as_node(self)->prehooks;
  return Owned::borrow(hooks ? hooks : Py_None).release();
}
int set_prehooks(PyObject* self, PyObject* value, void*) { return set_hooks(as_node(self)->prehooks, value); }
PyObject* get_sequence(PyObject* self, void*) { return PyLong_FromUnsignedLongLong(as_node(self)->sequence); }
PyObject* get_site(PyObject* self, void*) { return PyUnicode_FromString(call_site(as_node(self)).c_str()); }

PyMethodDef methods[] = {
    {"name", method_name, METH_NOARGS, "name($self, /)\n--\n\nThe node's name, such as MulBackward0."},
    {"register_hook", register_hook, METH_O,
     "register_hook($self, fn, /)\n--\n\nCall fn(grad_inputs, grad_outputs) once the node has been walked."},
    {"register_prehook", register_prehook, METH_O,
     "register_prehook($self, fn, /)\n--\n\nCall fn(grad_outputs) before the node is walked."},
    {nullptr, nullptr, 0, nullptr}};
PyGetSetDef getset[] = {{"next_functions", get_next_functions, nullptr,
                         "Where its gradients go: pairs of node (or leaf) and output number.", nullptr},
                        {"_sequence_nr", get_sequence, nullptr, nullptr, nullptr},
                        {"metadata", get_metadata, nullptr, "A dict for whatever a program wants to note.", nullptr},
                        {"variable", get_variable, nullptr, "The leaf at the end of a path.", nullptr},
                        {"_prehooks", get_prehooks, set_prehooks, nullptr, nullptr},
                        {"_call_site", get_site, nullptr, "File and line of the call that was recorded.", nullptr},
                        {nullptr, nullptr, nullptr, nullptr, nullptr}};
PyMemberDef members[] = {{"__weaklistoffset__", T_PYSSIZET, offsetof(Node, weakrefs), READONLY, nullptr},
                         {nullptr, 0, 0, 0, nullptr}};

}  // namespace

Owned new_hooks() { return hooks_part("HookDict", nullptr); }

uint64_t next_sequence() { return counter.fetch_add(1, std::memory_order_relaxed); }

int traverse_result(const SavedResult& r, visitproc visit, void* arg) {
  Py_VISIT(r.packed.get());
  Py_VISIT(r.inner.get());
  Py_VISIT(r.added.get());
  return 0;
}

int traverse_node(Node* n, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(n));
  Py_VISIT(n->variable);
  for (int i = 0; i < n->saved_count; ++i) Py_VISIT(n->saved[i]);
  for (int i = 0; i < n->edge_count; ++i) Py_VISIT(n->edges[i].target);
  if (n->results)
    for (const SavedResult& r : *n->results)
      if (const int stop = traverse_result(r, visit, arg)) return stop;
  Py_VISIT(n->hooks);
  Py_VISIT(n->prehooks);
  Py_VISIT(n->metadata);
  return 0;
}

void clear_node(Node* n) {
  if (n->variable)
    if (TensorExtra* extra = as_tensor(n->variable)->extra; extra && !extra->owns_leaf_node) extra->leaf_node = nullptr;
  Py_CLEAR(n->variable);
  for (int i = 0; i < n->saved_count; ++i) Py_CLEAR(n->saved[i]);
  for (int i = 0; i < n->edge_count; ++i) Py_CLEAR(n->edges[i].target);
  delete std::exchange(n->results, nullptr);
  Py_CLEAR(n->hooks);
  Py_CLEAR(n->prehooks);
  Py_CLEAR(n->metadata);
}

void free_node(Node* n) {
  PyTypeObject* type = Py_TYPE(n);
  if (n->weakrefs) PyObject_ClearWeakRefs(reinterpret_cast<PyObject*>(n));
  clear_node(n);
  Py_CLEAR(n->code);
  delete n->forms;
  delete n->list_versions;
  type->tp_free(n);
  Py_DECREF(type);
}

std::vector<int> shown_edges(const Node* n) {
  std::vector<int> places;
  int e = 0;
  const auto* found = n->op ? pattern_of(n) : nullptr;
  const std::string pattern = found ? found->first : "";
  for (size_t j = 0; n->op && j < n->op->rules.size(); ++j) {
    if (!n->op->rules[j]) continue;
    const auto slot = size_t(n->op->tensor_slots[j]);
    if (n->op->params[slot].list) break;  // the rest are its tensors'
    if (n->has_edge(j))
      places.push_back(e++);
    else if (slot >= pattern.size() || (pattern[slot] != 'x' && pattern[slot] != '-'))
      places.push_back(-1);
  }
  while (e < n->edge_count) places.push_back(e++);
  return places;
}

Owned shown(PyObject* node) {
  if (Py_TYPE(node) == node_type) {
    PyTypeObject* type = class_named(node_name(as_node(node)));
    Py_INCREF(type);
    Py_SET_TYPE(node, type);
    Py_DECREF(node_type);
  }
  return Owned::borrow(node);
}

Owned leaf_node(PyTensor* leaf) {
  TensorExtra& extra = leaf->more();
  if (extra.leaf_node) return Owned::borrow(extra.leaf_node);
  Node* n = new_node(nullptr, 0, 0);
  n->variable = Py_NewRef(as_object(leaf));
  extra.leaf_node = reinterpret_cast<PyObject*>(n);
  const Owned made(extra.leaf_node);
  return shown(made.get());
}

Node* new_node(const OpEntry* op, int saved, int edges, PyTypeObject* type) {
  // one allocation: the node, then its saved pointers, their versions, its edges
  const size_t bytes = size_t(saved) * (sizeof(PyObject*) + sizeof(uint64_t)) + size_t(edges) * sizeof(Edge);
  PyObject* self = type->tp_alloc(type, Py_ssize_t(bytes));
  if (!self) throw PythonError();
  Node* n = as_node(self);
  char* tail = reinterpret_cast<char*>(n) + type->tp_basicsize;
  n->saved = reinterpret_cast<PyObject**>(tail);
  n->edges = reinterpret_cast<Edge*>(tail + size_t(saved) * sizeof(PyObject*));
  n->versions = reinterpret_cast<uint32_t*>(tail + size_t(saved) * sizeof(PyObject*) + size_t(edges) * sizeof(Edge));
  n->op = op;
  n->saved_count = saved;
  n->edge_count = edges;
  n->outputs = 1;
  n->sequence = next_sequence();
  const Site site = site_here();
  n->code = site.code, n->instruction = site.instruction;
  if (RL_UNLIKELY(anomaly() != Anomaly::Off)) {
    const Owned until_noted = Owned::borrow(self);
    note_traceback(n);
  }
  return n;
}

Edge edge_of(PyTensor* t) {
  PyObject* fn = current_grad_fn(t);
  if (fn) {
    Py_INCREF(fn);
    return {fn, t->output_nr};
  }
  if (!requires_grad(t)) return {nullptr, 0};
  Py_INCREF(as_object(t));
  return {as_object(t), 0};
}

namespace {

bool holds_tensor(PyObject* o) {
  if (!o || is_tensor(o) || is_packed(o)) return o != nullptr;
  if (!PyTuple_Check(o) && !PyList_Check(o)) return false;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); ++i)
    if (is_tensor(PySequence_Fast_GET_ITEM(o, i)) || is_packed(PySequence_Fast_GET_ITEM(o, i))) return true;
  return false;
}

}  // namespace

void release_saved(Node* n) {
  if (RL_UNLIKELY(is_function(n))) return release_function(n);
  // numbers and shapes stay: a node that saved no tensor may be walked again
  for (int i = 0; i < n->saved_count; ++i) {
    if (!holds_tensor(n->saved[i])) continue;
    n->released = true;
    Py_CLEAR(n->saved[i]);
  }
  if (n->results) n->released = true;
  delete std::exchange(n->results, nullptr);
}

uint32_t describe_arguments(std::span<PyObject* const> slots) {
  uint32_t code = 0;
  for (size_t i = 0; i < slots.size() && i < 8; ++i) {
    PyObject* o = slots[i];
    const uint32_t one = o == Py_None ? 0 : is_tensor(o) ? uint32_t(std::min(as_tensor(o)->value.ndim(), 13)) + 1 : 15;
    code |= one << (4 * i);
  }
  return code;
}

namespace {
/// Of a pattern: `-` None, `x` a value, `t` a tensor, a digit one of that many dims, `*` anything.
bool fits_arguments(const std::string& pattern, uint32_t code) {
  for (const char c : pattern) {
    const uint32_t one = code & 15;
    code >>= 4;
    const bool tensor = one != 0 && one != 15;
    if (!(c == '*' || (c == '-' && one == 0) || (c == 'x' && one == 15) || (c == 't' && tensor) ||
          (c >= '0' && c <= '9' && tensor && int(one) - 1 == c - '0')))
      return false;
  }
  return true;
}

/// The pattern of a node's arguments and the name that goes with it, where the name depends on them.
const std::pair<std::string, std::string>* pattern_of(const Node* n) {
  for (const auto& one : n->op->node_names)
    if (fits_arguments(one.first, n->arguments)) return &one;
  return nullptr;
}
}  // namespace

const char* node_name(const Node* n) {
  if (!n->op) return "AccumulateGrad";
  if (is_function(n)) return Py_TYPE(n)->tp_name;
  const auto* found = pattern_of(n);
  return found ? found->second.c_str() : n->op->node_name.c_str();
}

std::string call_site(const Node* n) { return told(n->code, n->instruction); }

void add_node_type(py::module_& m) {
  PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(&node_dealloc)},
                         {Py_tp_traverse, reinterpret_cast<void*>(&node_traverse)},
                         {Py_tp_clear, reinterpret_cast<void*>(&node_clear)},
                         {Py_tp_repr, reinterpret_cast<void*>(&node_repr)},
                         {Py_tp_methods, methods},
                         {Py_tp_getset, getset},
                         {Py_tp_members, members},
                         {Py_tp_doc, const_cast<char*>("One recorded call of the graph.")},
                         {0, nullptr}};
  PyType_Spec spec{"rushlight.autograd.graph.Node", sizeof(Node), 1,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                   slots};
  node_type = reinterpret_cast<PyTypeObject*>(Owned::checked(PyType_FromSpec(&spec)).release());
  m.attr("Node") = py::handle(reinterpret_cast<PyObject*>(node_type));
}

}  // namespace rl::python
