// What a node of the graph knows about itself, as plain Python values: for explain() and graph().
#include "python/call.h"
#include "python/function.h"
#include "python/node.h"
#include "python/objects.h"
#include "python/record.h"

namespace rl::python {
namespace {

/// (file, line, qualified name of the function) of the call that was recorded; None where Python was not running.
py::object place_of(const Node* n) {
  if (!n->code) return py::none();
  auto* code = reinterpret_cast<PyCodeObject*>(n->code);
  return py::make_tuple(py::handle(code->co_filename), PyCode_Addr2Line(code, n->instruction),
                        py::handle(code->co_qualname));
}

/// Shape and dtype of each input that has a derivative; None where all are those of the first result.
py::object forms_of(const Node* n) {
  if (!n->forms) return py::none();
  py::list all;
  for (const InputForm& form : *n->forms)
    all.append(py::make_tuple(py::reinterpret_steal<py::object>(size_object(form.sizes)),
                              py::reinterpret_borrow<py::object>(dtype_object(form.dtype))));
  return all;
}

py::list saved_of(const Node* n) {
  py::list all;
  const auto add = [&](PyTensor* t) { all.append(py::reinterpret_borrow<py::object>(as_object(t))); };
  const auto add_result = [&](const SavedResult& r) {
    if (r.value.defined()) all.append(py::reinterpret_steal<py::object>(wrap(r.value)));
  };
  for (int i = 0; i < n->saved_count; ++i)
    if (n->saved[i] && !is_packed(n->saved[i])) each_tensor(n->saved[i], add);
  if (n->results)
    for (const SavedResult& r : *n->results) add_result(r);
  if (is_function(n))
    for (const KeptTensor& kept : reinterpret_cast<const FunctionNode*>(n)->state->kept) {
      if (kept.input && is_tensor(kept.input.get())) add(as_tensor(kept.input.get()));
      add_result(kept.result);
    }
  return all;
}

py::list edges_of(const Node* n) {
  py::list all;
  for (int i = 0; i < n->edge_count; ++i) {
    const Edge& e = n->edges[i];
    all.append(py::make_tuple(py::reinterpret_borrow<py::object>(e.target ? e.target : Py_None), e.output_nr));
  }
  return all;
}

py::dict describe(const py::object& node) {
  RL_CHECK_TYPE(is_node(node.ptr()), "_describe: a node");
  const Node* n = as_node(node.ptr());
  py::dict all;
  all["name"] = node_name(n);
  all["row"] = n->op ? py::object(py::str(n->op->row->function)) : py::object(py::none());
  all["kind"] = n->op ? py::object(py::str(kKindNames[int(n->op->row->kind)])) : py::object(py::none());
  all["place"] = place_of(n);
  all["forms"] = forms_of(n);
  all["saved"] = saved_of(n);
  all["edges"] = edges_of(n);
  all["outputs"] = n->outputs;
  all["released"] = n->released;
  return all;
}

}  // namespace

void add_describe(py::module_& m) { m.def("_describe", &describe); }

}  // namespace rl::python
