// ramp: arithmetic progressions for arange and linspace.
#include "cpu/create_kernels.h"

#include <type_traits>

#include "core/parallel.h"

RL_ISA_BEGIN

template <class T>
static void ramp(const KernelCall& call) {
  const auto p = call.parameters.as<kernels::Ramp>();
  const View& out = call.operands[0];
  T* values = out.as<T>();
  const int64_t n = out.sizes[0];
  parallel_for(n, 1 << 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      if constexpr (std::is_integral_v<T>)
        values[i] = T(uint64_t(p.first) + uint64_t(i) * uint64_t(p.stride));
      else if (p.mirrored)  // in T throughout, as PyTorch steps
        values[i] = i < n / 2 ? T(p.start) + T(i) * T(p.step) : T(p.end) - T(n - 1 - i) * T(p.step);
      else
        values[i] = T(p.start + double(i) * p.step);
    }
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
