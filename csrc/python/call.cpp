// The upper door's common half: signatures, arguments to slots, overloads, and what happens once an op has returned.
#include "python/call.h"

#include <pybind11/eval.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "ops/shape.h"
#include "python/record.h"

namespace rl::python {

RL_THREAD_WORD uint32_t mode = 0;

namespace {

std::unordered_map<PyObject*, std::vector<OpEntry*>>& functions() {
  static auto* map = new std::unordered_map<PyObject*, std::vector<OpEntry*>>;
  return *map;
}

FastCall implementation(const OpEntry& op) {
  return reinterpret_cast<FastCall>(reinterpret_cast<void*>(op.method.ml_meth));
}

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

int find_param(const OpEntry& op, PyObject* name) {
  for (size_t i = 0; i < op.params.size(); ++i)
    if (op.params[i].name == name) return int(i);
  const char* text = canonical(PyUnicode_AsUTF8(name));
  for (size_t i = 0; i < op.params.size(); ++i)
    if (std::strcmp(PyUnicode_AsUTF8(op.params[i].name), text) == 0) return int(i);
  return -1;
}

/// Keywords that PyTorch's factories and copies take and that change nothing here.
bool is_ignored(const char* name) {
  for (const char* known : {"layout", "pin_memory", "non_blocking"})
    if (std::strcmp(name, known) == 0) return true;
  return false;
}

[[noreturn]] void unexpected(const OpEntry& op, const char* name) {
  std::string known;
  for (const Param& p : op.params) known += (known.empty() ? "" : ", ") + std::string(PyUnicode_AsUTF8(p.name));
  fail(ErrorKind::Type, op.row->name, "() got an unexpected keyword argument '", name, "'; it takes ", known);
}

[[noreturn]] void too_many(const OpEntry& op, Py_ssize_t given) {
  fail(ErrorKind::Type, op.row->name, "() takes ", op.positional, " positional argument", op.positional == 1 ? "" : "s",
       " but ", given, given == 1 ? " was given" : " were given");
}

[[noreturn]] RL_COLD void missing_arguments(const OpEntry& op, std::span<PyObject* const> slots) {
  std::string missing;
  for (size_t i = 0; i < slots.size(); ++i)
    if (!slots[i])
      missing += (missing.empty() ? "\"" : ", \"") + std::string(PyUnicode_AsUTF8(op.params[i].name)) + "\"";
  fail(ErrorKind::Type, op.row->name, "() missing required argument(s): ", missing,
       " (missing 1 required positional arguments)");
}

void fill_defaults(const OpEntry& op, std::span<PyObject*> slots) {
  bool complete = true;
  for (size_t i = 0; i < slots.size(); ++i) {
    if (!slots[i]) slots[i] = op.params[i].otherwise;
    complete &= slots[i] != nullptr;
  }
  if (RL_UNLIKELY(!complete)) missing_arguments(op, slots);
}

/// Same view of the same storage?
bool is_same(const Tensor& a, const Tensor& b) {
  return a.storage() == b.storage() && a.version() == b.version() && a.offset() == b.offset() &&
         a.dtype() == b.dtype() && a.sizes() == b.sizes() && a.strides() == b.strides();
}

std::vector<PyTypeObject*> plain_classes;

std::string camel(const char* name) {
  std::string text;
  bool upper = true;
  for (const char* c = name; *c; ++c) {
    if (*c == '_') {
      upper = true;
      continue;
    }
    text += upper ? char(std::toupper(*c)) : *c;
    upper = false;
  }
  return text;
}

// ---- overloads ------------------------------------------------------------------------------------------------------

struct Overloads {
  std::vector<OpEntry*> entries;  // in the order of the rows
  std::string name, doc;
  PyMethodDef method{};
};

std::unordered_map<std::string, Overloads*>& groups() {
  static auto* all = new std::unordered_map<std::string, Overloads*>;
  return *all;
}

/// Would the arguments bind, and is each of a type its parameter takes? Raises nothing: most candidates do not fit.
bool fits(const OpEntry& op, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  uint64_t given = 0;
  const auto takes = [&](size_t i, PyObject* o) {
    if ((given >> i) & 1) return false;
    given |= uint64_t(1) << i;
    return o == op.params[i].otherwise || op.params[i].accepts(o);
  };
  Py_ssize_t placed = nargs;
  if (op.positional > 0 && op.params[size_t(op.positional) - 1].varargs && nargs >= op.positional) {
    placed = op.positional - 1;
    const bool sequence = nargs == op.positional && (PyTuple_Check(args[placed]) || PyList_Check(args[placed]));
    for (Py_ssize_t i = placed; i < nargs && !sequence; ++i)
      if (!is_int(args[i])) return false;
    if (!sequence)
      given |= uint64_t(1) << placed;
    else if (!takes(size_t(placed), args[placed]))
      return false;
  } else if (nargs > op.positional) {
    return false;
  }
  for (Py_ssize_t i = 0; i < placed; ++i)
    if (!takes(size_t(i), args[i])) return false;
  for (Py_ssize_t i = 0; kwnames && i < PyTuple_GET_SIZE(kwnames); ++i) {
    PyObject* name = PyTuple_GET_ITEM(kwnames, i);
    const int at = find_param(op, name);
    if (at >= 0 ? !takes(size_t(at), args[nargs + i])
                : !is_ignored(PyUnicode_AsUTF8(name)) && PyUnicode_CompareWithASCIIString(name, "requires_grad") != 0)
      return false;
  }
  for (size_t i = 0; i < op.params.size(); ++i)
    if (!op.params[i].otherwise && !((given >> i) & 1)) return false;
  return true;
}

PyObject* call_overloads(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  const auto* all = static_cast<const Overloads*>(entry_of_op_self(self));
  return guarded(all->name.c_str(), [&]() -> PyObject* {
    for (const OpEntry* op : all->entries)
      if (fits(*op, args, nargs, kwnames)) return implementation(*op)(op->self, args, nargs, kwnames);
    std::string got, expected;
    for (Py_ssize_t i = 0; i < nargs; ++i) got += (i ? ", " : "") + std::string(Py_TYPE(args[i])->tp_name);
    for (Py_ssize_t i = 0; kwnames && i < PyTuple_GET_SIZE(kwnames); ++i)
      got += std::string(got.empty() ? "" : ", ") + PyUnicode_AsUTF8(PyTuple_GET_ITEM(kwnames, i)) + "=" +
             Py_TYPE(args[nargs + i])->tp_name;
    for (const OpEntry* op : all->entries) expected += concat("\n * (", op->row->arguments, ")");
    fail(ErrorKind::Type, all->name, "() received an invalid combination of arguments - got (", got,
         "), but expected one of:", expected);
  });
}

}  // namespace

namespace {
/// The object of a default's text. The few hundred rows have a dozen different ones: each is evaluated once.
PyObject* default_value(const std::string& text) {
  static auto* known = new std::unordered_map<std::string, PyObject*>;
  PyObject*& value = (*known)[text];
  if (!value) value = py::eval(text).release().ptr();
  return value;
}
}  // namespace

std::vector<Param> parse_signature(const char* text) {
  std::vector<Param> params;
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char* c = text; *c; ++c) {
    depth += (*c == '(' || *c == '[') - (*c == ')' || *c == ']');
    if (*c == ',' && depth == 0)
      parts.emplace_back();
    else if (*c != ' ' || !parts.back().empty())
      parts.back() += *c;
  }
  bool keyword_only = false;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (part == "*") {
      keyword_only = true;
      continue;
    }
    Param p;
    const size_t equals = part.find('=');
    std::string name = part.substr(0, equals);
    if (name[0] == '*') {
      p.varargs = true;
      name.erase(0, 1);
    }
    if (name.back() == '_') name.pop_back();  // a word that Python or C++ keeps for itself
    p.name = PyUnicode_InternFromString(name.c_str());
    p.keyword_only = keyword_only;
    p.otherwise = equals == std::string::npos ? nullptr : default_value(part.substr(equals + 1));
    keyword_only |= p.varargs;
    params.push_back(p);
  }
  return params;
}

