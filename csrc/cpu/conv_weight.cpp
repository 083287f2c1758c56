// The gradient of a convolution's weight: the chain of 256-blocks along (image, row, column) of the positions (DESIGN,
// section 5). For a block of positions the source is copied with its channels last, padded: a tap and the channels
// beside it then are a row of numbers, wherever the position is.
#include "core/parallel.h"
#include "cpu/conv_axis.h"
#include "cpu/conv_kernels.h"
#include "cpu/conv_tile.h"
#include "cpu/transpose.h"

RL_ISA_BEGIN

constexpr int kTapsAtOnce = 8;  // chains of a depthwise layer in registers

template <class T>
struct WeightGradient {
  T* out;
  const T* grad;
  const T* source;
  int64_t images, groups, rows, channels;  // rows of the gradient and channels of the source in one group
  int64_t count[kernels::kSpatial], kernel[kernels::kSpatial], size[kernels::kSpatial];
  kernels::ConvParameters p;
  // the copy: [row][kernel[0]][wide][lanes], rows that one position after the other needs in one plane of an image
  bool long_rows;  // a block of positions is less than a row, and the copy is no wider than it must be
  int64_t lanes, wide, row;

  explicit RL_INLINE WeightGradient(const KernelCall& call) : p(call.parameters.as<kernels::ConvParameters>()) {
    const View &to = call.operands[0], &g = call.operands[1], &x = call.operands[2];
    out = to.as<T>();
    grad = g.as<const T>();
    source = x.as<const T>();
    images = g.sizes[0];
    groups = p.groups;
    rows = g.sizes[1] / groups;
    channels = x.sizes[1] / groups;
    for (int d = 0; d < kernels::kSpatial; ++d)
      count[d] = g.sizes[2 + d], kernel[d] = to.sizes[2 + d], size[d] = x.sizes[2 + d];
    long_rows = count[2] > kChain;
    lanes = is_depthwise() ? kWidth<T> : channels;
    wide = reach(2, smaller(count[2], kChain));
    row = kernel[0] * wide * lanes;
  }
  RL_INLINE int64_t image_positions() const { return count[0] * count[1] * count[2]; }
  RL_INLINE int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
  /// Groups of one channel: lanes are channels then.
  RL_INLINE bool is_depthwise() const { return rows == 1 && channels == 1; }
  /// Source places that n positions side by side reach along an axis.
  RL_INLINE int64_t reach(int d, int64_t n) const {
    return (n - 1) * p.stride[d] + (kernel[d] - 1) * p.dilation[d] + 1;
  }
  /// Where a tap lies from a position's first place.
  RL_INLINE int64_t tap_at(int64_t t0, int64_t t1, int64_t t2) const {
    return t1 * p.dilation[1] * row + (t0 * wide + t2 * p.dilation[2]) * lanes;
  }
  RL_INLINE int64_t copy_elements() const {
    const int64_t plane = count[1] * count[2];
    const int64_t pieces = long_rows ? 2 : (kChain - 1) / plane + 2, rows_of_all = kChain / count[2] + 2 * pieces;
    return (pieces * reach(1, 1) + rows_of_all * p.stride[1]) * row + kRowVectors<1> * kWidth<T>;
  }
};

/// Source rows for positions of one plane, channels `first` on: lanes without a channel are zero.
template <class T>
RL_INLINE void copy_rows(const WeightGradient<T>& w, int64_t image, int64_t q0, int64_t q1, int64_t q2, int64_t high,
                         int64_t first, int64_t channels, T* to) {
  const int64_t s0 = w.size[0], s1 = w.size[1], s2 = w.size[2], all = s0 * s1 * s2, lanes = w.lanes;
  const T* plane = w.source + (image * w.groups * w.channels + first) * all;
  const int64_t start = q2 * w.p.stride[2] - w.p.padding[2];
  const int64_t before = smaller(w.wide, larger(0, -start)), end = larger(before, smaller(w.wide, s2 - start));
  for (int64_t y = 0; y < high; ++y)
    for (int64_t t0 = 0; t0 < w.kernel[0]; ++t0, to += w.wide * lanes) {
      const int64_t p0 = q0 * w.p.stride[0] - w.p.padding[0] + t0 * w.p.dilation[0];
      const int64_t p1 = q1 * w.p.stride[1] - w.p.padding[1] + y;
      const bool inside = uint64_t(p0) < uint64_t(s0) && uint64_t(p1) < uint64_t(s1);
      if (!inside || channels < lanes) __builtin_memset(to, 0, size_t(w.wide * lanes) * sizeof(T));
      if (!inside) continue;
      __builtin_memset(to, 0, size_t(before * lanes) * sizeof(T));
      __builtin_memset(to + end * lanes, 0, size_t((w.wide - end) * lanes) * sizeof(T));
      const T* from = plane + (p0 * s1 + p1) * s2 + start + before;
      constexpr int64_t kItem = sizeof(T);
      transpose<Word<T>>(channels, end - before, reinterpret_cast<const char*>(from), all * kItem,
                         reinterpret_cast<char*>(to + before * lanes), lanes * kItem);
    }
}

