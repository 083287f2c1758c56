// Pooling: each window's rows are joined first, whole rows of the input at a time, then the columns of the row that is
// left. Sums are added in that order; of equal maxima the first in row-major order is taken, and NaN before all.
#include "cpu/pool_kernels.h"

#include <limits>
#include <type_traits>

#include "core/parallel.h"
#include "core/scalar.h"
#include "cpu/vector.h"

RL_ISA_BEGIN

using kernels::PoolParameters;

constexpr int64_t kPoolGrain = 16384;  // elements worth a second thread

/// The places [begin, end) of the input under a window along one axis, `step` apart, and what they count in an average.
struct Window {
  int64_t begin, end, step, count;
};

RL_INLINE int64_t share_begin(int64_t q, int64_t size, int64_t count) {
  return q / count * size + q % count * size / count;
}

RL_INLINE Window window_of(const PoolParameters& p, int axis, int64_t q, int64_t size, int64_t count) {
  if (p.adaptive) {
    const int64_t begin = share_begin(q, size, count), end = 1 + ((q + 1) * size - 1) / count;
    return {begin, end, 1, end - begin};
  }
  const int64_t dilation = p.dilation[axis], start = q * p.stride[axis] - p.padding[axis];
  const int64_t reach = start + (p.kernel[axis] - 1) * dilation + 1, padded = size + p.padding[axis];
  const int64_t begin = start < 0 ? start + (-start + dilation - 1) / dilation * dilation : start;
  const int64_t end = reach < size ? reach : size;
  return {begin, end, dilation, p.counts_padding ? (reach < padded ? reach : padded) - start : end - begin};
}

/// The windows of all axes, and room for a row of each thread.
struct Windows {
  const Window* axis[3];
  int64_t count[3], size[3];
  char* rows;
  int64_t row_bytes;

  RL_INLINE int64_t plane() const { return size[0] * size[1] * size[2]; }
  RL_INLINE int64_t windows() const { return count[0] * count[1] * count[2]; }
  /// Two numbers a column of the input, and three a window.
  static RL_INLINE int64_t bytes_of_row(const View& out, const View& input) {
    return (input.sizes[3] * 16 + out.sizes[3] * 24 + 63) / 64 * 64;
  }
  static RL_INLINE int64_t bytes_of_windows(const View& out) {
    const int64_t all = out.sizes[1] + out.sizes[2] + out.sizes[3];
    return (all * int64_t(sizeof(Window)) + 63) / 64 * 64;
  }
  RL_INLINE Windows(const KernelCall& call, const View& out, const View& input) {
    const auto p = call.parameters.as<PoolParameters>();
    Window* to = static_cast<Window*>(call.scratch);
    for (int d = 0; d < 3; ++d) {
      axis[d] = to;
      count[d] = out.sizes[1 + d];
      size[d] = input.sizes[1 + d];
      for (int64_t q = 0; q < count[d]; ++q) *to++ = window_of(p, d, q, size[d], count[d]);
    }
    rows = static_cast<char*>(call.scratch) + bytes_of_windows(out);
    row_bytes = bytes_of_row(out, input);
  }
};

/// body(plane, a row of the thread's own) for every plane.
template <class Body>
RL_INLINE void for_each_plane(const KernelCall& call, const Windows& w, int64_t planes, const Body& body) {
  const int64_t work = w.plane() + w.windows();
  int64_t share = (planes + call.threads - 1) / call.threads;
  if (share * work < kPoolGrain) share = kPoolGrain / work + 1;
  parallel_for(planes, share, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    char* row = w.rows + begin / share * w.row_bytes;
    for (int64_t plane = begin; plane < end; ++plane) body(plane, row);
  });
}

/// body(row of windows, first axis' window, second's) for every row of a plane's windows.
template <class Body>
RL_INLINE void for_each_row(const Windows& w, const Body& body) {
  for (int64_t q0 = 0; q0 < w.count[0]; ++q0)
    for (int64_t q1 = 0; q1 < w.count[1]; ++q1) body(q0 * w.count[1] + q1, w.axis[0][q0], w.axis[1][q1]);
}

