// autograd.detect_anomaly: where a node was recorded, told when its derivative fails or gives NaN.
#pragma once

#include <cstdint>

#include "python/node.h"

namespace rl::python {

enum class Anomaly : uint8_t { Off, Detect, CheckNan };
Anomaly anomaly();

/// The node whose derivative this thread is computing: the cause of what is recorded meanwhile.
class WalkedNode {
 public:
  explicit WalkedNode(PyObject* node);
  ~WalkedNode();
  WalkedNode(const WalkedNode&) = delete;
  WalkedNode& operator=(const WalkedNode&) = delete;

 private:
  PyObject* before_;
};

/// Keeps the traceback of a fresh node in its metadata.
void note_traceback(Node* n);
/// Throws where a gradient holds NaN; `index` tells which of the node's.
void check_nan(Node* n, int index, PyObject* gradient);
/// Warns, with the traceback, that a node failed; called while an exception is on its way.
void warn_of(Node* n);
void add_anomaly(py::module_& m);

}  // namespace rl::python
