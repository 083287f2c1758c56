// The registry of rows: what can be called, said once, and listable without Python.
#pragma once

#include <cstdint>
#include <span>

#include "core/kernel.h"

namespace rl::ops {

/// What an op gives back: a new tensor, a view of its first argument, that argument itself (in place), or itself if
/// nothing had to be done (`a.contiguous() is a`); a plain Python value; nothing.
enum class Returns : uint8_t { New, View, Input, InputIfSame, Value };
constexpr const char* kReturnsNames[] = {"New", "View", "Input", "InputIfSame", "Value"};

struct Row {
  const char* function;   // in namespace rl::ops; names the row where `name` is overloaded
  const char* name;       // in Python
  const char* arguments;  // as Python would write them: "input, dim=None, keepdim=False, *, dtype=None, out=None"
  Kind kind;
  Returns returns;
  bool shape_from_data = false;  // the result's shape depends on values: raises on meta
};

/// Every row, in the order of the .def files.
std::span<const Row> rows();

}  // namespace rl::ops
