// Convolutions and the gradients of their inputs: one chain of fma per block of 256 along (channel, row, column) of the
// kernel (DESIGN, section 5). A block of the source is copied once, padded; every tap then is a shift within the copy,
// and positions lie side by side whatever the stride and the dilation are.
#include "core/parallel.h"
#include "cpu/conv_axis.h"
#include "cpu/conv_kernels.h"
#include "cpu/conv_tile.h"
#include "cpu/transpose.h"

RL_ISA_BEGIN

constexpr int64_t kSpare = 16;                         // rows of the sums end apart from powers of two
constexpr int64_t kCopiedElements = int64_t(1) << 16;  // of a block, copied source and sums alike: half of the cache
constexpr int64_t kMostTogether = 8;                   // images of one block
constexpr int64_t kMostSums = int64_t(1) << 18;        // elements of the sums, where images are joined
constexpr double kRowCycles = 20, kCopyCycles = 6;     // of a row that is copied, and of each register of it
constexpr int64_t kConvGrain = int64_t(1) << 16;       // multiply-adds worth a second thread

template <class T>
struct Convolution {
  const T* source;
  const T* weight;
  const T* bias;  // or null
  T* out;
  int64_t images, groups, rows, channels;  // rows: of the result, channels: of the source, both of one group
  Axis axis[kernels::kSpatial];
  int64_t kernel[kernels::kSpatial], result[kernels::kSpatial];
  int64_t weight_group, weight_row, weight_channel;

  RL_INLINE int64_t taps() const { return axis[0].taps * axis[1].taps * axis[2].taps; }
  RL_INLINE int64_t depth() const { return channels * taps(); }
  /// Where a tap stands in the kernel.
  RL_INLINE int64_t tap_place(int64_t tap) const {
    int64_t place = 0, step = 1;
    for (int d = kernels::kSpatial - 1; d >= 0; --d) {
      place += (axis[d].tap_first + tap % axis[d].taps * axis[d].tap_step) * step;
      tap /= axis[d].taps;
      step *= kernel[d];
    }
    return place;
  }
  RL_INLINE bool is_empty() const { return axis[0].count * axis[1].count * axis[2].count == 0; }
};

RL_INLINE int64_t block_length(int64_t length, int64_t most) {
  return pieces_of(length, pieces_of(length, larger(1, smaller(most, length))));
}

/// What may be chosen about the copies: a line for each tap along the last axis, and how many images lie in one, row by
/// row of all of them, so that shifts by rows stay within the copy.
struct Choice {
  bool lines_of_taps;
  int64_t together;
};

/// How the positions are cut into blocks, and what lies where in the scratch.
template <class T>
struct Blocks {
  TileShape<T> tile;
  int64_t wide, high, together;  // positions of a block along the last two axes, and images
  int64_t blocks[5];             // of images, groups, and along the axes
  Copied copied[kernels::kSpatial];
  int64_t image, row, line, channel;  // elements of the copy between images, rows, lines, channels
  int64_t channels;                   // copied at a time: those that a chain of the order meets
  int64_t positions, sums_row;
  int64_t weight_elements, copy_elements, sums_elements;

