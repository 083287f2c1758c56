// Recording: nodes for calls, histories for views, and the rewriting of a base's history after a write into a view.
#include "python/record.h"

#include "core/error.h"
#include "python/engine_hooks.h"
#include "python/guard.h"
#include "python/objects.h"
#include "python/saved.h"

namespace rl::python {
namespace {

bool asks(PyObject* o) { return is_tensor(o) && requires_grad(as_tensor(o)); }

/// The shape of a tensor, or those of a list, for a rule that asks for no more.
Owned kept_shape(PyObject* slot) {
  if (is_tensor(slot)) return Owned::checked(size_object(as_tensor(slot)->value.sizes()));
  Owned all = Owned::checked(PyTuple_New(PySequence_Fast_GET_SIZE(slot)));
  Py_ssize_t at = 0;
  each_tensor(slot, [&](PyTensor* t) {
    PyTuple_SET_ITEM(all.get(), at++, Owned::checked(size_object(t->value.sizes())).release());
  });
  return all;
}

/// The version that a kept tensor must still have in the backward pass. What an in-place op has just written into
/// (`written`) was read before: its version then is over, unless the op kept a copy.
uint32_t kept_version(PyTensor* t, const Tensor* written) {
  const uint32_t now = t->value.version()->value();
  return written && t->value.version() == written->version() ? now - 1 : now;
}

/// A tuple with what hooks make of the tensors in it; anything else as it is.
Owned packed_list(PyObject* kept) {
  if (!PyTuple_Check(kept)) return Owned::borrow(kept);
  Owned all = Owned::checked(PyTuple_New(PyTuple_GET_SIZE(kept)));
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kept); ++i) {
    PyObject* item = PyTuple_GET_ITEM(kept, i);
    PyTuple_SET_ITEM(all.get(), i, (is_tensor(item) ? keep_tensor(as_tensor(item)) : Owned::borrow(item)).release());
  }
  return all;
}

void keep(Node* n, size_t s, PyObject* kept, const Tensor* written) {
  each_tensor(kept, [](PyTensor* t) {
    RL_CHECK(
        !t->inference,
        "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
        "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and use "
        "it in autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`.");
  });
  if (is_tensor(kept)) {
    n->saved[s] = keep_tensor(as_tensor(kept)).release();
    n->versions[s] = kept_version(as_tensor(kept), written);
    return;
  }
  each_tensor(kept, [&](PyTensor* t) {
    if (!n->list_versions) n->list_versions = new std::vector<uint32_t>;
    n->list_versions->push_back(kept_version(t, written));
  });
  // a list may be changed by whoever made it
  Owned all = PyList_Check(kept) ? Owned::checked(PyList_AsTuple(kept)) : Owned::borrow(kept);
  n->saved[s] = (RL_LIKELY(saved_hooks == 0) ? std::move(all) : packed_list(all.get())).release();
}

