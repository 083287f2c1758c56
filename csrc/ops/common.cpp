// Promotion, devices, delivery into `out=`, conversion and filling.
#include "ops/common.h"

#include "core/fits.h"
#include "cpu/pointwise_kernels.h"

namespace rl::ops {

DType result_dtype(std::initializer_list<const Value*> values) {
  const Tensor* first = (*values.begin())->tensor;
  bool all_alike = first != nullptr;  // the usual case: tensors of one dtype
  for (const Value* v : values) all_alike = all_alike && v->tensor && v->tensor->dtype() == first->dtype();
  if (RL_LIKELY(all_alike)) return first->dtype();
  // By rank: 0 numbers, 1 0-d tensors, 2 tensors with dims. A lower rank counts only where its category is higher.
  DType best[3];
  bool seen[3] = {false, false, false};
  for (const Value* v : values) {
    const int rank = !v->is_tensor() ? 0 : v->tensor->ndim() == 0 ? 1 : 2;
    const DType d = v->is_tensor() ? v->tensor->dtype() : v->scalar.dtype();
    best[rank] = seen[rank] ? promote(best[rank], d) : d;
    seen[rank] = true;
  }
  DType result = DType::Bool;
  bool any = false;
  for (int rank = 2; rank >= 0; --rank) {
    if (!seen[rank]) continue;
    if (!any)
      result = best[rank];
    else if (category(best[rank]) > category(result))
      // a number of a higher category gives the default dtype of that category; complex keeps the precision of the
      // floats it joins
      result = is_complex(best[rank]) && (rank == 0 || is_float(result))
                   ? promote(complex_of(real_of(result)), DType::Bool)
                   : promote(result, best[rank]);
    any = true;
  }
  return result;
}

Device common_device(const char* op, std::initializer_list<const Value*> values) {
  const Tensor* first = nullptr;
  for (const Value* v : values) {
    if (!v->is_tensor()) continue;
    const Tensor& t = *v->tensor;
    if (!first || (first->ndim() == 0 && first->device().type == DeviceType::CPU && t.ndim() > 0)) {
      first = &t;
      continue;
    }
    RL_CHECK(t.device() == first->device() || (t.ndim() == 0 && t.device().type == DeviceType::CPU), op,
             ": Expected all tensors to be on the same device, but found at least two devices, ",
             to_string(first->device()), " and ", to_string(t.device()), "!");
  }
  return first ? first->device() : Device{};
}

bool can_cast(DType from, DType to) { return category(from) <= category(to); }

std::string dtype_text(DType d) { return concat("torch.", name(d)); }

void check_writable(const char* op, const Tensor& out, std::initializer_list<const Value*> inputs) {
  RL_CHECK(
      !overlaps_itself(out), op,
      ": unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
      "Please clone() the tensor before performing the operation.");
  for (const Value* v : inputs) {
    if (!v->is_tensor() || !overlaps_partly(out, *v->tensor)) continue;
    fail(
        ErrorKind::Runtime, op,
        ": unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
        "location. Please clone() the tensor before performing the operation.");
  }
}

void copy_values(const Tensor& to, const Value& from, const char* op) {
  if (from.is_tensor()) {
    const Tensor& source = *from.tensor;
    if (source.is_meta() || to.is_meta()) {
      RL_CHECK_IMPLEMENTED(to.is_meta(), op, ": Cannot copy out of meta tensor; no data!");
      broadcast_to(source, to.sizes(), op);
      return;
    }
    check_writable(op, to, {});
    const Tensor shaped = broadcast_to(source, to.sizes(), op);
    if (overlaps_partly(to, shaped)) {  // through a copy of its own: the values as they were
      const Tensor apart = empty(shaped.sizes(), shaped.dtype());
      launch(kernels::copy, {apart, shaped}, shaped.dtype());
      launch(kernels::copy, {to, apart}, to.dtype());
      return;
    }
    launch(kernels::copy, {to, shaped}, to.dtype());
    return;
  }
  check_fits(op, from.scalar, to.dtype());
  launch(kernels::copy, {to, from.scalar}, to.dtype());
}

Tensor as_dtype(const Tensor& input, DType dtype) {
  if (input.dtype() == dtype) return input;
  Tensor converted = empty_like(input, dtype);
  copy_values(converted, input);
  return converted;
}

Tensor as_contiguous(const Tensor& input) {
  if (input.is_contiguous()) return input;
  Tensor packed = empty(input.sizes(), input.dtype(), input.device());
  copy_values(packed, input);
  return packed;
}

Dims strides_of_copy(const Tensor& input, std::optional<MemoryFormat> format) {
  if (!format || *format == MemoryFormat::Preserve) return strides_like(input.sizes(), input);
  return format_strides(input.sizes(), *format);
}

void fill(const Tensor& t, const Scalar& value) { copy_values(t, value, "fill"); }

Tensor full(const Dims& sizes, const Scalar& value, DType dtype, Device device) {
  Tensor t = empty(sizes, dtype, device);
  copy_values(t, value, "full");
  return t;
}

Tensor deliver(const char* op, const Tensor& computed, Tensor* out) {
  if (!out) return computed;
  RL_CHECK(out->device() == computed.device(), op, ": out= is on ", to_string(out->device()), " and the result on ",
           to_string(computed.device()));
  RL_CHECK(can_cast(computed.dtype(), out->dtype()), op, ": result type ", short_name(computed.dtype()),
           " can't be cast to the desired output type ", short_name(out->dtype()));
  if (!(out->sizes() == computed.sizes())) *out = empty(computed.sizes(), out->dtype(), out->device());
  copy_values(*out, computed, op);
  return *out;
}

Tensor deliver_exact(const char* op, const Tensor& computed, Tensor* out) {
  RL_CHECK(!out || out->dtype() == computed.dtype(), op, ": Expected out tensor to have dtype ", name(computed.dtype()),
           ", but got ", name(out->dtype()), " instead");
  return deliver(op, computed, out);
}

}  // namespace rl::ops
