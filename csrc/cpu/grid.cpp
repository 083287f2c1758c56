// A tensor read at places given by numbers from -1 to 1: along each axis a few elements with weights, and how those
// change with the place; and the gradients of both. (Jaderberg et al. 2015, arXiv:1506.02025.)
#include "cpu/grid_kernels.h"

#include "core/parallel.h"
#include "core/scalar.h"
#include "functors/math.h"

RL_ISA_BEGIN

using kernels::Between;
using kernels::Beyond;
using kernels::GridParameters;

constexpr int64_t kGridGrain = 4096;  // elements read, worth a second thread
constexpr int64_t kGridBlock = 32;    // places whose taps are worked out before they are read
constexpr int kMostTaps = 16;         // 4 x 4 of a plane, 2 x 2 x 2 of a volume

template <class T>
struct AxisTaps {
  int count;
  int64_t place[4];  // -1: outside, where there is zero
  T weight[4], slope[4];
};

/// A coordinate that was brought inside, and how it changes with what it was made of.
template <class T>
struct Coordinate {
  T value, slope;
};

template <class T>
RL_INLINE T held(T x, T most) {  // NaN goes to 0
  return x > 0 ? (x < most ? x : most) : T(0);
}

/// Mirrored between low / 2 and high / 2, as often as it takes.
template <class T>
RL_INLINE Coordinate<T> mirrored(T x, int64_t low, int64_t high) {
  if (low == high) return {T(0), T(0)};
  const T least = T(low) / 2, span = T(high - low) / 2;
  const T off = x - least, distance = off < 0 ? -off : off, sign = off < 0 ? T(-1) : T(1);
  const T turns = functors::floor(distance / span), extra = functors::fmod(distance, span);
  const bool even = functors::fmod(turns, T(2)) == T(0);
  return {even ? extra + least : span - extra + least, even ? sign : -sign};
}

/// From -1 to 1 to places of an axis.
template <class T>
RL_INLINE Coordinate<T> placed(T x, int64_t size, bool align_corners) {
  if (align_corners) return {(x + 1) / 2 * T(size - 1), T(size - 1) / 2};
  return {((x + 1) * T(size) - 1) / 2, T(size) / 2};
}

/// A place brought inside the axis, as the padding says.
template <class T>
RL_INLINE Coordinate<T> inside(Coordinate<T> c, int64_t size, const GridParameters& p) {
  if (p.padding == Beyond::Zeros) return c;
  if (p.padding == Beyond::Reflection) {
    const Coordinate<T> m =
        p.align_corners ? mirrored(c.value, int64_t(0), 2 * (size - 1)) : mirrored(c.value, int64_t(-1), 2 * size - 1);
    c = {m.value, c.slope * m.slope};
  }
  const bool within = c.value > 0 && c.value < T(size - 1);
  return {held(c.value, T(size - 1)), within ? c.slope : T(0)};
}

/// A whole number as a place of the axis; -1 outside, or where it is no number.
template <class T>
RL_INLINE int64_t place_of(T x, int64_t size) {
  return x >= 0 && x < T(size) ? int64_t(x) : -1;
}

template <class T>
RL_INLINE void find_taps(T x, int64_t size, const GridParameters& p, AxisTaps<T>& t) {
  const Coordinate<T> raw = placed(x, size, p.align_corners);
  if (p.mode == Between::Cubic) {
    const T floor = functors::floor(raw.value), f = raw.value - floor, a = T(-0.75);
    t.count = 4;
    for (int i = 0; i < 4; ++i) {
      t.place[i] = place_of(inside(Coordinate<T>{floor + T(i - 1), T(1)}, size, p).value, size);
      const T off = f - T(i - 1), d = off < 0 ? -off : off, sign = off < 0 ? -raw.slope : raw.slope;
      const bool near = i == 1 || i == 2;
      t.weight[i] = near ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
      t.slope[i] = sign * (near ? (3 * (a + 2) * d - 2 * (a + 3)) * d : (3 * a * d - 10 * a) * d + 8 * a);
    }
    return;
  }
  const Coordinate<T> c = inside(raw, size, p);
  if (p.mode == Between::Nearest) {
    t.count = 1;
    t.place[0] = place_of(functors::round(c.value), size);
    t.weight[0] = T(1), t.slope[0] = T(0);
    return;
  }
  const T floor = functors::floor(c.value);
  t.count = 2;
  t.place[0] = place_of(floor, size), t.place[1] = place_of(floor + 1, size);
  t.weight[0] = floor + 1 - c.value, t.weight[1] = c.value - floor;
  t.slope[0] = -c.slope, t.slope[1] = c.slope;
}

