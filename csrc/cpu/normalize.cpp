// Groups of elements with their mean taken away, divided by their spread: the moments in the order of sums, and one
// pass for the rest. Layers, batches, channels and groups of channels differ in where a group lies, and in whose weight
// is whose.
#include "cpu/normalize_kernels.h"

#include "core/parallel.h"
#include "cpu/sum_order.h"
#include "functors/math.h"

RL_ISA_BEGIN

using kernels::NormalizeParameters;

constexpr int64_t kNormGrain = 8192;  // elements worth a second thread

RL_INLINE int64_t norm_grain(int64_t n) { return n >= kNormGrain ? 1 : kNormGrain / (n > 0 ? n : 1); }

/// Some runs of elements that are summed as one row.
struct Runs {
  int64_t segments, length, step;

  RL_INLINE int64_t count() const { return segments * length; }
  /// `n` elements from the begin-th on, n <= kSumBlock: where they are, or side by side in `room`.
  template <class T>
  RL_INLINE const T* block(const T* base, int64_t begin, int64_t n, T* room) const {
    if (segments == 1) return base + begin;
    int64_t segment = begin / length, at = begin % length;
    for (int64_t i = 0; i < n; ++segment, at = 0) {
      const int64_t left = length - at, run = left < n - i ? left : n - i;
      __builtin_memcpy(room + i, base + segment * step + at, size_t(run) * sizeof(T));
      i += run;
    }
    return room;
  }
};

/// The sum of what `see` makes of each element.
template <class T, class See>
RL_INLINE T sum_of(const T* x, const Runs& r, const See& see) {
  const int64_t n = r.count();
  if (n <= kSumBlock && r.segments == 1) return block_of<T, Sum>(x, n, see);
  T room[kSumBlock];
  BlockTree<T> tree;
  for (int64_t begin = 0; begin < n; begin += kSumBlock) {
    const int64_t count = n - begin < kSumBlock ? n - begin : kSumBlock;
    tree.add(block_of<T, Sum>(r.block(x, begin, count, room), count, see));
  }
  return tree.total();
}

template <class T>
struct Two {
  T first, second;
};

/// Sums of h and of h (x - mean), where h is g, times w[i] where there are weights of elements.
template <class T, bool kWeighted>
static __attribute__((noinline)) Two<T> block_of_two(const T* g, const T* x, const T* w, T mean, int64_t n) {
  T first[kLanes], second[kLanes];
  for (int l = 0; l < kLanes; ++l) first[l] = second[l] = T(0);
  const auto add = [&](int64_t i, int m) __attribute__((always_inline)) {
    for (int l = 0; l < kLanes; ++l) {
      const T h = l < m ? (kWeighted ? g[i + l] * w[i + l] : g[i + l]) : T(0);
      first[l] += h;
      second[l] += l < m ? h * (x[i + l] - mean) : T(0);
    }
  };
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) add(i, kLanes);
  if (i < n) add(i, int(n - i));
  return {join_lanes(first), join_lanes(second)};
}

template <class T, bool kWeighted = false>
RL_INLINE Two<T> two_sums(const T* g, const T* x, const T* w, T mean, const Runs& r) {
  const int64_t n = r.count();
  if (n <= kSumBlock && r.segments == 1) return block_of_two<T, kWeighted>(g, x, w, mean, n);
  T g_room[kSumBlock], x_room[kSumBlock];
  BlockTree<T> first, second;
  for (int64_t begin = 0; begin < n; begin += kSumBlock) {
    const int64_t count = n - begin < kSumBlock ? n - begin : kSumBlock;
    const Two<T> part = block_of_two<T, kWeighted>(r.block(g, begin, count, g_room), r.block(x, begin, count, x_room),
                                                   kWeighted ? w + begin : nullptr, mean, count);
    first.add(part.first), second.add(part.second);
  }
  return {first.total(), second.total()};
}

/// What both directions read of their parameters.
template <class T>
struct Groups {
  NormalizeParameters p;
  Runs all;
  int64_t n, unit;  // elements of a group, and of each part that has a weight of its own

  RL_INLINE explicit Groups(const KernelCall& call)
      : p(call.parameters.as<NormalizeParameters>()),
        all{p.segments, p.length, p.step},
        n(all.count()),
        unit(p.units > 0 ? n / p.units : n) {}
  RL_INLINE T rstd(T var) const { return T(1) / functors::sqrt(var + T(p.eps)); }
  RL_INLINE int64_t weight_of(int64_t group, int64_t u) const { return group % p.period * p.units + u; }
  /// The elements of one part, in order.
  RL_INLINE Runs part() const { return p.units > 1 ? Runs{1, unit, 0} : all; }
  /// body(offset, n) for each run of the u-th part.
  template <class Body>
  RL_INLINE void each_run(int64_t u, const Body& body) const {
    if (p.units > 1) return body(u * unit, unit);
    for (int64_t s = 0; s < p.segments; ++s) body(s * p.step, p.length);
  }
};

