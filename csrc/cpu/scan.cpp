// Scans: blocks of 4096, each in order, on top of the total of those before it (DESIGN, section 5).
#include "cpu/scan_kernels.h"

#include "core/parallel.h"
#include "cpu/reduce_types.h"
#include "cpu/sum_order.h"

RL_ISA_BEGIN

constexpr int64_t kScanGrain = 16384;  // elements worth a second thread
constexpr int64_t kChains = 8;         // sums that run side by side: one alone waits for each of its additions

/// Where row `row` of the dims before the last begins, in elements of an operand.
RL_INLINE int64_t row_at(const View& v, int64_t row, int skipped = -1) {
  int64_t at = 0;
  for (int d = v.ndim - 2; d >= 0; --d) {
    if (d == skipped) continue;
    at += row % v.sizes[d] * v.strides[d];
    row /= v.sizes[d];
  }
  return at;
}

/// `n` steps of kChains scans, `apart` elements from one to the next. By way of a buffer, a line of each at a time: the
/// scans of one row lie 4096 elements apart, where they would push each other out of first-level cache.
template <class T, class F>
static __attribute__((noinline)) void run_chains(const T* from, T* to, int64_t n, int64_t from_apart,
                                                 int64_t to_apart) {
  constexpr int64_t kLine = 64 / sizeof(T);
  T line[kChains][kLine], running[kChains];
  for (int64_t c = 0; c < kChains; ++c) running[c] = T();
  for (int64_t b = 0; b < n; b += kLine) {
    const auto step = [&](int64_t count) __attribute__((always_inline)) {
      for (int64_t c = 0; c < kChains; ++c)
        for (int64_t i = 0; i < count; ++i) line[c][i] = from[c * from_apart + b + i];
      for (int64_t i = 0; i < count; ++i)
#pragma GCC unroll 8
        for (int64_t c = 0; c < kChains; ++c)
          line[c][i] = running[c] = b + i == 0 ? line[c][i] : F::join(running[c], line[c][i]);
      for (int64_t c = 0; c < kChains; ++c)
        for (int64_t i = 0; i < count; ++i) to[c * to_apart + b + i] = line[c][i];
    };
    if (n - b >= kLine)
      step(kLine);
    else
      step(n - b);
  }
}
template <class T, class F>
RL_INLINE void run_chain(const T* from, T* to, int64_t n) {
  T running = to[0] = from[0];
  for (int64_t i = 1; i < n; ++i) to[i] = running = F::join(running, from[i]);
}

/// Elements [begin, end) of a dense row, `begin` a multiple of the block, on top of `before` where that is not null;
/// gives back the total.
template <class T, class F>
RL_INLINE T scan_blocks(const T* from, T* to, int64_t begin, int64_t end, const T* first) {
  T before = first ? *first : T();
  bool any = first != nullptr;
  for (int64_t b = begin; b < end;) {
    const int64_t left = end - b, whole = left / kSumBlock;
    const int64_t blocks = whole >= kChains ? kChains : 1, n = left < kSumBlock ? left : kSumBlock;
    if (blocks == kChains)
      run_chains<T, F>(from + b, to + b, kSumBlock, kSumBlock, kSumBlock);
    else
      run_chain<T, F>(from + b, to + b, n);
    for (int64_t k = 0; k < blocks; ++k) {
      T* x = to + b + k * kSumBlock;
      if (any)
        for (int64_t i = 0; i < n; ++i) x[i] = F::join(before, x[i]);
      before = x[n - 1];
      any = true;
    }
    b += blocks * n;
  }
  return before;
}

static int64_t scan_scratch(const KernelCall& call) {
  const View& input = call.operands[1];
  return (input.sizes[input.ndim - 1] / kSumBlock + 1) * 16;  // a total is a complex128 at most
}

/// One long row for several threads: the totals first, then every piece on top of what stands before it.
template <class T, class F>
static void scan_shared(const T* from, T* to, int64_t n, T* totals) {
  const int64_t blocks = blocks_of(n), grain = 2 * kChains;
  parallel_for(blocks - 1, grain, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b += kChains) {
      T running[kChains];
      const int64_t chains = end - b < kChains ? end - b : kChains;
      for (int64_t c = 0; c < chains; ++c) running[c] = from[(b + c) * kSumBlock];
      for (int64_t i = 1; i < kSumBlock; ++i)
        for (int64_t c = 0; c < chains; ++c) running[c] = F::join(running[c], from[(b + c) * kSumBlock + i]);
      for (int64_t c = 0; c < chains; ++c) totals[b + c] = running[c];
    }
  });
  for (int64_t b = 1; b < blocks - 1; ++b) totals[b] = F::join(totals[b - 1], totals[b]);
  parallel_for(blocks, grain, [&](int64_t begin, int64_t end) {
    const int64_t stop = end * kSumBlock < n ? end * kSumBlock : n;
    scan_blocks<T, F>(from, to, begin * kSumBlock, stop, begin > 0 ? totals + begin - 1 : nullptr);
  });
}