/// Copies what a block of positions reads, and notes where each position's first place is.
template <class T>
RL_INLINE void copy_positions(const WeightGradient<T>& w, int64_t begin, int64_t n, int64_t first, int64_t channels,
                              T* copy, int64_t* at) {
  int64_t done = 0, place = 0;
  while (done < n) {
    int64_t rest = begin + done;
    const int64_t q2 = rest % w.count[2];
    rest /= w.count[2];
    const int64_t q1 = rest % w.count[1];
    rest /= w.count[1];
    const int64_t left = w.long_rows ? w.count[2] - q2 : (w.count[1] - q1) * w.count[2] - q2;
    const int64_t piece = smaller(n - done, left), from = w.long_rows ? q2 : 0;
    const int64_t high = w.reach(1, (q2 + piece - 1) / w.count[2] + 1);
    copy_rows(w, rest / w.count[0], rest % w.count[0], q1, from, high, first, channels, copy + place);
    int64_t y = 0, x = q2;
    for (int64_t i = 0; i < piece; ++i) {
      at[done + i] = place + y * w.p.stride[1] * w.row + (x - from) * w.p.stride[2] * w.lanes;
      if (++x == w.count[2]) x = 0, ++y;
    }
    place += high * w.row;
    done += piece;
  }
}

/// Gradients of `rows` channels as a panel [position][height]; what is missing of the height is zero.
template <class T>
RL_INLINE void pack_gradient(const WeightGradient<T>& w, int64_t begin, int64_t n, int64_t first, int64_t rows,
                             int64_t height, T* to) {
  constexpr int64_t kItem = sizeof(T);
  const int64_t all = w.image_positions();
  if (rows < height) __builtin_memset(to, 0, size_t(n * height) * sizeof(T));
  for (int64_t done = 0; done < n;) {
    const int64_t image = (begin + done) / all, within = (begin + done) % all, piece = smaller(n - done, all - within);
    const T* from = w.grad + (image * w.groups * w.rows + first) * all + within;
    transpose<Word<T>>(rows, piece, reinterpret_cast<const char*>(from), all * kItem,
                       reinterpret_cast<char*>(to + done * height), height * kItem);
    done += piece;
  }
}

/// What a thread works in.
template <class T>
struct WeightScratch {
  int64_t* at;
  T *panel, *copy, *sums;

  static RL_INLINE int64_t panel_elements() { return kChain * larger(kTileRows, kWidth<T>); }
  static RL_INLINE int64_t bytes(const WeightGradient<T>& w, int64_t sums) {
    const int64_t elements = panel_elements() + w.copy_elements() + sums;
    return kChain * 8 + rounded_up(elements * int64_t(sizeof(T)), 64);
  }
  RL_INLINE WeightScratch(const WeightGradient<T>& w, char* own, int64_t sums_elements) {
    at = reinterpret_cast<int64_t*>(own);
    panel = reinterpret_cast<T*>(own + kChain * 8);
    copy = panel + panel_elements();
    sums = copy + w.copy_elements();
    __builtin_memset(panel, 0, size_t(panel_elements() + w.copy_elements() + sums_elements) * sizeof(T));
  }
};

/// Rows of the weight against (column of the kernel, channel), for each (plane, row) of the kernel: where columns lie
/// side by side they share tiles.
template <class T>
struct WeightTiles {
  TileShape<T> tile;
  int64_t runs, run, columns;  // of one plane and row of the kernel: runs, their length, and tiles' columns
  explicit RL_INLINE WeightTiles(const WeightGradient<T>& w) : tile(w.rows) {
    const bool joined = w.p.dilation[2] == 1 || w.kernel[2] == 1;
    runs = joined ? 1 : w.kernel[2];
    run = joined ? w.kernel[2] * w.channels : w.channels;
    columns = rounded_up(run, tile.columns);
  }
  RL_INLINE int64_t row_elements(const WeightGradient<T>& w) const {
    return w.kernel[0] * w.kernel[1] * runs * columns;
  }
};

