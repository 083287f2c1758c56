// Products and extremes of what an index brings together.
#include "cpu/index_write.h"

RL_ISA_BEGIN

/// Integers wrap, bool is "and".
struct Multiply {
  template <class T>
  RL_INLINE T operator()(T self, T source) const {
    if constexpr (std::is_same_v<T, bool>)
      return self & source;
    else if constexpr (std::is_integral_v<T>)
      return T(uint64_t(self) * uint64_t(source));
    else if constexpr (is_storage_type<T>)
      return T(float(self) * float(source));
    else
      return self * source;
  }
};
/// The larger one, or NaN if either is.
struct Larger {
  template <class T>
  RL_INLINE T operator()(T self, T source) const {
    if constexpr (is_storage_type<T>)
      return T(Larger()(float(self), float(source)));
    else
      return self != self || self >= source ? self : source;
  }
};
struct Smaller {
  template <class T>
  RL_INLINE T operator()(T self, T source) const {
    if constexpr (is_storage_type<T>)
      return T(Smaller()(float(self), float(source)));
    else
      return self != self || self <= source ? self : source;
  }
};

template <class T, class F>
static void join_by_index(const KernelCall& call) {
  write_with<T>(call, call.parameters.as<IndexParameters>(), F());
}

// clang-format off
#define RL_JOIN(scatter, index, F, Name, T) \
  {&kernels::scatter, DType::Name, &join_by_index<T, F>}, {&kernels::index, DType::Name, &join_by_index<T, F>},
#define RL_PRODUCT(Name, T) RL_JOIN(scatter_mul, index_mul, Multiply, Name, T)
#define RL_EXTREMES(Name, T) \
  RL_JOIN(scatter_max, index_max, Larger, Name, T) RL_JOIN(scatter_min, index_min, Smaller, Name, T)
#define RL_ALL(X) X(Bool, bool) X(UInt8, uint8_t) X(UInt16, uint16_t) X(UInt32, uint32_t) X(UInt64, uint64_t) \
  X(Float16, half) X(BFloat16, bfloat16) X(Float32, float) X(Float64, double)
extern const KernelEntry scatter_entries[];
const KernelEntry scatter_entries[] = {
    RL_ALL(RL_PRODUCT) RL_ALL(RL_EXTREMES)
    // products wrap, so that one loop serves both signs
    RL_PRODUCT(Int8, uint8_t) RL_PRODUCT(Int16, uint16_t) RL_PRODUCT(Int32, uint32_t) RL_PRODUCT(Int64, uint64_t)
    RL_PRODUCT(Complex64, complex<float>) RL_PRODUCT(Complex128, complex<double>)
    RL_EXTREMES(Int8, int8_t) RL_EXTREMES(Int16, int16_t) RL_EXTREMES(Int32, int32_t) RL_EXTREMES(Int64, int64_t)};
// clang-format on
#undef RL_JOIN
#undef RL_PRODUCT
#undef RL_EXTREMES
#undef RL_ALL
extern const int scatter_count;
const int scatter_count = int(sizeof(scatter_entries) / sizeof(KernelEntry));

RL_ISA_END
