// Factories. Values come from two kernels, `copy` of a constant and `ramp`, so that a recorded step can replay them.
#include "ops/create.h"

#include <cmath>

#include "cpu/create_kernels.h"
#include "ops/shape.h"

namespace rl::kernels {
constinit Kernel ramp{.name = "ramp", .kind = Kind::Opaque, .outputs = 1};
}

namespace rl::ops {
namespace {

Tensor made(const char* op, const Dims& size, std::optional<DType> dtype, std::optional<Device> device, Tensor* out,
            DType otherwise) {
  checked_numel(size, op);
  if (!out) return empty(size, dtype.value_or(otherwise), device.value_or(default_device()));
  RL_CHECK(!dtype || *dtype == out->dtype(), op, ": dtype ", dtype_text(dtype.value_or(otherwise)),
           " does not match dtype of out parameter (", dtype_text(out->dtype()), ")");
  if (!(out->sizes() == size)) *out = empty(size, out->dtype(), out->device());
  return *out;
}

Tensor ramp(const char* op, double start, double step, int64_t first, int64_t stride, int64_t n, DType dtype,
            Device device, double end, bool mirrored) {
  const DType key = is_complex(dtype) ? DType::Float64 : compute_dtype(dtype);
  RL_CHECK_IMPLEMENTED(dtype != DType::Bool, op, ": \"", op, "_cpu\" not implemented for 'Bool'");
  Tensor values = empty({n}, key, device);
  launch(kernels::ramp, {values}, key, Parameters::pack(kernels::Ramp{start, step, end, first, stride, mirrored}));
  return as_dtype(values, dtype);
}

}  // namespace

Tensor empty_op(const Dims& size, std::optional<DType> dtype, std::optional<Device> device,
                std::optional<MemoryFormat> memory_format, Tensor* out) {
  RL_CHECK(memory_format != MemoryFormat::Preserve, "empty: unsupported memory format Preserve");
  const Tensor t = made("empty", size, dtype, device, out, default_dtype());
  return memory_format ? t.view(size, format_strides(size, *memory_format), t.offset()) : t;
}
Tensor zeros(const Dims& size, std::optional<DType> dtype, std::optional<Device> device, Tensor* out) {
  Tensor t = made("zeros", size, dtype, device, out, default_dtype());
  fill(t, Scalar(0));
  return t;
}
Tensor ones(const Dims& size, std::optional<DType> dtype, std::optional<Device> device, Tensor* out) {
  Tensor t = made("ones", size, dtype, device, out, default_dtype());
  fill(t, Scalar(1));
  return t;
}
Tensor full_op(const Dims& size, const Scalar& fill_value, std::optional<DType> dtype, std::optional<Device> device,
               Tensor* out) {
  Tensor t = made("full", size, dtype, device, out, fill_value.dtype());
  copy_values(t, fill_value, "full");
  return t;
}

Tensor empty_like_op(const Tensor& input, std::optional<DType> dtype, std::optional<Device> device,
                     std::optional<MemoryFormat> memory_format) {
  return empty_strided(input.sizes(), strides_of_copy(input, memory_format), dtype.value_or(input.dtype()),
                       device.value_or(input.device()));
}
Tensor zeros_like(const Tensor& input, std::optional<DType> dtype, std::optional<Device> device,
                  std::optional<MemoryFormat> memory_format) {
  return full_like(input, Scalar(0), dtype, device, memory_format);
}
Tensor ones_like(const Tensor& input, std::optional<DType> dtype, std::optional<Device> device,
                 std::optional<MemoryFormat> memory_format) {
  return full_like(input, Scalar(1), dtype, device, memory_format);
}
Tensor full_like(const Tensor& input, const Scalar& fill_value, std::optional<DType> dtype,
                 std::optional<Device> device, std::optional<MemoryFormat> memory_format) {
  Tensor t = empty_like_op(input, dtype, device, memory_format);
  copy_values(t, fill_value, "full_like");
  return t;
}
Tensor empty_strided_op(const Dims& size, const Dims& stride, std::optional<DType> dtype,
                        std::optional<Device> device) {
  return empty_strided(size, stride, dtype.value_or(default_dtype()), device.value_or(default_device()));
}

Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, std::optional<DType> dtype,
              std::optional<Device> device, Tensor* out) {
  RL_CHECK(step.real() != 0, "arange: step must be nonzero");
  const bool whole = start.is_integral() && end.is_integral() && step.is_integral();
  const DType d = dtype ? *dtype : out ? out->dtype() : whole ? DType::Int64 : default_dtype();
  const auto is_small = [](const Scalar& s) { return std::abs(s.real()) < 0x1p62; };
  // int64 counts in whole numbers, whatever the arguments are
  const bool integers = whole || (d == DType::Int64 && is_small(start) && is_small(end) && is_small(step));
  RL_CHECK_VALUE(!integers || step.integer() != 0, "arange: step must be nonzero, and ", step.real(),
                 " is 0 as an integer");
  const double span = end.real() - start.real();
  RL_CHECK(std::isfinite(start.real()) && std::isfinite(end.real()), "arange: unsupported range: ", start.real(),
           " -> ", end.real());
  RL_CHECK(span == 0 || (span > 0) == (step.real() > 0),
           "arange: upper bound and lower bound inconsistent with step sign: ", start.real(), " -> ", end.real(),
           " by ", step.real());
  double count = std::ceil(span / step.real());
  if (integers) {
    const __int128 s = step.integer(), distance = __int128(end.integer()) - start.integer();
    count = double((distance + s - (s > 0 ? 1 : -1)) / s);
  }
  RL_CHECK(count >= 0 && count < 0x1p62, "arange: invalid size, possible overflow?");
  const Tensor values = ramp("arange", start.real(), step.real(), start.integer(), step.integer(), int64_t(count), d,
                             device.value_or(default_device()), 0, false);
  return deliver("arange", values, out);
}
Tensor arange_end(const Scalar& end, std::optional<DType> dtype, std::optional<Device> device, Tensor* out) {
  const Scalar zero = end.is_integral() ? Scalar(0) : Scalar(0.0);
  return arange(zero, end, Scalar(1), dtype, device, out);
}