namespace {
void register_entry(OpEntry* entry);
}
namespace {
/// The row's arguments, and the one that every factory takes.
std::string readable_signature(const ops::Row& row) {
  std::string arguments = row.arguments;
  const std::string_view device = "device=None";
  const size_t at = arguments.find(device);
  if (at != std::string::npos && row.returns == ops::Returns::New && row.name[0] != '_')
    arguments.insert(at + device.size(), ", requires_grad=False");
  return concat(row.name, "(", arguments, ")");
}
}  // namespace
OpEntry& define(const ops::Row& row, void (*target)(), std::vector<Param> params, FastCall implementation) {
  OpEntry& entry = *new OpEntry;
  entry.row = &row;
  entry.target = target;
  entry.params = std::move(params);
  for (size_t i = 0; i < entry.params.size(); ++i) {
    if (entry.params[i].tensor) entry.tensor_slots.push_back(int(i));
    if (!entry.params[i].keyword_only) entry.positional = int(i) + 1;
  }
  std::string base(row.name);
  if (base.size() > 1 && base.back() == '_') base.pop_back();
  entry.node_name = camel(base.c_str()) + "Backward0";
  entry.signature = readable_signature(row);
  entry.doc = entry.signature + "\n--\n\n";
  if (row.name[0] != '_' && row.returns == ops::Returns::Input && entry.positional > 0 &&
      std::strlen(row.name) > base.size())
    entry.doc += "In-place form of `" + base + "`.";
  entry.method = {row.name, reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(implementation)),
                  METH_FASTCALL | METH_KEYWORDS, entry.doc.c_str()};
  entry.self = make_op_self(&entry);
  const Owned module(PyUnicode_FromString("rushlight"));
  entry.function = Owned::checked(PyCFunction_NewEx(&entry.method, entry.self, module.get())).release();
  functions()[entry.function] = {&entry};
  register_entry(&entry);
  return entry;
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
          fail(ErrorKind::Type, op.row->name, "() got multiple values for argument '", PyUnicode_AsUTF8(name), "'");
        slots[size_t(at)] = value;
        continue;
      }
      const char* text = PyUnicode_AsUTF8(name);
      if (std::strcmp(text, "requires_grad") == 0 && op.row->returns == ops::Returns::New)
        wants_grad = to_bool(value, {});
      else if (std::strcmp(text, "layout") == 0)
        check_layout(op.row->name, value);
      else if (!is_ignored(text))
        unexpected(op, text);
    }
  }
  fill_defaults(op, slots);
}

