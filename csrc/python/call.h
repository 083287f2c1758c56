// The upper door. Every op enters through `call`: arguments, mode word, the op, results, recording, the name in any
// error.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "ops/row.h"
#include "python/arguments.h"
#include "python/mode.h"
#include "python/tensor_type.h"

namespace rl::python {

/// A derivative rule: the Python function and what its parameters name.
struct Rule {
  enum class Word : uint8_t { None, Same, Zero };
  PyObject* function = nullptr;  // null: a word, or no derivative
  Word word = Word::None;
  std::vector<int> wants;    // kGradient, kResult, or a slot
  uint64_t keeps = 0;        // slots
  uint64_t keeps_shape = 0;  // slots of which the shape alone is asked for, as `input_shape`
  bool keeps_result = false;
  explicit operator bool() const { return function || word != Word::None; }
};
constexpr int kGradient = -1, kResult = -2, kShape = 64;  // kShape + slot: that tensor's shape

struct Param {
  PyObject* name;       // interned
  PyObject* otherwise;  // the default; null where there is none
  bool keyword_only = false;
  bool varargs = false;
  bool tensor = false;                   // takes a tensor or a list of them: has a place in grad=
  bool list = false;                     // takes a list of tensors
  bool (*accepts)(PyObject*) = nullptr;  // for choosing among overloads
};

/// One row bound to Python. Lives for ever.
struct OpEntry {
  const ops::Row* row = nullptr;
  std::string node_name;
  std::vector<Param> params;
  std::vector<int> tensor_slots;
  int positional = 0;                     // parameters that may be given by place
  std::vector<Rule> rules;                // one a tensor slot; empty: not differentiable
  std::vector<int> differentiable_slots;  // those with a rule
  std::string signature;                  // "add($module, /, input, other, *, alpha=1, out=None)"
  std::string doc;
  PyMethodDef method{};
  PyObject* function = nullptr;
  PyObject* result_type = nullptr;  // torch.return_types.<name>, or null: several results are a tuple
};

using FastCall = PyObject* (*)(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames);
/// Calls `function` with `self` before the other arguments.
PyObject* call_method(FastCall function, PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames);

/// Makes the entry and its builtin function object. Called once an op at import.
PyObject* define(OpEntry& entry, const ops::Row& row, std::vector<Param> params, PyCFunctionFast_t implementation);
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
/// Refuses what may not be written, and copies slots[0] where a rule asks for what will be overwritten.
Owned before_in_place(const OpEntry& op, std::span<PyObject* const> slots);
PyObject* finish_in_place(const OpEntry& op, std::span<PyObject* const> slots, Owned original);
void add_call(py::module_& m);

template <auto Fn>
struct Bound {
  static inline OpEntry entry;
  using S = Signature<decltype(Fn)>;

  template <size_t... I>
  static PyObject* run(std::span<PyObject*> slots, bool requires_grad, std::index_sequence<I...>) {
    std::tuple<Reader<std::tuple_element_t<I, typename S::Arguments>>...> readers;
    (std::get<I>(readers).read(slots[I], Place{&entry, int(I)}), ...);
    const bool long_work = (std::get<I>(readers).is_long() || ...);
    const auto compute = [&]() -> decltype(auto) {
      if (RL_LIKELY(!long_work)) return Fn(std::get<I>(readers).get()...);
      (std::get<I>(readers).secure(), ...);  // other threads may change the Python objects meanwhile
      const ReleaseGil released;
      return Fn(std::get<I>(readers).get()...);
    };
    if constexpr (std::is_void_v<typename S::Result>) {
      Owned original = before_in_place(entry, slots);
      compute();
      (std::get<I>(readers).write_back(slots[I]), ...);
      return finish_in_place(entry, slots, std::move(original));
    } else {
      PyObject* out = nullptr;
      auto result = compute();
      ((out = std::get<I>(readers).is_out() && slots[I] != Py_None ? slots[I] : out), ...);
      (std::get<I>(readers).write_back(slots[I]), ...);
      PyTypeObject* type = result_class(entry, slots);
      if (out) return finish(entry, slots, Owned::borrow(out).release(), out, false);
      return finish(entry, slots, wrap_result(entry, type, std::move(result)), nullptr, requires_grad);
    }
  }

  /// As a function `self` is null; as a method it is the tensor, the first argument.
  static PyObject* call(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
    if (self) return call_method(&call, self, args, nargs, kwnames);
    return guarded(entry.row ? entry.row->name : nullptr, [&]() -> PyObject* {
      std::array<PyObject*, S::count> slots{};
      Owned varargs;
      bool requires_grad = false;
      bind_arguments(entry, args, nargs, kwnames, slots, varargs, requires_grad);
      return run(slots, requires_grad, std::make_index_sequence<S::count>());
    });
  }

  template <size_t... I>
  static void describe(std::vector<Param>& params, std::index_sequence<I...>) {
    ((params[I].tensor = Reader<std::tuple_element_t<I, typename S::Arguments>>::is_tensor_like,
      params[I].list = std::is_same_v<std::tuple_element_t<I, typename S::Arguments>, const std::vector<Tensor>&>,
      params[I].accepts = &Reader<std::tuple_element_t<I, typename S::Arguments>>::accepts),
     ...);
  }
  static PyObject* bind_row(const ops::Row& row) {
    std::vector<Param> params = parse_signature(row.arguments);
    if (params.size() != size_t(S::count))
      fail(ErrorKind::Internal, "internal error: row ", row.name, " names ", params.size(),
           " arguments, its function has ", S::count);
    describe(params, std::make_index_sequence<S::count>());
    return define(entry, row, std::move(params), reinterpret_cast<PyCFunctionFast_t>(reinterpret_cast<void*>(&call)));
  }
};

/// Binds one row and adds it to the module (joining an overloaded name).
void add_to_module(py::module_& m, const char* function, PyObject* bound, OpEntry& entry);
template <auto Fn>
void def_op(py::module_& m, const char* function, const ops::Row& row) {
  PyObject* bound = Bound<Fn>::bind_row(row);
  add_to_module(m, function, bound, Bound<Fn>::entry);
}

}  // namespace rl::python
