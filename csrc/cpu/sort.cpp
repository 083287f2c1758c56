// Sorting rows, and the first k of the sorted row: stable, NaN the largest.
#include "cpu/sort_kernels.h"

#include "cpu/radix.h"

RL_ISA_BEGIN

constexpr int64_t kSortPieces = 16;  // rows worked on at once at most, each with scratch of its own

template <class P, class T>
RL_INLINE void load_items(const T* x, typename P::Item* items, int64_t n, typename P::Bits flip,
                          typename P::Bits least = 0) {
  for (int64_t i = 0; i < n; ++i)
    items[i] = P::make(typename P::Bits(typename P::Bits(Key<T>::of(x[i]) ^ flip) - least), i);
}

template <class P, class T>
RL_INLINE void store_items(const typename P::Item* items, const T* x, T* values, int64_t* indices, int64_t n,
                           typename P::Bits flip, typename P::Bits least = 0) {
  constexpr int64_t kBlock = 64;
  for (int64_t b = 0; b < n; b += kBlock) {
    const int64_t end = b + kBlock < n ? b + kBlock : n;
    typename P::Bits vague = 0;
    for (int64_t i = b; i < end; ++i) {
      const auto key = typename P::Bits(typename P::Bits(P::key(items[i]) + least) ^ flip);
      values[i] = Key<T>::back(key);
      indices[i] = P::place(items[i]);
      vague |= typename P::Bits(Key<T>::is_vague(key));
    }
    if (!vague) continue;
    for (int64_t i = b; i < end; ++i) values[i] = x[P::place(items[i])];
  }
}

/// Rows in pieces, each piece with `items` items of scratch.
template <class Item, class Body>
RL_INLINE void over_rows(const KernelCall& call, int64_t rows, int64_t n, int64_t items, Body&& body) {
  const int64_t pieces = rows < kSortPieces ? rows : kSortPieces;
  parallel_for(pieces, rows * n <= 4096 ? pieces : 1, [&](int64_t first, int64_t last) {
    for (int64_t p = first; p < last; ++p) {
      Item* const scratch = static_cast<Item*>(call.scratch) + p * items;
      for (int64_t r = rows * p / pieces; r < rows * (p + 1) / pieces; ++r) body(r, scratch);
    }
  });
}
RL_INLINE int64_t scratch_bytes(int64_t rows, int64_t items) {
  return (rows < kSortPieces ? rows : kSortPieces) * items * 16;  // an item is 16 bytes at most
}

template <class T, bool kSmall>
static void sort_rows(const KernelCall& call, bool descending) {
  using Item = typename Packed<T, kSmall>::Item;
  using Bits = typename Key<T>::Bits;
  const int64_t rows = call.operands[0].sizes[0], n = call.operands[0].sizes[1];
  const auto flip = descending ? Key<T>::kNan : Bits(0);
  over_rows<Item>(call, rows, n, 2 * n, [&](int64_t r, Item* scratch) {
    const T* x = call.operands[2].as<T>() + r * n;
    const auto sort_as = [&]<class P>(P, Bits least, int bytes) {
      auto* const a = reinterpret_cast<typename P::Item*>(scratch);
      load_items<P>(x, a, n, flip, least);
      const auto* sorted = radix_sort(a, a + n, n, P::kShift, bytes, rows == 1);
      store_items<P>(sorted, x, call.operands[0].as<T>() + r * n, call.operands[1].as<int64_t>() + r * n, n, flip,
                     least);
    };
    if constexpr (kSmall && std::is_integral_v<T> && sizeof(T) == 8) {
      Bits least = Key<T>::kNan, most = 0;
      for (int64_t i = 0; i < n; ++i) {
        const Bits key = Bits(Key<T>::of(x[i]) ^ flip);
        least = key < least ? key : least;
        most = key > most ? key : most;
      }
      int bytes = 0;
      for (Bits range = n > 0 ? most - least : 0; range > 0; range >>= 8) ++bytes;
      if (bytes <= 4) return sort_as(Narrow<T>(), least, bytes);
    }
    sort_as(Packed<T, kSmall>(), 0, int(sizeof(T)));
  });
}

