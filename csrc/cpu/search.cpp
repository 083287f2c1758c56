// Places in sorted rows by halving, sixteen values side by side; counts of numbers and of intervals.
#include "cpu/search_kernels.h"

#include "core/parallel.h"
#include "core/scalar.h"
#include "cpu/reduce_types.h"

RL_ISA_BEGIN

using kernels::HistogramParameters;
using kernels::SearchParameters;

constexpr int64_t kSearched = 16;

/// How many of the sorted stand before x: below it, or (kRight) not above it. NaN stands behind all.
template <class T, bool kRight, bool kSorter>
RL_INLINE void places(const T* x, int64_t count, const T* sorted, const int64_t* sorter, int64_t n, int64_t* at) {
  const auto before = [&](int64_t i, T y) __attribute__((always_inline)) {
    const T s = sorted[kSorter ? sorter[i] : i];
    return kRight ? !(s > y) : !(s >= y);
  };
  for (int64_t l = 0; l < count; ++l) at[l] = 0;
  for (int64_t length = n; length > 1; length -= length / 2) {
    const int64_t half = length / 2;
    for (int64_t l = 0; l < count; ++l) at[l] += before(at[l] + half - 1, x[l]) ? half : 0;
  }
  for (int64_t l = 0; l < count; ++l) at[l] += n > 0 && before(at[l], x[l]);
}

template <class T, bool kRight, bool kSorter>
static void search_rows(const KernelCall& call) {
  const View &out = call.operands[0], &values = call.operands[1], &sorted = call.operands[2];
  const int64_t rows = values.sizes[0], m = values.sizes[1], n = sorted.sizes[1];
  const int64_t strips = (m + kSearched - 1) / kSearched;
  parallel_for(rows * strips, 64, [&](int64_t first, int64_t last) {
    for (int64_t s = first; s < last; ++s) {
      const int64_t r = s / strips, j = s % strips * kSearched, count = m - j < kSearched ? m - j : kSearched;
      const int64_t line = sorted.sizes[0] == 1 ? 0 : r * n;
      const T* x = values.as<T>() + r * m + j;
      const T* in = sorted.as<T>() + line;
      const int64_t* sorter = kSorter ? call.operands[3].as<int64_t>() + line : nullptr;
      int64_t at[kSearched];
      if (count == kSearched)
        places<T, kRight, kSorter>(x, kSearched, in, sorter, n, at);
      else
        places<T, kRight, kSorter>(x, count, in, sorter, n, at);
      for (int64_t l = 0; l < count; ++l) {
        if (out.dtype == DType::Int32)
          out.as<int32_t>()[r * m + j + l] = int32_t(at[l]);
        else
          out.as<int64_t>()[r * m + j + l] = at[l];
      }
    }
  });
}

template <class T>
static void searchsorted(const KernelCall& call) {
  const bool right = call.parameters.as<SearchParameters>().right;
  if (call.count == 4)
    right ? search_rows<T, true, true>(call) : search_rows<T, false, true>(call);
  else
    right ? search_rows<T, true, false>(call) : search_rows<T, false, false>(call);
}

template <class W>
static void bincount(const KernelCall& call) {
  const int64_t bins = call.operands[0].sizes[0], n = call.operands[1].sizes[0];
  W* const counts = call.operands[0].as<W>();
  const int64_t* x = call.operands[1].as<int64_t>();
  for (int64_t b = 0; b < bins; ++b) counts[b] = W(0);
  if (call.count == 3) {
    const W* weights = call.operands[2].as<W>();
    for (int64_t i = 0; i < n; ++i) counts[x[i]] += weights[i];
    return;
  }
  constexpr int64_t kFew = 1024;
  if (bins > kFew) {
    for (int64_t i = 0; i < n; ++i) counts[x[i]] += W(1);
    return;
  }
  // few bins: four counters each, because one that is counted up again at once waits for its own store
  int64_t part[4][kFew];
  for (auto& p : part)
    for (int64_t b = 0; b < bins; ++b) p[b] = 0;
  int64_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (int l = 0; l < 4; ++l) ++part[l][x[i + l]];
  for (; i < n; ++i) ++part[0][x[i]];
  for (int64_t b = 0; b < bins; ++b) counts[b] = W(part[0][b] + part[1][b] + part[2][b] + part[3][b]);
}

/// Elements outside [low, high] count nowhere; the last interval holds its end.
template <class T>
static void histogram(const KernelCall& call) {
  const auto p = call.parameters.as<HistogramParameters>();
  const int64_t bins = call.operands[0].sizes[0], n = call.operands[1].sizes[0];
  T* const counts = call.operands[0].as<T>();
  const T* x = call.operands[1].as<T>();
  const T* edges = call.operands[2].as<T>();
  const T* weights = call.count == 4 ? call.operands[3].as<T>() : nullptr;
  const T low = p.even ? T(p.low) : edges[0], high = p.even ? T(p.high) : edges[bins];
  const T width = high - low;
  for (int64_t b = 0; b < bins; ++b) counts[b] = T(0);
  constexpr int64_t kBlock = 256;
  for (int64_t b = 0; b < n; b += kBlock) {
    const int64_t count = n - b < kBlock ? n - b : kBlock;
    int64_t at[kBlock];
    for (int64_t i = 0; i < count; ++i) {
      const T y = x[b + i];
      const bool inside = y >= low && y <= high;
      at[i] = inside ? (p.even ? int64_t((y - low) * T(bins) / width) : 0) : -1;
    }
    for (int64_t i = 0; i < count; ++i) {
      if (at[i] < 0) continue;
      const T y = x[b + i];
      int64_t from = 0, to = bins + 1;  // the first edge above y stands in [from, to]
      if (p.even && p.exact) {
        from = at[i] > 0 ? at[i] - 1 : 0;
        to = at[i] + 2 < bins + 1 ? at[i] + 2 : bins + 1;
      }
      if (p.exact || !p.even) {
        while (from < to) {
          const int64_t middle = from + (to - from) / 2;
          if (edges[middle] <= y)
            from = middle + 1;
          else
            to = middle;
        }
        at[i] = from - 1;
      }
      at[i] = at[i] >= bins ? bins - 1 : at[i] < 0 ? 0 : at[i];
      counts[at[i]] += weights ? weights[b + i] : T(1);
    }
  }
}

extern const KernelEntry search_entries[];
const KernelEntry search_entries[] = {{&kernels::bincount, DType::Int64, &bincount<int64_t>},
                                      {&kernels::bincount, DType::Float32, &bincount<float>},
                                      {&kernels::bincount, DType::Float64, &bincount<double>},
                                      {&kernels::histogram, DType::Float32, &histogram<float>},
                                      {&kernels::histogram, DType::Float64, &histogram<double>},
#define X(Name, T) {&kernels::searchsorted, DType::Name, &searchsorted<T>},
                                      RL_TYPES_Ordered(X)
#undef X
};
extern const int search_count;
const int search_count = int(sizeof(search_entries) / sizeof(KernelEntry));

RL_ISA_END
