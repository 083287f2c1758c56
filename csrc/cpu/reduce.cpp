// Reductions in the order of sums: along rows that are dense, across rows whose columns are dense, and gathered
// otherwise.
#include "cpu/reduce_kernels.h"

#include "core/parallel.h"
#include "cpu/index_walk.h"
#include "cpu/sum_order.h"

RL_ISA_BEGIN

using kernels::ReduceParameters;

struct Times {
  template <class T>
  static RL_INLINE T identity() {
    return T(1);
  }
  template <class T>
  static RL_INLINE T join(T a, T b) {
    if constexpr (std::is_integral_v<T>)
      return T(uint64_t(a) * uint64_t(b));
    else
      return a * b;
  }
};
template <class T>
constexpr bool kHasNan = !std::is_integral_v<T>;
/// The largest (kMax) or smallest; NaN wins.
template <bool kMax>
struct Extreme {
  template <class T>
  static RL_INLINE T identity() {
    if constexpr (kHasNan<T>)
      return kMax ? T(-__builtin_inf()) : T(__builtin_inf());
    else if constexpr (sizeof(T) == 1 && T(2) == T(1))
      return T(!kMax);
    else if constexpr (T(-1) > T(0))
      return kMax ? T(0) : T(-1);
    else
      return kMax ? T(T(1) << (sizeof(T) * 8 - 1)) : T(~(T(1) << (sizeof(T) * 8 - 1)));
  }
  template <class T>
  static RL_INLINE T join(T a, T b) {
    if constexpr (kHasNan<T>)
      return (kMax ? a > b : a < b) || a != a ? a : b;
    else
      return (kMax ? a > b : a < b) ? a : b;
  }
};

/// The dims of a row that is reduced, merged where one steps on evenly from the next.
struct Reduced {
  int64_t n = 1;
  int ndim = 0;
  int64_t sizes[64], strides[64];  // slowest first

  RL_INLINE Reduced(const View& input, int kept) {
    for (int d = kept; d < input.ndim; ++d) {
      n *= input.sizes[d];
      if (input.sizes[d] == 1) continue;
      if (ndim > 0 && strides[ndim - 1] == input.strides[d] * input.sizes[d]) {
        sizes[ndim - 1] *= input.sizes[d];
        strides[ndim - 1] = input.strides[d];
      } else {
        sizes[ndim] = input.sizes[d];
        strides[ndim++] = input.strides[d];
      }
    }
    if (ndim == 0) sizes[0] = 1, strides[0] = 1, ndim = 1;
  }
  RL_INLINE bool is_one_dim() const { return ndim == 1; }
  /// Elements [begin, begin + count) of the row, in logical order.
  template <class T>
  __attribute__((noinline)) void gather(const T* row, int64_t begin, int64_t count, T* to) const {
    int64_t at[64], rest = begin;
    for (int d = ndim - 1; d >= 0; --d) at[d] = rest % sizes[d], rest /= sizes[d];
    for (int64_t i = 0; i < count;) {
      int64_t offset = 0;
      for (int d = 0; d < ndim; ++d) offset += at[d] * strides[d];
      const int last = ndim - 1;
      const int64_t left = sizes[last] - at[last], run = left < count - i ? left : count - i;
      for (int64_t j = 0; j < run; ++j) to[i + j] = row[offset + j * strides[last]];
      i += run;
      at[last] += run;
      for (int d = last; d > 0 && at[d] == sizes[d]; --d) at[d] = 0, ++at[d - 1];
    }
  }
};

template <class T, class Op>
static __attribute__((noinline)) T one_block(const T* row, const Reduced& r, int64_t block) {
  const int64_t begin = block * kSumBlock, left = r.n - begin, n = left < kSumBlock ? left : kSumBlock;
  if (r.is_one_dim() && r.strides[0] == 1) return block_of<T, Op>(row + begin, n);
  T dense[kSumBlock];
  r.gather(row, begin, n, dense);
  return block_of<T, Op>(dense, n);
}

/// No sum is -0, as in PyTorch: joined once more with the identity.
template <class T, class Op>
RL_INLINE T finished(T total) {
  return Op::join(total, Op::template identity<T>());
}

constexpr int64_t kRowGrain = 16384;  // elements worth a second thread

RL_INLINE int64_t blocks_of(int64_t n) { return (n + kSumBlock - 1) / kSumBlock; }

static int64_t reduce_scratch(const KernelCall& call) {
  const View& input = call.operands[call.count - 1];
  int64_t n = 1;
  for (int d = 0; d < input.ndim; ++d) n *= input.sizes[d];
  return (blocks_of(n) + 1) * 16;  // a partial result is a complex128 at most
}

