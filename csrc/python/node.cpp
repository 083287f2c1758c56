// Node as a Python type: its life, and what a user may ask of it.
#include "python/node.h"

#include <frameobject.h>
#include <structmember.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "python/call.h"
#include "python/engine_hooks.h"

namespace rl::python {

PyTypeObject* node_type = nullptr;

namespace {

std::atomic<uint64_t> counter{0};

int node_traverse(PyObject* self, visitproc visit, void* arg) {
  Node* n = as_node(self);
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(n->variable);
  for (int i = 0; i < n->saved_count; ++i) Py_VISIT(n->saved[i]);
  for (int i = 0; i < n->edge_count; ++i) Py_VISIT(n->edges[i].target);
  if (n->results)
    for (const SavedResult& r : *n->results) {
      Py_VISIT(r.inner.get());
      Py_VISIT(r.added.get());
    }
  Py_VISIT(n->hooks);
  Py_VISIT(n->prehooks);
  Py_VISIT(n->metadata);
  return 0;
}

int node_clear(PyObject* self) {
  Node* n = as_node(self);
  Py_CLEAR(n->variable);
  for (int i = 0; i < n->saved_count; ++i) Py_CLEAR(n->saved[i]);
  for (int i = 0; i < n->edge_count; ++i) Py_CLEAR(n->edges[i].target);
  Py_CLEAR(n->hooks);
  Py_CLEAR(n->prehooks);
  Py_CLEAR(n->metadata);
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

PyObject* method_name(PyObject* self, PyObject*) {
  return PyUnicode_FromString(as_node(self)->op ? node_name(as_node(self)) : "torch::autograd::AccumulateGrad");
}

/// What PyTorch shows at the end of a path; the graph itself ends in the leaf.
Owned leaf_node(PyObject* leaf) {
  Node* n = new_node(nullptr, 0, 0);
  n->variable = Py_NewRef(leaf);
  return Owned(reinterpret_cast<PyObject*>(n));
}

PyObject* get_next_functions(PyObject* self, void*) {
  Node* n = as_node(self);
  Owned all(PyTuple_New(n->edge_count));
  if (!all) return nullptr;
  for (int i = 0; i < n->edge_count; ++i) {
    const Edge& e = n->edges[i];
    Owned target = Owned::borrow(e.target ? e.target : Py_None);
    if (is_tensor(target.get())) target = leaf_node(e.target);
    PyObject* pair = Py_BuildValue("(OI)", target.get(), e.output_nr);
    if (!pair) return nullptr;
    PyTuple_SET_ITEM(all.get(), i, pair);
  }
  return all.release();
}

PyObject* get_variable(PyObject* self, void*) {
  if (PyObject* leaf = as_node(self)->variable) return Py_NewRef(leaf);
  PyErr_Format(PyExc_AttributeError, "'%s' object has no attribute 'variable'", node_name(as_node(self)));
  return nullptr;
}
/// Two looks at one leaf are equal, and name one key.
PyObject* node_compare(PyObject* a, PyObject* b, int how) {
  if ((how != Py_EQ && how != Py_NE) || !is_node(b)) Py_RETURN_NOTIMPLEMENTED;
  const bool same = a == b || (as_node(a)->variable && as_node(a)->variable == as_node(b)->variable);
  return PyBool_FromLong(same == (how == Py_EQ));
}
Py_hash_t node_hash(PyObject* self) {
  PyObject* leaf = as_node(self)->variable;
  return Py_hash_t(reinterpret_cast<uintptr_t>(leaf ? leaf : self) >> 4);
}

Owned hooks_part(const char* name, PyObject* argument) {
  const Owned module = Owned::checked(PyImport_ImportModule("rushlight.utils.hooks"));
  const Owned part = Owned::checked(PyObject_GetAttrString(module.get(), name));
  return Owned::checked(PyObject_CallFunctionObjArgs(part.get(), argument, nullptr));
}

template <PyObject* Node::* Dict>
PyObject* add_hook(PyObject* self, PyObject* hook, bool of_results) {
  Node* n = as_node(self);
  if (!n->op) {
    PyErr_SetString(
        PyExc_RuntimeError,
        "AccumulateGrad: hang the hook on the leaf, with register_hook or register_post_accumulate_grad_hook");
    return nullptr;
  }
  return guarded("register_hook", [&]() -> PyObject* {
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

bool holds_tensor(PyObject* o) {
  if (!o || is_tensor(o)) return o != nullptr;
  if (!PyTuple_Check(o) && !PyList_Check(o)) return false;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); ++i)
    if (is_tensor(PySequence_Fast_GET_ITEM(o, i))) return true;
  return false;
}

}  // namespace

void release_saved(Node* n) {
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
}  // namespace

const char* node_name(const Node* n) {
  if (!n->op) return "AccumulateGrad";
  for (const auto& [pattern, name] : n->op->node_names)
    if (fits_arguments(pattern, n->arguments)) return name.c_str();
  return n->op->node_name.c_str();
}

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
                         {Py_tp_richcompare, reinterpret_cast<void*>(&node_compare)},
                         {Py_tp_hash, reinterpret_cast<void*>(&node_hash)},
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
