// The walk: what is visited, in which order, and what becomes of each gradient.
#include "python/walk.h"

#include <algorithm>
#include <atomic>

#include "ops/pointwise.h"
#include "ops/shape.h"
#include "python/anomaly.h"
#include "python/call.h"
#include "python/derivative.h"
#include "python/engine_hooks.h"
#include "python/errors.h"
#include "python/graph_errors.h"
#include "python/guard.h"
#include "python/layer.h"
#include "python/mode.h"
#include "python/objects.h"

namespace rl::python {
namespace {

PyObject* sum_to_function;  // _C._sum_to
PyObject* cast_function;    // _C._to
PyObject* add_function;     // _C.add

thread_local Walk* current_walk = nullptr;
std::atomic<int64_t> walks{0};

class WalkScope {
 public:
  explicit WalkScope(Walk* walk) : before_(std::exchange(current_walk, walk)) {}
  ~WalkScope() { current_walk = before_; }
  WalkScope(const WalkScope&) = delete;
  WalkScope& operator=(const WalkScope&) = delete;

 private:
  Walk* before_;
};

}  // namespace

Walk::Walk(bool keep_graph, bool create_graph)
    : keep_graph_(keep_graph), create_graph_(create_graph), id_(walks.fetch_add(1, std::memory_order_relaxed)) {}

Walk* Walk::current() { return current_walk; }

void Walk::ask_for(PyTensor* t) {
  PyObject* fn = current_grad_fn(t);
  targets_.push_back({t, fn ? fn : as_object(t), fn ? t->output_nr : 0, {}});
  restricted_ = true;
}

void Walk::start(PyTensor* root, Owned gradient) {
  if (PyObject* fn = current_grad_fn(root))
    roots_.push_back(fn), give(fn, root->output_nr, std::move(gradient));
  else
    leaf(root, std::move(gradient));
}

void Walk::run() {
  const WalkScope here(this);
  if (restricted_ || hooks_used()) explore();
  const ModeScope scope(create_graph_ ? 0u : kNoGrad, create_graph_ ? kNoGrad : 0u);
  if (RL_UNLIKELY(mode & kGuarded)) guard_walk(keep_graph_);
  finish_leaves();
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), older);
    Node* n = heap_.back();
    heap_.pop_back();
    auto found = pending_.find(n);
    Pending work = std::move(found->second);
    pending_.erase(found);
    if (RL_LIKELY(!(mode & kGuarded)))
      visit(n, work);
    else
      guarded_visit(n, work);
    if (!order_.empty()) finish_leaves();
  }
  for (Leaf& l : leaves_)
    if (l.gradient) finish(as_tensor(l.tensor.get()), std::move(l.gradient));
}

void Walk::explore() {
  std::vector<Node*> nodes;
  std::vector<PyObject*> stack = roots_;
  for (PyObject* root : roots_) reached_.insert(root);
  while (!stack.empty()) {
    Node* n = as_node(stack.back());
    stack.pop_back();
    nodes.push_back(n);
    for (int e = 0; e < n->edge_count; ++e) {
      PyObject* target = n->edges[e].target;
      if (target && reached_.insert(target).second && is_node(target)) stack.push_back(target);
    }
  }
  std::sort(nodes.begin(), nodes.end(), older);
  if (restricted_) {
    for (const Target& t : targets_) needed_.insert(t.object);
    for (Node* n : nodes)
      for (int e = 0; e < n->edge_count; ++e)
        if (n->edges[e].target && needed_.count(n->edges[e].target)) needed_.insert(reinterpret_cast<PyObject*>(n));
  }
  if (!hooks_used()) return;
  std::unordered_set<PyObject*> placed;
  for (Node* n : nodes) {
    if (!is_needed(reinterpret_cast<PyObject*>(n))) continue;
    for (int e = n->edge_count - 1; e >= 0; --e)  // the list is taken from its end
      if (PyObject* target = n->edges[e].target; target && !is_node(target) && placed.insert(target).second)
        order_.push_back({n->sequence, target});
  }
  for (const Leaf& root : leaves_)
    if (placed.insert(root.tensor.get()).second) order_.push_back({UINT64_MAX, root.tensor.get()});
}

void Walk::finish_leaves() {
  while (!order_.empty() && (heap_.empty() || order_.back().oldest > heap_.front()->sequence)) {
    PyObject* leaf = order_.back().leaf;
    order_.pop_back();
    const auto found = leaf_places_.find(leaf);
    if (found == leaf_places_.end()) continue;
    Leaf& l = leaves_[found->second];
    if (Owned gradient = std::move(l.gradient)) finish(as_tensor(leaf), std::move(gradient));
  }
}

