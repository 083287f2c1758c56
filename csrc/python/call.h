// The upper door. Every op enters through `call`: arguments, mode word, the op, results, recording, the name in any
// error.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "ops/row.h"
#include "python/arguments.h"
#include "python/docs.h"
#include "python/layer.h"
#include "python/mode.h"
#include "python/op_objects.h"
#include "python/tensor_type.h"

namespace rl::python {

struct Node;

/// A derivative rule: the Python function and what its parameters name.
struct Rule {
  enum class Word : uint8_t { None, Same, Zero };
  PyObject* function = nullptr;  // null: a word, or no derivative
  Word word = Word::None;
  std::vector<int> wants;    // kGradient, kResult, or a slot
  uint64_t keeps = 0;        // slots
  uint64_t keeps_shape = 0;  // slots of which the shape alone is asked for, as `input_shape`
  bool keeps_result = false;
  bool keeps_first = false;  // and not only what comes beside the first result
  bool joint = false;        // gives the gradients of all tensor arguments at once
  bool conjugates = true;    // a plain derivative: the engine hands it conj(g) and conjugates what it returns
  explicit operator bool() const { return function || word != Word::None; }
};
constexpr int kGradient = -1, kResult = -2, kRest = -3, kNeeds = -4, kShape = 64;  // kShape + slot: that tensor's shape

struct Param {
  PyObject* name;       // interned
  PyObject* otherwise;  // the default; null where there is none
  bool keyword_only = false;
  bool varargs = false;
  bool tensor = false;                   // takes a tensor or a list of them: has a place in grad=
  bool list = false;                     // takes a list of tensors
  const char* type = "object";           // in docstrings and stubs
  bool (*accepts)(PyObject*) = nullptr;  // for choosing among overloads
};

/// One row bound to Python. Lives for ever.
struct OpEntry {
  const ops::Row* row = nullptr;
  void (*target)() = nullptr;  // the function of ops/, as whatever type it has: Bound knows
  std::string node_name;
  /// Names for a part of the meanings, by the first arguments: a character each (see fits_arguments), first match wins.
  std::vector<std::pair<std::string, std::string>> node_names;
  std::vector<Param> params;
  std::vector<int> tensor_slots;
  int positional = 0;       // parameters that may be given by place
  std::vector<Rule> rules;  // one a tensor slot; empty: not differentiable
  /// In place of rules: the gradients of all edges at once, from those of the results (null where nobody gave one).
  std::vector<Owned> (*gradients)(Node*, const std::vector<Owned>&) = nullptr;
  std::vector<int> differentiable_slots;  // those with a rule
  std::string signature;                  // "add($module, /, input, other, *, alpha=1, out=None)"
  std::string given, doc;                 // what its line of the table says, and the whole docstring
  const char* result = "Tensor";          // in docstrings and stubs
  PyMethodDef method{};
  PyObject* (*enter)(const OpEntry&, std::span<PyObject*> slots, bool requires_grad) = nullptr;  // past the arguments
  PyObject* self = nullptr;  // what the builtin is bound to: holds this entry
  PyObject* function = nullptr;
  PyObject* result_type = nullptr;  // torch.return_types.<name>, or null: several results are a tuple
};

/// Makes an entry and its builtin function object. Called once an op at import.
OpEntry& define(const ops::Row& row, void (*target)(), std::vector<Param> params, FastCall implementation);
/// Parses "input, *, dim=None" into params; names, defaults, flags.
std::vector<Param> parse_signature(const char* text);
/// Arguments to slots; false with a TypeError set where they do not fit. `requires_grad` is what a factory was asked
/// for.
void bind_arguments(const OpEntry& op, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames,
                    std::span<PyObject*> slots, Owned& varargs, bool& requires_grad);
/// The class of results: Tensor, or the subclass among the arguments.
PyTypeObject* result_class(const OpEntry& op, std::span<PyObject* const> slots);
/// The entry that a Python function object belongs to, or null.
OpEntry* entry_of(PyObject* function);
/// Those that share its name; TypeError where it is no op.
const std::vector<OpEntry*>& entries_of(const py::object& function);
const std::vector<OpEntry*>& all_entries();

template <class F>
struct Signature;
template <class R, class... A>
struct Signature<R (*)(A...)> {
  using Result = R;
  using Arguments = std::tuple<A...>;
  static constexpr int count = sizeof...(A);
};

inline PyObject* wrap_result(const OpEntry&, PyTypeObject* type, Tensor&& t) { return wrap(std::move(t), type); }
inline PyObject* wrap_result(const OpEntry&, PyTypeObject*, bool v) { return PyBool_FromLong(v); }
inline PyObject* wrap_result(const OpEntry&, PyTypeObject*, int64_t v) { return PyLong_FromLongLong(v); }
inline PyObject* wrap_result(const OpEntry&, PyTypeObject*, double v) { return PyFloat_FromDouble(v); }
PyObject* wrap_result(const OpEntry& op, PyTypeObject* type, std::vector<Tensor>&& list);
PyObject* wrap_result(const OpEntry& op, PyTypeObject* type, std::tuple<Tensor, Tensor>&& pair);
PyObject* wrap_result(const OpEntry& op, PyTypeObject* type, std::tuple<Tensor, Tensor, Tensor>&& three);

/// What remains of a call once its op has returned: recording, views, the same object back.
PyObject* finish(const OpEntry& op, std::span<PyObject* const> slots, PyObject* result, PyObject* out,
                 bool requires_grad);
/// Refuses out= where a gradient is asked for or an input shares a part of its memory, before anything is written.
void check_out(const OpEntry& op, std::span<PyObject* const> slots, PyObject* out);
/// Refuses what may not be written, and copies slots[0] where a rule asks for what will be overwritten.
Owned before_in_place(const OpEntry& op, std::span<PyObject* const> slots);
/// Keeps where a tensor was written, if a backward pass waits for its values.
void note_write(PyTensor* t);
PyObject* finish_in_place(const OpEntry& op, std::span<PyObject* const> slots, Owned original);
void add_call(py::module_& m);
void add_entries(py::module_& m);
void add_rules(py::module_& m);

/// The way from Python to every op of one C++ type: compiled once a type, not once an op.
template <class Fn>
struct Bound {
  using S = Signature<Fn>;

