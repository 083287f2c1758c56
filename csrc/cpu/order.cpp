// The k-th of a row by its digits, the longest run of a sorted row, rows in lexicographic order, runs of equal rows.
#include "cpu/order_kernels.h"

#include "core/parallel.h"
#include "cpu/order_keys.h"

RL_ISA_BEGIN

using kernels::KthParameters;

constexpr int64_t kOrderPieces = 16;

/// The digit where the k-th of the counted ones falls; k becomes its rank among those.
static int digit_of(const int64_t (&counts)[2][2048], int digits, int64_t* k) {
  for (int d = 0; d < digits; ++d) {
    const int64_t here = counts[0][d] + counts[1][d];
    if (*k < here) return d;
    *k -= here;
  }
  return digits - 1;
}

/// The key of rank k: the bin of the leading digits first, then what fell into it, digit by digit. `keys` has room for
/// one more, and loses its order.
template <class Bits>
static __attribute__((noinline)) Bits key_by_digits(Bits* keys, int64_t n, int64_t k) {
  constexpr int64_t kShort = 64;
  if (n <= kShort) {  // the element with as many before it, of equals the earlier ones
    for (int64_t i = 0; i < n; ++i) {
      Bits before = 0, equal = 0;
      for (int64_t j = 0; j < n; ++j)
        before = Bits(before + (keys[j] < keys[i])), equal = Bits(equal + (keys[j] == keys[i]));
      if (int64_t(before) <= k && k < int64_t(before) + int64_t(equal)) return keys[i];
    }
  }
  constexpr int kBits = int(sizeof(Bits)) * 8, kWide = kBits < 11 ? kBits : 11;
  int64_t counts[2][2048];  // two, because one that is counted up again at once waits for its own store
  int64_t m = n;
  for (int shift = kBits; shift > 0 && m > 1;) {
    const int widest = m < 4096 && kWide > 8 ? 8 : kWide, width = shift < widest ? shift : widest;
    shift -= width;
    const Bits mask = Bits((1 << width) - 1);
    for (int64_t d = 0; d <= int64_t(mask); ++d) counts[0][d] = counts[1][d] = 0;
    for (int64_t i = 0; i < m; ++i) ++counts[i & 1][Bits(keys[i] >> shift) & mask];
    const auto digit = Bits(digit_of(counts, 1 << width, &k));
    int64_t kept = 0;
    for (int64_t i = 0; i < m; ++i) {
      const Bits key = keys[i];
      keys[kept] = key;
      kept += (Bits(key >> shift) & mask) == digit;
    }
    m = kept;
  }
  return keys[0];
}

constexpr int64_t kSample = 1024;

/// Leaves only the keys between two of a sample that very likely enclose rank k; k becomes the rank among them. Returns
/// how many, or 0 where they do not enclose it or are more than half.
template <class T>
static __attribute__((noinline)) int64_t enclose(const T* x, int64_t n, int64_t* k, typename Key<T>::Bits* left) {
  using Bits = typename Key<T>::Bits;
  Bits sample[kSample];
  for (int64_t i = 0; i < kSample; ++i) {  // scattered, so that no period of the data meets one of the places
    const uint64_t place = uint64_t(i) * 0x9e3779b97f4a7c15u;  // 2^64 by the golden ratio
    sample[i] = Key<T>::of(x[(unsigned __int128)(place)*uint64_t(n) >> 64]);
  }
  const double share = double(*k) / double(n), middle = share * kSample;
  const double margin = 3 * __builtin_sqrt(middle * (1 - share)) + 2;  // three standard deviations
  const auto first = int64_t(middle - margin), last = int64_t(middle + margin);
  const auto of_sample = [&](int64_t rank) {
    Bits keys[kSample + 1];
    __builtin_memcpy(keys, sample, sizeof(sample));
    return key_by_digits(keys, kSample, rank);
  };
  const Bits low = middle < margin ? 0 : of_sample(first), high = last >= kSample ? Key<T>::kNan : of_sample(last);

  constexpr int64_t kBlock = 64;
  int64_t below = 0, inside = 0;
  const auto sift = [&](const T* block, int64_t m) __attribute__((always_inline)) {
    Bits keys[kBlock], less = 0, any = 0;
    for (int64_t j = 0; j < m; ++j) {
      keys[j] = Key<T>::of(block[j]);
      less = Bits(less + (keys[j] < low ? Bits(1) : Bits(0)));
      any |= Bits(Bits(keys[j] - low) <= Bits(high - low));
    }
    below += int64_t(less);
    for (int64_t j = 0; any && j < m; ++j) {
      left[inside] = keys[j];
      inside += Bits(keys[j] - low) <= Bits(high - low);
    }
  };
  int64_t done = 0;
  for (; done + kBlock <= n && inside <= n / 2; done += kBlock) sift(x + done, kBlock);  // a length the compiler knows
  if (inside > n / 2) return 0;
  sift(x + done, n - done);
  if (*k < below || *k >= below + inside) return 0;
  *k -= below;
  return inside;
}