Owned Walk::sum(const Owned& a, const Owned& b) {
  if (create_graph_ || (mode & kLayered))
    return Owned::checked(PyObject_CallFunctionObjArgs(add_function, a.get(), b.get(), nullptr));
  const ops::Value x(as_tensor(a.get())->value), y(as_tensor(b.get())->value);
  return Owned(wrap(ops::add(x, y, Scalar(1), nullptr)));
}

void Walk::give(PyObject* target, uint32_t output_nr, Owned gradient) {
  Node* n = as_node(target);
  auto [it, fresh] = pending_.try_emplace(n);
  Pending& p = it->second;
  if (fresh) {
    p.node = Owned::borrow(target);
    p.grads.resize(size_t(n->outputs));
    heap_.push_back(n);
    std::push_heap(heap_.begin(), heap_.end(), older);
  }
  Owned& slot = p.grads[output_nr];
  slot = slot ? sum(slot, gradient) : std::move(gradient);
}

void Walk::leaf(PyTensor* t, Owned gradient) {
  if (!requires_grad(t) || (restricted_ && !is_target(as_object(t), 0))) return;
  auto [it, fresh] = leaf_places_.try_emplace(as_object(t), leaves_.size());
  if (fresh) return leaves_.push_back({Owned::borrow(as_object(t)), std::move(gradient)});
  Owned& so_far = leaves_[it->second].gradient;
  so_far = so_far ? sum(so_far, gradient) : std::move(gradient);
}

void Walk::finish(PyTensor* t, Owned gradient) {
  if (t->extra && t->extra->hooks) gradient = run_hooks(t->extra->hooks, std::move(gradient));
  if (capture_) return capture(as_object(t), 0, gradient);
  const Owned node = Owned::borrow(t->extra ? t->extra->leaf_node : nullptr);
  const Owned seen = node ? before_leaf(as_node(node.get()), gradient) : Owned();
  if (!gradient) return;
  accumulate(t, std::move(gradient));
  if (t->extra && t->extra->post_hooks) {
    const Owned hooks = Owned::checked(PyDict_Values(t->extra->post_hooks));
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(hooks.get()); ++i)
      Owned::checked(PyObject_CallOneArg(PyList_GET_ITEM(hooks.get(), i), as_object(t)));
  }
  if (seen) after_leaf(as_node(node.get()), seen);
}

Owned Walk::before_leaf(Node* n, Owned& gradient) {
  std::vector<Owned> grads{std::move(gradient)};
  if (n->prehooks) run_result_hooks(n->prehooks, grads);
  gradient = std::move(grads[0]);
  return n->hooks && gradient ? Owned::checked(PyTuple_Pack(1, gradient.get())) : Owned();
}

void Walk::after_leaf(const Node* n, const Owned& seen) {
  const Owned hooks = Owned::checked(PyDict_Values(n->hooks)), none = Owned::checked(PyTuple_New(0));
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(hooks.get()); ++i)
    Owned::checked(PyObject_CallFunctionObjArgs(PyList_GET_ITEM(hooks.get(), i), none.get(), seen.get(), nullptr));
}

void Walk::accumulate(PyTensor* t, Owned gradient) {
  const Tensor& g = as_tensor(gradient.get())->value;
  if (create_graph_ || (mode & kLayered)) {
    Owned total = t->grad ? sum(Owned::borrow(t->grad), gradient) : std::move(gradient);
    Py_XSETREF(t->grad, total.release());
  } else if (t->grad) {
    Tensor into = as_tensor(t->grad)->value;
    ops::add_(into, ops::Value(g), Scalar(1));
  } else {
    // taken over where nobody else holds it and it lies in memory as the leaf does
    const bool ours = Py_REFCNT(gradient.get()) == 1 && g.storage()->use_count() == 1 &&
                      Py_TYPE(gradient.get()) == tensor_class && g.strides() == t->value.strides() &&
                      !as_tensor(gradient.get())->grad_fn;
    if (!ours) {
      Tensor copy = empty_strided(t->value.sizes(), strides_like(t->value.sizes(), t->value), t->value.dtype(),
                                  t->value.device());
      ops::copy_values(copy, ops::Value(g));
      gradient = Owned(wrap(std::move(copy)));
    }
    Py_XSETREF(t->grad, gradient.release());
  }
}