  RL_INLINE Blocks(const Convolution<T>& c, const Choice& choice)
      : tile(c.rows),
        wide(block_length(c.axis[2].count, most_positions(c))),
        high(wide < c.axis[2].count ? 1 : block_length(c.axis[1].count, most_positions(c) / wide)),
        together(choice.together),
        copied{Copied(c.axis[0], 1, true), Copied(c.axis[1], high, false),
               Copied(c.axis[2], wide, choice.lines_of_taps)} {
    blocks[0] = pieces_of(c.images, together);
    blocks[1] = c.groups;
    blocks[2] = c.axis[0].count;
    blocks[3] = pieces_of(c.axis[1].count, high);
    blocks[4] = pieces_of(c.axis[2].count, wide);
    image = copied[2].extent;
    row = image * together;
    line = row * copied[1].extent;
    channel = line * copied[0].lines * copied[1].lines * copied[2].lines;
    channels = channels_at_once(c);
    positions = row * (high - 1) + image * (together - 1) + wide;
    sums_row = rounded_up(positions, tile.columns) + kSpare;
    weight_elements = rounded_up(c.groups * tile.tiles * tile.rows * c.depth(), 64);
    copy_elements = rounded_up(channel * channels + tile.columns + kWidth<T>, 64);
    sums_elements = rounded_up(sums_row * tile.tiles * tile.rows, 64);
  }
  static RL_INLINE int64_t channels_at_once(const Convolution<T>& c) {
    return smaller(c.channels, (kChain - 1) / c.taps() + 2);
  }
  static RL_INLINE int64_t most_positions(const Convolution<T>& c) {
    return larger(64, smaller(4096, kCopiedElements / larger(1, larger(c.rows, channels_at_once(c)))));
  }
  RL_INLINE int64_t count() const { return blocks[0] * blocks[1] * blocks[2] * blocks[3] * blocks[4]; }
  RL_INLINE int64_t shared_bytes(const Convolution<T>& c) const {
    return rounded_up(c.depth() * 8, 64) + weight_elements * int64_t(sizeof(T));
  }
  RL_INLINE int64_t thread_bytes() const { return (copy_elements + sums_elements) * int64_t(sizeof(T)); }

  /// About how many cycles the same positions of all images cost: the tiles, and the rows that are copied.
  RL_INLINE double cost(const Convolution<T>& c) const {
    const double per_element = sizeof(T) / double(kVectorBytes);
    const double tiles = double(pieces_of(positions, tile.columns) * tile.tiles);
    const double in_tiles = tiles * double(c.depth() * tile.rows * tile.columns) * per_element;
    const int64_t lines = c.channels * copied[0].lines * copied[1].lines * copied[2].lines;
    const double in_copy =
        double(lines * together * copied[1].extent) * (kRowCycles + double(image) * per_element * kCopyCycles);
    return (in_tiles + in_copy) * double(blocks[0]);  // for as many places of all images
  }
};

/// The cheapest blocks. The result does not depend on the choice: each element is a chain of its own.
template <class T>
static Blocks<T> chosen_blocks(const Convolution<T>& c) {
  Choice best{false, 1};
  Blocks<T> first(c, best);
  double least = first.cost(c);
  const bool whole = first.high == c.axis[1].count && first.wide == c.axis[2].count;
  const int64_t most = whole ? smaller(smaller(c.images, kMostTogether),
                                       kMostSums / (first.tile.tiles * first.tile.rows * first.high * first.wide))
                             : 1;
  for (int64_t images = 1; images <= larger(1, most); ++images)
    for (const bool lines_of_taps : {false, true}) {
      const Choice choice{lines_of_taps, block_length(c.images, images)};
      const double cost = Blocks<T>(c, choice).cost(c);
      if (cost < least * 0.99) best = choice, least = cost;
    }
  return Blocks<T>(c, best);
}

/// The weights as panels [group][tile][depth][row], rows that there are not being zero; and where a tap's values begin.
template <class T>
static void prepare(const Convolution<T>& c, const Blocks<T>& b, T* panels, int64_t* at) {
  const int64_t depth = c.depth(), rows = b.tile.rows;
  int64_t k = 0;
  for (int64_t channel = 0; channel < c.channels; ++channel)
    for (int64_t t0 = 0; t0 < c.axis[0].taps; ++t0)
      for (int64_t t1 = 0; t1 < c.axis[1].taps; ++t1)
        for (int64_t t2 = 0; t2 < c.axis[2].taps; ++t2, ++k) {
          const int64_t line =
              (b.copied[0].line_of(t0) * b.copied[1].lines + b.copied[1].line_of(t1)) * b.copied[2].lines +
              b.copied[2].line_of(t2);
          at[k] = channel * b.channel + line * b.line + b.copied[1].shift_of(t1) * b.row + b.copied[2].shift_of(t2);
        }
  // places of the weight that lie side by side: all of a row's, those of a channel, or single ones
  const bool whole = c.taps() == c.kernel[0] * c.kernel[1] * c.kernel[2];
  const int64_t run = !whole ? 1 : c.weight_channel == c.taps() ? depth : c.taps();
  const auto panel = [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    for (int64_t i = begin; i < end; ++i) {
      T* to = panels + i * depth * rows;
      const int64_t group = i / b.tile.tiles, first = i % b.tile.tiles * rows, high = smaller(rows, c.rows - first);
      const T* from = c.weight + group * c.weight_group + first * c.weight_row;
      if (high < rows) __builtin_memset(to, 0, size_t(depth * rows) * sizeof(T));
      for (int64_t d = 0; d < depth; d += run, to += run * rows) {
        const T* place = from + d / c.taps() * c.weight_channel + (whole ? 0 : c.tap_place(d % c.taps()));
        transpose<Word<T>>(high, run, reinterpret_cast<const char*>(place), c.weight_row * int64_t(sizeof(T)),
                           reinterpret_cast<char*>(to), rows * int64_t(sizeof(T)));
      }
    }
  };
  parallel_for(c.groups * b.tile.tiles, larger(1, kConvGrain / (depth * rows + 1)), panel);
}

