// ramp: arithmetic progressions for arange and linspace.
#include "cpu/create_kernels.h"

#include <cstdint>
#include <type_traits>

#include "core/parallel.h"

RL_ISA_BEGIN

/// Elements [begin, end) of n. Counted in int32 where that is enough: below v4 no vector is made of int64.
template <class Index, class T>
static void ramp_piece(const kernels::Ramp& given, T* values, Index begin, Index end, Index n) {
  const kernels::Ramp p = given;
  if constexpr (std::is_integral_v<T>) {
    for (Index i = begin; i < end; ++i) values[i] = T(uint64_t(p.first) + uint64_t(i) * uint64_t(p.stride));
  } else if (p.mirrored) {  // in T throughout, as PyTorch steps
    const T start = T(p.start), last = T(p.end), step = T(p.step);
    for (Index i = begin; i < end; ++i) values[i] = i < n / 2 ? start + T(i) * step : last - T(n - 1 - i) * step;
  } else {
    for (Index i = begin; i < end; ++i) values[i] = T(p.start + double(i) * p.step);
  }
}

template <class T>
static void ramp(const KernelCall& call) {
  const auto p = call.parameters.as<kernels::Ramp>();
  const View& out = call.operands[0];
  T* values = out.as<T>();
  const int64_t n = out.sizes[0];
  parallel_for(n, 1 << 16, [&](int64_t begin, int64_t end) {
    if (std::is_floating_point_v<T> && n <= INT32_MAX)
      ramp_piece<int32_t, T>(p, values, int32_t(begin), int32_t(end), int32_t(n));
    else
      ramp_piece<int64_t, T>(p, values, begin, end, n);
  });
}

extern const KernelEntry create_entries[];
const KernelEntry create_entries[] = {
#define X(Name, T) {&kernels::ramp, DType::Name, &ramp<T>},
    X(UInt8, uint8_t) X(UInt16, uint16_t) X(UInt32, uint32_t) X(UInt64, uint64_t) X(Int8, int8_t) X(Int16, int16_t)
        X(Int32, int32_t) X(Int64, int64_t) X(Float32, float) X(Float64, double)
#undef X
};
extern const int create_count;
const int create_count = int(sizeof(create_entries) / sizeof(KernelEntry));

RL_ISA_END
