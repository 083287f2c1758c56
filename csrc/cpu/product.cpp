// The product's driver: how C is shared among threads, what is packed, and the two orders (DESIGN, section 5).
#include "cpu/product.h"

#include <cstddef>
#include <type_traits>

#include "core/parallel.h"
#include "cpu/product_tile.h"
#include "cpu/sum_order.h"
#include "cpu/transpose.h"

RL_ISA_BEGIN

constexpr int64_t kNarrow = 16;                   // below this many columns: lanes along K
constexpr int64_t kRowsPacked = kTileRows * 8;    // rows of A in second-level cache
constexpr int64_t kBytesPacked = 2048;            // bytes of a row of packed B
constexpr int64_t kGrainWork = int64_t(1) << 16;  // multiply-adds worth a second thread

RL_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
RL_INLINE int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }
template <class T>
constexpr int64_t kItem = sizeof(T);
template <class T>
using Word = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
template <class T>
RL_INLINE auto bytes_of(T* p) {
  return reinterpret_cast<std::conditional_t<std::is_const_v<T>, const char*, char*>>(p);
}
template <class T>
constexpr int64_t kColumnsPacked = kBytesPacked / int64_t(sizeof(T));

/// Elements of scratch of one thread: a panel of B, one of A, and a tile for the edges.
template <class T>
RL_INLINE int64_t thread_scratch(int64_t n, int64_t k) {
  if (n < kNarrow) return n * least(k, kSumBlock) + least(k, kSumBlock) + 64;
  return kChain * least(round_up(n, kTileColumns<T>), kColumnsPacked<T> + kTileColumns<T>) + kChain * kRowsPacked +
         kTileRows * kTileColumns<T>;
}

int64_t product_scratch_bytes(int64_t, int64_t n, int64_t k, int64_t item, int threads) {
  const int64_t elements = item == 8 ? thread_scratch<double>(n, k) : thread_scratch<float>(n, k);
  return round_up(elements * item, 64) * threads;
}

template <class T>
RL_INLINE void pack_b(const Product<T>& p, int64_t k0, int64_t depth, int64_t j0, int64_t columns, T* to) {
  constexpr int64_t C = kTileColumns<T>;
  for (int64_t j = 0; j < columns; j += C) {
    const int64_t width = least(C, columns - j);
    const T* from = p.b + k0 * p.b_row + (j0 + j) * p.b_col;
    if (p.b_col == 1 && width == C) {
      for (int64_t k = 0; k < depth; ++k) __builtin_memcpy(to + k * C, from + k * p.b_row, C * sizeof(T));
    } else {
      if (width < C) __builtin_memset(to, 0, size_t(depth * C) * sizeof(T));
      if (p.b_row == 1)
        transpose<Word<T>>(width, depth, bytes_of(from), p.b_col * kItem<T>, bytes_of(to), C * kItem<T>);
      else
        for (int64_t k = 0; k < depth; ++k)
          for (int64_t c = 0; c < width; ++c) to[k * C + c] = from[k * p.b_row + c * p.b_col];
    }
    to += depth * C;
  }
}

template <class T>
RL_INLINE void pack_a(const Product<T>& p, int64_t i0, int64_t rows, int64_t k0, int64_t depth, T* to) {
  constexpr int64_t R = kTileRows;
  for (int64_t i = 0; i < rows; i += R) {
    const int64_t high = least(R, rows - i);
    const T* from = p.a + (i0 + i) * p.a_row + k0 * p.a_col;
    if (high < R) __builtin_memset(to, 0, size_t(depth * R) * sizeof(T));
    if (p.a_col == 1)
      transpose<Word<T>>(high, depth, bytes_of(from), p.a_row * kItem<T>, bytes_of(to), R * kItem<T>);
    else if (p.a_row == 1 && high == R)
      for (int64_t k = 0; k < depth; ++k) __builtin_memcpy(to + k * R, from + k * p.a_col, size_t(R) * sizeof(T));
    else
      for (int64_t r = 0; r < high; ++r)
        for (int64_t k = 0; k < depth; ++k) to[k * R + r] = from[r * p.a_row + k * p.a_col];
    to += depth * R;
  }
}

/// Rows [i0, i1) and columns [j0, j1) of C by one thread.
template <class T>
static void wide_part(const Product<T>& p, int64_t i0, int64_t i1, int64_t j0, int64_t j1, T* scratch) {
  constexpr int64_t C = kTileColumns<T>, R = kTileRows;
  T* const packed_b = scratch;
  T* const packed_a = packed_b + kChain * least(round_up(j1 - j0, C), kColumnsPacked<T> + C);
  T* const edge = packed_a + kChain * kRowsPacked;
  for (int64_t j = j0; j < j1; j += kColumnsPacked<T> / C * C) {
    const int64_t columns = least(kColumnsPacked<T> / C * C, j1 - j);
    for (int64_t k = 0; k < p.k; k += kChain) {
      const int64_t depth = least(kChain, p.k - k);
      const bool last = k + depth == p.k;
      pack_b(p, k, depth, j, columns, packed_b);
      for (int64_t i = i0; i < i1; i += kRowsPacked) {
        const int64_t rows = least(kRowsPacked, i1 - i);
        pack_a(p, i, rows, k, depth, packed_a);
        for (int64_t jt = 0; jt < columns; jt += C)
          for (int64_t it = 0; it < rows; it += R) {
            T* to = p.c + (i + it) * p.c_row + j + jt;
            const int64_t high = least(R, rows - it), width = least(C, columns - jt);
            const T* a = packed_a + it * depth;
            const T* b = packed_b + jt * depth;
            if (high == R && width == C) {
              tile_product<T>(depth, a, b, to, p.c_row, k > 0);
            } else {
              tile_product<T>(depth, a, b, edge, C, false);
              for (int64_t r = 0; r < high; ++r)
                for (int64_t c = 0; c < width; ++c)
                  to[r * p.c_row + c] = k > 0 ? to[r * p.c_row + c] + edge[r * C + c] : edge[r * C + c];
            }
            if (last && p.bias)
              for (int64_t r = 0; r < high; ++r)
                for (int64_t c = 0; c < width; ++c) to[r * p.c_row + c] += p.bias[(j + jt + c) * p.bias_stride];
          }
      }
    }
  }
}

