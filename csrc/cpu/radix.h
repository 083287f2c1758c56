// Sorting of (key, place) pairs packed into one unsigned number, so that no two are equal and every way of sorting is
// stable. Short rows by rank; longer ones by least significant digits of a byte.
#pragma once

#include <cstdint>

#include "core/parallel.h"
#include "cpu/order_keys.h"

RL_ISA_BEGIN

__extension__ typedef unsigned __int128 uint128;
/// The packed pair: keys of 4 bytes at most with a place below 2^32, or any.
template <class T, bool kSmall>
struct Packed {
  using Bits = typename Key<T>::Bits;
  static constexpr bool fits = kSmall && sizeof(T) <= 4;
  using Item = std::conditional_t<fits, uint64_t, uint128>;
  static constexpr int kShift = fits ? 32 : 64;

  static RL_INLINE Item make(Bits key, int64_t place) { return (Item(key) << kShift) | Item(uint64_t(place)); }
  static RL_INLINE Bits key(Item item) { return Bits(item >> kShift); }
  static RL_INLINE int64_t place(Item item) { return fits ? int64_t(uint32_t(item)) : int64_t(uint64_t(item)); }
};

/// The packed pair of a wide integer that stands less than 2^32 above the least one of its row, as most do.
template <class T>
struct Narrow {
  using Bits = typename Key<T>::Bits;
  using Item = uint64_t;
  static constexpr int kShift = 32;

  static RL_INLINE Item make(Bits key, int64_t place) { return (Item(key) << kShift) | Item(uint64_t(place)); }
  static RL_INLINE Bits key(Item item) { return Bits(item >> kShift); }
  static RL_INLINE int64_t place(Item item) { return int64_t(uint32_t(item)); }
};

constexpr int64_t kRankRow = 64;        // up to here each item counts those below it: no branches, all vectors
constexpr int64_t kRadixPiece = 65536;  // items worth a second thread
constexpr int kRadixPieces = 16;

/// Sixteen items count at once those below them: no sum across a register.
template <class Item>
RL_INLINE void rank_sort(const Item* items, Item* to, int64_t n) {
  constexpr int kSide = 16;
  for (int64_t b = 0; b < n; b += kSide) {
    const int count = n - b < kSide ? int(n - b) : kSide;
    Item block[kSide];
    uint64_t rank[kSide];
    for (int l = 0; l < kSide; ++l) block[l] = l < count ? items[b + l] : Item(0), rank[l] = 0;
    for (int64_t j = 0; j < n; ++j) {
      const Item x = items[j];
      for (int l = 0; l < kSide; ++l) rank[l] += x < block[l];
    }
    for (int l = 0; l < count; ++l) to[rank[l]] = block[l];
  }
}

template <class Item>
static __attribute__((noinline)) void scatter_digit(const Item* from, Item* to, int64_t n, int shift, int64_t* next) {
  for (int64_t i = 0; i < n; ++i) {
    const Item x = from[i];
    to[next[uint8_t(x >> shift)]++] = x;
  }
}

/// One pass shared out: each piece counts its digits, and then knows where each of them goes.
template <class Item>
static bool shared_pass(const Item* from, Item* to, int64_t n, int shift, int pieces) {
  int64_t next[kRadixPieces][256];
  const auto begin_of = [&](int64_t p) { return n / pieces * p + (n % pieces < p ? n % pieces : p); };
  parallel_for(pieces, 1, [&](int64_t first, int64_t last) {
    for (int64_t p = first; p < last; ++p) {
      for (int d = 0; d < 256; ++d) next[p][d] = 0;
      for (int64_t i = begin_of(p); i < begin_of(p + 1); ++i) ++next[p][uint8_t(from[i] >> shift)];
    }
  });
  int64_t at = 0;
  for (int d = 0; d < 256; ++d) {
    int64_t here = 0;
    for (int p = 0; p < pieces; ++p) {
      const int64_t count = next[p][d];
      next[p][d] = at;
      at += count, here += count;
    }
    if (here == n) return false;  // all alike: they stay where they are
  }
  parallel_for(pieces, 1, [&](int64_t first, int64_t last) {
    for (int64_t p = first; p < last; ++p)
      scatter_digit(from + begin_of(p), to + begin_of(0), begin_of(p + 1) - begin_of(p), shift, next[p]);
  });
  return true;
}

/// Sorts by the `bytes` bytes above `shift`; gives back whichever of `a` and `b` holds the result.
template <class Item>
static Item* radix_sort(Item* a, Item* b, int64_t n, int shift, int bytes, bool alone) {
  if (n <= kRankRow) {
    rank_sort(a, b, n);
    return b;
  }
  const int64_t wanted = n / kRadixPiece;
  const int pieces = int(wanted < kRadixPieces ? wanted : kRadixPieces);
  if (alone && pieces > 1 && num_threads() > 1) {
    for (int p = 0; p < bytes; ++p)
      if (shared_pass(a, b, n, shift + 8 * p, pieces)) {
        Item* const sorted = b;
        b = a;
        a = sorted;
      }
    return a;
  }
  int64_t next[8][256];
  for (int p = 0; p < bytes; ++p)
    for (int d = 0; d < 256; ++d) next[p][d] = 0;
  for (int64_t i = 0; i < n; ++i) {
    const Item x = a[i] >> shift;
    for (int p = 0; p < bytes; ++p) ++next[p][uint8_t(x >> (8 * p))];
  }
  for (int p = 0; p < bytes; ++p) {
    if (next[p][uint8_t(a[0] >> (shift + 8 * p))] == n) continue;
    int64_t at = 0;
    for (int d = 0; d < 256; ++d) {
      const int64_t count = next[p][d];
      next[p][d] = at;
      at += count;
    }
    scatter_digit(a, b, n, shift + 8 * p, next[p]);
    Item* const sorted = b;
    b = a;
    a = sorted;
  }
  return a;
}

RL_ISA_END
