// One rule of one node: what was saved is checked and handed over, complex values are conjugated around it.
#include "python/derivative.h"

#include "core/error.h"
#include "python/call.h"
#include "python/graph_errors.h"
#include "python/objects.h"
#include "python/record.h"
#include "python/saved.h"

namespace rl::python {
namespace {

PyObject* conj_function;  // _C.conj

void check_list(const Node* n, int slot) {
  size_t at = 0;  // versions stand slot after slot
  for (int s = 0; s <= slot; ++s) {
    PyObject* kept = n->saved[s];
    if (!kept || !PyTuple_CheckExact(kept)) continue;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kept); ++i) {
      PyObject* item = PyTuple_GET_ITEM(kept, i);
      if (!is_tensor(item) && !is_packed(item)) continue;
      if (s == slot && is_tensor(item)) check_version(n, as_tensor(item)->value, (*n->list_versions)[at], "an input");
      ++at;
    }
  }
}

/// A tuple with the tensors that hooks had packed.
Owned unpacked_list(PyObject* kept) {
  Owned all = Owned::checked(PyTuple_New(PyTuple_GET_SIZE(kept)));
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kept); ++i) {
    PyObject* item = PyTuple_GET_ITEM(kept, i);
    PyTuple_SET_ITEM(all.get(), i, (is_packed(item) ? unpack(item) : Owned::borrow(item)).release());
  }
  return all;
}

/// What hooks had packed, and is unpacked once for all rules of its node.
Owned unpacked_argument(const Owned& kept, int slot, Unpacked& unpacked) {
  if (unpacked.slots.size() <= size_t(slot)) unpacked.slots.resize(size_t(slot) + 1);
  Owned made = Owned(unpacked.slots[size_t(slot)]);
  if (!made) {
    made = is_packed(kept.get()) ? unpack(kept.get()) : unpacked_list(kept.get());
    unpacked.slots[size_t(slot)] = Owned(made);
  }
  return made;
}

/// What was kept of an argument, once it is sure that it is what it was.
Owned kept_argument(const Node* n, int slot, Unpacked& unpacked) {
  Owned kept = Owned::borrow(n->saved[slot]);
  if (!kept) walked_before(n);  // by another thread, meanwhile
  if (RL_LIKELY(is_tensor(kept.get()))) {
    check_version(n, as_tensor(kept.get())->value, n->versions[slot], "an input");
    return kept;
  }
  if (RL_UNLIKELY(is_packed(kept.get()))) return unpacked_argument(kept, slot, unpacked);
  if (!n->list_versions || !PyTuple_CheckExact(kept.get())) return kept;
  check_list(n, slot);
  return unpacked_argument(kept, slot, unpacked);
}

