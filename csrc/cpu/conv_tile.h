// The micro-kernel of convolutions: rows of the weight in registers against rows of patches that lie where a table
// says.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "cpu/product_tile.h"

RL_ISA_BEGIN

/// What a register moves elements of this size as.
template <class T>
using Word = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

/// Registers along the columns of a tile with R rows: as many as hide the latency of a chain.
template <int R>
constexpr int kRowVectors = R == 1   ? 8
                            : R == 2 ? 4
                                     : 2;

/// Integers wrap around.
template <class T, class V>
RL_INLINE V chained(V a, V b, V c) {
  if constexpr (std::is_integral_v<T>)
    return a * b + c;
  else
    return multiply_add<T>(a, b, c);
}

/// c [R][kRowVectors<R> registers] = A panel [depth][R] x rows of B that begin at b + at[k]: one chain along `depth`,
/// stored, or added to what `c` holds.
template <class T, int R>
static __attribute__((noinline)) void gathered_tile(int64_t depth, const T* a, const T* b, const int64_t* at, T* c,
                                                    int64_t c_row, bool add) {
  using V = typename VectorOf<T>::type;
  using U = typename VectorOf<T>::unaligned;
  constexpr int W = kWidth<T>, N = kRowVectors<R>;
  V sum[R][N] = {};
  for (int64_t k = 0; k < depth; ++k) {
    const T* row = b + at[k];
    V x[N];
#pragma GCC unroll 8
    for (int v = 0; v < N; ++v) x[v] = *reinterpret_cast<const U*>(row + v * W);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const V w = a[r] - V{};
#pragma GCC unroll 8
      for (int v = 0; v < N; ++v) sum[r][v] = chained<T>(w, x[v], sum[r][v]);
    }
    a += R;
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
    for (int v = 0; v < N; ++v) {
      U* to = reinterpret_cast<U*>(c + r * c_row + v * W);
      *to = add ? V(*to) + sum[r][v] : sum[r][v];
    }
}

template <class T>
using GatheredTile = void (*)(int64_t depth, const T* a, const T* b, const int64_t* at, T* c, int64_t c_row, bool add);

/// How `count` rows are shared among tiles of one height, and the micro-kernel of that height.
template <class T>
struct TileShape {
  int64_t tiles = 0, rows = 0, columns = 0;
  GatheredTile<T> run;

  /// The height that computes the fewest rows in vain; half a row more a tile, for what it reads.
  explicit RL_INLINE TileShape(int64_t count) {
    for (int64_t high = count < kTileRows ? count : kTileRows; high > 0; --high) {
      const int64_t number = (count + high - 1) / high;
      if (rows == 0 || number * (2 * high + 1) < tiles * (2 * rows + 1)) rows = high, tiles = number;
    }
    pick(std::make_integer_sequence<int, kTileRows>());
  }

 private:
  template <int... I>
  RL_INLINE void pick(std::integer_sequence<int, I...>) {
    constexpr GatheredTile<T> kernels[] = {&gathered_tile<T, I + 1>...};
    constexpr int vectors[] = {kRowVectors<I + 1>...};
    run = kernels[rows - 1];
    columns = vectors[rows - 1] * kWidth<T>;
  }
};

RL_ISA_END
