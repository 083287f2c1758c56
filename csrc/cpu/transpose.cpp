// Tiles transposed between memory that is dense the other way round and a plan's blocks.
#include <cstdint>
#include <utility>

#include "core/dtype.h"
#include "core/launch.h"
#include "core/macros.h"

RL_ISA_BEGIN

#if defined(__AVX512F__)
constexpr int kWidest = 4;
#elif defined(__AVX2__)
constexpr int kWidest = 2;
#else
constexpr int kWidest = 1;
#endif

/// Pieces of 16 bytes side by side in one register.
template <class Item, int Pieces>
struct Register {
  static constexpr int N = 16 / int(sizeof(Item)), kCount = N * Pieces;
  typedef Item V __attribute__((vector_size(16 * Pieces)));

  static RL_INLINE V load(const char* from, int64_t step) {
    if constexpr (Pieces == 1) {
      V v;
      __builtin_memcpy(&v, from, 16);
      return v;
    } else {
      using Half = Register<Item, Pieces / 2>;
      return join(Half::load(from, step), Half::load(from + Pieces / 2 * step, step),
                  std::make_integer_sequence<int, kCount>());
    }
  }
  template <class H, int... I>
  static RL_INLINE V join(H a, H b, std::integer_sequence<int, I...>) {
    return __builtin_shufflevector(a, b, I...);
  }
  /// a0 b0 a1 b1 ... within every piece, of its lower (Half 0) or upper half.
  template <int Half, int... I>
  static RL_INLINE V interleave(V a, V b, std::integer_sequence<int, I...>) {
    return __builtin_shufflevector(a, b, (I / N * N + Half * (N / 2) + I % N / 2 + I % 2 * kCount)...);
  }
};

/// N * Pieces rows, N columns at a time. Register j holds a piece of each of the rows j, j + N, ..., so that squares of
/// N x N are transposed within pieces (cheaper than across a register) and whole registers are stored. Measured, 64 x
/// 64 floats: TODO.
template <class Item, int Pieces>
RL_INLINE void group_of_rows(int64_t columns, const char* from, int64_t from_step, char* to, int64_t to_step) {
  using R = Register<Item, Pieces>;
  using V = typename R::V;
  constexpr int N = R::N;
  constexpr auto all = std::make_integer_sequence<int, R::kCount>();
  for (int64_t c = 0; c + N <= columns; c += N) {
    V row[N];
#pragma GCC unroll 16
    for (int j = 0; j < N; ++j) row[j] = R::load(from + j * from_step + c * int64_t(sizeof(Item)), N * from_step);
#pragma GCC unroll 4
    for (int round = 1; round < N; round *= 2) {
      V next[N];
#pragma GCC unroll 8
      for (int i = 0; i < N / 2; ++i) {
        next[2 * i] = R::template interleave<0>(row[i], row[i + N / 2], all);
        next[2 * i + 1] = R::template interleave<1>(row[i], row[i + N / 2], all);
      }
#pragma GCC unroll 16
      for (int i = 0; i < N; ++i) row[i] = next[i];
    }
#pragma GCC unroll 16
    for (int j = 0; j < N; ++j) __builtin_memcpy(to + (c + j) * to_step, &row[j], sizeof(V));
  }
}

/// to[c][r] = from[r][c]; steps are bytes between rows.
template <class Item>
static void transpose(int64_t rows, int64_t columns, const char* from, int64_t from_step, char* to, int64_t to_step) {
  constexpr int N = 16 / int(sizeof(Item));
  constexpr int64_t item = sizeof(Item);
  const int64_t squared = columns / N * N;
  int64_t r = 0;
  for (; r + N * kWidest <= rows; r += N * kWidest)
    group_of_rows<Item, kWidest>(columns, from + r * from_step, from_step, to + r * item, to_step);
  for (; r + N <= rows; r += N)
    group_of_rows<Item, 1>(columns, from + r * from_step, from_step, to + r * item, to_step);
  for (int64_t left = 0; left < rows; ++left)
    for (int64_t c = left < r ? squared : 0; c < columns; ++c)
      __builtin_memcpy(to + c * to_step + left * item, from + left * from_step + c * item, sizeof(Item));
}

extern const TransposeFunction transpose_table[kTransposers];
const TransposeFunction transpose_table[kTransposers] = {&transpose<uint8_t>, &transpose<uint16_t>,
                                                         &transpose<uint32_t>, &transpose<uint64_t>};

RL_ISA_END