static int64_t sort_scratch(const KernelCall& call) {
  return scratch_bytes(call.operands[0].sizes[0], 2 * call.operands[0].sizes[1]);
}

template <class T>
static void sort(const KernelCall& call) {
  const bool descending = call.parameters.as<kernels::SortParameters>().descending;
  if (call.operands[0].sizes[1] <= int64_t(1) << 32)
    sort_rows<T, true>(call, descending);
  else
    sort_rows<T, false>(call, descending);
}

/// Candidates are gathered until twice as many as wanted stand there; then the best are kept, and the worst of them is
/// the bar for what comes after. An equal element that comes later stays out.
constexpr int64_t kCandidateBlock = 64;
RL_INLINE int64_t candidates_of(int64_t k) { return (2 * k > kRankRow ? 2 * k : kRankRow) + kCandidateBlock; }

template <class T, bool kSmall>
static void first_rows(const KernelCall& call, bool descending) {
  using P = Packed<T, kSmall>;
  using Item = typename P::Item;
  using Bits = typename P::Bits;
  constexpr int64_t kBlock = kCandidateBlock;
  const int64_t rows = call.operands[0].sizes[0], k = call.operands[0].sizes[1], n = call.operands[2].sizes[1];
  const Bits flip = descending ? Key<T>::kNan : Bits(0);
  const bool whole = candidates_of(k) >= n / 2;
  const int64_t room = whole ? n : candidates_of(k);
  over_rows<Item>(call, rows, n, 2 * (room + 1), [&](int64_t r, Item* a) {
    const T* x = call.operands[2].as<T>() + r * n;
    Item* b = a + room + 1;
    int64_t count = 0;
    if (whole) {
      load_items<P>(x, a, n, flip);
      count = n;
    }
    const auto settle = [&](int64_t keep) __attribute__((always_inline)) {
      Item* const sorted = radix_sort(a, b, count, P::kShift, int(sizeof(T)), rows == 1);
      b = sorted == a ? b : a;
      a = sorted;
      count = keep < count ? keep : count;
    };
    Bits bar = 0;
    bool barred = false;
    for (int64_t i = 0; i < n && !whole; i += kBlock) {
      const int64_t end = n - i < kBlock ? n - i : kBlock;
      Bits keys[kBlock];
      Bits below = !barred;  // as wide as a key, so that the loop is one of vectors
      for (int64_t j = 0; j < end; ++j) {
        keys[j] = Bits(Key<T>::of(x[i + j]) ^ flip);
        below |= Bits(keys[j] < bar);
      }
      if (!below) continue;
      for (int64_t j = 0; j < end; ++j) {
        a[count] = P::make(keys[j], i + j);
        count += !barred | (keys[j] < bar);
      }
      if (count + kBlock <= room) continue;
      settle(k);
      if (count == k && k > 0) bar = P::key(a[k - 1]), barred = true;
    }
    settle(k);
    store_items<P>(a, x, call.operands[0].as<T>() + r * k, call.operands[1].as<int64_t>() + r * k, k, flip);
  });
}

static int64_t topk_scratch(const KernelCall& call) {
  const int64_t k = call.operands[0].sizes[1], n = call.operands[2].sizes[1];
  return scratch_bytes(call.operands[0].sizes[0], 2 * ((candidates_of(k) >= n / 2 ? n : candidates_of(k)) + 1));
}

template <class T>
static void topk(const KernelCall& call) {
  const bool descending = call.parameters.as<kernels::SortParameters>().descending;
  if (call.operands[2].sizes[1] <= int64_t(1) << 32)
    first_rows<T, true>(call, descending);
  else
    first_rows<T, false>(call, descending);
}

extern const KernelEntry sort_entries[];
const KernelEntry sort_entries[] = {
#define X(Name, T) \
  {&kernels::sort, DType::Name, &sort<T>, &sort_scratch}, {&kernels::topk, DType::Name, &topk<T>, &topk_scratch},
    RL_TYPES_Keyed(X)
#undef X
};
extern const int sort_count;
const int sort_count = int(sizeof(sort_entries) / sizeof(KernelEntry));

RL_ISA_END