bool Walk::is_target(PyObject* object, uint32_t output_nr) const {
  for (const Target& t : targets_)
    if (t.object == object && t.output_nr == output_nr) return true;
  return false;
}

void Walk::capture(PyObject* object, uint32_t output_nr, const Owned& gradient) {
  for (Target& t : targets_) {
    if (t.object != object || t.output_nr != output_nr) continue;
    if (!capture_)
      accumulate(t.tensor, Owned(gradient));
    else
      t.gradient = t.gradient ? sum(t.gradient, gradient) : Owned(gradient);
  }
}

Owned Walk::fit(const Node* n, int edge, Owned gradient) {
  if (!n->forms) return gradient;
  const InputForm& form = (*n->forms)[size_t(edge)];
  const Tensor& g = as_tensor(gradient.get())->value;
  if (!(g.sizes() == form.sizes)) {
    RL_CHECK(stretches(form.sizes, g.sizes()), "Function ", node_name(n), " returned an invalid gradient at index ",
             edge, " - got ", g.sizes(), " but expected shape compatible with ", form.sizes);
    const Owned size = Owned::checked(size_object(form.sizes));
    gradient = Owned::checked(PyObject_CallFunctionObjArgs(sum_to_function, gradient.get(), size.get(), nullptr));
  }
  if (as_tensor(gradient.get())->value.dtype() != form.dtype)
    gradient = Owned::checked(
        PyObject_CallFunctionObjArgs(cast_function, gradient.get(), Py_None, dtype_object(form.dtype), nullptr));
  return gradient;
}

bool Walk::stretches(const Dims& from, const Dims& to) {
  const int more = to.size() - from.size();
  if (more < 0) return false;
  for (int d = 0; d < from.size(); ++d)
    if (from[d] != 1 && from[d] != to[d + more]) return false;
  return true;
}

void Walk::pass_on(Node* n, int edge, Owned gradient) {
  if (!gradient || gradient.get() == Py_None) return;
  RL_CHECK_TYPE(is_tensor(gradient.get()), "the derivative of ", node_name(n), " returned ",
                Py_TYPE(gradient.get())->tp_name, " where a Tensor belongs");
  if (RL_UNLIKELY(anomaly() == Anomaly::CheckNan)) check_nan(n, edge, gradient.get());
  gradient = fit(n, edge, std::move(gradient));
  if (n->hooks)
    held_[size_t(edge)] = std::move(gradient);
  else
    send(n, edge, std::move(gradient));
}

void Walk::send(Node* n, int edge, Owned gradient) {
  const Edge& to = n->edges[edge];
  if (is_node(to.target))
    give(to.target, to.output_nr, std::move(gradient));
  else
    leaf(as_tensor(to.target), std::move(gradient));
}

void Walk::guarded_visit(Node* n, Pending& work) {
  try {
    visit(n, work);
  } catch (...) {
    set_python_error(nullptr);
    guard_blame(n);
    throw PythonError();
  }
}

void Walk::visit(Node* n, Pending& work) {
  PyObject* self = reinterpret_cast<PyObject*>(n);
  if (n->prehooks && PyDict_Size(n->prehooks) > 0) run_result_hooks(n->prehooks, work.grads);
  // a prehook may have taken them all away
  if (std::none_of(work.grads.begin(), work.grads.end(), [](const Owned& g) { return bool(g); })) return;
  if (restricted_)
    for (size_t i = 0; i < work.grads.size(); ++i)
      if (work.grads[i]) capture(self, uint32_t(i), work.grads[i]);
  if (!is_needed(self) || n->edge_count == 0) return;
  if (restricted_) {
    bool beyond = false;
    for (int e = 0; e < n->edge_count; ++e) beyond |= n->edges[e].target && needed_.count(n->edges[e].target) != 0;
    if (!beyond) return;
  }
  if (n->released && !n->op->gradients) walked_before(n);
  if (n->hooks) held_ = std::vector<Owned>(size_t(n->edge_count));
  const WalkedNode here(self);
  try {
    derive(n, work.grads);
  } catch (...) {
    if (anomaly() != Anomaly::Off) warn_of(n);
    throw;
  }
  if (n->hooks) run_node_hooks(n, work.grads);
  if (!keep_graph_) release_saved(n);
}

