// Calling an autograd.Function: forward, what becomes of its results, and the gradients that its backward gives.
#include "python/function.h"

#include <structmember.h>

#include <algorithm>

#include "core/error.h"
#include "ops/shape.h"
#include "python/engine_hooks.h"
#include "python/graph_errors.h"
#include "python/mode.h"
#include "python/record.h"
#include "python/site.h"

namespace rl::python {
namespace {

/// Is the object among those of a tuple (or null)?
bool is_among(PyObject* tuple, PyObject* object) {
  if (!tuple || !PyTuple_Check(tuple)) return false;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); ++i)
    if (PyTuple_GET_ITEM(tuple, i) == object) return true;
  return false;
}

// ---- the gradients --------------------------------------------------------------------------------------------------

Owned zeros_like(const ResultForm& form) {
  return Owned(wrap(ops::full(form.sizes, Scalar(0), form.dtype, form.device)));
}

/// One gradient an edge, from the user's backward.
std::vector<Owned> gradients(Node* n, const std::vector<Owned>& grads) {
  auto* f = reinterpret_cast<FunctionNode*>(n);
  const FunctionState& state = *f->state;
  Owned given = Owned::checked(PyTuple_New(Py_ssize_t(grads.size())));
  for (size_t i = 0; i < grads.size(); ++i) {
    Owned g = grads[i] ? Owned(grads[i]) : Owned::borrow(Py_None);
    if (!grads[i] && f->materialize && state.forms[i].tensor) g = zeros_like(state.forms[i]);
    PyTuple_SET_ITEM(given.get(), Py_ssize_t(i), g.release());
  }
  const Owned apply = Owned::checked(PyObject_GetAttrString(reinterpret_cast<PyObject*>(n), "apply"));
  Owned result = Owned::checked(PyObject_CallObject(apply.get(), given.get()));
  if (!PyTuple_Check(result.get())) result = Owned::checked(PyTuple_Pack(1, result.get()));

  const auto arguments = Py_ssize_t(state.tensors.size());
  Py_ssize_t got = PyTuple_GET_SIZE(result.get());
  while (got > arguments && PyTuple_GET_ITEM(result.get(), got - 1) == Py_None) --got;  // too many of None do no harm
  RL_CHECK(got == arguments, "function ", node_name(n), " returned an incorrect number of gradients (expected ",
           arguments, ", got ", got,
           "): backward returns one for every argument of forward, None for those that need none");
  std::vector<Owned> all;
  for (Py_ssize_t i = 0; i < arguments; ++i) {
    PyObject* g = PyTuple_GET_ITEM(result.get(), i);
    if (!state.tensors[size_t(i)]) {
      RL_CHECK(g == Py_None, "function ", node_name(n), " returned a gradient different than None at position ", i + 1,
               ", but the corresponding forward input was not a Variable");
      continue;
    }
    RL_CHECK(g == Py_None || is_tensor(g), "expected Variable or None (got ", Py_TYPE(g)->tp_name, "): position ",
             i + 1, " of what the backward of ", node_name(n), " returned");
    all.push_back(Owned::borrow(g));
  }
  return all;
}

const ops::Row row{"function", "Function", "*args", Kind::Opaque, ops::Returns::New};
const OpEntry& entry() {
  static OpEntry made;
  made.row = &row;
  made.gradients = &gradients;
  return made;
}

// ---- what was saved -------------------------------------------------------------------------------------------------

void save(FunctionNode* f) {
  PyObject* n = reinterpret_cast<PyObject*>(f);
  if (!f->to_save || f->to_save == Py_None) return;
  RL_CHECK_TYPE(PyTuple_Check(f->to_save), "saved tensors are a tuple, not ", Py_TYPE(f->to_save)->tp_name);
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(f->to_save); ++i) {
    PyObject* o = PyTuple_GET_ITEM(f->to_save, i);
    KeptTensor& kept = f->state->kept.emplace_back();
    if (o == Py_None) continue;
    RL_CHECK_TYPE(is_tensor(o), "save_for_backward can only save variables, but argument ", i, " is of type ",
                  Py_TYPE(o)->tp_name);
    PyTensor* t = as_tensor(o);
    kept.version = t->value.version()->value();
    if (t->grad_fn == n) {
      kept.output_nr = int(t->output_nr);
      kept.result = kept_result(t);
    } else {
      kept.input = keep_tensor(t);
    }
  }
  Py_CLEAR(f->to_save);
}