/// to[j] = rows x[j], x[step + j] ... joined in order, after what is there unless they are the first.
template <class T, class Op, int Rows, bool First>
RL_INLINE void join_rows(int64_t width, T* to, const T* x, int64_t step) {
#pragma GCC ivdep
  for (int64_t j = 0; j < width; ++j) {
    T v = First ? x[j] : Op::join(to[j], x[j]);
#pragma GCC unroll 4
    for (int64_t r = 1; r < Rows; ++r) v = Op::join(v, x[r * step + j]);
    to[j] = v;
  }
}

/// Columns are dense and the reduced dim steps over rows: a strip of columns at a time, 32 lanes of it in the caches.
/// Four rows of a lane join it in one go, so that it is loaded and stored once for them.
constexpr int64_t kStripBytes = 1024;
template <class T, class Op>
static void across(const T* input, T* out, int64_t width, int64_t out_step, const Reduced& r) {
  constexpr int64_t kStrip = kStripBytes / sizeof(T), kGroup = 4;
  alignas(64) T lane[kLanes][kStrip];
  T level[48][kStrip];  // BlockTree, a row a level
  uint64_t count = 0;
  const int64_t step = r.strides[0];
  for (int64_t begin = 0; begin < r.n; begin += kSumBlock) {
    const int64_t n = r.n - begin < kSumBlock ? r.n - begin : kSumBlock;
    const T* x = input + begin * step;
    for (int64_t i = 0; i < n; i += kGroup * kLanes)
      for (int64_t l = 0; l < kLanes && i + l < n; ++l) {
        const T* from = x + (i + l) * step;
        if (i + l + (kGroup - 1) * kLanes < n) {
          if (i == 0)
            join_rows<T, Op, kGroup, true>(width, lane[l], from, kLanes * step);
          else
            join_rows<T, Op, kGroup, false>(width, lane[l], from, kLanes * step);
          continue;
        }
        if (i == 0)
          join_rows<T, Op, 1, true>(width, lane[l], from, 0);
        else
          join_rows<T, Op, 1, false>(width, lane[l], from, 0);
        for (int64_t k = i + l + kLanes; k < n; k += kLanes)
          join_rows<T, Op, 1, false>(width, lane[l], x + k * step, 0);
      }
    for (int64_t l = n; l < kLanes; ++l)
      for (int64_t j = 0; j < width; ++j) lane[l][j] = Op::template identity<T>();
    for (int64_t half = kLanes / 2; half > 0; half /= 2)
      for (int64_t l = 0; l < half; ++l) join_rows<T, Op, 1, false>(width, lane[l], lane[l + half], 0);
    int at = 0;
    for (uint64_t bits = count++; bits & 1; bits >>= 1, ++at) {
      join_rows<T, Op, 1, false>(width, level[at], lane[0], 0);
      __builtin_memcpy(lane[0], level[at], size_t(width) * sizeof(T));
    }
    __builtin_memcpy(level[at], lane[0], size_t(width) * sizeof(T));
  }
  T* sum = nullptr;
  for (int at = 0; at < 48; ++at) {
    if (!((count >> at) & 1)) continue;
    if (sum) join_rows<T, Op, 1, false>(width, level[at], sum, 0);
    sum = level[at];
  }
  for (int64_t j = 0; j < width; ++j) out[j * out_step] = finished<T, Op>(sum[j]);
}

template <class T, class Op>
static void reduce(const KernelCall& call) {
  const View &out = call.operands[0], &input = call.operands[1];
  const int kept = call.parameters.as<ReduceParameters>().kept;
  const Reduced r(input, kept);
  int64_t rows = 1;
  for (int d = 0; d < kept; ++d) rows *= input.sizes[d];
  if (rows == 0) return;
  const auto place = [&](int64_t row, int64_t* at_out, int64_t* at_in) {
    *at_out = *at_in = 0;
    for (int d = kept - 1; d >= 0; --d) {
      const int64_t i = d > 0 ? row % input.sizes[d] : row;
      if (d > 0) row /= input.sizes[d];
      *at_out += i * out.strides[d];
      *at_in += i * input.strides[d];
    }
  };
  if (r.n == 0) {
    for (int64_t row = 0; row < rows; ++row) {
      int64_t o, i;
      place(row, &o, &i);
      out.as<T>()[o] = Op::template identity<T>();
    }
    return;
  }
  if (rows == 1 && r.n > kSumBlock) {  // one long row: its blocks are shared out
    const int64_t blocks = blocks_of(r.n);
    T* part = static_cast<T*>(call.scratch);
    parallel_for(blocks, kRowGrain / kSumBlock, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) part[b] = one_block<T, Op>(input.as<T>(), r, b);
    });
    BlockTree<T, Op> tree;
    for (int64_t b = 0; b < blocks; ++b) tree.add(part[b]);
    *out.as<T>() = finished<T, Op>(tree.total());
    return;
  }
  const int last = kept - 1;
  if (kept > 0 && input.strides[last] == 1 && input.sizes[last] > 1 && r.is_one_dim() && r.strides[0] != 1) {
    const int64_t columns = input.sizes[last], outer = rows / columns;
    constexpr int64_t kStrip = kStripBytes / sizeof(T);
    const int64_t strips = (columns + kStrip - 1) / kStrip;
    const int64_t work = kStrip * r.n, grain = work >= kRowGrain ? 1 : kRowGrain / work;
    parallel_for(outer * strips, grain, [&](int64_t begin, int64_t end) {
      for (int64_t s = begin; s < end; ++s) {
        int64_t o, i;
        place(s / strips * columns, &o, &i);
        const int64_t c = s % strips * kStrip, width = columns - c < kStrip ? columns - c : kStrip;
        across<T, Op>(input.as<T>() + i + c, out.as<T>() + o + c * out.strides[last], width, out.strides[last], r);
      }
    });
    return;
  }
  const int64_t grain = r.n >= kRowGrain ? 1 : kRowGrain / r.n;
  parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
    const int64_t blocks = blocks_of(r.n);
    for (int64_t row = begin; row < end; ++row) {
      int64_t o, i;
      place(row, &o, &i);
      const T* from = input.as<T>() + i;
      if (blocks == 1) {
        out.as<T>()[o] = finished<T, Op>(one_block<T, Op>(from, r, 0));
        continue;
      }
      BlockTree<T, Op> tree;
      for (int64_t b = 0; b < blocks; ++b) tree.add(one_block<T, Op>(from, r, b));
      out.as<T>()[o] = finished<T, Op>(tree.total());
    }
  });
}