/// The node of a call; its edges lead to the inputs that have a rule. `form` is what the first result looks like;
/// `original`: a copy of what the op wrote into, from before, if a rule asks for it.
Owned make_node(const OpEntry& op, std::span<PyObject* const> slots, const Tensor& form, PyObject* original = nullptr,
                const Tensor* written = nullptr) {
  int edges = 0;
  uint64_t keeps = 0, shapes = 0;
  bool same_forms = true;
  uint32_t places = 0;
  for (size_t j = 0; j < op.rules.size(); ++j) {
    if (!op.rules[j]) continue;
    bool asked = false;
    each_tensor(slots[size_t(op.tensor_slots[j])], [&](PyTensor* t) {
      ++edges;
      places |= 1u << j;
      current_grad_fn(t);  // a view's history may be made anew: its node must be older than this one
      asked |= requires_grad(t);
      same_forms = same_forms && t->value.dtype() == form.dtype() && t->value.sizes() == form.sizes();
    });
    if (asked) keeps |= op.rules[j].keeps, shapes |= op.rules[j].keeps_shape;
  }
  Node* n = new_node(&op, keeps | shapes ? int(slots.size()) : 0, edges);
  Owned owner(reinterpret_cast<PyObject*>(n));
  for (size_t s = 0; (keeps | shapes) && s < slots.size(); ++s) {
    if (!((keeps >> s) & 1)) {
      if ((shapes >> s) & 1) n->saved[s] = kept_shape(slots[s]).release();
      continue;
    }
    keep(n, s, s == 0 && original ? original : slots[s], written);
  }
  n->tensor_places = places;
  if (!op.node_names.empty()) n->arguments = describe_arguments(slots);
  if (!same_forms) n->forms = new std::vector<InputForm>;
  int e = 0;
  for (size_t j = 0; j < op.rules.size(); ++j) {
    if (!op.rules[j]) continue;
    each_tensor(slots[size_t(op.tensor_slots[j])], [&](PyTensor* t) {
      const Edge to = n->edges[e++] = edge_of(t);
      RL_ASSERT(!to.target || !is_node(to.target) || as_node(to.target)->sequence < n->sequence);
      if (n->forms) n->forms->push_back({t->value.sizes(), t->value.dtype()});
    });
  }
  if (RL_UNLIKELY(mode & kGuarded)) guard_recording(n);
  return owner;
}

/// Does the rule of an argument that wants a gradient name `out`, or (first: false) what comes beside it?
bool keeps_result(const OpEntry& op, std::span<PyObject* const> slots, bool first) {
  for (size_t j = 0; j < op.rules.size(); ++j) {
    if (!(first ? op.rules[j].keeps_first : op.rules[j].keeps_result)) continue;
    bool asked = false;
    each_tensor(slots[size_t(op.tensor_slots[j])], [&](PyTensor* t) { asked |= requires_grad(t); });
    if (asked) return true;
  }
  return false;
}

/// A tensor that keeps its gradient keeps that of its newest values: the hooks follow it to its new node.
void move_keepers(PyTensor* t, Node* to, uint32_t output_nr) {
  Node* from = t->grad_fn ? as_node(t->grad_fn) : nullptr;
  if (!from || !from->prehooks) return;
  const Owned items = Owned::checked(PyDict_Items(from->prehooks));
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
    PyObject* key = PyTuple_GET_ITEM(PyList_GET_ITEM(items.get(), i), 0);
    PyObject* hook = PyTuple_GET_ITEM(PyList_GET_ITEM(items.get(), i), 1);
    if (!is_result_hook(hook) || PyTuple_GET_ITEM(hook, 2) != Py_True ||
        PyLong_AsUnsignedLong(PyTuple_GET_ITEM(hook, 0)) != t->output_nr)
      continue;
    if (!to->prehooks) to->prehooks = new_hooks().release();
    const Owned moved = Owned::checked(Py_BuildValue("(IOO)", output_nr, PyTuple_GET_ITEM(hook, 1), Py_True));
    if (PyDict_SetItem(to->prehooks, key, moved.get()) < 0 || PyDict_DelItem(from->prehooks, key) < 0)
      throw PythonError();
  }
}

const OpEntry& internal_op(const char* function) {
  for (OpEntry* op : all_entries())
    if (std::string_view(op->row->function) == function) return *op;
  fail(ErrorKind::Internal, "internal error: no op ", function);
}

}  // namespace

void hang(PyTensor* t, Node* n, uint32_t output_nr) {
  if (RL_UNLIKELY(t->retains_grad)) move_keepers(t, n, output_nr);
  Py_XSETREF(t->grad_fn, Py_NewRef(reinterpret_cast<PyObject*>(n)));
  t->output_nr = output_nr;
  t->requires_grad = true;
  if (t->extra && t->extra->base) {  // seen from here on with the history that the base has now
    PyObject* now = as_tensor(t->extra->base)->grad_fn;
    Py_XINCREF(now);
    Py_XSETREF(t->extra->base_fn, now);
  }
}

