// backward() and autograd.grad(): what they are given is checked, and a walk is started.
#include "python/engine.h"

#include <unordered_map>
#include <vector>

#include "ops/shape.h"
#include "python/call.h"
#include "python/derivative.h"
#include "python/graph_errors.h"
#include "python/layer.h"
#include "python/objects.h"
#include "python/plain.h"
#include "python/walk.h"

namespace rl::python {
namespace {

PyObject* cast_function;  // _C._to

/// What a root starts with: the gradient given, or ones for a single element.
Owned first_gradient(PyTensor* root, PyObject* given) {
  const Tensor& t = root->value;
  if (given == Py_None) {
    if (t.numel() != 1) no_scalar(root);
    RL_CHECK(!is_complex(t.dtype()), "grad can be implicitly created only for real scalar outputs but got torch.",
             name(t.dtype()));
    return Owned(wrap(ops::full(t.sizes(), Scalar(1), t.dtype(), device_of(root))));
  }
  RL_CHECK_TYPE(is_tensor(given), "gradients can be either Tensors or None, but got ", Py_TYPE(given)->tp_name);
  const Tensor& g = as_tensor(given)->value;
  RL_CHECK(g.sizes() == t.sizes(), "Mismatch in shape: grad_output[0] has a shape of torch.Size(", g.sizes(),
           ") and output[0] has a shape of torch.Size(", t.sizes(), ").");
  RL_CHECK(is_complex(t.dtype()) == is_complex(g.dtype()),
           "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: "
           "grad_output[0] has a dtype of torch.",
           name(g.dtype()), " and output[0] has a dtype of torch.", name(t.dtype()), ".");
  if (g.dtype() == t.dtype()) return Owned::borrow(given);
  return Owned::checked(PyObject_CallFunctionObjArgs(cast_function, given, Py_None, dtype_object(t.dtype()), nullptr));
}

/// A tensor of forward mode leads where its values lead.
PyObject* with_history(PyObject* t) {
  while (is_layered(t) && !requires_grad(as_tensor(t)) && !as_tensor(t)->value.is_meta())
    t = as_tensor(t)->extra->inner;
  return t;
}

/// Does the graph of these tensors lead to a leaf that is none of `leaves`?
bool leads_beyond(const py::list& tensors, const py::list& leaves) {
  std::unordered_map<PyObject*, bool> seen;
  for (const py::handle& leaf : leaves) seen[leaf.ptr()] = true;
  std::vector<PyObject*> stack;
  const auto meet = [&](PyObject* o) {
    if (!std::exchange(seen[o], true)) stack.push_back(o);
  };
  for (const py::handle& t : tensors) {
    RL_CHECK_TYPE(is_tensor(t.ptr()), "_leads_beyond: expected tensors, but got ", Py_TYPE(t.ptr())->tp_name);
    PyTensor* tensor = as_tensor(t.ptr());
    PyObject* fn = current_grad_fn(tensor);
    if (fn)
      meet(fn);
    else if (requires_grad(tensor))
      meet(t.ptr());
  }
  while (!stack.empty()) {
    PyObject* o = stack.back();
    stack.pop_back();
    if (!is_node(o)) return true;
    Node* n = as_node(o);
    // what was differentiated by and has a history of its own ends here: the edge that leads to it is its node's
    for (int e = 0; e < n->edge_count; ++e)
      if (n->edges[e].target) meet(n->edges[e].target);
  }
  return false;
}

/// backward() and autograd.grad(): roots and their gradients; `inputs` None, or the tensors that gradients go to.
py::object run_backward(const py::tuple& roots, const py::tuple& gradients, bool keep_graph, bool create_graph,
                        const py::object& inputs, bool accumulate) {
  Walk walk(keep_graph, create_graph);
  if (!inputs.is_none())
    for (const py::handle& t : inputs.cast<py::tuple>()) {
      RL_CHECK_TYPE(is_tensor(t.ptr()), "inputs can be only Tensors, but got ", Py_TYPE(t.ptr())->tp_name);
      RL_CHECK(requires_grad(as_tensor(t.ptr())), "One of the differentiated Tensors does not require grad");
      walk.ask_for(as_tensor(t.ptr()));
    }
  if (!accumulate) walk.capture_only();
  for (size_t i = 0; i < roots.size(); ++i) {
    PyObject* root = py::object(roots[i]).ptr();
    if (is_tensor(root)) root = with_history(root);
    RL_CHECK_TYPE(is_tensor(root), "outputs can be only Tensors, but got ", Py_TYPE(root)->tp_name);
    if (!requires_grad(as_tensor(root))) no_graph(i, as_tensor(root));
    const py::object given = gradients[i];
    walk.start(as_tensor(root), first_gradient(as_tensor(root), given.ptr()));
  }
  walk.run();
  if (accumulate) return py::none();
  py::list all;
  for (size_t i = 0; i < py::len(inputs); ++i) {
    Owned g = walk.captured(i);
    all.append(g ? py::reinterpret_steal<py::object>(g.release()) : py::object(py::none()));
  }
  return py::tuple(all);
}

/// The number of the walk that this thread is in; -1 outside.
int64_t walk_id() { return Walk::current() ? Walk::current()->id() : -1; }
/// Will the walk that this thread is in come to where the tensor's gradient goes?
bool walk_comes_to(PyTensor* t) {
  PyObject* fn = current_grad_fn(t);
  return Walk::current() && Walk::current()->comes_to(fn ? fn : as_object(t));
}

}  // namespace

void add_engine(py::module_& m) {
  def_plain(m, "_walk_id", "", &walk_id);
  def_plain(m, "_walk_comes_to", "tensor", &walk_comes_to);
  def_plain(m, "_walk_is_restricted", "", +[]() { return Walk::current() && Walk::current()->restricted(); });
  m.def("_run_backward", &run_backward);
  def_plain(m, "_refuse_unused", "place, input", +[](int64_t place, PyTensor* input) { unused(size_t(place), input); });
  m.def("_leads_beyond", &leads_beyond);
  cast_function = py::object(m.attr("_to")).release().ptr();
  find_functions(m);
  add_derivative(m);
}

}  // namespace rl::python