/// body(window, column) for the columns of a row's windows: where windows are alike, a column of all of them at a time.
template <class Body>
RL_INLINE void for_each_column(const Windows& w, const PoolParameters& p, const Body& body) {
  if (p.adaptive) {
    for (int64_t q = 0; q < w.count[2]; ++q)
      for (int64_t x = w.axis[2][q].begin; x < w.axis[2][q].end; ++x) body(q, x);
    return;
  }
  const int64_t stride = p.stride[2];
  for (int64_t t = 0; t < p.kernel[2]; ++t) {
    const int64_t offset = t * p.dilation[2] - p.padding[2];
    const int64_t begin = offset < 0 ? (-offset + stride - 1) / stride : 0;
    const int64_t last = offset < w.size[2] ? (w.size[2] - 1 - offset) / stride + 1 : 0;
    const int64_t end = last < w.count[2] ? last : w.count[2];
    const auto all = [=, &body](int64_t step) __attribute__((always_inline)) {
#pragma GCC ivdep
      for (int64_t q = begin; q < end; ++q) body(q, q * step + offset);
    };
    if (stride == 1)  // where the compiler knows the step, it shuffles registers
      all(1);
    else if (stride == 2)
      all(2);
    else
      all(stride);
  }
}

/// What sums over windows are divided by: a number that was given, or how many elements a row's windows count.
template <class T>
struct Divisors {
  T* columns;
  int64_t given;
  RL_INLINE Divisors(const Windows& w, int64_t number, T* room) : columns(room), given(number) {
    for (int64_t q = 0; q < w.count[2]; ++q) columns[q] = given != 0 ? T(1) : T(w.axis[2][q].count);
  }
  RL_INLINE T of_rows(const Window& a, const Window& b) const { return T(given != 0 ? given : a.count * b.count); }
};

template <class T>
static void avg_pool(const KernelCall& call) {
  const View &out = call.operands[0], &in = call.operands[1];
  const Windows w(call, out, in);
  const auto p = call.parameters.as<PoolParameters>();
  const int64_t width = w.size[2], count = w.count[2];
  for_each_plane(call, w, out.sizes[0], [&](int64_t plane, char* own) {
    T* const sum = reinterpret_cast<T*>(own);
    const Divisors<T> divisors(w, p.divisor, sum + width);
    const T* const from = in.as<const T>() + plane * w.plane();
    T* const planes_windows = out.as<T>() + plane * w.windows();
    for_each_row(w, [&](int64_t row, const Window& a, const Window& b) {
      for (int64_t x = 0; x < width; ++x) sum[x] = T(0);
      for (int64_t z = a.begin; z < a.end; z += a.step)
        for (int64_t y = b.begin; y < b.end; y += b.step) {
          const T* line = from + (z * w.size[1] + y) * width;
          for (int64_t x = 0; x < width; ++x) sum[x] += line[x];
        }
      T* const to = planes_windows + row * count;
      for (int64_t q = 0; q < count; ++q) to[q] = T(0);
      for_each_column(w, p, [&](int64_t q, int64_t x) __attribute__((always_inline)) { to[q] += sum[x]; });
      const T rows = divisors.of_rows(a, b);
      for (int64_t q = 0; q < count; ++q) to[q] /= rows * divisors.columns[q];
    });
  });
}

