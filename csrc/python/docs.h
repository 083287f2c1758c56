// What an op's docstring is made of: the types of its arguments and results, and texts shared by many ops.
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "ops/common.h"
#include "python/python.h"

namespace rl::python {

struct OpEntry;

/// How a C++ type of an argument or a result is called in docstrings and stubs.
template <class T>
inline constexpr const char* type_text = "object";
#define RL_TYPE_TEXT(Type, text) \
  template <>                    \
  inline constexpr const char* type_text<Type> = text;
RL_TYPE_TEXT(Tensor, "Tensor")
RL_TYPE_TEXT(const Tensor&, "Tensor")
RL_TYPE_TEXT(Tensor&, "Tensor")
RL_TYPE_TEXT(const Tensor*, "Tensor, optional")
RL_TYPE_TEXT(Tensor*, "Tensor, optional")
RL_TYPE_TEXT(const ops::Value&, "Tensor or number")
RL_TYPE_TEXT(std::optional<ops::Value>, "Tensor or number, optional")
RL_TYPE_TEXT(const std::optional<ops::Value>&, "Tensor or number, optional")
RL_TYPE_TEXT(const std::vector<Tensor>&, "sequence of Tensor")
RL_TYPE_TEXT(const Scalar&, "number")
RL_TYPE_TEXT(std::optional<Scalar>, "number, optional")
RL_TYPE_TEXT(const std::optional<Scalar>&, "number, optional")
RL_TYPE_TEXT(int64_t, "int")
RL_TYPE_TEXT(std::optional<int64_t>, "int, optional")
RL_TYPE_TEXT(double, "float")
RL_TYPE_TEXT(std::optional<double>, "float, optional")
RL_TYPE_TEXT(bool, "bool")
RL_TYPE_TEXT(std::optional<bool>, "bool, optional")
RL_TYPE_TEXT(const Dims&, "int or tuple of int")
RL_TYPE_TEXT(const std::optional<Dims>&, "int or tuple of int, optional")
RL_TYPE_TEXT(std::string_view, "str")
RL_TYPE_TEXT(std::optional<std::string_view>, "str, optional")
RL_TYPE_TEXT(std::optional<DType>, "dtype, optional")
RL_TYPE_TEXT(std::optional<Device>, "device, optional")
RL_TYPE_TEXT(std::optional<MemoryFormat>, "memory_format, optional")
RL_TYPE_TEXT(Generator*, "Generator, optional")
RL_TYPE_TEXT(std::vector<Tensor>, "tuple of Tensor")
using TwoTensors = std::tuple<Tensor, Tensor>;
using ThreeTensors = std::tuple<Tensor, Tensor, Tensor>;
RL_TYPE_TEXT(TwoTensors, "(Tensor, Tensor)")
RL_TYPE_TEXT(ThreeTensors, "(Tensor, Tensor, Tensor)")
#undef RL_TYPE_TEXT

/// NumPy's form: the summary, the parameters of the signature, what is returned and raised, the examples of `given`.
/// Does the text have sections of its own already?
bool is_whole_docstring(const std::string& given);
std::string docstring(const OpEntry& op, const std::string& given);
void add_docs(py::module_& m);

}  // namespace rl::python
