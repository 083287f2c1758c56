// Sizes, names and the promotion table of dtypes.
#include "core/dtype.h"

#include <algorithm>
#include <atomic>

#include "core/error.h"

namespace rl {
namespace {

constexpr std::string_view kNames[] = {
#define X(name, Name, type, Short) #name,
    RL_FOR_EACH_DTYPE(X)
#undef X
};
constexpr std::string_view kShortNames[] = {
#define X(name, Name, type, Short) #Short,
    RL_FOR_EACH_DTYPE(X)
#undef X
};

std::atomic<DType> current_default{DType::Float32};

int bits(DType d) { return int(item_size(d)) * 8; }
bool is_unsigned(DType d) { return contains(kUnsigned, d); }

DType signed_of(int bits) {
  return bits <= 8 ? DType::Int8 : bits <= 16 ? DType::Int16 : bits <= 32 ? DType::Int32 : DType::Int64;
}

}  // namespace

std::string_view name(DType d) { return kNames[int(d)]; }
std::string_view short_name(DType d) { return kShortNames[int(d)]; }

DType promote(DType a, DType b) {
  if (a == b) return a;
  RL_CHECK(!contains(kEighths, a) && !contains(kEighths, b),
           "Promotion for Float8 Types is not supported, attempted to promote ", short_name(a), " and ", short_name(b));
  if (category(a) != category(b)) {
    const DType high = category(a) > category(b) ? a : b, low = high == a ? b : a;
    // complex64 with float64 is complex128: the only place where the lower category widens the higher one
    return high == DType::Complex64 && low == DType::Float64 ? DType::Complex128 : high;
  }
  switch (category(a)) {
    case 3: return DType::Complex128;
    case 2:  // two half types have no common half: float32
      return std::max(bits(a), bits(b)) == 16 ? DType::Float32 : bits(a) > bits(b) ? a : b;
    default:
      if (is_unsigned(a) == is_unsigned(b)) return bits(a) > bits(b) ? a : b;
      const DType with_sign = is_unsigned(a) ? b : a, without = is_unsigned(a) ? a : b;
      if (bits(with_sign) > bits(without)) return with_sign;
      if (without == DType::UInt8) return signed_of(16);
      // PyTorch has no promotion of uint16/32/64 with signed types; the next wider signed type holds both where there
      // is one
      return without == DType::UInt64 ? DType::Float32 : signed_of(bits(without) * 2);
  }
}

DType default_dtype() { return current_default.load(std::memory_order_relaxed); }
void set_default_dtype(DType d) {
  RL_CHECK_TYPE(is_float(d),
                "set_default_dtype: only floating-point types are supported as the default type, got torch.", name(d));
  current_default.store(d, std::memory_order_relaxed);
}

}  // namespace rl
