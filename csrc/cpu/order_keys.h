// Keys that order as their elements do, as unsigned numbers: NaN last, the two zeros equal. Radix sort and selection
// see nothing else of a dtype.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/macros.h"
#include "core/scalar.h"

RL_ISA_BEGIN

template <int kBytes>
using UnsignedOf =
    std::conditional_t<kBytes == 1, uint8_t,
                       std::conditional_t<kBytes == 2, uint16_t, std::conditional_t<kBytes == 4, uint32_t, uint64_t>>>;

template <class T>
struct Key {
  using Bits = UnsignedOf<sizeof(T)>;
  static constexpr int kBits = int(sizeof(T)) * 8;
  static constexpr Bits kTop = Bits(Bits(1) << (kBits - 1)), kNan = Bits(~Bits(0));
  static constexpr bool is_floating = is_storage_type<T> || std::is_floating_point_v<T>;
  /// The bits of infinity: above them, the sign aside, stand the NaNs.
  static constexpr Bits kInfinity = Bits(std::is_same_v<T, double>  ? 0x7ff0000000000000u
                                         : std::is_same_v<T, float> ? 0x7f800000u
                                         : std::is_same_v<T, half>  ? 0x7c00u
                                                                    : 0x7f80u);

  static RL_INLINE Bits of(T x) {
    const Bits b = __builtin_bit_cast(Bits, x);
    if constexpr (is_floating) {
      const Bits magnitude = Bits(b & Bits(~kTop));
      const Bits ordered = magnitude == 0 ? kTop : (b & kTop) ? Bits(~b) : Bits(b | kTop);
      return magnitude > kInfinity ? kNan : ordered;
    } else if constexpr (std::is_signed_v<T>) {
      return Bits(b ^ kTop);
    } else {
      return b;
    }
  }
  /// The element of a key; +0 for both zeros and one NaN for all: see `is_vague`.
  static RL_INLINE T back(Bits key) {
    if constexpr (is_floating)
      key = (key & kTop) ? Bits(key ^ kTop) : Bits(~key);
    else if constexpr (std::is_signed_v<T>)
      key = Bits(key ^ kTop);
    return __builtin_bit_cast(T, key);
  }
  /// Do different elements share this key?
  static RL_INLINE bool is_vague(Bits key) {
    if constexpr (is_floating)
      return key == kTop || key == kNan;
    else
      return false;
  }
};

// Every dtype that has a key, as itself.
// clang-format off
#define RL_TYPES_Keyed(X)                                                                           \
  X(Bool, bool)                                                                                     \
  X(UInt8, uint8_t) X(UInt16, uint16_t) X(UInt32, uint32_t) X(UInt64, uint64_t)                     \
  X(Int8, int8_t) X(Int16, int16_t) X(Int32, int32_t) X(Int64, int64_t)                             \
  X(Float16, half) X(BFloat16, bfloat16) X(Float32, float) X(Float64, double)
// clang-format on

RL_ISA_END