void set_history(PyTensor* t, PyObject* history, uint32_t output_nr) {
  t->requires_grad = true;
  if (is_node(history)) {
    t->grad_fn = Py_NewRef(history);
    t->output_nr = output_nr;
    return;
  }
  // values of a leaf that are not the leaf itself: a copy of it, to the graph
  Node* n = new_node(&internal_op("clone"), 0, 1);
  t->grad_fn = reinterpret_cast<PyObject*>(n);
  n->edges[0] = {Py_NewRef(history), 0};
  n->tensor_places = 1;
}

namespace {

void check_same_dtype(const Tensor& view, const Tensor& base) {
  RL_CHECK_IMPLEMENTED(view.dtype() == base.dtype(),
                       "an in-place write into a view of another dtype than its base has no derivative here; write "
                       "into the base, or clone() the view first");
}

/// Where a view lies in its base: size, stride, offset and the base's strides, as Python values.
struct Geometry {
  Owned size, stride, offset, base_stride;
  Geometry(const Tensor& view, const Tensor& base) {
    check_same_dtype(view, base);
    size = Owned::checked(size_object(view.sizes()));
    stride = Owned::checked(size_object(view.strides()));
    offset = Owned::checked(PyLong_FromLongLong(view.offset() - base.offset()));
    base_stride = Owned::checked(size_object(base.strides()));
  }
};

}  // namespace

bool wants_record(const OpEntry& op, std::span<PyObject* const> slots) {
  if (mode & (kNoGrad | kInference)) return false;
  for (int s : op.differentiable_slots) {
    PyObject* o = slots[size_t(s)];
    if (RL_LIKELY(is_tensor(o))) {
      if (requires_grad(as_tensor(o))) return true;
    } else if (PyTuple_Check(o) || PyList_Check(o)) {
      for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); ++i)
        if (asks(PySequence_Fast_GET_ITEM(o, i))) return true;
    }
  }
  return false;
}

void record(const OpEntry& op, std::span<PyObject* const> slots, std::span<PyObject* const> results, bool many) {
  bool any = false;
  for (PyObject* r : results) any |= is_differentiable(as_tensor(r)->value.dtype());
  if (!any) return;
  const Owned owner = make_node(op, slots, as_tensor(results[0])->value);
  Node* n = as_node(owner.get());
  n->outputs = int(results.size());
  n->many = many;
  if (keeps_result(op, slots, false)) {
    n->results = new std::vector<SavedResult>;
    const bool first = keeps_result(op, slots, true);
    for (PyObject* r : results)
      n->results->push_back(first || !n->results->empty() ? kept_result(as_tensor(r)) : SavedResult{});
  }
  for (size_t i = 0; i < results.size(); ++i)
    if (is_differentiable(as_tensor(results[i])->value.dtype())) hang(as_tensor(results[i]), n, uint32_t(i));
}

void record_in_place(const OpEntry& op, std::span<PyObject* const> slots, Owned original) {
  PyTensor* self = as_tensor(slots[0]);
  if (!is_differentiable(self->value.dtype())) return;
  const Owned owner = make_node(op, slots, self->value, original.get(), &self->value);
  Node* n = as_node(owner.get());
  if (keeps_result(op, slots, true)) {
    n->results = new std::vector<SavedResult>;
    n->results->push_back(kept_result(self));
  }
  rebase(self, n, 0);
}

void rebase(PyTensor* self, Node* n, uint32_t output_nr) {
  PyObject* base_object = self->extra ? self->extra->base : nullptr;
  if (!base_object) return hang(self, n, output_nr);

  // The write went into a part of the base: base = with_view(base, the view's new values).
  PyTensor* base = as_tensor(base_object);
  const Geometry place(self->value, base->value);
  const OpEntry& scatter = internal_op("with_view");
  const Owned part(wrap(self->value));
  hang(as_tensor(part.get()), n, output_nr);
  PyObject* const scatter_slots[] = {base_object,        part.get(),         place.size.get(),
                                     place.stride.get(), place.offset.get(), place.base_stride.get()};
  const Owned rewritten = make_node(scatter, scatter_slots, base->value);
  hang(base, as_node(rewritten.get()), 0);
  renew_view(self);
}