template <class T>
static void avg_pool_back(const KernelCall& call) {
  const View &made = call.operands[0], &grad = call.operands[1];
  const Windows w(call, grad, made);
  const auto p = call.parameters.as<PoolParameters>();
  const int64_t width = w.size[2], count = w.count[2];
  for_each_plane(call, w, made.sizes[0], [&](int64_t plane, char* own) {
    T* const share = reinterpret_cast<T*>(own);
    T* const divided = share + width;
    const Divisors<T> divisors(w, p.divisor, divided + count);
    T* const to = made.as<T>() + plane * w.plane();
    const T* const planes_windows = grad.as<const T>() + plane * w.windows();
    __builtin_memset(to, 0, size_t(w.plane()) * sizeof(T));
    for_each_row(w, [&](int64_t row, const Window& a, const Window& b) {
      const T rows = divisors.of_rows(a, b);
      const T* const from = planes_windows + row * count;
      for (int64_t q = 0; q < count; ++q) divided[q] = from[q] / (rows * divisors.columns[q]);
      for (int64_t x = 0; x < width; ++x) share[x] = T(0);
      for_each_column(w, p, [&](int64_t q, int64_t x) __attribute__((always_inline)) { share[x] += divided[q]; });
      for (int64_t z = a.begin; z < a.end; z += a.step)
        for (int64_t y = b.begin; y < b.end; y += b.step) {
          T* line = to + (z * w.size[1] + y) * width;
          for (int64_t x = 0; x < width; ++x) line[x] += share[x];
        }
    });
  });
}

/// Rows are numbered by an integer as wide as the values, so that both fill registers of one kind.
template <class T>
using RowNumber = std::conditional_t<sizeof(T) == 8, int64_t, int32_t>;

template <class T>
constexpr T kLowest = std::is_integral_v<T> ? std::numeric_limits<T>::min() : -std::numeric_limits<T>::infinity();

template <class T>
RL_INLINE bool is_nan(T x) {
  return x != x;
}

template <class T>
constexpr RowNumber<T> kNoRow = std::numeric_limits<RowNumber<T>>::max();

/// The columns of a row that is left, joined into windows: value, row and column of the first maximum.
template <class T>
struct Columns {
  using Row = RowNumber<T>;
  const T* value;
  const Row* row;
  T* most;
  Row *most_row, *most_column;

  RL_INLINE void join(int64_t q, int64_t x) const {
    // of several NaN the last one is taken, as where they come one after the other
    const bool taken = is_nan(value[x]) ? !is_nan(most[q]) | (row[x] >= most_row[q])
                                        : (value[x] > most[q]) | ((value[x] == most[q]) & (row[x] < most_row[q]));
    most[q] = taken ? value[x] : most[q];
    most_row[q] = taken ? row[x] : most_row[q];
    most_column[q] = taken ? Row(x) : most_column[q];
  }
};

template <class T>
static void max_pool(const KernelCall& call) {
  using Row = RowNumber<T>;
  const auto p = call.parameters.as<PoolParameters>();
  const View &out = call.operands[0], &places = call.operands[1], &in = call.operands[2];
  const Windows w(call, out, in);
  const int64_t width = w.size[2];
  for_each_plane(call, w, out.sizes[0], [&](int64_t plane, char* own) {
    T* const best = reinterpret_cast<T*>(own);
    Row* const best_row = reinterpret_cast<Row*>(best + width);
    T* const most = reinterpret_cast<T*>(best_row + width);
    Row* const most_row = reinterpret_cast<Row*>(most + w.count[2]);
    Row* const most_column = most_row + w.count[2];
    const T* const from = in.as<const T>() + plane * w.plane();
    T* const to = out.as<T>() + plane * w.windows();
    int64_t* const at = places.as<int64_t>() + plane * w.windows();
    for_each_row(w, [&](int64_t row, const Window& a, const Window& b) {
      bool first = true;  // a window with dilation may have no element at all
      for (int64_t z = a.begin; z < a.end; z += a.step)
        for (int64_t y = b.begin; y < b.end; y += b.step) {
          const auto number = Row(z * w.size[1] + y);
          const T* line = from + int64_t(number) * width;
          if (first) {
            for (int64_t x = 0; x < width; ++x) best[x] = line[x], best_row[x] = number;
            first = false;
            continue;
          }
          for (int64_t x = 0; x < width; ++x) {
            const bool taken = line[x] > best[x] || is_nan(line[x]);
            best[x] = taken ? line[x] : best[x];
            best_row[x] = taken ? number : best_row[x];
          }
        }
      const Columns<T> columns{best, best_row, most, most_row, most_column};
      for (int64_t q = 0; q < w.count[2]; ++q) most[q] = kLowest<T>, most_row[q] = kNoRow<T>, most_column[q] = 0;
      if (!first)
        for_each_column(w, p, [&](int64_t q, int64_t x) __attribute__((always_inline)) { columns.join(q, x); });
      for (int64_t q = 0; q < w.count[2]; ++q) {
        to[row * w.count[2] + q] = most[q];
        at[row * w.count[2] + q] = most_row[q] == kNoRow<T> ? 0 : int64_t(most_row[q]) * width + most_column[q];
      }
    });
  });
}

