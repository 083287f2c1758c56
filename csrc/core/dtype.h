// The dtype tables: seventeen element types, their C++ types, sizes, names, categories, and PyTorch's promotion.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/scalar.h"

// name in PyTorch, enumerator, C++ type, short name of typed tensors
#define RL_FOR_EACH_DTYPE(X)                                          \
  X(bool, Bool, bool, Bool)                                           \
  X(uint8, UInt8, uint8_t, Byte)                                      \
  X(int8, Int8, int8_t, Char)                                         \
  X(int16, Int16, int16_t, Short)                                     \
  X(int32, Int32, int32_t, Int)                                       \
  X(int64, Int64, int64_t, Long)                                      \
  X(uint16, UInt16, uint16_t, UInt16)                                 \
  X(uint32, UInt32, uint32_t, UInt32)                                 \
  X(uint64, UInt64, uint64_t, UInt64)                                 \
  X(float16, Float16, ::rl::half, Half)                               \
  X(bfloat16, BFloat16, ::rl::bfloat16, BFloat16)                     \
  X(float32, Float32, float, Float)                                   \
  X(float64, Float64, double, Double)                                 \
  X(complex64, Complex64, ::rl::complex<float>, ComplexFloat)         \
  X(complex128, Complex128, ::rl::complex<double>, ComplexDouble)     \
  X(float8_e4m3fn, Float8_e4m3fn, ::rl::float8_e4m3fn, Float8_e4m3fn) \
  X(float8_e5m2, Float8_e5m2, ::rl::float8_e5m2, Float8_e5m2)

namespace rl {

enum class DType : uint8_t {
#define X(name, Name, type, Short) Name,
  RL_FOR_EACH_DTYPE(X)
#undef X
};
constexpr int kDTypes = 17;

template <class T>
struct dtype_of;
template <DType D>
struct type_of_dtype;
#define X(name, Name, type, Short)              \
  template <>                                   \
  struct dtype_of<type> {                       \
    static constexpr DType value = DType::Name; \
  };                                            \
  template <>                                   \
  struct type_of_dtype<DType::Name> {           \
    using T = type;                             \
  };
RL_FOR_EACH_DTYPE(X)
#undef X
template <class T>
inline constexpr DType dtype_v = dtype_of<T>::value;

/// A set of dtypes, as a bit mask; what a kernel's row says it computes.
using DTypeSet = uint32_t;
constexpr DTypeSet only(DType d) { return DTypeSet(1) << int(d); }
template <class... D>
constexpr DTypeSet only(DType d, D... more) {
  return only(d) | only(more...);
}
constexpr bool contains(DTypeSet set, DType d) { return (set >> int(d)) & 1u; }

constexpr DTypeSet kSigned = only(DType::Int8, DType::Int16, DType::Int32, DType::Int64);
constexpr DTypeSet kUnsigned = only(DType::UInt8, DType::UInt16, DType::UInt32, DType::UInt64);
constexpr DTypeSet kIntegers = kSigned | kUnsigned;
constexpr DTypeSet kHalves = only(DType::Float16, DType::BFloat16);
constexpr DTypeSet kEighths = only(DType::Float8_e4m3fn, DType::Float8_e5m2);  // storage and conversion alone
constexpr DTypeSet kFloats = only(DType::Float32, DType::Float64) | kHalves | kEighths;
constexpr DTypeSet kComplex = only(DType::Complex64, DType::Complex128);
constexpr DTypeSet kAllDTypes = (DTypeSet(1) << kDTypes) - 1;

constexpr bool is_integer(DType d) { return contains(kIntegers, d); }  // without bool
constexpr bool is_float(DType d) { return contains(kFloats, d); }
constexpr bool is_complex(DType d) { return contains(kComplex, d); }
constexpr bool is_differentiable(DType d) { return contains(kFloats | kComplex, d); }

#define X(name, Name, type, Short) sizeof(type),
constexpr uint8_t kItemSizes[] = {RL_FOR_EACH_DTYPE(X)};
#undef X
constexpr int64_t item_size(DType d) { return kItemSizes[int(d)]; }
std::string_view name(DType d);        // "float32"
std::string_view short_name(DType d);  // "Float", as in torch.FloatTensor
/// Half types compute in float32 inside a kernel; every other dtype computes as itself.
constexpr DType compute_dtype(DType d) { return contains(kHalves, d) ? DType::Float32 : d; }
/// Integers of several widths share the kernels of a wider one that holds them all, in the same order.
constexpr DType order_dtype(DType d) {
  if (d == DType::Int8 || d == DType::Int16 || d == DType::UInt16) return DType::Int32;
  return d == DType::UInt32 ? DType::Int64 : compute_dtype(d);
}
/// The dtype of an operation on both, by PyTorch's table (docs: "Type promotion").
DType promote(DType a, DType b);
/// 0 bool, 1 integer, 2 floating, 3 complex: a Python number or a 0-d tensor of a lower category does not widen a
/// tensor.
constexpr int category(DType d) { return is_complex(d) ? 3 : is_float(d) ? 2 : d == DType::Bool ? 0 : 1; }

DType default_dtype();
void set_default_dtype(DType d);
inline DType complex_of(DType real) { return real == DType::Float64 ? DType::Complex128 : DType::Complex64; }
inline DType real_of(DType d) {
  return d == DType::Complex64 ? DType::Float32 : d == DType::Complex128 ? DType::Float64 : d;
}

}  // namespace rl
