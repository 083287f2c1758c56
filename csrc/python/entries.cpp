// The entries: every row bound once, signatures and docstrings, and the names that several rows share.
#include <pybind11/eval.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "python/binding.h"
#include "python/call.h"
#include "python/errors.h"
#include "python/plain.h"

namespace rl::python {
namespace {

std::unordered_map<PyObject*, std::vector<OpEntry*>>& functions() {
  static auto* map = new std::unordered_map<PyObject*, std::vector<OpEntry*>>;
  return *map;
}
std::vector<OpEntry*>& entries() {
  static auto* all = new std::vector<OpEntry*>;
  return *all;
}

FastCall implementation(const OpEntry& op) {
  return reinterpret_cast<FastCall>(reinterpret_cast<void*>(op.method.ml_meth));
}

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
    if (at >= 0 ? !takes(size_t(at), args[nargs + i]) : !is_factory(op) || !is_factory_option(PyUnicode_AsUTF8(name)))
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

// ---- signatures -----------------------------------------------------------------------------------------------------

/// The object of a default's text. The few hundred rows have a dozen different ones: each is evaluated once.
PyObject* default_value(const std::string& text) {
  static auto* known = new std::unordered_map<std::string, PyObject*>;
  PyObject*& value = (*known)[text];
  if (!value) value = py::eval(text).release().ptr();
  return value;
}

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
  return entry;
}

const std::vector<OpEntry*>& all_entries() { return entries(); }

OpEntry* entry_of(PyObject* function) {
  const auto it = functions().find(function);
  return it == functions().end() ? nullptr : it->second.front();
}

const std::vector<OpEntry*>& entries_of(const py::object& function) {
  const auto it = functions().find(function.ptr());
  RL_CHECK_TYPE(it != functions().end(), "not an op of rushlight");
  return it->second;
}

void add_to_module(py::module_& m, OpEntry& entry) {
  const char* name = entry.row->name;
  PyObject* bound = entry.function;
  entries().push_back(&entry);
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

PyObject* make_plain(const char* name, const char* arguments, const char* doc, void (*target)(), FastCall call) {
  const auto* row = new ops::Row{name, name, arguments, Kind::Opaque, ops::Returns::Value};
  OpEntry& entry = define(*row, target, parse_signature(arguments), call);
  entry.doc += doc;
  entry.method.ml_doc = entry.doc.c_str();
  return entry.function;
}

namespace {

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

py::list all_rows() {
  py::list all;
  for (const ops::Row& row : ops::rows())
    all.append(
        py::make_tuple(row.function, row.name, row.arguments, int(row.kind), int(row.returns), row.shape_from_data));
  return all;
}

template <size_t N>
py::tuple names(const char* const (&all)[N]) {
  py::tuple made(N);
  for (size_t i = 0; i < N; ++i) made[i] = all[i];
  return made;
}

/// (names, defaults) of an op's parameters; the default of one that has none is None.
py::tuple parameters_of(const py::object& function) {
  const OpEntry& op = *entries_of(function).front();
  py::list all, defaults;
  for (const Param& p : op.params) {
    all.append(py::reinterpret_borrow<py::object>(p.name));
    defaults.append(py::reinterpret_borrow<py::object>(p.otherwise ? p.otherwise : Py_None));
  }
  return py::make_tuple(py::tuple(all), py::tuple(defaults));
}

}  // namespace

void add_entries(py::module_& m) {
  m.def(
      "_as_method",
      [](const py::object& function) { return py::reinterpret_steal<py::object>(make_op_method(function.ptr())); },
      "A builtin as a method: found on an instance, it gets it as its first argument.");
  m.def("_set_doc", &set_doc);
  m.def("_set_result_type", [](const py::object& function, const py::object& type) {
    for (OpEntry* op : entries_of(function)) op->result_type = type.inc_ref().ptr();
  });
  m.attr("_RETURNS_INPUT") = int(ops::Returns::Input);
  m.attr("_KINDS") = names(kKindNames);
  m.attr("_RETURNS") = names(ops::kReturnsNames);
  m.def("_parameters_of", &parameters_of);
  m.def("_rows", &all_rows, "The registry: (function, name, arguments, kind, returns, shape_from_data) of every row.");
}

}  // namespace rl::python