Owned kept_tensor(FunctionNode* f, const KeptTensor& kept) {
  if (kept.output_nr >= 0) {
    Owned value = result_value(&f->node, kept.result);
    if (is_differentiable(as_tensor(value.get())->value.dtype()))
      set_history(as_tensor(value.get()), reinterpret_cast<PyObject*>(f), uint32_t(kept.output_nr));
    return value;
  }
  PyObject* o = kept.input.get();
  if (!o) return Owned::borrow(Py_None);
  if (is_packed(o)) return unpack(o);
  check_version(&f->node, as_tensor(o)->value, kept.version, "a tensor saved");
  return Owned::borrow(o);
}

PyObject* get_saved(PyObject* self, void*) {
  auto* f = reinterpret_cast<FunctionNode*>(self);
  return guarded(nullptr, [&]() -> PyObject* {
    if (f->node.released) walked_before(&f->node);
    const std::vector<KeptTensor> kept = f->state->kept;  // a hook that unpacks may walk this graph
    Owned all = Owned::checked(PyTuple_New(Py_ssize_t(kept.size())));
    for (size_t i = 0; i < kept.size(); ++i)
      PyTuple_SET_ITEM(all.get(), Py_ssize_t(i), kept_tensor(f, kept[i]).release());
    return all.release();
  });
}

// ---- the call -------------------------------------------------------------------------------------------------------

/// The tensors among the arguments, by place and then by name.
struct Arguments {
  std::vector<PyObject*> all;
  Arguments(PyObject* args, PyObject* kwargs) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); ++i) all.push_back(PyTuple_GET_ITEM(args, i));
    PyObject *name, *value;
    for (Py_ssize_t i = 0; kwargs && PyDict_Next(kwargs, &i, &name, &value);) all.push_back(value);
  }
  bool holds(PyObject* o) const { return std::find(all.begin(), all.end(), o) != all.end(); }
};

Owned new_ctx(PyObject* type, const Arguments& arguments, bool records) {
  const auto tensors = std::count_if(arguments.all.begin(), arguments.all.end(), is_tensor);
  Node* n = new_node(&entry(), 0, records ? int(tensors) : 0, reinterpret_cast<PyTypeObject*>(type));
  Owned owner(reinterpret_cast<PyObject*>(n));
  auto* f = reinterpret_cast<FunctionNode*>(n);
  Py_CLEAR(n->code);
  const Site site = users_site();  // where apply() was called, which is a line of this package
  n->code = site.code, n->instruction = site.instruction;
  f->materialize = 1;
  f->state = new FunctionState;
  f->needs = Owned::checked(PyTuple_New(Py_ssize_t(arguments.all.size()))).release();
  if (records && tensors) n->forms = new std::vector<InputForm>;
  int e = 0;
  for (size_t i = 0; i < arguments.all.size(); ++i) {
    PyObject* o = arguments.all[i];
    f->state->tensors.push_back(is_tensor(o));
    const bool needs = is_tensor(o) && requires_grad(as_tensor(o));
    PyTuple_SET_ITEM(f->needs, Py_ssize_t(i), PyBool_FromLong(needs));
    if (!is_tensor(o) || !records) continue;
    n->edges[e++] = edge_of(as_tensor(o));
    n->forms->push_back({as_tensor(o)->value.sizes(), as_tensor(o)->value.dtype()});
  }
  n->sequence = next_sequence();  // newer than what the edges lead to, whose histories may just have been made anew
  return owner;
}

Owned call_forward(PyObject* ctx, PyObject* forward, PyObject* setup, PyObject* args, PyObject* kwargs) {
  const ModeScope unrecorded(kNoGrad, 0);
  if (setup == Py_None) {
    std::vector<PyObject*> all{ctx};
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); ++i) all.push_back(PyTuple_GET_ITEM(args, i));
    return Owned::checked(PyObject_VectorcallDict(forward, all.data(), all.size(), kwargs));
  }
  Owned result = Owned::checked(PyObject_Call(forward, args, kwargs));
  Owned::checked(PyObject_CallFunctionObjArgs(setup, ctx, args, result.get(), nullptr));
  return result;
}

/// A leaf cannot be rewritten, nor a view beside other results.
void check_dirty(PyTensor* t, Py_ssize_t results) {
  if (mode & (kNoGrad | kInference)) return;
  const bool view = t->extra && t->extra->base;
  RL_CHECK(!(t->requires_grad && !current_grad_fn(t)),
           "a leaf Variable that requires grad has been used in an in-place operation.");
  RL_CHECK(!(view && results > 1),
           "If your Function modifies inplace an input that is a view of another Tensor, your Function cannot return "
           "more than one Tensor. Make sure that the input is not a view (clone() it), or split the Function into one "
           "that writes and returns that tensor alone, and another for the rest.");
}