template <class T>
RL_INLINE Two<T> moments_of(const T* x, const Groups<T>& groups) {
  T mean = T(0);
  if (groups.p.centred)
    mean = sum_of(x, groups.all, [](T v) __attribute__((always_inline)) { return v; }) / T(groups.n);
  const T squares = sum_of(x, groups.all, [=](T v) __attribute__((always_inline)) { return (v - mean) * (v - mean); });
  return {mean, squares / T(groups.n)};
}

template <class T>
static __attribute__((noinline)) void apply_part(T* y, const T* x, int64_t n, T mean, T scale, T shift) {
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * scale + shift;
}

template <class T>
static __attribute__((noinline)) void apply_elements(T* y, const T* x, int64_t n, T mean, T rstd, const T* w,
                                                     const T* b) {
  if (w && b) {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * rstd * w[i] + b[i];
  } else if (w) {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * rstd * w[i];
  } else if (b) {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * rstd + b[i];
  } else {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * rstd;
  }
}

template <class T>
static void normalize(const KernelCall& call) {
  const Groups<T> groups(call);
  const NormalizeParameters& p = groups.p;
  T *out = call.operands[0].as<T>(), *means = call.operands[1].as<T>(), *vars = call.operands[2].as<T>();
  const T* input = call.operands[3].as<T>();
  const T* weight = p.has_weight ? call.operands[4].as<T>() : nullptr;
  const T* bias = p.has_bias ? call.operands[4 + p.has_weight].as<T>() : nullptr;
  parallel_for(p.groups, norm_grain(groups.n), [&](int64_t begin, int64_t end) {
    for (int64_t g = begin; g < end; ++g) {
      const T* x = input + g * p.start;
      T* y = out + g * p.start;
      const Two<T> m = p.given ? Two<T>{means[g], vars[g]} : moments_of(x, groups);
      const T mean = m.first, rstd = groups.rstd(m.second);
      if (!p.given && p.centred) means[g] = mean;
      if (!p.given) vars[g] = m.second;
      if (p.units == 0) {
        apply_elements(y, x, groups.n, mean, rstd, weight, bias);
        continue;
      }
      for (int64_t u = 0; u < p.units; ++u) {
        const int64_t at = groups.weight_of(g, u);
        const T scale = weight ? rstd * weight[at] : rstd, shift = bias ? bias[at] : T(0);
        groups.each_run(u, [&](int64_t from, int64_t n) { apply_part(y + from, x + from, n, mean, scale, shift); });
      }
    }
  });
}

/// What the gradient of an input is made of: a h + b (x - mean) + c.
template <class T>
struct Slope {
  T a, b, c;
  RL_INLINE Slope(const Groups<T>& groups, T rstd, Two<T> sums) : a(rstd), b(0), c(0) {
    if (groups.p.given) return;
    const T n = T(groups.n);
    b = -(rstd * rstd * rstd * (sums.second / n));
    if (groups.p.centred) c = -(rstd * (sums.first / n));
  }
};

template <class T>
static __attribute__((noinline)) void slope_part(T* to, const T* g, const T* x, int64_t n, T mean, Slope<T> s) {
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) to[i] = g[i] * s.a + (x[i] - mean) * s.b + s.c;
}

/// The gradient of one group whose weights are its elements'; adds to those of the weights.
template <class T, bool kWeighted, bool kSums>
static __attribute__((noinline)) void slope_elements(T* to, const T* g, const T* x, const T* w, int64_t n, T mean,
                                                     T rstd, Slope<T> s, T* of_weight, T* of_bias) {
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    const T away = x[i] - mean, h = kWeighted ? g[i] * w[i] : g[i];
    if constexpr (kSums) {
      of_weight[i] += g[i] * (away * rstd);
      of_bias[i] += g[i];
    }
    to[i] = h * s.a + away * s.b + s.c;
  }
}