/// Columns side by side: `columns` of them are dense, the scan steps over rows.
template <class T, class F>
static void scan_columns(const T* from, T* to, int64_t n, int64_t columns, int64_t in_step, int64_t out_step) {
  constexpr int64_t kStrip = 256 / sizeof(T);
  T running[kStrip], before[kStrip];
  for (int64_t c = 0; c < columns; c += kStrip) {
    const auto strip = [&](int64_t width) __attribute__((always_inline)) {
      for (int64_t i = 0; i < n; ++i) {
        const T* x = from + c + i * in_step;
        T* y = to + c + i * out_step;
        if (i % kSumBlock == 0) {
          for (int64_t j = 0; j < width; ++j) before[j] = i == kSumBlock ? running[j] : F::join(before[j], running[j]);
          for (int64_t j = 0; j < width; ++j) running[j] = x[j];
        } else {
          for (int64_t j = 0; j < width; ++j) running[j] = F::join(running[j], x[j]);
        }
        if (i < kSumBlock)
          for (int64_t j = 0; j < width; ++j) y[j] = running[j];
        else
          for (int64_t j = 0; j < width; ++j) y[j] = F::join(before[j], running[j]);
      }
    };
    for (int64_t j = 0; j < kStrip; ++j) running[j] = before[j] = T();
    if (columns - c >= kStrip)
      strip(kStrip);
    else
      strip(columns - c);
  }
}

template <class T, class F>
static void scan(const KernelCall& call) {
  const View &out = call.operands[0], &input = call.operands[1];
  const int last = input.ndim - 1;
  const int64_t n = input.sizes[last], in_step = input.strides[last], out_step = out.strides[last];
  int64_t rows = 1;
  int dense = -1;  // a dim whose elements are neighbours in both
  for (int d = 0; d < last; ++d) {
    rows *= input.sizes[d];
    if (input.strides[d] == 1 && out.strides[d] == 1 && input.sizes[d] > 1) dense = d;
  }
  if (n == 0 || rows == 0) return;
  const T* from = input.as<T>();
  T* to = out.as<T>();
  const int64_t grain = n >= kScanGrain ? 1 : kScanGrain / n;
  if (in_step == 1 && out_step == 1) {
    if (rows == 1 && n >= 4 * kChains * kSumBlock && num_threads() > 1) {
      scan_shared<T, F>(from, to, n, static_cast<T*>(call.scratch));
      return;
    }
    // rows of one block that lie evenly run side by side; a sum of integers has nothing to wait for
    constexpr bool kWaits = !std::is_same_v<F, Sum> || !std::is_integral_v<T>;
    const bool even = kWaits && n <= kSumBlock && n >= 16 && last == 1;
    parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end;) {
        const T* x = from + row_at(input, r);
        T* y = to + row_at(out, r);
        if (even && end - r >= kChains) {
          run_chains<T, F>(x, y, n, input.strides[0], out.strides[0]);
          r += kChains;
        } else {
          scan_blocks<T, F>(x, y, 0, n, nullptr);
          ++r;
        }
      }
    });
    return;
  }
  if (dense >= 0) {
    const int64_t width = 1024 / int64_t(sizeof(T)), columns = input.sizes[dense],
                  strips = (columns + width - 1) / width;
    parallel_for(rows / columns * strips, n * width >= kScanGrain ? 1 : kScanGrain / (n * width),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t s = begin; s < end; ++s) {
                     const int64_t r = s / strips, c = s % strips * width;
                     scan_columns<T, F>(from + row_at(input, r, dense) + c, to + row_at(out, r, dense) + c, n,
                                        columns - c < width ? columns - c : width, in_step, out_step);
                   }
                 });
    return;
  }
  parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const T* x = from + row_at(input, r);
      T* y = to + row_at(out, r);
      T before = T(), running = T();
      for (int64_t i = 0; i < n; ++i) {
        const bool starts = i % kSumBlock == 0;
        if (starts && i > 0) before = i == kSumBlock ? running : F::join(before, running);
        running = starts ? x[i * in_step] : F::join(running, x[i * in_step]);
        y[i * out_step] = i < kSumBlock ? running : F::join(before, running);
      }
    }
  });
}

extern const KernelEntry scan_entries[];
const KernelEntry scan_entries[] = {
#define X(Name, T)                                               \
  {&kernels::cumsum, DType::Name, &scan<T, Sum>, &scan_scratch}, \
      {&kernels::cumprod, DType::Name, &scan<T, functors::Product>, &scan_scratch},
    RL_TYPES_Sums(X)
#undef X
};
extern const int scan_count;
const int scan_count = int(sizeof(scan_entries) / sizeof(KernelEntry));

RL_ISA_END