/// An argument given back as it was: a view of it, so that it can have a history of its own.
Owned view_of_argument(PyTensor* t, bool with_base) {
  Owned made(wrap(t->value));
  if (!with_base) return made;
  TensorExtra& extra = as_tensor(made.get())->more();
  extra.base = Py_NewRef(t->extra && t->extra->base ? t->extra->base : as_object(t));
  extra.base_fn = Py_XNewRef(as_tensor(extra.base)->grad_fn);
  extra.view_kind = ViewKind::InFunction;
  return made;
}

/// One result of forward, with its place in the graph.
Owned finished(FunctionNode* f, PyObject* o, uint32_t i, Py_ssize_t results, const Arguments& arguments, bool records) {
  PyTensor* t = as_tensor(o);
  const bool dirty = is_among(f->dirty, o), given = arguments.holds(o);
  const bool wanted = records && !is_among(f->unwanted, o) && is_differentiable(t->value.dtype());
  if (dirty) {
    check_dirty(t, results);
    t->value.version()->bump();
    t->value.version()->last_writer = "a custom Function";
    note_write(t);
    if (wanted) rebase(t, &f->node, i);
    return Owned::borrow(o);
  }
  if (given) {
    Owned made = view_of_argument(t, wanted || !requires_grad(t));
    if (wanted) hang(as_tensor(made.get()), &f->node, i);
    return made;
  }
  TensorExtra* extra = t->extra && t->extra->base ? t->extra : nullptr;
  if (wanted) {
    if (extra) extra->view_kind = results > 1 ? ViewKind::OfMany : ViewKind::InFunction;
    hang(t, &f->node, i);
  } else if (!extra && t->requires_grad) {
    Py_CLEAR(t->grad_fn);
    t->requires_grad = false;
  }
  return Owned::borrow(o);
}

Owned finish_results(FunctionNode* f, PyObject* results, const Arguments& arguments, bool records) {
  const Py_ssize_t count = PyTuple_GET_SIZE(results);
  if (f->dirty && PyTuple_Check(f->dirty))
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(f->dirty); ++i)
      RL_CHECK(is_among(results, PyTuple_GET_ITEM(f->dirty, i)),
               "Some elements marked as dirty during the forward method were not returned as output. The inputs that "
               "are modified inplace must all be outputs of the Function.");
  f->node.outputs = int(count);
  f->state->forms.resize(size_t(count));
  Owned all = Owned::checked(PyTuple_New(count));
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject* o = PyTuple_GET_ITEM(results, i);
    if (!is_tensor(o)) {
      PyTuple_SET_ITEM(all.get(), i, Py_NewRef(o));
      continue;
    }
    const Tensor& value = as_tensor(o)->value;
    f->state->forms[size_t(i)] = {true, value.sizes(), value.dtype(), value.device()};
    PyTuple_SET_ITEM(all.get(), i, finished(f, o, uint32_t(i), count, arguments, records).release());
  }
  return all;
}

/// type: the class of the node; `setup`: setup_context or None; `named`: a dict or None.
Owned apply_function(PyObject* type, PyObject* forward, PyObject* setup, PyObject* args, PyObject* named) {
  RL_CHECK_TYPE(PyType_Check(type) && PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(type), function_type) &&
                    PyTuple_Check(args) && (named == Py_None || PyDict_Check(named)),
                "_apply_function: a class of nodes, two functions, a tuple and a dict");
  PyObject* kwargs = named == Py_None ? nullptr : named;
  const Arguments arguments(args, kwargs);
  bool records = false;
  for (PyObject* o : arguments.all) records |= is_tensor(o) && requires_grad(as_tensor(o));
  records = records && !(mode & (kNoGrad | kInference));
  if (records) note_hooks();  // its backward may look at what the walk has done
  const Owned ctx = new_ctx(type, arguments, records);
  auto* f = reinterpret_cast<FunctionNode*>(ctx.get());
  const Owned made = call_forward(ctx.get(), forward, setup, args, kwargs);
  const bool single = !PyTuple_Check(made.get());
  const Owned results = single ? Owned::checked(PyTuple_Pack(1, made.get())) : Owned(made);
  Owned all = finish_results(f, results.get(), arguments, records);
  if (records) save(f);
  Py_CLEAR(f->to_save);
  Py_CLEAR(f->dirty);
  return single ? Owned::borrow(PyTuple_GET_ITEM(all.get(), 0)) : std::move(all);
}