template <class T>
static void run_tiles(const WeightGradient<T>& w, const WeightTiles<T>& t, int64_t group, int64_t begin, int64_t end,
                      const WeightScratch<T>& s) {
  const int64_t positions = w.images * w.image_positions(), sums_row = t.row_elements(w), height = t.tile.rows;
  for (int64_t block = 0; block < positions; block += kChain) {
    const int64_t n = smaller(kChain, positions - block);
    copy_positions(w, block, n, group * w.channels, w.channels, s.copy, s.at);
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = i * height, rows = smaller(height, w.rows - first);
      pack_gradient(w, block, n, group * w.rows + first, rows, height, s.panel);
      T* sums = s.sums + (i - begin) * height * sums_row;
      for (int64_t t0 = 0; t0 < w.kernel[0]; ++t0)
        for (int64_t t1 = 0; t1 < w.kernel[1]; ++t1)
          for (int64_t r = 0; r < t.runs; ++r)
            for (int64_t column = 0; column < t.columns; column += t.tile.columns, sums += t.tile.columns)
              t.tile.run(n, s.panel, s.copy + w.tap_at(t0, t1, r) + column, s.at, sums, sums_row, block > 0);
    }
  }
  // from [row][plane, row of the kernel][run][column, channel] to [row][channel][plane, row, column]
  for (int64_t i = begin * height; i < smaller(end * height, w.rows); ++i) {
    const T* sums = s.sums + (i - begin * height) * sums_row;
    T* to = w.out + (group * w.rows + i) * w.channels * w.taps();
    for (int64_t line = 0; line < w.kernel[0] * w.kernel[1]; ++line)
      for (int64_t t2 = 0; t2 < w.kernel[2]; ++t2) {
        const int64_t at = t.runs == 1 ? line * t.columns + t2 * w.channels : (line * t.runs + t2) * t.columns;
        for (int64_t c = 0; c < w.channels; ++c) to[c * w.taps() + line * w.kernel[2] + t2] = sums[at + c];
      }
  }
}

/// The other way round, where the source has few channels: (column of the kernel, channel) as rows, which are gathered
/// from the copy, against channels of the gradient as columns.
template <class T>
struct GradientTiles {
  TileShape<T> tile;
  int64_t rows, columns;
  explicit RL_INLINE GradientTiles(const WeightGradient<T>& w)
      : tile(w.channels * w.taps()), rows(w.channels * w.taps()), columns(rounded_up(w.rows, tile.columns)) {}
};

template <class T>
static void run_gradient_tiles(const WeightGradient<T>& w, const GradientTiles<T>& t, int64_t group, int64_t begin,
                               int64_t end, const WeightScratch<T>& s) {
  const int64_t positions = w.images * w.image_positions(), height = t.tile.rows, taps = w.taps();
  T* const wide = s.sums + (end - begin) * height * t.columns;  // [position][column]
  int64_t at[kChain];
  for (int64_t i = 0; i < kChain; ++i) at[i] = i * t.columns;
  for (int64_t block = 0; block < positions; block += kChain) {
    const int64_t n = smaller(kChain, positions - block);
    copy_positions(w, block, n, group * w.channels, w.channels, s.copy, s.at);
    pack_gradient(w, block, n, group * w.rows, w.rows, t.columns, wide);
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = i * height, rows = smaller(height, t.rows - first);
      int64_t from[kTileRows] = {};
      for (int64_t r = 0; r < rows; ++r) {
        const int64_t tap = (first + r) / w.channels, line = tap / w.kernel[2];
        from[r] = w.tap_at(line / w.kernel[1], line % w.kernel[1], tap % w.kernel[2]) + (first + r) % w.channels;
      }
      for (int64_t p = 0; p < n; ++p)
        for (int64_t r = 0; r < height; ++r) s.panel[p * height + r] = s.copy[s.at[p] + from[r]];
      T* const sums = s.sums + (i - begin) * height * t.columns;
      for (int64_t column = 0; column < t.columns; column += t.tile.columns)
        t.tile.run(n, s.panel, wide + column, at, sums + column, t.columns, block > 0);
    }
  }
  for (int64_t r = begin * height; r < smaller(end * height, t.rows); ++r)
    for (int64_t m = 0; m < w.rows; ++m)
      w.out[((group * w.rows + m) * w.channels + r % w.channels) * taps + r / w.channels] =
          s.sums[(r - begin * height) * t.columns + m];
}