PyTypeObject* result_class(const OpEntry& op, std::span<PyObject* const> slots) {
  PyTypeObject* found = tensor_class;
  for (int s : op.tensor_slots) {
    PyObject* o = slots[size_t(s)];
    PyTypeObject* type = Py_TYPE(o);
    if (RL_LIKELY(type == tensor_class || o == Py_None) || !PyType_IsSubtype(type, tensor_class)) continue;
    bool plain = false;
    for (PyTypeObject* p : plain_classes) plain |= PyType_IsSubtype(type, p);
    if (!plain && (found == tensor_class || PyType_IsSubtype(type, found))) found = type;
  }
  return found;
}

namespace {
std::vector<OpEntry*>& entries() {
  static auto* all = new std::vector<OpEntry*>;
  return *all;
}
}  // namespace
const std::vector<OpEntry*>& all_entries() { return entries(); }
namespace {
void register_entry(OpEntry* entry) { entries().push_back(entry); }
}  // namespace

OpEntry* entry_of(PyObject* function) {
  const auto it = functions().find(function);
  return it == functions().end() ? nullptr : it->second.front();
}

PyObject* wrap_result(const OpEntry&, PyTypeObject* type, std::vector<Tensor>&& list) {
  Owned tuple = Owned::checked(PyTuple_New(Py_ssize_t(list.size())));
  for (size_t i = 0; i < list.size(); ++i) PyTuple_SET_ITEM(tuple.get(), Py_ssize_t(i), wrap(std::move(list[i]), type));
  return tuple.release();
}

