// One walk of the graph: nodes newest first, each rule called once all gradients of its results have come together.
#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "python/node.h"

namespace rl::python {

struct Pending {
  Owned node;
  std::vector<Owned> grads;  // one an output
};

struct Target {  // what autograd.grad asks for, or backward(inputs=)
  PyTensor* tensor;
  PyObject* object;  // the tensor itself where it is a leaf, else its node
  uint32_t output_nr;
  Owned gradient;
};

class Walk {
 public:
  Walk(bool keep_graph, bool create_graph);
  /// The walk that this thread is in, or null.
  static Walk* current();

  /// Gradients go to the tensors asked for alone, in place of all leaves: to their .grad, or to be captured.
  void ask_for(PyTensor* t);
  void capture_only() { capture_ = true; }
  Owned captured(size_t i) { return std::move(targets_[i].gradient); }

  void start(PyTensor* root, Owned gradient);
  void run();

  /// Will this walk come to the node, or to the leaf?
  bool comes_to(PyObject* object) const { return reached_.count(object) && (!restricted_ || needed_.count(object)); }
  int64_t id() const { return id_; }
  bool restricted() const { return restricted_; }

 private:
  static bool older(const Node* a, const Node* b) { return a->sequence < b->sequence; }

  bool is_needed(PyObject* object) const { return !restricted_ || needed_.count(object); }

  /// Walks the graph ahead: with inputs= only the nodes between them and the roots are worth a visit; and where there
  /// are hooks, a leaf is to be finished when the oldest node that it is an input of has been visited.
  void explore();

  /// Hooks and .grad of the leaves to which no node that is still to come leads.
  void finish_leaves();
  Owned sum(const Owned& a, const Owned& b);
  void give(PyObject* target, uint32_t output_nr, Owned gradient);

  /// A leaf's part of its gradient; its hooks and its .grad are for the whole.
  void leaf(PyTensor* t, Owned gradient);

  /// A leaf's whole gradient: hooks, then .grad (or the answer of autograd.grad).
  void finish(PyTensor* t, Owned gradient);

  /// Hooks of the node that stands for a leaf; gives what those that come after are to see.
  static Owned before_leaf(Node* n, Owned& gradient);
  static void after_leaf(const Node* n, const Owned& seen);

  /// Adds to .grad.
  void accumulate(PyTensor* t, Owned gradient);
  bool is_target(PyObject* object, uint32_t output_nr) const;
  void capture(PyObject* object, uint32_t output_nr, const Owned& gradient);

  /// A gradient in the form of the input it belongs to: summed over what was broadcast, in the input's dtype.
  static Owned fit(const Node* n, int edge, Owned gradient);
  /// Does a tensor of one shape broadcast to the other?
  static bool stretches(const Dims& from, const Dims& to);
  void pass_on(Node* n, int edge, Owned gradient);
  void send(Node* n, int edge, Owned gradient);
  void visit(Node* n, Pending& work);
  void guarded_visit(Node* n, Pending& work);

  /// A node's hooks on the gradients of its inputs, which wait in held_, and then these on their way.
  void run_node_hooks(Node* n, const std::vector<Owned>& given);
  /// The gradients of a node's inputs, by its op's rules or all at once.
  void derive(Node* n, const std::vector<Owned>& given);
  bool wants(const Edge& e) const { return e.target && is_needed(e.target); }

  const bool keep_graph_, create_graph_;
  const int64_t id_;
  bool restricted_ = false, capture_ = false;
  std::vector<PyObject*> roots_;
  std::vector<Target> targets_;
  std::unordered_set<PyObject*> reached_, needed_;
  struct Turn {
    uint64_t oldest;
    PyObject* leaf;
  };
  std::vector<Turn> order_;  // of the leaves, the first to be finished last
  std::unordered_map<Node*, Pending> pending_;
  struct Leaf {
    Owned tensor, gradient;
  };
  std::vector<Leaf> leaves_;  // in the order in which the walk met them
  std::unordered_map<PyObject*, size_t> leaf_places_;
  std::vector<Node*> heap_;
  std::vector<Owned> held_;  // a node's gradients of its inputs, until its hooks have seen them
};

/// The functions of the module that a walk calls.
void find_functions(py::module_& m);

}  // namespace rl::python
