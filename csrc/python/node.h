// Node: one recorded call. Sequence number, rule, saved values, edges; one allocation, made without entering Python.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "python/tensor_type.h"

namespace rl::python {

struct OpEntry;

/// Where a gradient goes: a node's output, or a leaf (target is a PyTensor then). Null: nobody asked.
struct Edge {
  PyObject* target;  // owned
  uint32_t output_nr;
};

/// A result kept for the backward pass: its value, never the Tensor object, which would close a cycle.
struct SavedResult {
  Tensor value;
  uint32_t version;
  Owned layer = {}, inner = {}, added = {};  // of a tensor of a layer: what to make it of again
  Owned packed = {};                         // what hooks made of it, and then no value
};

/// What a gradient must look like to be an input's: its shape and dtype.
struct InputForm {
  Dims sizes;
  DType dtype;
};

struct Node {
  PyObject_VAR_HEAD uint64_t sequence;
  const OpEntry* op;   // null for the end of a path: a leaf's, made when someone looks
  PyObject* variable;  // the leaf then, owned; else null
  PyObject** saved;    // owned, one a slot of the op, null where not kept
  uint32_t* versions;  // of the tensors among them
  Edge* edges;
  int saved_count, edge_count, outputs;
  std::vector<SavedResult>* results;     // null where no rule names `out`
  std::vector<InputForm>* forms;         // one an edge; null where all are formed like the first result
  std::vector<uint32_t>* list_versions;  // of the tensors in saved tuples, slot after slot; null where there are none
  PyObject* hooks;                       // dict or null
  PyObject* prehooks;
  PyObject* metadata;  // dict or null
  PyObject* weakrefs;
  PyObject* code;  // call site: resolved only in an error
  int instruction;
  uint32_t arguments;  // what stood there, where the name depends on it
  bool released;
  bool many;               // the op gives a tuple, be it of one: rules get their gradients and `out` as one
  uint32_t tensor_places;  // bit j: the j-th tensor argument was a tensor (or a list), not a number or None

  bool has_edge(size_t j) const { return (tensor_places >> j) & 1u; }
};

extern PyTypeObject* node_type;
void add_node_type(py::module_& m);

inline bool is_node(PyObject* object) {
  return Py_TYPE(object) == node_type || PyType_IsSubtype(Py_TYPE(object), node_type);
}
inline Node* as_node(PyObject* object) { return reinterpret_cast<Node*>(object); }

/// The next number of the process-wide counter.
uint64_t next_sequence();
Node* new_node(const OpEntry* op, int saved, int edges, PyTypeObject* type = node_type);
/// Four bits for each of the first eight arguments: 0 None, 15 a value, else the number of dims of a tensor, plus one.
uint32_t describe_arguments(std::span<PyObject* const> slots);
/// Edge from a use of `t`: its grad_fn's output, or itself as a leaf, or null.
Edge edge_of(PyTensor* t);
/// The edge of each gradient as Python sees them; -1 where a number stands and the op of this name takes a tensor.
std::vector<int> shown_edges(const Node* n);
/// The node as Python sees it: its class is called as the node is.
Owned shown(PyObject* node);
/// The node at the end of a path, of which a leaf has one while anybody looks.
Owned leaf_node(PyTensor* leaf);
/// What the life of every node consists of, for types derived from it.
int traverse_result(const SavedResult& r, visitproc visit, void* arg);
int traverse_node(Node* n, visitproc visit, void* arg);
void clear_node(Node* n);
void free_node(Node* n);
/// Drops saved values; a second backward then says so.
void release_saved(Node* node);
/// An empty dict of hooks, which handles may hold weakly (utils/hooks.py).
Owned new_hooks();
/// The name printed in grad_fn=<...>.
const char* node_name(const Node* node);
/// "train.py:12", or empty.
std::string call_site(const Node* node);

}  // namespace rl::python
