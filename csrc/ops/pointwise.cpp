// The body that all pointwise ops share, and the ops that are nothing but a row of functors/unary.def or binary.def.
#include "ops/pointwise.h"

namespace rl::kernels {

#define RL_POINTWISE_ROW(row, bools, ...) \
  constinit Kernel row{.name = #row, .kind = Kind::Pointwise, .outputs = 1, .bool_operands = bools, __VA_ARGS__};
#define RL_RESULT_Same 0
#define RL_RESULT_Float 0
#define RL_RESULT_Bool 1
#define RL_RESULT_Real 0
#define RL_RESULT_FloatReal 0
#define RL_UNARY(name, Functor, dtypes, result) RL_POINTWISE_ROW(name, RL_RESULT_##result)
#define RL_BINARY(name, Functor, dtypes, result) RL_POINTWISE_ROW(name, RL_RESULT_##result)
#define RL_BINARY_TENSOR_FIRST(name, Functor, dtypes, result) RL_POINTWISE_ROW(name, RL_RESULT_##result)
#define RL_BINARY_TENSORS(name, Functor, dtypes, result) RL_POINTWISE_ROW(name, RL_RESULT_##result)
#define RL_UNARY_KERNEL(name, Functor, dtypes, result) \
  RL_POINTWISE_ROW(name, RL_RESULT_##result, .copies = std::string_view(#Functor) == "Identity")
#define RL_BINARY_KERNEL(name, Functor, dtypes, result) RL_POINTWISE_ROW(name, RL_RESULT_##result)
#define RL_TERNARY_KERNEL(name, Functor, dtypes, result) RL_POINTWISE_ROW(name, RL_FIRST_##result)
#define RL_FIRST_Same 0
#define RL_FIRST_BoolFirst 2  // the first input's block is bool
#include "functors/binary.def"
#include "functors/unary.def"
#undef RL_UNARY
#undef RL_BINARY
#undef RL_BINARY_TENSOR_FIRST
#undef RL_BINARY_TENSORS
#undef RL_UNARY_KERNEL
#undef RL_BINARY_KERNEL
#undef RL_TERNARY_KERNEL

}  // namespace rl::kernels

namespace rl::ops {
namespace {

/// The dtype of the result in memory, by the row's rule.
DType promoted(Result result, std::initializer_list<const Value*> inputs) {
  const DType d = result_dtype(inputs);
  return (result == Result::Float || result == Result::FloatReal) && category(d) < 2 ? default_dtype() : d;
}

void refuse_dtype(const Kernel& kernel, DType dtype) {
  RL_CHECK(
      &kernel != &kernels::neg || dtype != DType::Bool,
      "neg: Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the "
      "`~` or `logical_not()` operator instead.");
  fail(kernel.kind == Kind::Pointwise ? ErrorKind::NotImplemented : ErrorKind::Runtime, "\"", kernel.name,
       "\" not implemented for '", short_name(dtype), "'");
}

struct Inferred {
  DType key;     // what the kernel computes in
  DType result;  // what the result is stored as
};

Inferred infer_dtypes(const Kernel& kernel, Result result, std::initializer_list<const Value*> inputs) {
  const DType common = promoted(result, inputs);
  const DType key = compute_dtype(common);
  if (RL_UNLIKELY(!computes(kernel, key))) refuse_dtype(kernel, common);
  // Real: the kernel gives complex numbers, of which the conversion to a real result keeps the real part
  return {key, result == Result::Bool ? DType::Bool : result >= Result::Real ? real_of(common) : common};
}

Dims infer_sizes(const char* op, std::initializer_list<const Value*> inputs) {
  const Tensor* first = nullptr;
  Dims sizes;
  for (const Value* v : inputs) {
    if (!v->is_tensor()) continue;
    if (!first)
      sizes = v->tensor->sizes(), first = v->tensor;
    else if (!(v->tensor->sizes() == sizes))
      sizes = broadcast_shapes(sizes, v->tensor->sizes(), op);
  }
  return sizes;
}

void start(const Kernel& kernel, const Tensor& out, std::initializer_list<const Value*> inputs, DType key,
           const Parameters& parameters) {
  alignas(Operand) unsigned char room[sizeof(Operand) * 5];
  Operand* operands = reinterpret_cast<Operand*>(room);
  size_t n = 0;
  new (&operands[n++]) Operand(out);
  for (const Value* v : inputs) new (&operands[n++]) Operand(v->operand());
  launch(kernel, std::span<const Operand>(operands, n), key, parameters);
}

}  // namespace

Tensor pointwise(const Kernel& kernel, Result result, std::initializer_list<const Value*> inputs, Tensor* out,
                 const Parameters& parameters) {
  const auto [key, dtype] = infer_dtypes(kernel, result, inputs);
  const Device device = common_device(kernel.name, inputs);
  const Dims sizes = infer_sizes(kernel.name, inputs);
  if (out) {
    RL_CHECK(can_cast(dtype, out->dtype()), kernel.name, ": result type ", short_name(dtype),
             " can't be cast to the desired output type ", short_name(out->dtype()));
    RL_CHECK(out->device() == device, kernel.name, ": out= is on ", to_string(out->device()), ", the inputs on ",
             to_string(device));
    if (!(out->sizes() == sizes)) *out = empty(sizes, out->dtype(), device);
    check_writable(kernel.name, *out, inputs);
    start(kernel, *out, inputs, key, parameters);
    return *out;
  }
  // The stride order of the first dense operand of the result's shape survives (DESIGN, section 3).
  const Tensor* like = nullptr;
  for (const Value* v : inputs)
    if (!like && v->is_tensor() && v->tensor->sizes() == sizes) like = v->tensor;
  Tensor made = !like ? empty(sizes, dtype, device) : empty_like(*like, dtype, device);
  start(kernel, made, inputs, key, parameters);
  return made;
}

void pointwise_in_place(const Kernel& kernel, Result result, Tensor& self, std::initializer_list<const Value*> inputs,
                        const Parameters& parameters) {
  const auto [key, dtype] = infer_dtypes(kernel, result, inputs);
  common_device(kernel.name, inputs);
  const Dims sizes = infer_sizes(kernel.name, inputs);
  RL_CHECK(sizes == self.sizes(), kernel.name, "_: output with shape ", self.sizes(),
           " doesn't match the broadcast shape ", sizes);
  RL_CHECK(can_cast(dtype, self.dtype()), kernel.name, "_: result type ", short_name(dtype),
           " can't be cast to the desired output type ", short_name(self.dtype()));
  check_writable(kernel.name, self, inputs);
  start(kernel, self, inputs, key, parameters);
}

#define RL_UNARY(name, Functor, dtypes, result)                    \
  Tensor name(const Tensor& input, Tensor* out) {                  \
    const Value x(input);                                          \
    return pointwise(kernels::name, Result::result, {&x}, out);    \
  }                                                                \
  void name##_(Tensor& self) {                                     \
    const Value x(self);                                           \
    pointwise_in_place(kernels::name, Result::result, self, {&x}); \
  }
void check_tensor(bool found, const char* op) {
  RL_CHECK_TYPE(found, op, "(): argument 'input' (position 1) must be Tensor, not a number");
}

#define RL_BINARY_CHECKED(name, result, found)                              \
  Tensor name(const Value& input, const Value& other, Tensor* out) {        \
    check_tensor(found, #name);                                             \
    return pointwise(kernels::name, Result::result, {&input, &other}, out); \
  }                                                                         \
  void name##_(Tensor& self, const Value& other) {                          \
    const Value x(self);                                                    \
    pointwise_in_place(kernels::name, Result::result, self, {&x, &other});  \
  }
#define RL_BINARY(name, Functor, dtypes, result) RL_BINARY_CHECKED(name, result, input.is_tensor() || other.is_tensor())
#define RL_BINARY_TENSOR_FIRST(name, Functor, dtypes, result) RL_BINARY_CHECKED(name, result, input.is_tensor())
#define RL_BINARY_TENSORS(name, Functor, dtypes, result)               \
  Tensor name(const Tensor& input, const Tensor& other, Tensor* out) { \
    const Value x(input), y(other);                                    \
    return pointwise(kernels::name, Result::result, {&x, &y}, out);    \
  }                                                                    \
  void name##_(Tensor& self, const Tensor& other) {                    \
    const Value x(self), y(other);                                     \
    pointwise_in_place(kernels::name, Result::result, self, {&x, &y}); \
  }
#define RL_UNARY_KERNEL(...)
#define RL_BINARY_KERNEL(...)
#define RL_TERNARY_KERNEL(...)
#include "functors/binary.def"
#include "functors/unary.def"

}  // namespace rl::ops