/// The shape of an argument of which that, or the tensor itself, was kept.
Owned kept_size(const Node* n, int slot) {
  PyObject* kept = n->saved[slot];
  if (!kept) walked_before(n);
  if (is_packed(kept)) return Owned::borrow(packed_size(kept));
  return is_tensor(kept) ? Owned::checked(size_object(as_tensor(kept)->value.sizes())) : Owned::borrow(kept);
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

bool is_changed(const SavedResult& r) {
  return !r.packed && r.value.defined() && r.value.version()->value() != r.version;
}

/// The results that were kept. One of several that was not, or was written into since, is None: most rules need but one
/// of them.
Owned saved_results(Node* n, bool create_graph) {
  if (!n->results) walked_before(n);
  const std::vector<SavedResult> results = *n->results;  // a hook that unpacks may walk this graph
  std::vector<Owned> wrapped;
  for (size_t i = 0; i < results.size(); ++i) {
    if (n->many && (is_changed(results[i]) || !(results[i].packed || results[i].value.defined()))) {
      wrapped.push_back(Owned::borrow(Py_None));
      continue;
    }
    wrapped.push_back(result_value(n, results[i]));
    PyTensor* t = as_tensor(wrapped.back().get());
    if (create_graph && is_differentiable(t->value.dtype()))
      set_history(t, reinterpret_cast<PyObject*>(n), uint32_t(i));
  }
  if (!n->many) return std::move(wrapped[0]);
  Owned all = Owned::checked(PyTuple_New(Py_ssize_t(wrapped.size())));
  for (size_t i = 0; i < wrapped.size(); ++i) PyTuple_SET_ITEM(all.get(), Py_ssize_t(i), wrapped[i].release());
  return all;
}

/// What a rule is called with.
struct RuleArguments {
  PyObject* all[16];
  size_t count = 0;
  void add(Owned one) { all[count++] = one.release(); }
  RuleArguments() = default;
  RuleArguments(const RuleArguments&) = delete;
  RuleArguments& operator=(const RuleArguments&) = delete;
  ~RuleArguments() {
    for (size_t i = 0; i < count; ++i) Py_DECREF(all[i]);
  }
};

/// A rule that failed because it needed a result that was written into: the error says that instead.
void blame_changed(const Node* n) {
  if (!n->many || !n->results) return;
  for (const SavedResult& r : *n->results) {
    if (!is_changed(r)) continue;
    PyErr_Clear();
    check_version(n, r.value, r.version, "a result");
  }
}

/// Which tensor arguments ask for a gradient: what a rule that gives all of them may leave out.
Owned needs_of(const Node* n) {
  const size_t count = n->op->rules.size();
  Owned all = Owned::checked(PyTuple_New(Py_ssize_t(count)));
  int edge = 0;
  for (size_t j = 0; j < count; ++j) {
    const bool asks = n->op->rules[j] && n->has_edge(j) && n->edges[edge++].target;
    PyTuple_SET_ITEM(all.get(), Py_ssize_t(j), Py_NewRef(asks ? Py_True : Py_False));
  }
  return all;
}

/// Calls the rule with what its parameters name, in order.
Owned apply_rule(Node* n, const Rule& rule, const Owned& gradient, Unpacked& unpacked, bool create_graph) {
  RuleArguments arguments;
  RL_ASSERT(rule.wants.size() <= 16);
  for (int want : rule.wants) {
    if (want == kGradient) {
      arguments.add(Owned(gradient));
    } else if (want == kNeeds) {
      arguments.add(needs_of(n));
    } else if (want == kResult || want == kRest) {
      if (!unpacked.results) unpacked.results = saved_results(n, create_graph);
      PyObject* all = unpacked.results.get();
      arguments.add(want == kResult ? Owned(unpacked.results)
                                    : Owned::checked(PyTuple_GetSlice(all, 1, PyTuple_GET_SIZE(all))));
    } else {
      arguments.add(want >= kShape ? kept_size(n, want - kShape) : kept_argument(n, want, unpacked));
    }
  }
  Owned found(PyObject_Vectorcall(rule.function, arguments.all, arguments.count, nullptr));
  if (!found && rule.keeps_result) blame_changed(n);
  return Owned::checked(found.release());
}

bool is_complex_node(const std::vector<Owned>& grads) {
  for (const Owned& g : grads)
    if (g && is_complex(as_tensor(g.get())->value.dtype())) return true;
  return false;
}

}  // namespace

/// Complex values: rules are plain derivatives, and a gradient is the conjugate of one (DESIGN, section 3).
Owned apply(Node* n, const Rule& rule, const std::vector<Owned>& grads, const Owned& gathered, Unpacked& unpacked,
            bool create_graph) {
  Owned gradient = gathered ? Owned(gathered) : Owned(grads[0]);
  if (!rule.conjugates || !is_complex_node(grads)) return apply_rule(n, rule, gradient, unpacked, create_graph);
  return conjugated(apply_rule(n, rule, conjugated(std::move(gradient)), unpacked, create_graph));
}
void add_derivative(py::module_& m) { conj_function = py::object(m.attr("conj")).release().ptr(); }

}  // namespace rl::python
