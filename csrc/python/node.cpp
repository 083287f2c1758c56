// Node as a Python type: its life, and what a user may ask of it.
#include "python/node.h"

#include <frameobject.h>
#include <structmember.h>

#include <atomic>
#include <cstring>

#include "python/call.h"

namespace rl::python {

PyTypeObject* node_type = nullptr;

namespace {

std::atomic<uint64_t> counter{0};

int node_traverse(PyObject* self, visitproc visit, void* arg) {
  Node* n = as_node(self);
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(n->python);
  for (int i = 0; i < n->saved_count; ++i) Py_VISIT(n->saved[i]);
  for (int i = 0; i < n->edge_count; ++i) Py_VISIT(n->edges[i].target);
  Py_VISIT(n->hooks);
  Py_VISIT(n->prehooks);
  return 0;
}

int node_clear(PyObject* self) {
  Node* n = as_node(self);
  Py_CLEAR(n->python);
  for (int i = 0; i < n->saved_count; ++i) Py_CLEAR(n->saved[i]);
  for (int i = 0; i < n->edge_count; ++i) Py_CLEAR(n->edges[i].target);
  Py_CLEAR(n->hooks);
  Py_CLEAR(n->prehooks);
  return 0;
}

/// A chain of a million nodes must not free itself by recursion: CPython's trashcan turns depth into a list.
void node_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Py_TRASHCAN_BEGIN(self, node_dealloc) Node* n = as_node(self);
  if (n->weakrefs) PyObject_ClearWeakRefs(self);
  node_clear(self);
  Py_CLEAR(n->code);
  delete n->results;
  delete n->forms;
  delete n->list_versions;
  type->tp_free(self);
  Py_DECREF(type);
  Py_TRASHCAN_END
}

PyObject* node_repr(PyObject* self) {
  return PyUnicode_FromFormat("<%s object at %p>", node_name(as_node(self)), static_cast<void*>(self));
}

PyObject* method_name(PyObject* self, PyObject*) { return PyUnicode_FromString(node_name(as_node(self))); }

PyObject* get_next_functions(PyObject* self, void*) {
  Node* n = as_node(self);
  Owned all(PyTuple_New(n->edge_count));
  if (!all) return nullptr;
  for (int i = 0; i < n->edge_count; ++i) {
    const Edge& e = n->edges[i];
    PyObject* pair = Py_BuildValue("(OI)", e.target ? e.target : Py_None, e.output_nr);
    if (!pair) return nullptr;
    PyTuple_SET_ITEM(all.get(), i, pair);
  }
  return all.release();
}

PyObject* get_hooks(PyObject* self, void*) {
  PyObject* hooks = as_node(self)->hooks;
  return Owned::borrow(hooks ? hooks : Py_None).release();
}
int set_hooks(PyObject* self, PyObject* value, void*) {
  Py_XINCREF(value);
  Py_XSETREF(as_node(self)->hooks, value);
  return 0;
}
PyObject* get_prehooks(PyObject* self, void*) {
  PyObject* hooks = as_node(self)->prehooks;
  return Owned::borrow(hooks ? hooks : Py_None).release();
}
int set_prehooks(PyObject* self, PyObject* value, void*) {
  Py_XINCREF(value);
  Py_XSETREF(as_node(self)->prehooks, value);
  return 0;
}
PyObject* get_sequence(PyObject* self, void*) { return PyLong_FromUnsignedLongLong(as_node(self)->sequence); }
PyObject* get_site(PyObject* self, void*) { return PyUnicode_FromString(call_site(as_node(self)).c_str()); }

PyMethodDef methods[] = {
    {"name", method_name, METH_NOARGS, "name($self, /)\n--\n\nThe node's name, such as MulBackward0."},
    {nullptr, nullptr, 0, nullptr}};
PyGetSetDef getset[] = {{"next_functions", get_next_functions, nullptr,
                         "Where its gradients go: pairs of node (or leaf) and output number.", nullptr},
                        {"_sequence_nr", get_sequence, nullptr, nullptr, nullptr},
                        {"_hooks", get_hooks, set_hooks, nullptr, nullptr},
                        {"_prehooks", get_prehooks, set_prehooks, nullptr, nullptr},
                        {"_call_site", get_site, nullptr, "File and line of the call that was recorded.", nullptr},
                        {nullptr, nullptr, nullptr, nullptr, nullptr}};
PyMemberDef members[] = {{"__weaklistoffset__", T_PYSSIZET, offsetof(Node, weakrefs), READONLY, nullptr},
                         {nullptr, 0, 0, 0, nullptr}};

}  // namespace

