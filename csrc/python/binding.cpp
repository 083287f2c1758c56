// Arguments to slots: by place, by keyword, from defaults; and what is said where they do not fit.
#include "python/binding.h"

#include <cstring>
#include <string>
#include <string_view>

#include "python/errors.h"

namespace rl::python {
namespace {

/// NumPy's names for PyTorch's parameters, which PyTorch takes too.
const char* canonical(const char* name) {
  if (!std::strcmp(name, "axis")) return "dim";
  if (!std::strcmp(name, "axis0")) return "dim0";
  if (!std::strcmp(name, "axis1")) return "dim1";
  if (!std::strcmp(name, "keepdims")) return "keepdim";
  if (!std::strcmp(name, "x") || !std::strcmp(name, "a") || !std::strcmp(name, "x1") || !std::strcmp(name, "self"))
    return "input";
  if (!std::strcmp(name, "x2")) return "other";
  if (!std::strcmp(name, "tensor")) return "input";
  if (!std::strcmp(name, "split_size")) return "split_size_or_sections";
  return name;
}

std::string text_of(const Param& p) { return PyUnicode_AsUTF8(p.name); }

/// Is `given` one letter away from `name`: another, missing, doubled, or two exchanged?
bool is_misspelt(std::string_view given, std::string_view name) {
  size_t same = 0, end = 0;
  while (same < given.size() && same < name.size() && given[same] == name[same]) ++same;
  while (end + same < given.size() && end + same < name.size() &&
         given[given.size() - 1 - end] == name[name.size() - 1 - end])
    ++end;
  const size_t a = given.size() - same - end, b = name.size() - same - end;
  if (a == 2 && b == 2) return given[same] == name[same + 1] && given[same + 1] == name[same];
  return name.size() > 1 && a <= 1 && b <= 1;
}

[[noreturn]] RL_COLD void unexpected(const OpEntry& op, const char* name) {
  std::string known, near;
  for (const Param& p : op.params) {
    known += (known.empty() ? "" : ", ") + text_of(p);
    if (near.empty() && is_misspelt(name, text_of(p))) near = text_of(p);
  }
  fail(ErrorKind::Type, public_name(op.row->name), "() got an unexpected keyword argument '", name,
       near.empty() ? "'; it takes " + known : "'; did you mean '" + near + "'?");
}

[[noreturn]] RL_COLD void too_many(const OpEntry& op, Py_ssize_t given) {
  fail(ErrorKind::Type, public_name(op.row->name), "() takes ", op.positional, " positional argument",
       op.positional == 1 ? "" : "s", " but ", given, given == 1 ? " was given" : " were given");
}

[[noreturn]] RL_COLD void missing_arguments(const OpEntry& op, std::span<PyObject* const> slots) {
  std::string missing;
  int count = 0;
  for (size_t i = 0; i < slots.size(); ++i) {
    if (slots[i]) continue;
    missing += (missing.empty() ? "\"" : ", \"") + text_of(op.params[i]) + "\"";
    ++count;
  }
  fail(ErrorKind::Type, public_name(op.row->name), "() missing ", count, " required positional argument",
       count == 1 ? ": " : "s: ", missing);
}

/// A keyword that is no parameter of the op: PyTorch's factories take a few more.
void take_further(const OpEntry& op, const char* name, PyObject* value, bool& wants_grad) {
  if (!is_factory(op) || !is_factory_option(name)) unexpected(op, name);
  if (std::strcmp(name, "requires_grad") == 0)
    wants_grad = to_bool(value, {});
  else if (std::strcmp(name, "layout") == 0)
    check_layout(op.row->name, value);
}

void fill_defaults(const OpEntry& op, std::span<PyObject*> slots) {
  bool complete = true;
  for (size_t i = 0; i < slots.size(); ++i) {
    if (!slots[i]) slots[i] = op.params[i].otherwise;
    complete &= slots[i] != nullptr;
  }
  if (RL_UNLIKELY(!complete)) missing_arguments(op, slots);
}

}  // namespace

int find_param(const OpEntry& op, PyObject* name) {
  for (size_t i = 0; i < op.params.size(); ++i)
    if (op.params[i].name == name) return int(i);
  const char* given = PyUnicode_AsUTF8(name);
  if (!given) throw PythonError();                    // a keyword with half a surrogate pair
  for (const char* text : {given, canonical(given)})  // `tensor` is an argument of dot
    for (size_t i = 0; i < op.params.size(); ++i)
      if (std::strcmp(PyUnicode_AsUTF8(op.params[i].name), text) == 0) return int(i);
  return -1;
}

bool is_factory(const OpEntry& op) {
  if (op.row->returns != ops::Returns::New) return false;
  for (const Param& p : op.params)
    if (std::strcmp(PyUnicode_AsUTF8(p.name), "device") == 0) return true;
  return false;
}

bool is_factory_option(std::string_view name) {
  return name == "requires_grad" || name == "layout" || name == "pin_memory";
}

void bind_arguments(const OpEntry& op, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames,
                    std::span<PyObject*> slots, Owned& varargs, bool& wants_grad) {
  Py_ssize_t placed = nargs;
  if (RL_UNLIKELY(op.positional > 0 && op.params[size_t(op.positional) - 1].varargs && nargs >= op.positional)) {
    // sizes: as one sequence or one by one
    const Py_ssize_t at = op.positional - 1;
    PyObject* first = args[at];
    if (nargs == op.positional && (PyTuple_Check(first) || PyList_Check(first))) {
      slots[size_t(at)] = first;
    } else {
      varargs = Owned::checked(PyTuple_New(nargs - at));
      for (Py_ssize_t i = at; i < nargs; ++i) PyTuple_SET_ITEM(varargs.get(), i - at, Py_NewRef(args[i]));
      slots[size_t(at)] = varargs.get();
    }
    placed = at;
  } else if (RL_UNLIKELY(nargs > op.positional)) {
    too_many(op, nargs);
  }
  for (Py_ssize_t i = 0; i < placed; ++i) slots[size_t(i)] = args[i];
  if (kwnames) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kwnames); ++i) {
      PyObject* name = PyTuple_GET_ITEM(kwnames, i);
      PyObject* value = args[nargs + i];
      const int at = find_param(op, name);
      if (at >= 0) {
        if (slots[size_t(at)])
          fail(ErrorKind::Type, public_name(op.row->name), "() got multiple values for argument '",
               PyUnicode_AsUTF8(name), "'");
        slots[size_t(at)] = value;
        continue;
      }
      take_further(op, PyUnicode_AsUTF8(name), value, wants_grad);
    }
  }
  fill_defaults(op, slots);
}

}  // namespace rl::python
