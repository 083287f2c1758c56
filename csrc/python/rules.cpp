// The derivative table as Python hands it over: a rule a tensor argument of an op, and what each rule keeps.
#include <pybind11/stl.h>

#include <string>

#include "python/binding.h"
#include "python/call.h"

namespace rl::python {
namespace {

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
    if (names[i] == "out" || names[i] == "rest") {
      rule.wants.push_back(names[i] == "out" ? kResult : kRest);
      rule.keeps_result = true;
      rule.keeps_first |= names[i] == "out";
      continue;
    }
    if (names[i] == "needs") {
      rule.wants.push_back(kNeeds);
      continue;
    }
    int at = find_param(op, py::str(names[i]).ptr());
    const bool shape = at < 0 && names[i].size() > 6 && names[i].ends_with("_shape");
    if (shape) at = find_param(op, py::str(names[i].substr(0, names[i].size() - 6)).ptr());
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

/// rules: one a tensor argument, in order; a shorter tuple leaves the rest without derivative. joint: one for all.
void set_rules(const py::object& function, const py::tuple& rules, const py::object& node_name, bool conjugates,
               bool joint) {
  for (OpEntry* op : entries_of(function)) {
    op->rules.clear();
    for (size_t i = 0; i < op->tensor_slots.size(); ++i) {
      const size_t at = joint ? 0 : i;
      op->rules.push_back(at < rules.size() ? read_rule(*op, rules[at], conjugates) : Rule{});
      op->rules.back().joint = joint;
    }
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

void inherit_rules(const py::object& in_place, const py::object& function) {
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
}

}  // namespace

namespace {
/// (slot, rule, conjugates) of every tensor argument that has a rule; a rule is a word or a function.
py::list rules_of(const py::object& function) {
  py::list all;
  const OpEntry& op = *entries_of(function).front();
  for (size_t i = 0; i < op.rules.size(); ++i) {
    const Rule& rule = op.rules[i];
    if (!rule) continue;
    const py::object given = rule.function ? py::reinterpret_borrow<py::object>(rule.function)
                                           : py::str(rule.word == Rule::Word::Same ? "same" : "zero");
    all.append(py::make_tuple(op.tensor_slots[i], given, rule.conjugates));
  }
  return all;
}
}  // namespace

void add_rules(py::module_& m) {
  m.def("_rules_of", &rules_of);
  m.def("_set_rules", &set_rules, py::arg("function"), py::arg("rules"), py::arg("node_name"), py::arg("conjugates"),
        py::arg("joint") = false);
  m.def("_inherit_rules", &inherit_rules,
        "Gives an in-place op the derivative of its other form; without one, zeros for what is overwritten.");
  m.def("_is_differentiable", [](const py::object& function) {
    for (OpEntry* op : entries_of(function))
      for (const Rule& rule : op->rules)
        if (rule) return true;
    return false;
  });
}

}  // namespace rl::python
