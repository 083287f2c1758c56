// Docstrings of ops, put together at import from a row, the line of its derivative table and the shared texts.
#include "python/docs.h"

#include <pybind11/stl.h>

#include <array>
#include <cstring>
#include <unordered_map>

#include "python/call.h"

namespace rl::python {
namespace {

struct Texts {
  std::unordered_map<std::string, std::string> parameters;  // by name, or by "op.name"
  std::array<std::string, 8> raises;                        // by Kind
  std::array<std::string, 5> returns;                       // by Returns
};
Texts& texts() {
  static auto* all = new Texts;
  return *all;
}

void open_section(std::string& doc, const char* title) {
  doc += "\n\n";
  doc += title;
  doc += '\n';
  doc.append(std::strlen(title), '-');
}

void add_item(std::string& doc, const std::string& head, const std::string& text) {
  doc += '\n' + head;
  if (!text.empty()) doc += "\n    " + text;
}

const std::string& text_of(const OpEntry& op, const std::string& name) {
  static const std::string none;
  const auto& all = texts().parameters;
  auto it = all.find(std::string(op.row->name) + "." + name);
  if (it == all.end()) it = all.find(name);
  return it == all.end() ? none : it->second;
}

std::string parameter_head(const Param& p, const std::string& name) {
  std::string head = (p.varargs ? "*" : "") + name + " : " + p.type;
  if (p.otherwise && p.otherwise != Py_None && !p.varargs) {
    const Owned repr = Owned::checked(PyObject_Repr(p.otherwise));
    head += std::string(", default ") + PyUnicode_AsUTF8(repr.get());
  }
  return head;
}

}  // namespace

bool is_whole_docstring(const std::string& given) { return given.find("Parameters\n") != std::string::npos; }

std::string docstring(const OpEntry& op, const std::string& given) {
  if (is_whole_docstring(given)) return given;
  const size_t at = given.starts_with(">>>") ? 0 : given.find("\n>>>");
  std::string doc = given.substr(0, at);
  while (!doc.empty() && (doc.back() == '\n' || doc.back() == ' ')) doc.pop_back();
  open_section(doc, "Parameters");
  for (const Param& p : op.params) {
    const std::string name = PyUnicode_AsUTF8(p.name);
    add_item(doc, parameter_head(p, name), text_of(op, name));
  }
  open_section(doc, "Returns");
  add_item(doc, op.result, op.row->returns == ops::Returns::New ? "" : texts().returns[size_t(op.row->returns)]);
  const std::string& raises = texts().raises[size_t(op.row->kind)];
  if (!raises.empty()) {
    open_section(doc, "Raises");
    doc += '\n' + raises;
  }
  if (at != std::string::npos) {
    open_section(doc, "Examples");
    doc += '\n' + given.substr(at ? at + 1 : 0);
  }
  return doc;
}

void add_docs(py::module_& m) {
  m.def(
      "_set_doc_texts",
      [](std::unordered_map<std::string, std::string> parameters, const std::array<std::string, 8>& raises,
         const std::array<std::string, 5>& returns) { texts() = {std::move(parameters), raises, returns}; },
      "What docstrings share: texts of parameters by name, of what is raised by kind, of what is returned.");
  m.def(
      "_types",
      [] {
        py::dict all;
        for (const OpEntry* op : all_entries()) {
          py::list types;
          for (const Param& p : op->params) types.append(p.type);
          all[op->row->function] = py::make_tuple(types, op->result);
        }
        return all;
      },
      "What stubs are made of: (types of the arguments, type of the result) of every row, by function.");
}

}  // namespace rl::python