uint64_t next_sequence() { return counter.fetch_add(1, std::memory_order_relaxed); }

Node* new_node(const OpEntry* op, int saved, int edges) {
  // one allocation: the node, then its saved pointers, their versions, its edges
  const size_t bytes = size_t(saved) * (sizeof(PyObject*) + sizeof(uint64_t)) + size_t(edges) * sizeof(Edge);
  PyObject* self = node_type->tp_alloc(node_type, Py_ssize_t(bytes));
  if (!self) throw PythonError();
  Node* n = as_node(self);
  char* tail = reinterpret_cast<char*>(n) + sizeof(Node);
  n->saved = reinterpret_cast<PyObject**>(tail);
  n->edges = reinterpret_cast<Edge*>(tail + size_t(saved) * sizeof(PyObject*));
  n->versions = reinterpret_cast<uint32_t*>(tail + size_t(saved) * sizeof(PyObject*) + size_t(edges) * sizeof(Edge));
  n->op = op;
  n->saved_count = saved;
  n->edge_count = edges;
  n->outputs = 1;
  n->sequence = next_sequence();
  if (PyFrameObject* frame = PyThreadState_GetFrame(PyThreadState_Get())) {
    n->code = reinterpret_cast<PyObject*>(PyFrame_GetCode(frame));
    n->instruction = PyFrame_GetLasti(frame);
    Py_DECREF(frame);
  }
  return n;
}

Edge edge_of(PyTensor* t) {
  PyObject* fn = current_grad_fn(t);
  if (fn) {
    Py_INCREF(fn);
    return {fn, t->output_nr};
  }
  if (!t->requires_grad) return {nullptr, 0};
  Py_INCREF(as_object(t));
  return {as_object(t), 0};
}

namespace {
bool holds_tensors(PyObject* kept) {
  if (!PyTuple_CheckExact(kept)) return false;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kept); ++i)
    if (is_tensor(PyTuple_GET_ITEM(kept, i))) return true;
  return false;
}
}  // namespace

void release_saved(Node* n) {
  // sizes and numbers stay: a node that kept no values may be walked again
  for (int i = 0; i < n->saved_count; ++i) {
    PyObject* kept = n->saved[i];
    if (!kept || !(is_tensor(kept) || holds_tensors(kept))) continue;
    Py_CLEAR(n->saved[i]);
    n->released = true;
  }
  if (!n->results) return;
  delete std::exchange(n->results, nullptr);
  n->released = true;
}

const char* node_name(const Node* n) { return n->op ? n->op->node_name.c_str() : "Function"; }

std::string call_site(const Node* n) {
  if (!n->code) return "";
  auto* code = reinterpret_cast<PyCodeObject*>(n->code);
  const int line = PyCode_Addr2Line(code, n->instruction);
  const char* file = PyUnicode_AsUTF8(code->co_filename);
  if (!file) {
    PyErr_Clear();
    return "";
  }
  const char* slash = std::strrchr(file, '/');
  return std::string(slash ? slash + 1 : file) + ":" + std::to_string(line);
}

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
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  node_type = reinterpret_cast<PyTypeObject*>(Owned::checked(PyType_FromSpec(&spec)).release());
  m.attr("Node") = py::handle(reinterpret_cast<PyObject*>(node_type));
}

}  // namespace rl::python
