// The registry: every row has a function of its own and arguments that parse, and is listed without Python.
#include <set>
#include <sstream>

#include "ops/row.h"
#include "support.h"

namespace rl::ops {
namespace {

struct Argument {
  std::string name, otherwise;
  bool has_default = false;
};

/// "input, dim=None, *, out=None" split at commas outside brackets.
std::vector<Argument> parse(const std::string& text) {
  std::vector<Argument> all;
  std::string part;
  int depth = 0;
  const auto finish = [&] {
    part.erase(0, part.find_first_not_of(' '));
    const size_t equals = part.find('=');
    if (!part.empty())
      all.push_back({part.substr(0, equals), equals == std::string::npos ? "" : part.substr(equals + 1),
                     equals != std::string::npos});
    part.clear();
  };
  for (const char c : text) {
    depth += (c == '(' || c == '[') - (c == ')' || c == ']');
    if (c == ',' && depth == 0)
      finish();
    else
      part += c;
  }
  finish();
  return all;
}

bool is_identifier(const std::string& text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0]))) return false;
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

TEST(Registry, EveryRowHasAFunctionOfItsOwn) {
  std::set<std::string> functions;
  for (const Row& row : rows()) {
    EXPECT_TRUE(functions.insert(row.function).second) << row.function << " stands twice";
    EXPECT_TRUE(is_identifier(row.name)) << row.name;
  }
  EXPECT_GT(functions.size(), 200u);
}

TEST(Registry, ArgumentsParse) {
  for (const Row& row : rows()) {
    std::set<std::string> names;
    bool keyword_only = false, optional = false;
    for (const Argument& a : parse(row.arguments)) {
      if (a.name == "*") {
        EXPECT_FALSE(keyword_only) << row.function;
        keyword_only = true;
        continue;
      }
      const std::string plain = a.name[0] == '*' ? a.name.substr(1) : a.name;
      EXPECT_TRUE(is_identifier(plain)) << row.function << ": " << a.name;
      EXPECT_TRUE(names.insert(plain).second) << row.function << ": " << a.name << " twice";
      EXPECT_EQ(a.has_default, !a.otherwise.empty()) << row.function << ": " << a.name;
      EXPECT_TRUE(a.has_default || keyword_only || !optional)
          << row.function << ": " << a.name << " after an optional one";
      optional |= a.has_default;
      keyword_only |= a.name[0] == '*';
    }
  }
}

TEST(Registry, WhatWritesInPlaceReturnsItsFirstArgument) {
  for (const Row& row : rows()) {
    const std::string name = row.name;
    const bool in_place = name.size() > 1 && name.back() == '_' && name[0] != '_';
    const bool returns_an_argument = row.returns != Returns::New && row.returns != Returns::Value;
    EXPECT_TRUE(!in_place || row.returns == Returns::Input) << row.function;
    EXPECT_TRUE(!returns_an_argument || !parse(row.arguments).empty()) << row.function;
    EXPECT_FALSE(row.kind == Kind::View && row.returns == Returns::Input) << row.function;
  }
}

}  // namespace
}  // namespace rl::ops