template <class T>
static typename Key<T>::Bits key_of_rank(const T* x, int64_t n, int64_t k, typename Key<T>::Bits* left) {
  int64_t m = n < 8 * kSample ? 0 : enclose(x, n, &k, left);
  if (m == 0)
    for (m = 0; m < n; ++m) left[m] = Key<T>::of(x[m]);
  return key_by_digits(left, m, k);
}

template <class T>
RL_INLINE int64_t first_of_key(const T* x, int64_t n, typename Key<T>::Bits key) {
  constexpr int64_t kBlock = 256;
  for (int64_t b = 0; b < n; b += kBlock) {
    const int64_t end = b + kBlock < n ? b + kBlock : n;
    typename Key<T>::Bits any = 0;
    for (int64_t i = b; i < end; ++i) any |= typename Key<T>::Bits(Key<T>::of(x[i]) == key);
    for (int64_t i = b; any && i < end; ++i)
      if (Key<T>::of(x[i]) == key) return i;
  }
  return 0;
}

static int64_t kth_scratch(const KernelCall& call) {
  const int64_t rows = call.operands[2].sizes[0], n = call.operands[2].sizes[1];
  return (rows < kOrderPieces ? rows : kOrderPieces) * (n + 1) * 8;  // a key is 8 bytes at most
}

template <class T>
static void kth(const KernelCall& call) {
  using Bits = typename Key<T>::Bits;
  using Which = KthParameters::Which;
  const auto p = call.parameters.as<KthParameters>();
  const int64_t rows = call.operands[2].sizes[0], n = call.operands[2].sizes[1];
  const int64_t pieces = rows < kOrderPieces ? rows : kOrderPieces;
  parallel_for(pieces, rows * n <= 8192 ? pieces : 1, [&](int64_t first, int64_t last) {
    for (int64_t piece = first; piece < last; ++piece) {
      Bits* const scratch = static_cast<Bits*>(call.scratch) + piece * (n + 1);
      for (int64_t r = rows * piece / pieces; r < rows * (piece + 1) / pieces; ++r) {
        const T* x = call.operands[2].as<T>() + r * n;
        int64_t nans = 0;
        if constexpr (Key<T>::is_floating)
          if (p.which != Which::Kth)
            for (int64_t i = 0; i < n; ++i) nans += Key<T>::of(x[i]) == Key<T>::kNan;
        Bits key = Key<T>::kNan;
        if (p.which == Which::Kth)
          key = key_of_rank(x, n, p.k, scratch);
        else if (nans == 0 || (p.which == Which::NanMedian && nans < n))
          key = key_of_rank(x, n, (n - nans - 1) / 2, scratch);
        const int64_t at = first_of_key(x, n, key);
        call.operands[0].as<T>()[r] = x[at];
        call.operands[1].as<int64_t>()[r] = at;
      }
    }
  });
}

