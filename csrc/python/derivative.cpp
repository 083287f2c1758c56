// One rule of one node: what was saved is checked and handed over, complex values are conjugated around it.
#include "python/derivative.h"

#include "core/error.h"
#include "python/call.h"
#include "python/objects.h"

namespace rl::python {
namespace {

PyObject* conj_function;  // _C.conj

[[noreturn]] void changed(const Node* n, const Tensor& t, uint32_t expected, const char* what) {
  const char* writer = t.version()->last_writer;
  fail(ErrorKind::Runtime,
       "one of the variables needed for gradient computation has been modified by an inplace operation: [torch.",
       short_name(t.dtype()), "Tensor ", t.sizes(), "], ", what, " of ", node_name(n), " recorded at ", call_site(n),
       ", is at version ", t.version()->value(), "; expected version ", expected, " instead. It was last written by ",
       writer ? writer : "an unnamed op", ". Hint: clone() the tensor before the write, or write out of place.");
}

void check_version(const Node* n, PyTensor* t, uint32_t expected) {
  if (t->value.version()->value() != expected) changed(n, t->value, expected, "an input");
}
void check_list(const Node* n, int slot) {
  size_t at = 0;  // versions stand slot after slot
  for (int s = 0; s <= slot; ++s) {
    PyObject* kept = n->saved[s];
    if (!kept || !PyTuple_CheckExact(kept)) continue;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kept); ++i) {
      PyObject* item = PyTuple_GET_ITEM(kept, i);
      if (!is_tensor(item)) continue;
      if (s == slot) check_version(n, as_tensor(item), (*n->list_versions)[at]);
      ++at;
    }
  }
}

/// The conjugate of a complex tensor, or of those in a tuple or list; anything else as it is.
Owned conjugated(Owned value) {
  PyObject* o = value.get();
  if (is_tensor(o)) {
    if (!is_complex(as_tensor(o)->value.dtype())) return value;
    return Owned::checked(PyObject_CallOneArg(conj_function, o));
  }
  if (!PyTuple_Check(o) && !PyList_Check(o)) return value;
  const Py_ssize_t n = PySequence_Fast_GET_SIZE(o);
  Owned all = Owned::checked(PyTuple_New(n));
  for (Py_ssize_t i = 0; i < n; ++i)
    PyTuple_SET_ITEM(all.get(), i, conjugated(Owned::borrow(PySequence_Fast_GET_ITEM(o, i))).release());
  return all;
}

Owned saved_results(Node* n, bool create_graph) {
  std::vector<Owned> wrapped;
  for (size_t i = 0; i < n->results->size(); ++i) {
    const SavedResult& r = (*n->results)[i];
    if (r.value.version()->value() != r.version) changed(n, r.value, r.version, "a result");
    wrapped.emplace_back(wrap(r.value));
    if (r.layer) set_layer(as_tensor(wrapped.back().get()), r.layer.get(), r.inner.get(), r.added.get());
    if (create_graph && is_differentiable(r.value.dtype())) {
      PyTensor* t = as_tensor(wrapped.back().get());
      t->grad_fn = Py_NewRef(reinterpret_cast<PyObject*>(n));
      t->output_nr = uint32_t(i);
      t->requires_grad = true;
    }
  }
  if (!n->many) return std::move(wrapped[0]);
  Owned all = Owned::checked(PyTuple_New(Py_ssize_t(wrapped.size())));
  for (size_t i = 0; i < wrapped.size(); ++i) PyTuple_SET_ITEM(all.get(), Py_ssize_t(i), wrapped[i].release());
  return all;
}

/// Calls the rule with what its parameters name, in order.
Owned apply_rule(Node* n, const Rule& rule, const Owned& gradient, Owned& results, bool create_graph) {
  PyObject* arguments[16];
  size_t count = 0;
  std::vector<Owned> held;
  RL_ASSERT(rule.wants.size() <= 16);
  for (int want : rule.wants) {
    if (want == kGradient) {
      arguments[count++] = gradient.get();
    } else if (want == kResult) {
      if (!results) results = saved_results(n, create_graph);
      arguments[count++] = results.get();
    } else if (want >= kShape) {
      PyObject* kept = n->saved[want - kShape];
      if (is_tensor(kept)) held.push_back(Owned(size_object(as_tensor(kept)->value.sizes()))), kept = held.back().get();
      arguments[count++] = kept;
    } else {
      PyObject* kept = n->saved[want];
      if (is_tensor(kept))
        check_version(n, as_tensor(kept), n->versions[want]);
      else if (n->list_versions)
        check_list(n, want);
      arguments[count++] = kept;
    }
  }
  return Owned::checked(PyObject_Vectorcall(rule.function, arguments, count, nullptr));
}

bool is_complex_node(const std::vector<Owned>& grads) {
  for (const Owned& g : grads)
    if (g && is_complex(as_tensor(g.get())->value.dtype())) return true;
  return false;
}

}  // namespace

/// Complex values: rules are plain derivatives, and a gradient is the conjugate of one (DESIGN, section 3).
Owned apply(Node* n, const Rule& rule, const std::vector<Owned>& grads, const Owned& gathered, Owned& results,
            bool create_graph) {
  Owned gradient = gathered ? Owned(gathered) : Owned(grads[0]);
  if (!rule.conjugates || !is_complex_node(grads)) return apply_rule(n, rule, gradient, results, create_graph);
  return conjugated(apply_rule(n, rule, conjugated(std::move(gradient)), results, create_graph));
}
void add_derivative(py::module_& m) { conj_function = py::object(m.attr("conj")).release().ptr(); }

}  // namespace rl::python