void check_in_place(const OpEntry& op, PyTensor* self, bool records) {
  RL_CHECK(!self->inference || (mode & kInference), op.row->name,
           ": Inplace update to inference tensor outside InferenceMode is not allowed. You can make a clone to get a "
           "normal tensor before doing inplace update.");
  if ((mode & (kNoGrad | kInference)) || !(records || requires_grad(self))) return;
  if (!current_grad_fn(self) && self->requires_grad && !(self->extra && self->extra->base))
    fail(ErrorKind::Runtime, op.row->name,
         ": a leaf Variable that requires grad is being used in an in-place operation. Write under "
         "torch.no_grad(), or compute a new tensor.");
  if (!self->extra || !self->extra->base) return;
  if (self->extra->view_kind == ViewKind::OfMany)
    fail(ErrorKind::Runtime, op.row->name, ": Output ", self->output_nr,
         " of an op that returns multiple views is a view and is being modified inplace. Such functions do not allow "
         "the output views to be modified inplace. You should replace the inplace operation by an out-of-place one.");
  if (self->extra->view_kind == ViewKind::InFunction)
    fail(
        ErrorKind::Runtime, op.row->name, ": Output ", self->output_nr, " of ",
        self->grad_fn ? node_name(as_node(self->grad_fn)) : "a custom Function",
        " is a view and is being modified inplace. This view was created inside a custom Function (or because an input "
        "was returned as-is) and the autograd logic to handle view+inplace would override the custom backward "
        "associated with the custom Function, leading to incorrect gradients. This behavior is forbidden. You can fix "
        "this by cloning the output of the custom Function.");
  if (self->extra->view_kind == ViewKind::Unrecorded)
    fail(ErrorKind::Runtime, op.row->name,
         ": A view was created in no_grad or inference mode and is being modified inplace with grad mode enabled. Make "
         "the view with grad mode enabled, or modify it under no_grad.");
  PyTensor* base = as_tensor(self->extra->base);
  const bool itself_leaf = self->requires_grad && !current_grad_fn(self);
  if (itself_leaf || (base->requires_grad && !base->grad_fn))
    fail(ErrorKind::Runtime, op.row->name,
         ": a view of a leaf Variable that requires grad is being used in an in-place operation. "
         "Write under torch.no_grad(), or clone() the leaf first.");
  if (records && is_differentiable(self->value.dtype())) check_same_dtype(self->value, base->value);
}

void note_view(const OpEntry& op, PyObject* result, PyTensor* input, bool of_many) {
  PyTensor* view = as_tensor(result);
  if (!(view->value.storage() == input->value.storage()) || !(view->value.version() == input->value.version())) return;
  PyObject* base = input->extra && input->extra->base ? input->extra->base : as_object(input);
  view->inference = input->inference;
  // unrecorded, it still asks for gradients, as a leaf of its own
  if ((mode & (kNoGrad | kInference)) && !op.differentiable_slots.empty())
    view->requires_grad = requires_grad(input) && is_differentiable(view->value.dtype());
  TensorExtra& extra = view->more();
  extra.base = Py_NewRef(base);
  if (of_many)
    extra.view_kind = ViewKind::OfMany;
  else if (input->extra && input->extra->view_kind != ViewKind::Plain)
    extra.view_kind = input->extra->view_kind;
  else if (mode & (kNoGrad | kInference))
    extra.view_kind = ViewKind::Unrecorded;
  extra.base_fn = as_tensor(base)->grad_fn;
  Py_XINCREF(extra.base_fn);
}

void renew_view(PyTensor* view) {
  PyObject* base_object = view->extra->base;
  PyTensor* base = as_tensor(base_object);
  const Geometry place(view->value, base->value);
  // relative to the base, which begins at its own offset
  PyObject* const slots[] = {base_object, place.size.get(), place.stride.get(), place.offset.get(),
                             place.base_stride.get()};
  const Owned node = make_node(internal_op("view_of"), slots, view->value);
  hang(view, as_node(node.get()), 0);
}

}  // namespace rl::python
