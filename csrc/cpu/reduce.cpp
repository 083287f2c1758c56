// functors/reduce.def in the order of sums: along rows that are dense, across rows whose columns are dense, and
// gathered otherwise.
#include "cpu/reduce_kernels.h"

#include "core/launch.h"
#include "core/parallel.h"
#include "cpu/reduce_types.h"
#include "cpu/sum_halves.h"
#include "cpu/sum_order.h"

RL_ISA_BEGIN

using functors::Given;
using kernels::ReduceParameters;

/// What of an element is joined.
template <class F, class T>
RL_INLINE auto seen(T x, T centre, const Given& given) {
  if constexpr (requires { F::of(x, centre, given); })
    return F::of(x, centre, given);
  else
    return x;
}
template <class F, class T>
using Joined = decltype(seen<F>(T(), T(), Given()));
/// What elements are read as. A bool that is joined as it is stays one.
template <class F, class T>
using Read = std::conditional_t<std::is_same_v<Joined<F, T>, T>, T, Stored<T>>;

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
  RL_INLINE bool is_dense() const { return ndim == 1 && strides[0] == 1; }
  /// Elements [begin, begin + count) of the row, in logical order.
  template <class T>
  __attribute__((noinline)) void gather(const T* from, int64_t begin, int64_t count, T* room) const {
    const auto* row = reinterpret_cast<const Stored<T>*>(from);  // a bool that nobody has set may be any byte
    auto* to = reinterpret_cast<Stored<T>*>(room);
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

/// Where elements of T are read from: memory of T, or of another dtype, converted as it is read.
template <class T>
struct Source {
  const char* data;
  int64_t item;
  DType dtype;
  ConvertFunction convert;  // null where memory is of T

  RL_INLINE explicit Source(const View& v)
      : data(v.as<char>()),
        item(item_size(v.dtype)),
        dtype(v.dtype),
        convert(v.dtype == dtype_v<T> ? nullptr : converters[int(dtype_v<T>)][int(v.dtype)]) {}
  RL_INLINE Source at(int64_t offset) const {
    Source moved = *this;
    moved.data += offset * item;
    return moved;
  }
  RL_INLINE const T* elements() const { return reinterpret_cast<const T*>(data); }
  /// n dense elements: where they are, or in `room`.
  RL_INLINE const T* dense(int64_t n, T* room) const {
    if (!convert) return elements();
    convert(n, room, data);
    return room;
  }
};

/// to[i] = the block of `n` elements that begins at x[i step], i < count: the blocks of one row, or rows of one block.
/// A loop here, and not a call a block, so that the last joins of one run beside the loads of the next. No clones: in
/// one for n = 4096 GCC 12 stores the lanes and loads them again at every step.
template <class F, class T>
static __attribute__((noinline, noclone)) void dense_blocks(const T* x, int64_t step, int64_t n, int64_t count,
                                                            const T* centres, int64_t centre_step, Joined<F, T>* to,
                                                            int64_t to_step, const Given& given) {
  const Given g = given;
  const auto* from = reinterpret_cast<const Read<F, T>*>(x);
  for (int64_t i = 0; i < count; ++i) {
    const T centre = centres ? centres[i * centre_step] : T(0);
    to[i * to_step] = block_of<Joined<F, T>, F>(
        from + i * step, n, [=](Read<F, T> v) __attribute__((always_inline)) { return seen<F>(T(v), centre, g); });
  }
}

/// The same for what a source holds, as far as it needs no room to be converted in.
template <class F, class T>
RL_INLINE bool blocks_in_place(const Source<T>& x, int64_t step, int64_t n, int64_t count, const T* centres,
                               int64_t centre_step, Joined<F, T>* to, int64_t to_step, const Given& given) {
  if (!x.convert) {
    dense_blocks<F>(x.elements(), step, n, count, centres, centre_step, to, to_step, given);
    return true;
  }
  return as_halves<F, T>(
      x.dtype, [&]<class S>(S) { sum_blocks(reinterpret_cast<const S*>(x.data), step, n, count, to, to_step); });
}

/// to[i] = block `first` + i of a row, i < count.
template <class F, class T>
RL_INLINE void blocks_of_row(const Source<T>& row, const Reduced& r, int64_t first, int64_t count, const T* centre,
                             Joined<F, T>* to, const Given& given) {
  const int64_t begin = first * kSumBlock, left = r.n - begin;
  const int64_t whole = count * kSumBlock <= left ? count : count - 1;
  if (r.is_dense() && blocks_in_place<F>(row.at(begin), kSumBlock, kSumBlock, whole, centre, 0, to, 1, given)) {
    if (whole < count) {
      const int64_t last = begin + whole * kSumBlock;
      blocks_in_place<F>(row.at(last), 0, r.n - last, 1, centre, 0, to + whole, 1, given);
    }
    return;
  }
  T room[kSumBlock];
  for (int64_t i = 0; i < count; ++i) {
    const int64_t at = begin + i * kSumBlock, n = r.n - at < kSumBlock ? r.n - at : kSumBlock;
    if (r.is_dense())
      row.at(at).dense(n, room);
    else
      r.gather(row.elements(), at, n, room);
    dense_blocks<F>(static_cast<const T*>(room), 0, n, 1, centre, 0, to + i, 1, given);
  }
}

/// The blocks of a row joined.
template <class F, class T>
RL_INLINE Joined<F, T> total_of_row(const Source<T>& row, const Reduced& r, int64_t blocks, const T* centre,
                                    const Given& given) {
  constexpr int64_t kAtOnce = 16;
  Joined<F, T> part[kAtOnce];
  BlockTree<Joined<F, T>, F> tree;
  for (int64_t b = 0; b < blocks; b += kAtOnce) {
    const int64_t count = blocks - b < kAtOnce ? blocks - b : kAtOnce;
    blocks_of_row<F>(row, r, b, count, centre, part, given);
    for (int64_t i = 0; i < count; ++i) tree.add(part[i]);
  }
  return tree.total();
}

/// Joined once more with the identity: no sum is -0, as in PyTorch.
template <class F, class R, class T>
RL_INLINE R finished(R total, T centre, const Given& given) {
  total = F::join(total, F::template identity<R>());
  if constexpr (requires { F::finish(total, centre, given); })
    return F::finish(total, centre, given);
  else
    return total;
}

constexpr int64_t kRowGrain = 16384;  // elements worth a second thread

static int64_t reduce_scratch(const KernelCall& call) {
  return (blocks_of(call.operands[1].numel()) + 1) * 16;  // a partial result is a complex128 at most
}

/// to[j] = what is seen of rows x[j], x[step + j] ... joined in order, after what is there unless they are the first.
template <class F, int Rows, bool First, class T>
static __attribute__((noinline)) void join_rows(int64_t width, Joined<F, T>* to, const T* from, int64_t step,
                                                const T* centre, const Given& given) {
  const Given g = given;
  const auto* x = reinterpret_cast<const Read<F, T>*>(from);
#pragma GCC ivdep
  for (int64_t j = 0; j < width; ++j) {
    const T middle = centre[j];
    Joined<F, T> v = seen<F>(T(x[j]), middle, g);
    if constexpr (!First) v = F::join(to[j], v);
#pragma GCC unroll 8
    for (int64_t r = 1; r < Rows; ++r) v = F::join(v, seen<F>(T(x[r * step + j]), middle, g));
    to[j] = v;
  }
}
/// to[j] = to[j] joined with from[j].
template <class F, class R>
static __attribute__((noinline)) void join_partial(int64_t width, R* to, const R* from) {
#pragma GCC ivdep
  for (int64_t j = 0; j < width; ++j) to[j] = F::join(to[j], from[j]);
}

/// Columns are dense and the reduced dim steps over rows: a strip of columns at a time, 32 lanes of it in the caches.
/// Eight rows of a lane join it in one go, so that it is loaded and stored once for them. A line lies between the
/// lanes, or they would all fall into the same few sets of the first-level cache.
constexpr int64_t kStripBytes = 2048;
template <class R>
constexpr int64_t kStrip = kStripBytes / sizeof(R);

template <class F, class T>
static void across(const Source<T>& input, const T* centres, Joined<F, T>* out, int64_t width, int64_t out_step,
                   const Reduced& r, const Given& given) {
  using R = Joined<F, T>;
  constexpr int64_t kGroup = 8, kApart = kStrip<R> + 64 / sizeof(R);
  alignas(64) R lane[kLanes][kApart];
  R level[48][kApart];  // BlockTree, a row a level
  T centre[kStrip<R>];
  T room[kGroup][kStrip<R>];
  for (int64_t j = 0; j < width; ++j) centre[j] = centres ? centres[j * out_step] : T(0);
  uint64_t count = 0;
  const int64_t step = r.strides[0];
  for (int64_t begin = 0; begin < r.n; begin += kSumBlock) {
    const int64_t n = r.n - begin < kSumBlock ? r.n - begin : kSumBlock;
    // Rows rows of one lane, from the i-th on
    const auto join = [&]<int Rows, bool First>(int64_t i, R* to) __attribute__((always_inline)) {
      const Source<T> first = input.at((begin + i) * step);
      if (!first.convert) return join_rows<F, Rows, First>(width, to, first.elements(), kLanes * step, centre, given);
      const bool done = as_halves<F, T>(first.dtype, [&]<class S>(S) {
        sum_rows<Rows, First>(width, to, reinterpret_cast<const S*>(first.data), kLanes * step);
      });
      if (done) return;
      for (int64_t k = 0; k < Rows; ++k) first.at(k * kLanes * step).dense(width, room[k]);
      join_rows<F, Rows, First>(width, to, room[0], kStrip<R>, centre, given);
    };
    const auto join_some = [&]<int Rows>(int64_t i, R* to) __attribute__((always_inline)) {
      if (i < kLanes)
        join.template operator()<Rows, true>(i, to);
      else
        join.template operator()<Rows, false>(i, to);
    };
    for (int64_t i = 0; i < n; i += kGroup * kLanes)
      for (int64_t l = 0; l < kLanes && i + l < n; ++l) {
        if (i + l + (kGroup - 1) * kLanes < n)
          join_some.template operator()<kGroup>(i + l, lane[l]);
        else
          for (int64_t k = i + l; k < n; k += kLanes) join_some.template operator()<1>(k, lane[l]);
      }
    for (int64_t l = n; l < kLanes; ++l)
      for (int64_t j = 0; j < width; ++j) lane[l][j] = F::template identity<R>();
    for (int64_t half = kLanes / 2; half > 0; half /= 2)
      for (int64_t l = 0; l < half; ++l) join_partial<F>(width, lane[l], lane[l + half]);
    int at = 0;
    for (uint64_t bits = count++; bits & 1; bits >>= 1, ++at) {
      join_partial<F>(width, level[at], lane[0]);
      __builtin_memcpy(lane[0], level[at], size_t(width) * sizeof(R));
    }
    __builtin_memcpy(level[at], lane[0], size_t(width) * sizeof(R));
  }
  R* total = nullptr;
  for (int at = 0; at < 48; ++at) {
    if (!((count >> at) & 1)) continue;
    if (total) join_partial<F>(width, level[at], total);
    total = level[at];
  }
  for (int64_t j = 0; j < width; ++j) out[j * out_step] = finished<F>(total[j], centre[j], given);
}

template <class F, class T>
static void reduce(const KernelCall& call) {
  using R = Joined<F, T>;
  const View &out = call.operands[0], &input = call.operands[1];
  const auto [kept, given] = call.parameters.as<ReduceParameters>();
  const Given g = given;
  const T* centres = call.count > 2 ? call.operands[2].as<T>() : nullptr;
  R* const results = out.as<R>();
  const Source<T> source(input);
  const Reduced r(input, kept);
  int64_t rows = 1;
  for (int d = 0; d < kept; ++d) rows *= input.sizes[d];
  if (rows == 0) return;
  const auto place = [&, kept = kept](int64_t row, int64_t* at_out, int64_t* at_in) {
    *at_out = *at_in = 0;
    for (int d = kept - 1; d >= 0; --d) {
      const int64_t i = d > 0 ? row % input.sizes[d] : row;
      if (d > 0) row /= input.sizes[d];
      *at_out += i * out.strides[d];
      *at_in += i * input.strides[d];
    }
  };
  if (rows == 1 && r.n > kSumBlock) {  // one long row: its blocks are shared out
    const int64_t blocks = blocks_of(r.n);
    R* part = static_cast<R*>(call.scratch);
    parallel_for(blocks, kRowGrain / kSumBlock, [&](int64_t begin, int64_t end) {
      blocks_of_row<F>(source, r, begin, end - begin, centres, part + begin, g);
    });
    BlockTree<R, F> tree;
    for (int64_t b = 0; b < blocks; ++b) tree.add(part[b]);
    *results = finished<F>(tree.total(), centres ? *centres : T(0), g);
    return;
  }
  const int last = kept - 1;
  if (kept > 0 && input.strides[last] == 1 && input.sizes[last] > 1 && r.n > 0 && r.is_one_dim() && r.strides[0] != 1) {
    const int64_t columns = input.sizes[last], outer = rows / columns;
    const int64_t strips = (columns + kStrip<R> - 1) / kStrip<R>;
    const int64_t work = kStrip<R> * r.n, grain = work >= kRowGrain ? 1 : kRowGrain / work;
    parallel_for(outer * strips, grain, [&](int64_t begin, int64_t end) {
      for (int64_t s = begin; s < end; ++s) {
        int64_t o, i;
        place(s / strips * columns, &o, &i);
        const int64_t c = s % strips * kStrip<R>, width = columns - c < kStrip<R> ? columns - c : kStrip<R>;
        o += c * out.strides[last];
        across<F>(source.at(i + c), centres ? centres + o : nullptr, results + o, width, out.strides[last], r, g);
      }
    });
    return;
  }
  const int64_t grain = r.n >= kRowGrain ? 1 : kRowGrain / (r.n > 0 ? r.n : 1);
  const int64_t columns = kept > 0 ? input.sizes[last] : 1;  // rows that lie evenly, in both
  const int64_t in_step = kept > 0 ? input.strides[last] : 0, out_step = kept > 0 ? out.strides[last] : 0;
  parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
    const int64_t blocks = blocks_of(r.n);
    for (int64_t row = begin; row < end;) {
      int64_t o, i;
      place(row, &o, &i);
      const int64_t even = columns - row % columns, count = even < end - row ? even : end - row;
      const Source<T> from = source.at(i);
      const T* middle = centres ? centres + o : nullptr;
      R* to = results + o;
      if (blocks > 1 || !r.is_dense() ||
          !blocks_in_place<F>(from, in_step, r.n, count, middle, out_step, to, out_step, g)) {
        for (int64_t k = 0; k < count; ++k)
          to[k * out_step] =
              total_of_row<F>(from.at(k * in_step), r, blocks, middle ? middle + k * out_step : nullptr, g);
      }
      for (int64_t k = 0; k < count; ++k)
        to[k * out_step] = finished<F>(to[k * out_step], middle ? middle[k * out_step] : T(0), g);
      row += count;
    }
  });
}

extern const KernelEntry reduce_entries[];
const KernelEntry reduce_entries[] = {
#define X(Name, T, row, Functor) {&kernels::row, DType::Name, &reduce<functors::Functor, T>, &reduce_scratch},
#define RL_REDUCTION(row, Functor, dtypes, ...) RL_TYPES_##dtypes(X, row, Functor)
#define RL_REDUCTION_KERNEL RL_REDUCTION
#include "functors/reduce.def"
#undef RL_REDUCTION
#undef RL_REDUCTION_KERNEL
#undef X
};
extern const int reduce_count;
const int reduce_count = int(sizeof(reduce_entries) / sizeof(KernelEntry));

RL_ISA_END
