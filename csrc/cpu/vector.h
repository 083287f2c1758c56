// Registers of this instruction set, as the compiler's vector types.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "core/macros.h"

RL_ISA_BEGIN

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif
template <class T>
constexpr int kWidth = kVectorBytes / int(sizeof(T));

/// What a loop reads a T as: GCC 12 vectorises none that reads a bool, so it reads a byte, and asks whether it is 0.
template <class T>
using Stored = std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>;

template <class T, int N>
struct Vector {
  typedef T type __attribute__((vector_size(N * sizeof(T))));
};

/// Elements Begin, Begin + 1, ... of a vector, as many as the sequence is long.
template <class T, int Begin, class V, int... I>
RL_INLINE auto part_of(V v, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(v, v, (Begin + I)...);
}

/// The elements l and l + N / 2 of a vector joined, until one is left. In registers: of an array the halves would be
/// loaded before all of it is stored.
template <class T, class Op, int N, class V>
RL_INLINE T join_halves(V v) {
  if constexpr (N == 2) {
    return Op::join(T(v[0]), T(v[1]));
  } else {
    using Half = typename Vector<T, N / 2>::type;
    constexpr auto half = std::make_integer_sequence<int, N / 2>();
    const Half low = part_of<T, 0>(v, half), high = part_of<T, N / 2>(v, half);
    if constexpr (requires { Op::join_all(low, high); }) {
      return join_halves<T, Op, N / 2>(Op::join_all(low, high));
    } else {
      Half joined;
      for (int l = 0; l < N / 2; ++l) joined[l] = Op::join(T(low[l]), T(high[l]));
      return join_halves<T, Op, N / 2>(joined);
    }
  }
}

RL_ISA_END
