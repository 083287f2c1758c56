// What the ops share: arguments that are tensors or numbers, promotion, delivery into `out=`, conversion.
#pragma once

#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/launch.h"
#include "core/tensor.h"
#include "ops/row.h"

namespace rl::ops {

/// A tensor or a Python number, where PyTorch takes either.
struct Value {
  const Tensor* tensor = nullptr;
  Scalar scalar;
  Value(const Tensor& t) : tensor(&t) {}
  Value(const Tensor&&) = delete;  // it would refer to a tensor that is gone
  Value(const Scalar& s) : scalar(s) {}
  bool is_tensor() const { return tensor != nullptr; }
  Operand operand() const { return tensor ? Operand(*tensor) : Operand(scalar); }
};

/// PyTorch's result dtype: tensors with dims outrank 0-d tensors, which outrank numbers, unless the latter's category
/// is higher.
DType result_dtype(std::initializer_list<const Value*> values);
/// The device all tensors share; a 0-d CPU tensor may join any. RuntimeError otherwise.
Device common_device(const char* op, std::initializer_list<const Value*> values);

/// The op's own result, or that result copied into `out` (resized if its shape differs), which is returned then. Checks
/// that the dtype casts and the devices agree. Every op that is not pointwise ends in this call.
Tensor deliver(const char* op, const Tensor& computed, Tensor* out);
/// The same where PyTorch writes no other dtype: whatever picks, sorts, multiplies matrices or places values.
Tensor deliver_exact(const char* op, const Tensor& computed, Tensor* out);
/// out= of an op with several results: as many tensors, of the results' dtypes.
struct Outs {
  std::vector<Tensor> tensors;
};
template <class... T>
std::tuple<T...> deliver(const char* op, std::tuple<T...> computed, Outs* outs) {
  if (!outs) return computed;
  RL_CHECK_TYPE(outs->tensors.size() == sizeof...(T), op, "(): argument 'out' must be tuple of ", sizeof...(T),
                " Tensors, not of ", outs->tensors.size());
  size_t at = 0;
  std::apply([&](T&... each) { ((each = deliver_exact(op, each, &outs->tensors[at++])), ...); }, computed);
  return computed;
}
/// Refuses what no kernel may write: an overlapping output, or one that partly overlaps an input.
void check_writable(const char* op, const Tensor& out, std::initializer_list<const Value*> inputs);
/// May a result of dtype `from` be stored as `to`? (float into int may not, PyTorch's "can't be cast" rule)
bool can_cast(DType from, DType to);

/// Copies values with conversion and broadcasting, in place; bumps the version of `to`.
void copy_values(const Tensor& to, const Value& from, const char* op = "copy_");
/// `input` itself where it has the dtype already, else a converted copy (dense, same stride order).
Tensor as_dtype(const Tensor& input, DType dtype);
/// `input` itself where it is row-major, else a row-major copy.
Tensor as_contiguous(const Tensor& input);
/// All elements set to a number.
void fill(const Tensor& t, const Scalar& value);
Tensor full(const Dims& sizes, const Scalar& value, DType dtype, Device device = {});
/// The strides of a copy of `input`: those of a format, or (none, or Preserve) its own order.
Dims strides_of_copy(const Tensor& input, std::optional<MemoryFormat> format);
/// "torch.float32", for messages.
std::string dtype_text(DType d);

}  // namespace rl::ops