namespace {
/// A tuple, or PyTorch's named one (torch.return_types.max) where Python registered it for the op's name.
PyObject* named(const OpEntry& op, Owned items) {
  if (!op.result_type) return items.release();
  return Owned::checked(PyObject_CallOneArg(op.result_type, items.get())).release();
}
}  // namespace

PyObject* wrap_result(const OpEntry&, PyTypeObject* type, std::tuple<Tensor, Tensor>&& pair) {
  Owned items = Owned::checked(PyTuple_New(2));
  PyTuple_SET_ITEM(items.get(), 0, wrap(std::move(std::get<0>(pair)), type));
  PyTuple_SET_ITEM(items.get(), 1, wrap(std::move(std::get<1>(pair)), type));
  return items.release();
}
PyObject* wrap_result(const OpEntry&, PyTypeObject* type, std::tuple<Tensor, Tensor, Tensor>&& three) {
  Owned items = Owned::checked(PyTuple_New(3));
  PyTuple_SET_ITEM(items.get(), 0, wrap(std::move(std::get<0>(three)), type));
  PyTuple_SET_ITEM(items.get(), 1, wrap(std::move(std::get<1>(three)), type));
  PyTuple_SET_ITEM(items.get(), 2, wrap(std::move(std::get<2>(three)), type));
  return items.release();
}

PyObject* finish(const OpEntry& op, std::span<PyObject* const> slots, PyObject* made, PyObject* out, bool wants_grad) {
  Owned result(made);
  if (RL_UNLIKELY(out != nullptr)) {
    RL_CHECK(!wants_record(op, slots), op.row->name,
             "(): functions with out=... arguments don't support automatic differentiation, but one of the arguments "
             "requires grad.");
    return is_tensor(out) ? result.release() : named(op, Owned::checked(PySequence_Tuple(out)));
  }
  const bool single = is_tensor(made);
  if (op.row->returns == ops::Returns::InputIfSame && single &&
      is_same(as_tensor(made)->value, as_tensor(slots[0])->value)) {
    return Py_NewRef(slots[0]);
  }
  if (!single && !PyTuple_Check(made)) return result.release();
  PyObject* const* items = single ? &made : &PyTuple_GET_ITEM(made, 0);
  const std::span<PyObject* const> results(items, single ? 1 : size_t(PyTuple_GET_SIZE(made)));
  if (op.row->returns == ops::Returns::New) {
    for (PyObject* r : results) as_tensor(r)->value.version()->begin();
  } else {
    for (PyObject* r : results) note_view(op, r, as_tensor(slots[0]), !single);
  }
  if (wants_record(op, slots)) record(op, slots, results, !single);
  if (RL_UNLIKELY(wants_grad)) {
    RL_CHECK(is_differentiable(as_tensor(made)->value.dtype()),
             "Only Tensors of floating point and complex dtype can require gradients");
    as_tensor(made)->requires_grad = true;
  }
  return single ? result.release() : named(op, std::move(result));
}

Owned before_in_place(const OpEntry& op, std::span<PyObject* const> slots) {
  PyObject* self = slots[0];
  if (!is_tensor(self)) return {};  // an op on lists
  const bool records = wants_record(op, slots);
  check_in_place(op, as_tensor(self), records);
  // a rule that names what is about to be overwritten gets a copy
  if (records)
    for (const Rule& rule : op.rules)
      if (rule.keeps & 1u) return Owned(wrap(ops::clone(as_tensor(self)->value)));
  return {};
}