template <class T, bool kMax>
static void extreme_index(const KernelCall& call) {
  const View &values = call.operands[0], &indices = call.operands[1], &input = call.operands[2];
  const int kept = call.parameters.as<ReduceParameters>().kept;
  const Reduced r(input, kept);
  int64_t rows = 1;
  for (int d = 0; d < kept; ++d) rows *= input.sizes[d];
  const int64_t grain = r.n >= kRowGrain ? 1 : kRowGrain / (r.n > 0 ? r.n : 1);
  parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
    T dense[kSumBlock];
    for (int64_t row = begin; row < end; ++row) {
      int64_t rest = row, v = 0, x = 0, at = 0;
      for (int d = kept - 1; d >= 0; --d) {
        const int64_t i = rest % input.sizes[d];
        rest /= input.sizes[d];
        v += i * values.strides[d];
        at += i * indices.strides[d];
        x += i * input.strides[d];
      }
      const T* from = input.as<T>() + x;
      T best = from[0];
      int64_t where = 0;
      for (int64_t b = 0; b < r.n; b += kSumBlock) {
        const int64_t n = r.n - b < kSumBlock ? r.n - b : kSumBlock;
        const T* block = from + b;
        if (!r.is_one_dim() || r.strides[0] != 1) r.gather(from, b, n, dense), block = dense;
        for (int64_t i = 0; i < n; ++i) {
          const T y = block[i];
          bool better = kMax ? y > best : y < best;
          if constexpr (kHasNan<T>) better = (better || y != y) && best == best;
          if (better) best = y, where = b + i;
        }
      }
      values.as<T>()[v] = best;
      indices.as<int64_t>()[at] = where;
    }
  });
}

// The dtypes that sums are taken in, and those that elements are compared in: ops/reduce.cpp brings the others to them.
#define RL_SUM_TYPES(X) \
  X(Float32, float)     \
  X(Float64, double) X(Int64, int64_t) X(Complex64, complex<float>) X(Complex128, complex<double>)
#define RL_ORDER_TYPES(X) \
  X(Float32, float)       \
  X(Float64, double) X(UInt8, uint8_t) X(Int32, int32_t) X(Int64, int64_t) X(UInt64, uint64_t) X(Bool, bool)
extern const KernelEntry reduce_entries[];
const KernelEntry reduce_entries[] = {{&kernels::all, DType::Bool, &reduce<bool, Extreme<false>>, &reduce_scratch},
                                      {&kernels::any, DType::Bool, &reduce<bool, Extreme<true>>, &reduce_scratch},
#define X(Name, T)                                                 \
  {&kernels::sum, DType::Name, &reduce<T, Plus>, &reduce_scratch}, \
      {&kernels::prod, DType::Name, &reduce<T, Times>, &reduce_scratch},
                                      RL_SUM_TYPES(X)
#undef X
#define X(Name, T)                                                                \
  {&kernels::amax, DType::Name, &reduce<T, Extreme<true>>, &reduce_scratch},      \
      {&kernels::amin, DType::Name, &reduce<T, Extreme<false>>, &reduce_scratch}, \
      {&kernels::max_index, DType::Name, &extreme_index<T, true>},                \
      {&kernels::min_index, DType::Name, &extreme_index<T, false>},
                                          RL_ORDER_TYPES(X)
#undef X
};
extern const int reduce_count;
const int reduce_count = int(sizeof(reduce_entries) / sizeof(KernelEntry));

RL_ISA_END