/// Without the name of an op before the message of an error: it is the user's function that is called.
PyObject* call_apply(PyObject*, PyObject* const* args, Py_ssize_t nargs) {
  return guarded(nullptr, [&]() -> PyObject* {
    RL_CHECK_TYPE(nargs == 5, "_apply_function takes 5 arguments, got ", nargs);
    return apply_function(args[0], args[1], args[2], args[3], args[4]).release();
  });
}

// ---- the type -------------------------------------------------------------------------------------------------------

int function_traverse(PyObject* self, visitproc visit, void* arg) {
  auto* f = reinterpret_cast<FunctionNode*>(self);
  if (const int stop = traverse_node(&f->node, visit, arg)) return stop;
  Py_VISIT(f->dict);
  Py_VISIT(f->needs);
  Py_VISIT(f->to_save);
  Py_VISIT(f->for_forward);
  Py_VISIT(f->dirty);
  Py_VISIT(f->unwanted);
  if (f->state)
    for (const KeptTensor& kept : f->state->kept) {
      Py_VISIT(kept.input.get());
      if (const int stop = traverse_result(kept.result, visit, arg)) return stop;
    }
  return 0;
}

int function_clear(PyObject* self) {
  auto* f = reinterpret_cast<FunctionNode*>(self);
  clear_node(&f->node);
  Py_CLEAR(f->dict);
  Py_CLEAR(f->needs);
  Py_CLEAR(f->to_save);
  Py_CLEAR(f->for_forward);
  Py_CLEAR(f->dirty);
  Py_CLEAR(f->unwanted);
  if (f->state) std::exchange(f->state->kept, {});
  return 0;
}

void function_dealloc(PyObject* self) {
  PyObject_GC_UnTrack(self);
  Py_TRASHCAN_BEGIN(self, function_dealloc);
  auto* f = reinterpret_cast<FunctionNode*>(self);
  function_clear(self);
  delete f->state;
  free_node(&f->node);
  Py_TRASHCAN_END;
}

}  // namespace

PyTypeObject* function_type = nullptr;

void release_function(Node* n) {
  auto* f = reinterpret_cast<FunctionNode*>(n);
  n->released = true;
  std::exchange(f->state->kept, {});
}

void add_function(py::module_& m) {
  static PyGetSetDef getset[] = {{"saved_tensors", get_saved, nullptr, "What save_for_backward was given.", nullptr},
                                 {"saved_variables", get_saved, nullptr, "An old name of saved_tensors.", nullptr},
                                 {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
                                 {nullptr, nullptr, nullptr, nullptr, nullptr}};
  static PyMemberDef members[] = {
      {"__dictoffset__", T_PYSSIZET, offsetof(FunctionNode, dict), READONLY, nullptr},
      {"needs_input_grad", T_OBJECT, offsetof(FunctionNode, needs), 0, "Which arguments want a gradient."},
      {"to_save", T_OBJECT, offsetof(FunctionNode, to_save), 0, nullptr},
      {"saved_for_forward", T_OBJECT, offsetof(FunctionNode, for_forward), 0, nullptr},
      {"dirty_tensors", T_OBJECT, offsetof(FunctionNode, dirty), 0, nullptr},
      {"non_differentiable", T_OBJECT, offsetof(FunctionNode, unwanted), 0, nullptr},
      {"materialize_grads", T_BOOL, offsetof(FunctionNode, materialize), 0, nullptr},
      {nullptr, 0, 0, 0, nullptr}};
  PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(&function_dealloc)},
                         {Py_tp_traverse, reinterpret_cast<void*>(&function_traverse)},
                         {Py_tp_clear, reinterpret_cast<void*>(&function_clear)},
                         {Py_tp_getset, getset},
                         {Py_tp_members, members},
                         {Py_tp_doc, const_cast<char*>("The node of a custom Function.")},
                         {0, nullptr}};
  PyType_Spec spec{"rushlight._C._FunctionNode", sizeof(FunctionNode), 1,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                   slots};
  function_type = reinterpret_cast<PyTypeObject*>(
      Owned::checked(PyType_FromSpecWithBases(&spec, reinterpret_cast<PyObject*>(node_type))).release());
  m.attr("_FunctionNode") = py::handle(reinterpret_cast<PyObject*>(function_type));
  static PyMethodDef functions[] = {
      {"_apply_function", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&call_apply)), METH_FASTCALL,
       "_apply_function(type, forward, setup_context, args, kwargs, /)\n--\n\nCall a custom Function."},
      {nullptr, nullptr, 0, nullptr}};
  if (PyModule_AddFunctions(m.ptr(), functions) < 0) throw PythonError();
}

}  // namespace rl::python