PyObject* finish_in_place(const OpEntry& op, std::span<PyObject* const> slots, Owned original) {
  if (!is_tensor(slots[0])) return Py_NewRef(Py_None);
  if (wants_record(op, slots)) record_in_place(op, slots, std::move(original));
  return Py_NewRef(slots[0]);
}

void add_to_module(py::module_& m, OpEntry& entry) {
  const char* name = entry.row->name;
  PyObject* bound = entry.function;
  if (!py::hasattr(m, "rows")) m.attr("rows") = py::dict();
  m.attr("rows")[entry.row->function] = py::handle(bound);
  auto it = groups().find(name);
  if (it == groups().end()) {
    if (!py::hasattr(m, name)) {
      m.attr(name) = py::handle(bound);
      return;
    }
    auto* all = new Overloads;
    all->name = name;
    all->entries = functions()[py::object(m.attr(name)).ptr()];
    all->doc = all->entries.front()->doc;
    all->method = {all->name.c_str(), reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(&call_overloads)),
                   METH_FASTCALL | METH_KEYWORDS, all->doc.c_str()};
    const Owned holder(make_op_self(all));
    const Owned module(PyUnicode_FromString("rushlight"));
    m.attr(name) = py::reinterpret_steal<py::object>(PyCFunction_NewEx(&all->method, holder.get(), module.get()));
    it = groups().emplace(name, all).first;
  }
  it->second->entries.push_back(&entry);
  functions()[py::object(m.attr(name)).ptr()] = it->second->entries;
}

namespace {

const std::vector<OpEntry*>& entries_of(const py::object& function) {
  const auto it = functions().find(function.ptr());
  RL_CHECK_TYPE(it != functions().end(), "not an op of rushlight");
  return it->second;
}

Rule read_rule(const OpEntry& op, const py::object& given, bool conjugates) {
  Rule rule;
  rule.conjugates = conjugates;
  if (given.is_none()) return rule;
  if (py::isinstance<py::str>(given)) {
    const auto word = given.cast<std::string>();
    RL_CHECK_VALUE(word == "same" || word == "zero", "set_rules: '", word, "' is no word of a rule");
    rule.word = word == "same" ? Rule::Word::Same : Rule::Word::Zero;
    return rule;
  }
  rule.function = given.inc_ref().ptr();
  const py::object code = given.attr("__code__");
  auto names = code.attr("co_varnames").cast<std::vector<std::string>>();
  const auto count = code.attr("co_argcount").cast<size_t>();
  for (size_t i = 0; i < count; ++i) {
    if (names[i] == "g") {
      rule.wants.push_back(kGradient);
      continue;
    }
    if (names[i] == "out") {
      rule.wants.push_back(kResult);
      rule.keeps_result = true;
      continue;
    }
    const bool shape = names[i].size() > 6 && names[i].ends_with("_shape");
    if (shape) names[i].resize(names[i].size() - 6);
    const int at = find_param(op, py::str(names[i]).ptr());
    RL_CHECK_VALUE(at >= 0, "the rule of ", op.row->function, " names '", names[i],
                   "', which is no argument of it: ", op.row->arguments);
    rule.wants.push_back(shape ? kShape + at : at);
    (shape ? rule.keeps_shape : rule.keeps) |= uint64_t(1) << at;
  }
  return rule;
}

void note_differentiable(OpEntry& op) {
  op.differentiable_slots.clear();
  for (size_t i = 0; i < op.rules.size(); ++i)
    if (op.rules[i]) op.differentiable_slots.push_back(op.tensor_slots[i]);
}

/// rules: one a tensor argument, in order; a shorter tuple leaves the rest without derivative.
void set_rules(const py::object& function, const py::tuple& rules, const py::object& node_name, bool conjugates) {
  for (OpEntry* op : entries_of(function)) {
    op->rules.clear();
    for (size_t i = 0; i < op->tensor_slots.size(); ++i)
      op->rules.push_back(i < rules.size() ? read_rule(*op, rules[i], conjugates) : Rule{});
    note_differentiable(*op);
    if (py::isinstance<py::dict>(node_name)) {
      op->node_names.clear();
      for (const auto& [pattern, name] : node_name.cast<py::dict>())
        op->node_names.emplace_back(pattern.cast<std::string>(), name.cast<std::string>());
    } else if (!node_name.is_none()) {
      op->node_name = node_name.cast<std::string>();
    }
  }
}

/// The docstring of an op. An overloaded name shows that of its first form and names the others.
void set_doc(const py::object& function, const std::string& text) {
  const auto& entries = entries_of(function);
  for (OpEntry* op : entries) {
    op->given = text;
    op->doc = op->signature + "\n--\n\n" + docstring(*op, text);
    op->method.ml_doc = op->doc.c_str();
  }
  const auto group = groups().find(entries.front()->row->name);
  if (group == groups().end()) return;
  Overloads& all = *group->second;
  const OpEntry& first = *all.entries.front();
  std::string given = first.given.empty() ? text : first.given, others = "\n\nAlso:";
  for (size_t i = 1; i < all.entries.size(); ++i) others += (i > 1 ? ", ``" : " ``") + all.entries[i]->signature + "``";
  if (!is_whole_docstring(given))
    given.insert(given.starts_with(">>>") ? 0 : std::min(given.find("\n>>>"), given.size()), others + ".\n");
  all.doc = first.signature + "\n--\n\n" + docstring(first, given);
  all.method.ml_doc = all.doc.c_str();
}

}  // namespace