/// As many channels as there are lanes of a register, one of its own for each.
template <class T>
static void run_lanes(const WeightGradient<T>& w, int64_t first, const WeightScratch<T>& s) {
  using V = typename VectorOf<T>::type;
  using U = typename VectorOf<T>::unaligned;
  constexpr int W = kWidth<T>;
  const int64_t positions = w.images * w.image_positions(), taps = w.taps(), channels = smaller(W, w.groups - first);
  for (int64_t block = 0; block < positions; block += kChain) {
    const int64_t n = smaller(kChain, positions - block);
    copy_positions(w, block, n, first, channels, s.copy, s.at);
    pack_gradient(w, block, n, first, channels, W, s.panel);
    for (int64_t tap = 0; tap < taps; tap += kTapsAtOnce) {
      const T* from[kTapsAtOnce];  // past the last tap once more: no branch in the loop
      for (int j = 0; j < kTapsAtOnce; ++j) {
        const int64_t t = smaller(tap + j, taps - 1), line = t / w.kernel[2];
        from[j] = s.copy + w.tap_at(line / w.kernel[1], line % w.kernel[1], t % w.kernel[2]);
      }
      V sum[kTapsAtOnce] = {};
      for (int64_t i = 0; i < n; ++i) {
        const V g = *reinterpret_cast<const U*>(s.panel + i * W);
#pragma GCC unroll 8
        for (int j = 0; j < kTapsAtOnce; ++j)
          sum[j] = multiply_add<T>(g, V(*reinterpret_cast<const U*>(from[j] + s.at[i])), sum[j]);
      }
      for (int64_t j = 0; j < smaller(kTapsAtOnce, taps - tap); ++j) {
        U* to = reinterpret_cast<U*>(s.sums + (tap + j) * W);
        *to = block > 0 ? V(*to) + sum[j] : sum[j];
      }
    }
  }
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t tap = 0; tap < taps; ++tap) w.out[(first + c) * taps + tap] = s.sums[tap * W + c];
}

/// The cheapest way, its units, as many for a thread, and what a thread's sums take.
template <class T>
struct WeightShares {
  enum class Way { Lanes, Source, Gradient } way;
  WeightTiles<T> source;
  GradientTiles<T> gradient;
  int64_t units, share, sums, bytes;

  RL_INLINE WeightShares(const WeightGradient<T>& w, int threads) : source(w), gradient(w) {
    const int64_t tiles = tiles_of(w);
    units = way == Way::Lanes ? tiles : w.groups * tiles;
    share = pieces_of(units, threads);
    const int64_t together = smaller(share, tiles);
    sums = way == Way::Lanes    ? w.taps() * kWidth<T>
           : way == Way::Source ? together * source.tile.rows * source.row_elements(w)
                                : (together * gradient.tile.rows + kChain) * gradient.columns;
    bytes = WeightScratch<T>::bytes(w, sums);
  }
  /// Tiles of a group, or registers of channels; sets the way.
  RL_INLINE int64_t tiles_of(const WeightGradient<T>& w) {
    way = Way::Lanes;
    if (w.is_depthwise()) return pieces_of(w.groups, kWidth<T>);
    // in products of a register; what is gathered for a row costs about two
    const int64_t by_source = source.tile.tiles * source.tile.rows * source.row_elements(w) / kWidth<T>;
    const int64_t by_gradient = gradient.tile.tiles * gradient.tile.rows * (gradient.columns / kWidth<T> + 2);
    way = by_gradient < by_source ? Way::Gradient : Way::Source;
    return way == Way::Gradient ? gradient.tile.tiles : source.tile.tiles;
  }
};

template <class T>
static int64_t weight_scratch_of(const KernelCall& call) {
  return WeightShares<T>(WeightGradient<T>(call), call.threads).bytes * call.threads;
}
static int64_t weight_scratch(const KernelCall& call) {
  return item_size(call.operands[0].dtype) == 8 ? weight_scratch_of<double>(call) : weight_scratch_of<float>(call);
}

template <class T>
static void conv_weight(const KernelCall& call) {
  using Way = typename WeightShares<T>::Way;
  const WeightGradient<T> w(call);
  const WeightShares<T> shares(w, call.threads);
  parallel_for(shares.units, shares.share, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    const WeightScratch<T> s(w, static_cast<char*>(call.scratch) + begin / shares.share * shares.bytes, shares.sums);
    const int64_t tiles = shares.units / w.groups;
    for (int64_t unit = begin; unit < end;) {
      if (shares.way == Way::Lanes) {
        run_lanes(w, unit++ * kWidth<T>, s);
        continue;
      }
      const int64_t group = unit / tiles, first = unit % tiles, last = smaller(tiles, first + end - unit);
      if (shares.way == Way::Source)
        run_tiles(w, shares.source, group, first, last, s);
      else
        run_gradient_tiles(w, shares.gradient, group, first, last, s);
      unit += last - first;
    }
  });
}

extern const KernelEntry conv_weight_entries[];
const KernelEntry conv_weight_entries[] = {
    {&kernels::conv_weight, DType::Float32, &conv_weight<float>, &weight_scratch},
    {&kernels::conv_weight, DType::Float64, &conv_weight<double>, &weight_scratch},
};
extern const int conv_weight_count;
const int conv_weight_count = int(sizeof(conv_weight_entries) / sizeof(KernelEntry));

RL_ISA_END