/// Operands of the backward kernel.
template <class T>
struct Backward {
  Groups<T> groups;
  T *to, *of_weight, *of_bias;
  const T *grad, *input, *means, *vars, *weight;
  bool affine;
  RL_INLINE T mean(int64_t group) const { return groups.p.centred ? means[group] : T(0); }
  RL_INLINE explicit Backward(const KernelCall& call)
      : groups(call),
        to(call.operands[0].as<T>()),
        of_weight(call.operands[1].as<T>()),
        of_bias(call.operands[2].as<T>()),
        grad(call.operands[3].as<T>()),
        input(call.operands[4].as<T>()),
        means(call.operands[5].as<T>()),
        vars(call.operands[6].as<T>()),
        weight(groups.p.has_weight ? call.operands[7].as<T>() : nullptr),
        affine(call.operands[1].numel() > 0) {}
};

/// One row of a layer; of_weight and of_bias null: nobody asks.
template <class T>
RL_INLINE void row_backward(const Backward<T>& k, int64_t row, T* of_weight, T* of_bias) {
  const int64_t n = k.groups.n, at = row * k.groups.p.start;
  const T *g = k.grad + at, *x = k.input + at, *w = k.weight;
  T* to = k.to + at;
  const T mean = k.mean(row), rstd = k.groups.rstd(k.vars[row]);
  Two<T> sums{0, 0};
  if (!k.groups.p.given)
    sums = w ? two_sums<T, true>(g, x, w, mean, k.groups.all) : two_sums<T>(g, x, nullptr, mean, k.groups.all);
  const Slope<T> s(k.groups, rstd, sums);
  if (w && of_weight)
    slope_elements<T, true, true>(to, g, x, w, n, mean, rstd, s, of_weight, of_bias);
  else if (w)
    slope_elements<T, true, false>(to, g, x, w, n, mean, rstd, s, nullptr, nullptr);
  else if (of_weight)
    slope_elements<T, false, true>(to, g, x, w, n, mean, rstd, s, of_weight, of_bias);
  else
    slope_elements<T, false, false>(to, g, x, w, n, mean, rstd, s, nullptr, nullptr);
}

/// Adds a row of sums to a tree that has a row a level, as BlockTree does.
template <class T>
RL_INLINE void add_row(T* levels, uint64_t count, T* row, int64_t n) {
  int at = 0;
  for (uint64_t bits = count; bits & 1; bits >>= 1, ++at)
    for (int64_t i = 0; i < n; ++i) row[i] = levels[at * n + i] + row[i];
  __builtin_memcpy(levels + at * n, row, size_t(n) * sizeof(T));
}
template <class T>
RL_INLINE void total_row(const T* levels, uint64_t count, T* to, int64_t n) {
  bool any = false;
  for (int at = 0; at < 48; ++at) {
    if (!((count >> at) & 1)) continue;
    const T* level = levels + at * n;
    for (int64_t i = 0; i < n; ++i) to[i] = any ? level[i] + to[i] : level[i];
    any = true;
  }
  if (!any) __builtin_memset(to, 0, size_t(n) * sizeof(T));
}

RL_INLINE int levels_of(int64_t blocks) {
  int levels = 1;
  while (blocks >>= 1) ++levels;
  return levels;
}

/// The gradients of weights that belong to elements are sums over rows: lane by lane, so that a lane's row of sums
/// stays in the first-level cache while the rows that belong to it come by.
template <class T>
static void rows_backward(const KernelCall& call, const Backward<T>& k) {
  const int64_t rows = k.groups.p.groups, n = k.groups.n;
  if (!k.affine) {
    parallel_for(rows, norm_grain(n), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) row_backward<T>(k, r, nullptr, nullptr);
    });
    return;
  }
  // a lane's sums of the weights' gradients, then those of the biases'; behind the lanes the levels of the tree
  T* const lanes = static_cast<T*>(call.scratch);
  T* const levels = lanes + kLanes * 2 * n;
  uint64_t count = 0;
  for (int64_t first = 0; first < rows; first += kSumBlock, ++count) {
    const int64_t last = rows - first < kSumBlock ? rows : first + kSumBlock;
    const int64_t work = (last - first) * n / kLanes;
    parallel_for(kLanes, work >= kNormGrain ? 1 : kNormGrain / (work + 1), [&](int64_t begin, int64_t end) {
      for (int64_t l = begin; l < end; ++l) {
        T* sums = lanes + l * 2 * n;
        __builtin_memset(sums, 0, size_t(2 * n) * sizeof(T));
        for (int64_t r = first + l; r < last; r += kLanes) row_backward<T>(k, r, sums, sums + n);
      }
    });
    for (int64_t half = kLanes / 2; half > 0; half /= 2)
      for (int64_t i = 0; i < half * 2 * n; ++i) lanes[i] += lanes[half * 2 * n + i];
    add_row(levels, count, lanes, 2 * n);
  }
  total_row(levels, count, lanes, 2 * n);
  __builtin_memcpy(k.of_weight, lanes, size_t(n) * sizeof(T));
  __builtin_memcpy(k.of_bias, lanes + n, size_t(n) * sizeof(T));
}

