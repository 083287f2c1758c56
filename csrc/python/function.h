// autograd.Function: a node whose derivative is the user's, and which is the `ctx` that forward and backward are given.
#pragma once

#include <vector>

#include "python/saved.h"

namespace rl::python {

/// A tensor given to save_for_backward: as a node keeps an input, or, of a result, as it keeps a result.
struct KeptTensor {
  Owned input;  // a tensor or what hooks made of it; null for None and for a result
  SavedResult result;
  uint32_t version = 0;
  int output_nr = -1;  // of a result
};

/// What the zeros look like that stand for a gradient nobody gave.
struct ResultForm {
  bool tensor = false;
  Dims sizes;
  DType dtype = DType::Float32;
  Device device;
};

struct FunctionState {
  std::vector<bool> tensors;  // one an argument: is it a tensor?
  std::vector<ResultForm> forms;
  std::vector<KeptTensor> kept;
};

struct FunctionNode {
  Node node;
  FunctionState* state;
  PyObject* dict;
  PyObject *needs, *to_save, *for_forward, *dirty, *unwanted;  // what FunctionCtx notes: tuples, or null
  char materialize;
};

extern PyTypeObject* function_type;
inline bool is_function(const Node* n) {
  return Py_TYPE(n) != node_type && PyType_IsSubtype(Py_TYPE(n), function_type);
}
/// Frees what was kept.
void release_function(Node* n);
void add_function(py::module_& m);

}  // namespace rl::python