struct Grid {
  GridParameters p;
  int64_t images, channels, plane, positions, size[3];
  int axes;
  RL_INLINE Grid(const KernelCall& call, const View& input, const View& grid)
      : p(call.parameters.as<GridParameters>()),
        images(input.sizes[0]),
        channels(input.sizes[1]),
        plane(input.sizes[2] * input.sizes[3] * input.sizes[4]),
        positions(grid.sizes[1] * grid.sizes[2] * grid.sizes[3]),
        size{input.sizes[2], input.sizes[3], input.sizes[4]},
        axes(int(grid.sizes[4])) {}
};

/// The elements of a plane that a place reads, and what each counts.
template <class T>
struct PlaneTaps {
  int count = 0;
  int64_t place[kMostTaps];
  T weight[kMostTaps], slope[kMostTaps][3];  // slopes by x, y, z

  template <bool kSlopes>
  RL_INLINE void read(const Grid& g, const T* at) {
    AxisTaps<T> axis[3];  // z, y, x
    axis[0].count = 1, axis[0].place[0] = 0, axis[0].weight[0] = T(1), axis[0].slope[0] = T(0);
    for (int a = 0; a < g.axes; ++a) find_taps(at[a], g.size[2 - a], g.p, axis[2 - a]);
    count = 0;
    for (int z = 0; z < axis[0].count; ++z)
      for (int y = 0; y < axis[1].count; ++y)
        for (int x = 0; x < axis[2].count; ++x) {
          const int64_t pz = axis[0].place[z], py = axis[1].place[y], px = axis[2].place[x];
          if ((pz | py | px) < 0) continue;
          const T wz = axis[0].weight[z], wy = axis[1].weight[y], wx = axis[2].weight[x];
          place[count] = (pz * g.size[1] + py) * g.size[2] + px;
          weight[count] = wx * wy * wz;
          if (kSlopes) {
            slope[count][0] = axis[2].slope[x] * wy * wz;
            slope[count][1] = wx * axis[1].slope[y] * wz;
            slope[count][2] = wx * wy * axis[0].slope[z];
          }
          ++count;
        }
  }
  /// What is read at place i of a grid, or how that changes along a direction.
  RL_INLINE void read(const Grid& g, const T* grid, const T* direction, int64_t i) {
    if (!direction) return read<false>(g, grid + i * g.axes);
    read<true>(g, grid + i * g.axes);
    for (int k = 0; k < count; ++k) {
      weight[k] = T(0);
      for (int a = 0; a < g.axes; ++a) weight[k] += slope[k][a] * direction[i * g.axes + a];
    }
  }
};

template <class T>
RL_INLINE const T* direction_of(const KernelCall& call) {
  return call.count > 3 ? call.operands[3].as<const T>() : nullptr;
}

/// What a place reads of a plane.
template <class T>
RL_INLINE T read_plane(const PlaneTaps<T>& t, const T* plane) {
  if (t.count == 4)  // the usual case, without a loop
    return T(0) + plane[t.place[0]] * t.weight[0] + plane[t.place[1]] * t.weight[1] + plane[t.place[2]] * t.weight[2] +
           plane[t.place[3]] * t.weight[3];
  T sum = T(0);
  for (int k = 0; k < t.count; ++k) sum += plane[t.place[k]] * t.weight[k];
  return sum;
}