  template <size_t... I>
  static PyObject* run(const OpEntry& entry, std::span<PyObject*> slots, bool requires_grad,
                       std::index_sequence<I...>) {
    const Fn target = reinterpret_cast<Fn>(entry.target);
    std::tuple<Reader<std::tuple_element_t<I, typename S::Arguments>>...> readers;
    (std::get<I>(readers).read(slots[I], Place{&entry, int(I)}), ...);
    const bool long_work = (std::get<I>(readers).is_long() || ...);
    const auto compute = [&]() -> decltype(auto) {
      if (RL_LIKELY(!long_work)) return target(std::get<I>(readers).get()...);
      (std::get<I>(readers).secure(), ...);  // other threads may change the Python objects meanwhile
      const ReleaseGil released;
      return target(std::get<I>(readers).get()...);
    };
    if constexpr (std::is_void_v<typename S::Result>) {
      Owned original = before_in_place(entry, slots);
      compute();
      (std::get<I>(readers).write_back(slots[I]), ...);
      return finish_in_place(entry, slots, std::move(original));
    } else {
      PyObject* out = nullptr;
      ((out = std::get<I>(readers).is_out() && slots[I] != Py_None ? slots[I] : out), ...);
      if (RL_UNLIKELY(out != nullptr)) check_out(entry, slots, out);
      auto result = compute();
      (std::get<I>(readers).write_back(slots[I]), ...);
      PyTypeObject* type = result_class(entry, slots);
      if (out) return finish(entry, slots, Owned::borrow(out).release(), out, false);
      return finish(entry, slots, wrap_result(entry, type, std::move(result)), nullptr, requires_grad);
    }
  }

  static PyObject* call(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
    const OpEntry& entry = *static_cast<const OpEntry*>(entry_of_op_self(self));
    return guarded(entry.row->name, [&]() -> PyObject* {
      std::array<PyObject*, S::count> slots{};
      Owned varargs;
      bool requires_grad = false;
      bind_arguments(entry, args, nargs, kwnames, slots, varargs, requires_grad);
      return enter(entry, slots, requires_grad);
    });
  }
  static PyObject* enter(const OpEntry& entry, std::span<PyObject*> slots, bool requires_grad) {
    if (RL_UNLIKELY(mode & kLayered) && leaves_by_door(entry, slots)) return through_door(entry, slots, requires_grad);
    return run(entry, slots, requires_grad, std::make_index_sequence<S::count>());
  }

  template <size_t... I>
  static void describe(std::vector<Param>& params, std::index_sequence<I...>) {
    ((params[I].tensor = Reader<std::tuple_element_t<I, typename S::Arguments>>::is_tensor_like,
      params[I].list = std::is_same_v<std::tuple_element_t<I, typename S::Arguments>, const std::vector<Tensor>&>,
      params[I].type = type_text<std::tuple_element_t<I, typename S::Arguments>>,
      params[I].accepts = &Reader<std::tuple_element_t<I, typename S::Arguments>>::accepts),
     ...);
  }
  static OpEntry& bind_row(const ops::Row& row, Fn target) {
    std::vector<Param> params = parse_signature(row.arguments);
    if (params.size() != size_t(S::count))
      fail(ErrorKind::Internal, "internal error: row ", row.name, " names ", params.size(),
           " arguments, its function has ", S::count);
    describe(params, std::make_index_sequence<S::count>());
    OpEntry& entry = define(row, reinterpret_cast<void (*)()>(target), std::move(params), &call);
    entry.enter = &enter;
    if constexpr (!std::is_void_v<typename S::Result>) entry.result = type_text<typename S::Result>;
    return entry;
  }
};

/// Adds a bound row to the module (joining an overloaded name).
void add_to_module(py::module_& m, OpEntry& entry);
template <class Fn>
void def_op(py::module_& m, const ops::Row& row, Fn target) {
  add_to_module(m, Bound<Fn>::bind_row(row, target));
}

}  // namespace rl::python