/// The sum of x[0], x[step], ...: a column of what the groups gave.
template <class T>
RL_INLINE T column_sum(const T* x, int64_t n, int64_t step) {
  T room[kSumBlock];
  BlockTree<T> tree;
  for (int64_t begin = 0; begin < n; begin += kSumBlock) {
    const int64_t count = n - begin < kSumBlock ? n - begin : kSumBlock;
    for (int64_t i = 0; i < count; ++i) room[i] = x[(begin + i) * step];
    tree.add(block_of<T>(room, count));
  }
  return tree.total();
}

template <class T>
static void parts_backward(const KernelCall& call, const Backward<T>& k) {
  const Groups<T>& groups = k.groups;
  const NormalizeParameters& p = groups.p;
  T* const firsts = static_cast<T*>(call.scratch);  // sums of g, a part each; behind them those of g (x - mean) rstd
  T* const seconds = firsts + p.groups * p.units;
  parallel_for(p.groups, norm_grain(groups.n), [&](int64_t begin, int64_t end) {
    for (int64_t g = begin; g < end; ++g) {
      const T *x = k.input + g * p.start, *grads = k.grad + g * p.start;
      T *to = k.to + g * p.start, *first = firsts + g * p.units, *second = seconds + g * p.units;
      const T mean = k.mean(g), rstd = groups.rstd(k.vars[g]);
      const T* w = k.weight ? k.weight + groups.weight_of(g, 0) : nullptr;
      const Runs part = groups.part();
      for (int64_t u = 0; u < p.units; ++u) {
        const Two<T> sums = two_sums<T>(grads + u * groups.unit, x + u * groups.unit, nullptr, mean, part);
        first[u] = sums.first;
        second[u] = sums.second;
      }
      const auto weighed = [&](const T* of) __attribute__((always_inline)) {
        T room[kSumBlock];
        BlockTree<T> tree;
        for (int64_t from = 0; from < p.units; from += kSumBlock) {
          const int64_t count = p.units - from < kSumBlock ? p.units - from : kSumBlock;
          for (int64_t i = 0; i < count; ++i) room[i] = w ? of[from + i] * w[from + i] : of[from + i];
          tree.add(block_of<T>(room, count));
        }
        return tree.total();
      };
      const Slope<T> s(groups, rstd, {weighed(first), weighed(second)});
      for (int64_t u = 0; u < p.units; ++u) {
        Slope<T> of_part = s;
        if (w) of_part.a *= w[u];
        groups.each_run(
            u, [&](int64_t from, int64_t n) { slope_part(to + from, grads + from, x + from, n, mean, of_part); });
        second[u] *= rstd;
      }
    }
  });
  if (!k.affine) return;
  const int64_t weights = p.period * p.units, outer = p.groups / p.period;
  for (int64_t c = 0; c < weights; ++c) {
    k.of_weight[c] = column_sum(seconds + c, outer, weights);
    k.of_bias[c] = column_sum(firsts + c, outer, weights);
  }
}

template <class T>
static void normalize_backward(const KernelCall& call) {
  const Backward<T> k(call);
  if (k.groups.p.units == 0)
    rows_backward(call, k);
  else
    parts_backward(call, k);
}

template <class T>
static int64_t backward_scratch(const KernelCall& call) {
  const NormalizeParameters p = call.parameters.as<NormalizeParameters>();
  const int64_t n = p.segments * p.length;
  const int64_t items = p.units == 0 ? 2 * n * (kLanes + levels_of(blocks_of(p.groups))) : 2 * p.groups * p.units;
  return items * int64_t(sizeof(T));
}

extern const KernelEntry normalize_entries[];
const KernelEntry normalize_entries[] = {
    {&kernels::normalize, DType::Float32, &normalize<float>},
    {&kernels::normalize, DType::Float64, &normalize<double>},
    {&kernels::normalize_given, DType::Float32, &normalize<float>},
    {&kernels::normalize_given, DType::Float64, &normalize<double>},
    {&kernels::normalize_backward, DType::Float32, &normalize_backward<float>, &backward_scratch<float>},
    {&kernels::normalize_backward, DType::Float64, &normalize_backward<double>, &backward_scratch<double>},
};
extern const int normalize_count;
const int normalize_count = int(sizeof(normalize_entries) / sizeof(KernelEntry));

RL_ISA_END