void add_call(py::module_& m) {
  m.def(
      "_as_method",
      [](const py::object& function) { return py::reinterpret_steal<py::object>(make_op_method(function.ptr())); },
      "A builtin as a method: found on an instance, it gets it as its first argument.");
  m.def("_set_rules", &set_rules);
  m.def("_set_doc", &set_doc);
  m.attr("_RETURNS_INPUT") = int(ops::Returns::Input);
  m.def(
      "_inherit_rules",
      [](const py::object& in_place, const py::object& function) {
        const OpEntry* from = function.is_none() ? nullptr : entries_of(function).front();
        for (OpEntry* op : entries_of(in_place)) {
          op->rules.clear();
          if (from) op->rules = from->rules;  // the arguments are the same but for out=, which comes last
          op->rules.resize(op->tensor_slots.size());
          if (op->rules.empty()) continue;  // an op on lists
          bool any = false;
          for (const Rule& rule : op->rules) any |= bool(rule);
          if (!any) op->rules[0].word = Rule::Word::Zero;
          if (from) op->node_name = from->node_name, op->node_names = from->node_names;
          note_differentiable(*op);
        }
      },
      "Gives an in-place op the derivative of its other form; without one, zeros for what is overwritten.");
  m.def("_set_result_type", [](const py::object& function, const py::object& type) {
    for (OpEntry* op : entries_of(function)) op->result_type = type.inc_ref().ptr();
  });
  m.def("_is_differentiable", [](const py::object& function) {
    for (OpEntry* op : entries_of(function))
      for (const Rule& rule : op->rules)
        if (rule) return true;
    return false;
  });
  m.def(
      "_results_are_tensors",
      [](py::type type) { plain_classes.push_back(reinterpret_cast<PyTypeObject*>(type.inc_ref().ptr())); },
      "Results computed from this subclass are plain tensors, as PyTorch has it for Parameter.");
  m.def(
      "_rows",
      [] {
        py::list all;
        for (const ops::Row& row : ops::rows())
          all.append(py::make_tuple(row.function, row.name, row.arguments, int(row.kind), int(row.returns),
                                    row.shape_from_data));
        return all;
      },
      "The registry: (function, name, arguments, kind, returns, shape_from_data) of every row.");
}

}  // namespace rl::python