/// Where a block lies: its first image, group and positions, and how many of each there are.
struct BlockPlace {
  int64_t image, images, group, q0, q1, high, q2, wide;

  template <class T>
  RL_INLINE BlockPlace(const Convolution<T>& c, const Blocks<T>& b, int64_t unit) {
    q2 = unit % b.blocks[4] * b.wide;
    unit /= b.blocks[4];
    q1 = unit % b.blocks[3] * b.high;
    unit /= b.blocks[3];
    q0 = unit % b.blocks[2];
    unit /= b.blocks[2];
    group = unit % b.blocks[1];
    image = unit / b.blocks[1] * b.together;
    images = smaller(b.together, c.images - image);
    high = smaller(b.high, c.axis[1].count - q1);
    wide = smaller(b.wide, c.axis[2].count - q2);
  }
};

/// Channels from `first` to before `last` of the group.
template <class T>
RL_INLINE void copy_block(const Convolution<T>& c, const Blocks<T>& b, const BlockPlace& at, int64_t first,
                          int64_t last, T* copy) {
  const int64_t s0 = c.axis[0].source, s1 = c.axis[1].source, s2 = c.axis[2].source;
  const int64_t plane = s0 * s1 * s2;
  const T* const end = c.source + c.images * c.groups * c.channels * plane;
  for (int64_t channel = first; channel < last; ++channel) {
    T* line = copy + (channel - first) * b.channel;
    for (int64_t l0 = 0; l0 < b.copied[0].lines; ++l0)
      for (int64_t l1 = 0; l1 < b.copied[1].lines; ++l1)
        for (int64_t l2 = 0; l2 < b.copied[2].lines; ++l2, line += b.line) {
          const int64_t p0 = b.copied[0].start_of(l0, at.q0), start1 = b.copied[1].start_of(l1, at.q1);
          const RowCopy<T> copied(b.image, s2, b.copied[2].start_of(l2, at.q2), b.copied[2].step, end);
          T* to = line;
          for (int64_t y = 0; y < b.copied[1].extent; ++y, to = line + y * b.row) {
            const int64_t p1 = start1 + y * b.copied[1].step;
            const bool inside = uint64_t(p0) < uint64_t(s0) && uint64_t(p1) < uint64_t(s1);
            const T* row = c.source + ((at.image * c.groups + at.group) * c.channels + channel) * plane;
            row += inside ? (p0 * s1 + p1) * s2 : 0;
            for (int64_t i = 0; i < at.images; ++i, to += b.image, row += c.groups * c.channels * plane) {
              if (inside)
                copied.run(to, row);
              else
                copied.zeros(to, 0, b.image);
            }
          }
        }
  }
}