static int64_t pool_scratch(const View& out, const View& input, int threads) {
  return Windows::bytes_of_windows(out) + Windows::bytes_of_row(out, input) * threads;
}
static int64_t avg_scratch(const KernelCall& c) { return pool_scratch(c.operands[0], c.operands[1], c.threads); }
static int64_t back_scratch(const KernelCall& c) { return pool_scratch(c.operands[1], c.operands[0], c.threads); }
static int64_t max_scratch(const KernelCall& c) { return pool_scratch(c.operands[0], c.operands[2], c.threads); }

/// Elements by their places within a plane of n elements; one that is out of range is reported.
template <class T, class Body>
RL_INLINE void at_places(const KernelCall& call, const View& places, int64_t n, const Body& body) {
  const int64_t each = places.sizes[1];
  const int64_t* at = places.as<const int64_t>();
  parallel_for(places.sizes[0], kPoolGrain / (each + n) + 1, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    for (int64_t plane = begin; plane < end; ++plane)
      body(plane, [&](const auto& move) __attribute__((always_inline)) {
        for (int64_t i = plane * each; i < (plane + 1) * each; ++i) {
          if (RL_LIKELY(uint64_t(at[i]) < uint64_t(n)))
            move(i, plane * n + at[i]);
          else
            report(call.error, 1, i, at[i]);
        }
      });
  });
}

template <class T>
static void gather_places(const KernelCall& call) {
  T* const out = call.operands[0].as<T>();
  const T* const in = call.operands[1].as<const T>();
  at_places<T>(call, call.operands[2], call.operands[1].sizes[1],
               [&](int64_t, const auto& each) { each([&](int64_t i, int64_t place) { out[i] = in[place]; }); });
}

template <class T, bool kAdd>
static void scatter_places(const KernelCall& call) {
  T* const out = call.operands[0].as<T>();
  const T* const source = call.operands[1].as<const T>();
  const int64_t n = call.operands[0].sizes[1];
  at_places<T>(call, call.operands[2], n, [&](int64_t plane, const auto& each) {
    __builtin_memset(out + plane * n, 0, size_t(n) * sizeof(T));
    each([&](int64_t i, int64_t place) { out[place] = kAdd ? T(out[place] + source[i]) : source[i]; });
  });
}

extern const KernelEntry pool_entries[];
const KernelEntry pool_entries[] = {
#define X(Name, T)                                                   \
  {&kernels::avg_pool, DType::Name, &avg_pool<T>, &avg_scratch},     \
      {&kernels::max_pool, DType::Name, &max_pool<T>, &max_scratch}, \
      {&kernels::gather_places, DType::Name, &gather_places<T>},     \
      {&kernels::set_places, DType::Name, &scatter_places<T, false>},
    X(Float32, float) X(Float64, double) X(Int64, int64_t)
#undef X
#define X(Name, T)                                                          \
  {&kernels::avg_pool_back, DType::Name, &avg_pool_back<T>, &back_scratch}, \
      {&kernels::scatter_places, DType::Name, &scatter_places<T, true>},
        X(Float32, float) X(Float64, double)
#undef X
};
extern const int pool_count;
const int pool_count = int(sizeof(pool_entries) / sizeof(KernelEntry));

RL_ISA_END