template <class T>
static void grid_sample(const KernelCall& call) {
  const View &out = call.operands[0], &in = call.operands[1], &grid = call.operands[2];
  const Grid g(call, in, grid);
  parallel_for(g.images * g.positions, kGridGrain / g.channels + 1,
               [&](int64_t begin, int64_t end) __attribute__((noinline)) {
                 PlaneTaps<T> taps[kGridBlock];  // of places side by side: then they are read plane after plane
                 for (int64_t i = begin; i < end;) {
                   const int64_t image = i / g.positions, q = i % g.positions;
                   int64_t n = g.positions - q < end - i ? g.positions - q : end - i;
                   n = n < kGridBlock ? n : kGridBlock;
                   for (int64_t j = 0; j < n; ++j) taps[j].read(g, grid.as<const T>(), direction_of<T>(call), i + j);
                   const T* plane = in.as<const T>() + image * g.channels * g.plane;
                   T* to = out.as<T>() + image * g.channels * g.positions + q;
                   for (int64_t c = 0; c < g.channels; ++c, plane += g.plane, to += g.positions)
                     for (int64_t j = 0; j < n; ++j) to[j] = read_plane(taps[j], plane);
                   i += n;
                 }
               });
}

template <class T>
static void grid_sample_input(const KernelCall& call) {
  const View &made = call.operands[0], &grad = call.operands[1], &grid = call.operands[2];
  const Grid g(call, made, grid);
  // a plane is written by one thread, whatever their number
  const int64_t parts = g.images < call.threads && g.channels > 1 ? call.threads : 1;
  const int64_t share = (g.channels + parts - 1) / parts;
  parallel_for(g.images * parts, 1, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    PlaneTaps<T> taps;
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t image = unit / parts, first = unit % parts * share;
      const int64_t last = first + share < g.channels ? first + share : g.channels;
      if (first >= last) continue;
      T* const to = made.as<T>() + image * g.channels * g.plane;
      __builtin_memset(to + first * g.plane, 0, size_t((last - first) * g.plane) * sizeof(T));
      for (int64_t q = 0; q < g.positions; ++q) {
        taps.read(g, grid.as<const T>(), direction_of<T>(call), image * g.positions + q);
        const T* from = grad.as<const T>() + image * g.channels * g.positions + q;
        for (int64_t c = first; c < last; ++c)
          for (int k = 0; k < taps.count; ++k)
            to[c * g.plane + taps.place[k]] += from[c * g.positions] * taps.weight[k];
      }
    }
  });
}

template <class T>
static void grid_sample_grid(const KernelCall& call) {
  const View &made = call.operands[0], &grad = call.operands[1], &in = call.operands[2], &grid = call.operands[3];
  const Grid g(call, in, grid);
  parallel_for(g.images * g.positions, kGridGrain / g.channels + 1,
               [&](int64_t begin, int64_t end) __attribute__((noinline)) {
                 PlaneTaps<T> taps;
                 for (int64_t i = begin; i < end; ++i) {
                   const int64_t image = i / g.positions;
                   taps.template read<true>(g, grid.as<const T>() + i * g.axes);
                   const T* plane = in.as<const T>() + image * g.channels * g.plane;
                   const T* from = grad.as<const T>() + image * g.channels * g.positions + i % g.positions;
                   T sum[3] = {};
                   for (int64_t c = 0; c < g.channels; ++c, plane += g.plane, from += g.positions)
                     for (int k = 0; k < taps.count; ++k)
                       for (int a = 0; a < g.axes; ++a) sum[a] += plane[taps.place[k]] * taps.slope[k][a] * *from;
                   for (int a = 0; a < g.axes; ++a) made.as<T>()[i * g.axes + a] = sum[a];
                 }
               });
}

extern const KernelEntry grid_entries[];
const KernelEntry grid_entries[] = {
#define X(Name, T)                                                       \
  {&kernels::grid_sample, DType::Name, &grid_sample<T>},                 \
      {&kernels::grid_sample_input, DType::Name, &grid_sample_input<T>}, \
      {&kernels::grid_sample_grid, DType::Name, &grid_sample_grid<T>},
    X(Float32, float) X(Float64, double)
#undef X
};
extern const int grid_count;
const int grid_count = int(sizeof(grid_entries) / sizeof(KernelEntry));

RL_ISA_END