/// The sums of a block's rows from `first` on to their places in the result, with the bias.
template <class T>
RL_INLINE void place_sums(const Convolution<T>& c, const Blocks<T>& b, const BlockPlace& at, int64_t first,
                          int64_t last, const T* sums) {
  const Axis &a0 = c.axis[0], &a1 = c.axis[1], &a2 = c.axis[2];
  for (int64_t i = 0; i < at.images; ++i)
    for (int64_t r = first; r < last; ++r) {
      const int64_t row = at.group * c.rows + r;
      T* plane = c.out + ((at.image + i) * c.groups * c.rows + row) * c.result[0] * c.result[1] * c.result[2];
      plane += (a0.out_first + at.q0 * a0.out_step) * c.result[1] * c.result[2];
      for (int64_t y = 0; y < at.high; ++y) {
        const T* from = sums + r * b.sums_row + i * b.image + y * b.row;
        T* to = plane + (a1.out_first + (at.q1 + y) * a1.out_step) * c.result[2] + a2.out_first + at.q2 * a2.out_step;
        if (a2.out_step != 1)
          for (int64_t x = 0; x < at.wide; ++x) to[x * a2.out_step] = c.bias ? from[x] + c.bias[row] : from[x];
        else if (c.bias)
          place_row<T, true, kWidth<T>>(to, from, at.wide, c.bias[row]);
        else
          place_row<T, false, kWidth<T>>(to, from, at.wide, T(0));
      }
    }
}

/// A block, or the tiles that are part `part` of `parts` of its rows.
template <class T>
static void run_block(const Convolution<T>& c, const Blocks<T>& b, int64_t unit, int64_t part, int64_t parts,
                      const T* panels, const int64_t* places, T* copy) {
  const BlockPlace at(c, b, unit);
  const int64_t share = pieces_of(b.tile.tiles, parts), first = part * share;
  const int64_t last = smaller(b.tile.tiles, first + share);
  T* const sums = copy + b.copy_elements;
  const int64_t depth = c.depth(), rows = b.tile.rows, taps = c.taps();
  const int64_t positions = b.row * (at.high - 1) + b.image * (at.images - 1) + at.wide;
  for (int64_t k = 0; k < depth; k += kChain) {
    const int64_t chain = smaller(kChain, depth - k), channel = k / taps;
    copy_block(c, b, at, channel, (k + chain - 1) / taps + 1, copy);
    const T* const from = copy - channel * b.channel;
    for (int64_t tile = first; tile < last; ++tile) {
      const T* panel = panels + ((at.group * b.tile.tiles + tile) * depth + k) * rows;
      for (int64_t p = 0; p < positions; p += b.tile.columns)
        b.tile.run(chain, panel, from + p, places + k, sums + tile * rows * b.sums_row + p, b.sums_row, k > 0);
    }
  }
  place_sums(c, b, at, first * rows, smaller(c.rows, last * rows), sums);
}

template <class T>
static void run_convolution(const Convolution<T>& c, void* scratch, int threads) {
  const Blocks<T> b = chosen_blocks(c);
  int64_t* const at = static_cast<int64_t*>(scratch);
  char* const after = static_cast<char*>(scratch) + rounded_up(c.depth() * 8, 64);
  T* const panels = reinterpret_cast<T*>(after);
  char* const own = static_cast<char*>(scratch) + b.shared_bytes(c);
  prepare(c, b, panels, at);
  // fewer blocks than threads: several threads for a block, each with rows of its own
  const int64_t blocks = b.count(), parts = blocks < threads ? smaller(b.tile.tiles, pieces_of(threads, blocks)) : 1;
  const int64_t units = blocks * parts, work = c.depth() * c.rows * b.wide * b.high * b.together / parts;
  const int64_t share = larger(pieces_of(units, threads), pieces_of(kConvGrain, work + 1));
  parallel_for(units, share, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    T* copy = reinterpret_cast<T*>(own + begin / share * b.thread_bytes());
    for (int64_t i = 0; i < b.copy_elements; ++i) copy[i] = T(0);  // nobody computes with what was there
    for (int64_t unit = begin; unit < end; ++unit) run_block(c, b, unit / parts, unit % parts, parts, panels, at, copy);
  });
}