Tensor linspace(const Scalar& start, const Scalar& end, int64_t steps, std::optional<DType> dtype,
                std::optional<Device> device, Tensor* out) {
  RL_CHECK(steps >= 0, "linspace: number of steps must be non-negative, got ", steps);
  const DType d = dtype ? *dtype : out ? out->dtype() : default_dtype();
  const auto end_of = [d](const Scalar& s) { return is_integer(d) ? std::trunc(s.real()) : s.real(); };
  const double first = end_of(start), last = steps > 1 ? end_of(end) : first;
  const double step = steps > 1 ? (last - first) / double(steps - 1) : 0;
  // computed in floats and converted, so that linspace of integers truncates
  const DType work = is_integer(d) ? DType::Float64 : d;
  const Tensor values = ramp("linspace", first, step, 0, 0, steps, work, device.value_or(default_device()), last, true);
  return deliver("linspace", as_dtype(values, d), out);
}

Tensor eye(int64_t n, std::optional<int64_t> m, std::optional<DType> dtype, std::optional<Device> device, Tensor* out) {
  const int64_t cols = m.value_or(n);
  RL_CHECK(n >= 0, "eye: n must be greater or equal to 0, got ", n);
  RL_CHECK(cols >= 0, "eye: m must be greater or equal to 0, got ", cols);
  Tensor t = made("eye", {n, cols}, dtype, device, out, default_dtype());
  fill(t, Scalar(0));
  if (n > 0 && cols > 0) fill(diagonal(t, 0, 0, 1), Scalar(1));
  return t;
}

}  // namespace rl::ops