/// The least of the most frequent values, and where the last of them was. A NaN equals nothing.
template <class T>
static void longest_run(const KernelCall& call) {
  const int64_t rows = call.operands[2].sizes[0], n = call.operands[2].sizes[1];
  parallel_for(rows, n >= 8192 ? 1 : 8192 / (n > 0 ? n : 1), [&](int64_t first, int64_t last) {
    for (int64_t r = first; r < last; ++r) {
      const T* x = call.operands[2].as<T>() + r * n;
      int64_t longest = 0, end = 0, begin = 0;
      for (int64_t i = 0; i < n; ++i) {
        if (i > 0 && x[i] != x[i - 1]) begin = i;
        if (i + 1 - begin > longest) longest = i + 1 - begin, end = i;
      }
      call.operands[0].as<T>()[r] = x[end];
      call.operands[1].as<int64_t>()[r] = call.operands[3].as<int64_t>()[r * n + end];
    }
  });
}

template <class T>
RL_INLINE bool row_is_less(const T* a, const T* b, int64_t m) {
  for (int64_t j = 0; j < m; ++j) {
    const auto x = Key<T>::of(a[j]), y = Key<T>::of(b[j]);
    if (x != y) return x < y;
  }
  return false;
}

static int64_t row_order_scratch(const KernelCall& call) { return call.operands[0].sizes[0] * 8; }

/// Merging from the bottom up.
template <class T>
static void row_order(const KernelCall& call) {
  const int64_t n = call.operands[1].sizes[0], m = call.operands[1].sizes[1];
  const T* x = call.operands[1].as<T>();
  int64_t *const result = call.operands[0].as<int64_t>(), *from = result, *to = static_cast<int64_t*>(call.scratch);
  for (int64_t i = 0; i < n; ++i) from[i] = i;
  for (int64_t width = 1; width < n; width *= 2) {
    for (int64_t begin = 0; begin < n; begin += 2 * width) {
      const int64_t middle = begin + width < n ? begin + width : n, end = begin + 2 * width < n ? begin + 2 * width : n;
      int64_t a = begin, b = middle;
      for (int64_t at = begin; at < end; ++at) {
        const bool right = b < end && (a == middle || row_is_less(x + from[b] * m, x + from[a] * m, m));
        to[at] = right ? from[b++] : from[a++];
      }
    }
    int64_t* const sorted = to;
    to = from;
    from = sorted;
  }
  for (int64_t i = 0; from != result && i < n; ++i) result[i] = from[i];
}

template <class T>
static void run_ids(const KernelCall& call) {
  const int64_t n = call.operands[1].sizes[0], m = call.operands[1].sizes[1];
  const T* x = call.operands[1].as<T>();
  int64_t* const ids = call.operands[0].as<int64_t>();
  int64_t id = 0;
  for (int64_t i = 0; i < n; ++i) {
    bool differs = false;
    if (i > 0)
      for (int64_t j = 0; j < m; ++j) differs |= x[i * m + j] != x[(i - 1) * m + j];
    id += differs;
    ids[i] = id;
  }
}

static void run_starts(const KernelCall& call) {
  const int64_t runs = call.operands[0].sizes[0], n = call.operands[2].sizes[0];
  const int64_t* ids = call.operands[2].as<int64_t>();
  int64_t *const first = call.operands[0].as<int64_t>(), *const counts = call.operands[1].as<int64_t>();
  int64_t run = 0;  // counted here: whatever the ids are, nothing is written outside
  for (int64_t i = 0; i < n && run < runs; ++i)
    if (i == 0 || ids[i] != ids[i - 1]) first[run++] = i;
  for (; run < runs; ++run) first[run] = n;
  for (int64_t r = 0; r < runs; ++r) counts[r] = (r + 1 < runs ? first[r + 1] : n) - first[r];
}

extern const KernelEntry order_entries[];
const KernelEntry order_entries[] = {{&kernels::run_starts, DType::Int64, &run_starts},
#define X(Name, T)                                                                                            \
  {&kernels::kth, DType::Name, &kth<T>, &kth_scratch}, {&kernels::longest_run, DType::Name, &longest_run<T>}, \
      {&kernels::row_order, DType::Name, &row_order<T>, &row_order_scratch},                                  \
      {&kernels::run_ids, DType::Name, &run_ids<T>},
                                     RL_TYPES_Keyed(X)
#undef X
};
extern const int order_count;
const int order_count = int(sizeof(order_entries) / sizeof(KernelEntry));

RL_ISA_END