/// What a call asks for, but for its axes.
template <class T>
RL_INLINE Convolution<T> described(const KernelCall& call, bool transposed) {
  const View &out = call.operands[0], &source = call.operands[1], &weight = call.operands[2];
  Convolution<T> c{};
  c.groups = call.parameters.as<kernels::ConvParameters>().groups;
  c.source = source.as<const T>();
  c.weight = weight.as<const T>();
  c.bias = call.count > 3 ? call.operands[3].as<const T>() : nullptr;
  c.out = out.as<T>();
  c.images = out.sizes[0];
  c.rows = out.sizes[1] / c.groups;
  c.channels = source.sizes[1] / c.groups;
  int64_t taps = 1;
  for (int d = 0; d < kernels::kSpatial; ++d) {
    c.kernel[d] = weight.sizes[2 + d];
    c.result[d] = out.sizes[2 + d];
    taps *= c.kernel[d];
  }
  c.weight_group = weight.sizes[0] / c.groups * weight.sizes[1] * taps;
  c.weight_row = transposed ? taps : weight.sizes[1] * taps;
  c.weight_channel = transposed ? weight.sizes[1] * taps : taps;
  return c;
}

/// f(convolution) for every part of a call: one going forward, as many as there are groups of places that the same taps
/// reach going backward.
template <class T, class F>
RL_INLINE void for_each_part(const KernelCall& call, bool transposed, F&& f) {
  const auto p = call.parameters.as<kernels::ConvParameters>();
  const View& source = call.operands[1];
  Convolution<T> c = described<T>(call, transposed);
  int64_t parts[kernels::kSpatial] = {1, 1, 1};
  if (transposed)
    for (int d = 0; d < kernels::kSpatial; ++d) parts[d] = transposed_phases(p, d, c.kernel[d]);
  for (int64_t part = 0; part < parts[0] * parts[1] * parts[2]; ++part) {
    int64_t rest = part;
    for (int d = kernels::kSpatial - 1; d >= 0; --d) {
      const int64_t from = source.sizes[2 + d];
      c.axis[d] = transposed ? transposed_axis(p, d, from, c.kernel[d], c.result[d], rest % parts[d])
                             : forward_axis(p, d, from, c.kernel[d], c.result[d]);
      rest /= parts[d];
    }
    if (!c.is_empty()) f(c);
  }
}

template <class T, bool kTransposed>
static int64_t conv_scratch_of(const KernelCall& call) {
  int64_t most = 0;
  for_each_part<T>(call, kTransposed, [&](const Convolution<T>& c) {
    const Blocks<T> b = chosen_blocks(c);
    most = larger(most, b.shared_bytes(c) + call.threads * b.thread_bytes());
  });
  return most;
}
template <bool kTransposed>
static int64_t conv_scratch(const KernelCall& call) {
  return item_size(call.operands[0].dtype) == 8 ? conv_scratch_of<double, kTransposed>(call)
                                                : conv_scratch_of<float, kTransposed>(call);
}

/// Places that no tap reaches hold the bias alone.
template <class T>
static void fill_with_bias(const KernelCall& call) {
  const View& out = call.operands[0];
  const T* bias = call.count > 3 ? call.operands[3].as<const T>() : nullptr;
  const int64_t rows = out.sizes[1], inner = out.sizes[2] * out.sizes[3] * out.sizes[4];
  T* to = out.as<T>();
  for (int64_t i = 0; i < out.sizes[0] * rows; ++i, to += inner) {
    const T value = bias ? bias[i % rows] : T(0);
    for (int64_t j = 0; j < inner; ++j) to[j] = value;
  }
}

template <class T, bool kTransposed>
static void conv(const KernelCall& call) {
  if (kTransposed) {
    const auto p = call.parameters.as<kernels::ConvParameters>();
    bool all_reached = true;
    for (int d = 0; d < kernels::kSpatial; ++d)
      all_reached &= transposed_phases(p, d, call.operands[2].sizes[2 + d]) == p.stride[d];
    if (!all_reached) fill_with_bias<T>(call);
  }
  for_each_part<T>(call, kTransposed,
                   [&](const Convolution<T>& c) { run_convolution<T>(c, call.scratch, call.threads); });
}

extern const KernelEntry conv_entries[];
const KernelEntry conv_entries[] = {
#define X(Name, T)                                                      \
  {&kernels::conv, DType::Name, &conv<T, false>, &conv_scratch<false>}, \
      {&kernels::conv_transpose, DType::Name, &conv<T, true>, &conv_scratch<true>},
    X(Float32, float) X(Float64, double) X(Int64, int64_t)
#undef X
};
extern const int conv_count;
const int conv_count = int(sizeof(conv_entries) / sizeof(KernelEntry));

RL_ISA_END