void Walk::run_node_hooks(Node* n, const std::vector<Owned>& given) {
  const Owned hooks = Owned::checked(PyDict_Values(n->hooks)), outputs = tuple_of(given);
  const std::vector<int> places = shown_edges(n);
  std::vector<Owned> grads(places.size());
  for (size_t i = 0; i < places.size(); ++i)
    if (places[i] >= 0) grads[i] = std::move(held_[size_t(places[i])]);
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(hooks.get()); ++i)
    replace(grads, PyList_GET_ITEM(hooks.get(), i), outputs.get(), "a node's hook");
  for (size_t i = 0; i < places.size(); ++i)
    if (grads[i] && places[i] >= 0 && n->edges[places[i]].target) send(n, places[i], std::move(grads[i]));
}

/// An item of a tuple that nobody else holds, out of it: a leaf may take the gradient over.
static Owned taken(PyObject* tuple, Py_ssize_t at) {
  PyObject* item = PyTuple_GET_ITEM(tuple, at);
  if (Py_REFCNT(tuple) > 1) return Owned::borrow(item);
  PyTuple_SET_ITEM(tuple, at, Py_NewRef(Py_None));
  return Owned(item);
}

void Walk::derive(Node* n, const std::vector<Owned>& given) {
  if (n->op->gradients) {
    std::vector<Owned> all = n->op->gradients(n, given);
    for (int e = 0; e < n->edge_count; ++e)
      if (wants(n->edges[e])) pass_on(n, e, std::move(all[size_t(e)]));
    return;
  }
  Owned gathered;
  if (n->many) {
    gathered = Owned::checked(PyTuple_New(n->outputs));
    for (int i = 0; i < n->outputs; ++i)
      PyTuple_SET_ITEM(gathered.get(), i, Py_NewRef(given[size_t(i)] ? given[size_t(i)].get() : Py_None));
  }
  Unpacked unpacked;
  Owned together;  // what a joint rule gave
  const std::vector<Rule>& rules = n->op->rules;
  size_t live = 0,
         lists = 0;  // at most one differentiable argument is a list; it has the edges that the others leave
  for (size_t j = 0; j < rules.size(); ++j) live += rules[j] && n->has_edge(j);
  lists = size_t(n->edge_count) + 1 - live;
  int edge = 0;
  for (size_t j = 0; j < rules.size(); ++j) {
    const Rule& rule = rules[j];
    if (!rule) continue;
    if (!n->has_edge(j)) continue;  // a number or None stood there
    if (n->op->params[size_t(n->op->tensor_slots[j])].list) {
      bool wanted = false;
      for (size_t i = 0; i < lists; ++i) wanted |= wants(n->edges[size_t(edge) + i]);
      if (wanted) {
        const Owned all = apply(n, rule, given, gathered, unpacked, create_graph_);
        RL_CHECK_TYPE(PyList_Check(all.get()) || PyTuple_Check(all.get()), "the derivative of ", node_name(n),
                      " must be a list");
        RL_ASSERT(size_t(PySequence_Fast_GET_SIZE(all.get())) == lists);
        for (size_t i = 0; i < lists; ++i)
          if (wants(n->edges[size_t(edge) + i]))
            pass_on(n, edge + int(i), Owned::borrow(PySequence_Fast_GET_ITEM(all.get(), Py_ssize_t(i))));
      }
      edge += int(lists);
      continue;
    }
    const int e = edge++;
    if (!wants(n->edges[e])) continue;
    if (rule.word == Rule::Word::Same) {
      pass_on(n, e, given[0]);
    } else if (rule.word == Rule::Word::Zero) {
      const Tensor& g = as_tensor(given[0].get())->value;
      const Dims& sizes = n->forms ? (*n->forms)[size_t(e)].sizes : g.sizes();
      const DType dtype = n->forms ? (*n->forms)[size_t(e)].dtype : g.dtype();
      pass_on(n, e, Owned(wrap(ops::full(sizes, Scalar(0), dtype, device_of(as_tensor(given[0].get()))))));
    } else if (rule.joint) {
      if (!together) together = apply(n, rule, given, gathered, unpacked, create_graph_);
      RL_ASSERT(PyTuple_Check(together.get()) && size_t(PyTuple_GET_SIZE(together.get())) == rules.size());
      pass_on(n, e, taken(together.get(), Py_ssize_t(j)));
    } else {
      pass_on(n, e, apply(n, rule, given, gathered, unpacked, create_graph_));
    }
  }
}

void find_functions(py::module_& m) {
  sum_to_function = py::object(m.attr("_sum_to")).release().ptr();
  cast_function = py::object(m.attr("_to")).release().ptr();
  add_function = py::object(m.attr("add")).release().ptr();
}

}  // namespace rl::python