/// One element of a narrow product from contiguous operands of at most one block.
template <class T>
RL_INLINE T lanes_product(int64_t n, const T* a, const T* b) {
  T lane[kLanes];
  if (n < kLanes) {  // one product a lane
    int64_t width = 1;
    while (width < n) width *= 2;
    for (int64_t l = 0; l < n; ++l) lane[l] = a[l] * b[l];
    for (int64_t l = n; l < width; ++l) lane[l] = T(0);
    for (int64_t half = width / 2; half > 0; half /= 2)
      for (int64_t l = 0; l < half; ++l) lane[l] = lane[l] + lane[l + half];
    return lane[0] + T(0);  // a missing lane: it changes -0 alone
  }
  for (int l = 0; l < kLanes; ++l) lane[l] = a[l] * b[l];
  int64_t i = kLanes;
  for (; i + kLanes <= n; i += kLanes)
    for (int l = 0; l < kLanes; ++l) lane[l] = multiply_add_one<T>(a[i + l], b[i + l], lane[l]);
  for (int64_t l = 0; i + l < n; ++l) lane[l] = multiply_add_one<T>(a[i + l], b[i + l], lane[l]);
  return join_lanes(lane);
}

template <class T>
static void narrow_part(const Product<T>& p, int64_t i0, int64_t i1, T* scratch) {
  T* const columns = scratch;
  T* const row = scratch + p.n * least(p.k, kSumBlock);
  const bool one_block = p.k <= kSumBlock;
  const auto pack = [&](int64_t k, int64_t depth) {
    for (int64_t j = 0; j < p.n; ++j)
      for (int64_t d = 0; d < depth; ++d) columns[j * depth + d] = p.b[(k + d) * p.b_row + j * p.b_col];
  };
  const auto row_of = [&](int64_t i, int64_t k, int64_t depth) -> const T* {
    const T* from = p.a + i * p.a_row + k * p.a_col;
    if (p.a_col == 1) return from;
    for (int64_t d = 0; d < depth; ++d) row[d] = from[d * p.a_col];
    return row;
  };
  if (one_block) {
    pack(0, p.k);
    for (int64_t i = i0; i < i1; ++i) {
      const T* a = row_of(i, 0, p.k);
      for (int64_t j = 0; j < p.n; ++j) {
        T sum = p.k > 0 ? lanes_product(p.k, a, columns + j * p.k) : T(0);
        if (p.bias) sum += p.bias[j * p.bias_stride];
        p.c[i * p.c_row + j] = sum;
      }
    }
    return;
  }
  for (int64_t i = i0; i < i1; ++i) {
    BlockTree<T> tree[kNarrow];
    for (int64_t k = 0; k < p.k; k += kSumBlock) {
      const int64_t depth = least(kSumBlock, p.k - k);
      const T* a = row_of(i, k, depth);
      for (int64_t j = 0; j < p.n; ++j) {
        const T* b = p.b + k * p.b_row + j * p.b_col;
        if (p.b_row != 1) {
          for (int64_t d = 0; d < depth; ++d) columns[d] = b[d * p.b_row];
          b = columns;
        }
        tree[j].add(lanes_product(depth, a, b));
      }
    }
    for (int64_t j = 0; j < p.n; ++j)
      p.c[i * p.c_row + j] = tree[j].total() + (p.bias ? p.bias[j * p.bias_stride] : T(0));
  }
}

template <class T>
RL_INLINE void run(const Product<T>& p, void* scratch, int threads) {
  if (p.m == 0 || p.n == 0) return;
  const int64_t bytes = round_up(thread_scratch<T>(p.n, p.k) * int64_t(sizeof(T)), 64);
  const bool narrow = p.n < kNarrow;
  if (!narrow && p.k == 0) {
    for (int64_t i = 0; i < p.m; ++i)
      for (int64_t j = 0; j < p.n; ++j) p.c[i * p.c_row + j] = p.bias ? p.bias[j * p.bias_stride] : T(0);
    return;
  }
  // shares of whole tiles along the longer side, one a thread
  const bool by_rows = narrow || p.m >= p.n;
  const int64_t unit = narrow ? 1 : by_rows ? kTileRows : kTileColumns<T>;
  const int64_t length = by_rows ? p.m : p.n;
  int64_t share = round_up((length + threads - 1) / threads, unit);
  if (p.m * p.n * p.k < 2 * kGrainWork) share = length;
  parallel_for(length, share, [&](int64_t begin, int64_t end) {
    T* own = reinterpret_cast<T*>(static_cast<char*>(scratch) + begin / share * bytes);
    if (narrow)
      narrow_part(p, begin, end, own);
    else if (by_rows)
      wide_part(p, begin, end, 0, p.n, own);
    else
      wide_part(p, 0, p.m, begin, end, own);
  });
}

void product(const Product<float>& p, void* scratch, int threads) { run(p, scratch, threads); }
void product(const Product<double>& p, void* scratch, int threads) { run(p, scratch, threads); }

RL_ISA_END
