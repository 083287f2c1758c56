// Random kernels: raw draws in blocks, in the order of memory, then one formula each (PyTorch's, in float64 where it
// computes so).
#include "cpu/random_kernels.h"

#include <cmath>

#include "core/generator.h"
#include "cpu/index_walk.h"
#include "functors/math.h"

RL_ISA_BEGIN

constexpr int64_t kDraws = 512;  // raw draws at a time: 4 KiB

RL_INLINE float u24(uint32_t r) { return float(r & 0xffffffu) * 0x1p-24f; }
RL_INLINE double u53(uint64_t r) { return double(r & ((uint64_t(1) << 53) - 1)) * 0x1p-53; }
RL_INLINE float uniform_of(uint32_t r) { return u24(r); }
RL_INLINE double uniform_of(uint64_t r) { return u53(r); }
template <class T>
struct RawOf {
  using type = uint32_t;
};
template <>
struct RawOf<double> {
  using type = uint64_t;
};

RL_INLINE void draw(Generator* g, int64_t n, uint32_t* to) { g->fill_random32(to, n); }
RL_INLINE void draw(Generator* g, int64_t n, uint64_t* to) { g->fill_random64(to, n); }

/// body(n, at, walk): at most kDraws elements along the innermost dim of `views`, whose sizes are those of the first.
template <class Body>
RL_INLINE void for_each_run(const View* views, int count, const Body& body) {
  Walk walk;
  walk.operands = count;
  for (int d = 0; d < views[0].ndim; ++d) {
    int64_t steps[kWalked];
    for (int i = 0; i < count; ++i) steps[i] = views[i].strides[d];
    walk.add(views[0].sizes[d], steps);
  }
  walk.finish();
  if (walk.numel == 0) return;
  Place place(walk, 0);
  for (int64_t done = 0; done < walk.numel;) {
    const int64_t left = place.left(walk), n = left < kDraws ? left : kDraws;
    body(n, place.at, walk);
    done += n;
    place.advance(walk, n);
  }
}

/// out = formula(raw draw), element by element in the order of memory.
template <class Raw, class T, class Formula>
RL_INLINE void fill_drawn(const KernelCall& call, const Formula& formula) {
  T* const out = call.operands[0].as<T>();
  Generator* const g = call.operands[1].generator;
  for_each_run(call.operands, 1, [&](int64_t n, const int64_t* at, const Walk& walk) {
    Raw raw[kDraws];
    draw(g, n, raw);
    T* const to = out + at[0];
    const int64_t step = walk.step(0);
    for (int64_t i = 0; i < n; ++i) to[i * step] = formula(raw[i]);
  });
}

template <class T>
static void uniform(const KernelCall& call) {
  const auto p = call.parameters.as<RandomParameters>();
  const T from = T(p.a), range = T(p.b) - T(p.a);
  fill_drawn<typename RawOf<T>::type, T>(call, [=](auto raw) {
    const T u = uniform_of(raw);
    if (from == 0 && range == 1) return u;
    return T(sizeof(T) == 4 ? __builtin_fmaf(float(u), float(range), float(from))
                            : __builtin_fma(double(u), double(range), double(from)));
  });
}

/// Drawn and computed in float32, then rounded.
template <class T>
static void uniform_half(const KernelCall& call) {
  const auto p = call.parameters.as<RandomParameters>();
  const float from = float(p.a), range = float(p.b) - float(p.a);
  fill_drawn<uint32_t, T>(call, [=](uint32_t raw) { return T(__builtin_fmaf(u24(raw), range, from)); });
}

/// Box and Muller 1958, doi:10.1214/aoms/1177706645, in PyTorch's blocks of 16: eight pairs of uniforms, the second
/// ones after the first. What is over of n <= kDraws is drawn and dropped.
template <class T>
static void normal_blocks(Generator* g, int64_t n, T mean, T std, T* out) {
  typename RawOf<T>::type raw[kDraws];
  draw(g, n, raw);
  T radius[kDraws / 2], angle[kDraws / 2];
  const int64_t blocks = n / 16;
  for (int64_t b = 0; b < blocks; ++b)
    for (int j = 0; j < 8; ++j) {
      radius[8 * b + j] = T(1) - uniform_of(raw[16 * b + j]);
      angle[8 * b + j] = T(2 * M_PI) * uniform_of(raw[16 * b + 8 + j]);
    }
  for (int64_t i = 0; i < 8 * blocks; ++i) {
    const T r = functors::sqrt(T(-2) * functors::log(radius[i])), a = angle[i];
    radius[i] = r * functors::cos(a) * std + mean;
    angle[i] = r * functors::sin(a) * std + mean;
  }
  for (int64_t b = 0; b < blocks; ++b)
    for (int j = 0; j < 8; ++j) {
      out[16 * b + j] = radius[8 * b + j];
      out[16 * b + 8 + j] = angle[8 * b + j];
    }
}

template <class T>
static void normal(const KernelCall& call) {
  const auto p = call.parameters.as<RandomParameters>();
  Generator* const g = call.operands[1].generator;
  T* const out = call.operands[0].as<T>();
  const int64_t n = call.operands[0].numel();
  if (p.singly || n < 16) {
    for_each_run(call.operands, 1, [&](int64_t count, const int64_t* at, const Walk& walk) {
      for (int64_t i = 0; i < count; ++i) out[at[0] + i * walk.step(0)] = T(g->normal() * p.b + p.a);
    });
    return;
  }
  // A tail draws its own uniforms, but the half types' do not, before the last 16 are made again.
  const int64_t drawn = p.whole_blocks ? n / 16 * 16 : n;
  for (int64_t at = 0; at < drawn; at += kDraws)
    normal_blocks(g, drawn - at < kDraws ? drawn - at : kDraws, T(p.a), T(p.b), out + at);
  if (n % 16 != 0) normal_blocks(g, 16, T(p.a), T(p.b), out + n - 16);
}

template <class T>
static void random_integers(const KernelCall& call) {
  const auto p = call.parameters.as<RandomParameters>();
  if (!p.wide) {
    const uint32_t span = uint32_t(p.span);  // 0 stands for 2^32
    if (span == 0) return fill_drawn<uint32_t, T>(call, [=](uint32_t raw) { return T(p.low + int64_t(raw)); });
    // raw % span in float64, where it is exact and a loop of vectors: the quotient may be one off either way.
    const double divisor = span, inverse = 1 / divisor;
    return fill_drawn<uint32_t, T>(call, [=](uint32_t raw) {
      double rest = double(raw) - functors::trunc(double(raw) * inverse) * divisor;
      rest = rest < 0 ? rest + divisor : rest;
      rest = rest >= divisor ? rest - divisor : rest;
      return T(p.low + int64_t(rest));
    });
  }
  fill_drawn<uint64_t, T>(call,
                          [=](uint64_t raw) { return T(int64_t(uint64_t(p.low) + (p.span ? raw % p.span : raw))); });
}

template <class T>
static void bernoulli_scalar(const KernelCall& call) {
  const double p = call.parameters.as<RandomParameters>().a;
  fill_drawn<uint64_t, T>(call, [=](uint64_t raw) { return T(u53(raw) < p); });
}

template <class T>
static void bernoulli_tensor(const KernelCall& call) {
  T* const out = call.operands[0].as<T>();
  const T* const p = call.operands[1].as<T>();
  Generator* const g = call.operands[2].generator;
  int64_t position = 0;
  for_each_run(call.operands, 2, [&](int64_t n, const int64_t* at, const Walk& walk) {
    typename RawOf<T>::type raw[kDraws];
    draw(g, n, raw);
    for (int64_t i = 0; i < n; ++i) {
      const T chance = p[at[1] + i * walk.step(1)];
      if (RL_UNLIKELY(!(chance >= 0 && chance <= 1)))
        report(call.error, 1, position + i, __builtin_bit_cast(int64_t, double(chance)));
      out[at[0] + i * walk.step(0)] = T(uniform_of(raw[i]) < chance);
    }
    position += n;
  });
}

// PyTorch divides first: -1 / rate, one rounding, then times log1p
template <class T>
static void exponential(const KernelCall& call) {
  const double factor = -1.0 / call.parameters.as<RandomParameters>().a;
  fill_drawn<uint64_t, T>(call, [=](uint64_t raw) { return T(factor * std::log1p(-u53(raw))); });
}
template <class T>
static void cauchy(const KernelCall& call) {
  const auto p = call.parameters.as<RandomParameters>();
  fill_drawn<uint64_t, T>(
      call, [=](uint64_t raw) { return T(p.a + p.b * std::tan(3.14159265358979323846 * (u53(raw) - 0.5))); });
}
template <class T>
static void geometric(const KernelCall& call) {
  const double scale = std::log(1 - call.parameters.as<RandomParameters>().a);
  fill_drawn<uint64_t, T>(call, [=](uint64_t raw) {
    const double trials = __builtin_ceil(std::log(u53(raw)) / scale);
    return T(trials < 0x1p62 ? trials : 0x1p62);  // a draw of 0 has an infinite logarithm
  });
}
template <class T>
static void log_normal(const KernelCall& call) {
  const auto p = call.parameters.as<RandomParameters>();
  Generator* const g = call.operands[1].generator;
  T* const out = call.operands[0].as<T>();
  for_each_run(call.operands, 1, [&](int64_t n, const int64_t* at, const Walk& walk) {
    for (int64_t i = 0; i < n; ++i) {
      const double z = g->normal() * p.b + p.a;
      out[at[0] + i * walk.step(0)] = T(std::exp(z));
    }
  });
}

static void randperm(const KernelCall& call) {
  int64_t* const order = call.operands[0].as<int64_t>();
  const int64_t n = call.operands[0].sizes[0];
  for (int64_t i = 0; i < n; ++i) order[i] = i;
  uint32_t raw[kDraws];
  for (int64_t done = 0; done < n - 1;) {
    const int64_t count = n - 1 - done < kDraws ? n - 1 - done : kDraws;
    draw(call.operands[1].generator, count, raw);
    for (int64_t j = 0; j < count; ++j) {
      const int64_t i = done + j, other = i + int64_t(raw[j] % uint64_t(n - i)), kept = order[i];
      order[i] = order[other];
      order[other] = kept;
    }
    done += count;
  }
}

template <class T>
static void dropout(const KernelCall& call) {
  const auto p = call.parameters.as<RandomParameters>();
  const double keep = 1 - p.a;
  const T scale = T(p.b);
  T* const out = call.operands[0].as<T>();
  bool* const mask = call.operands[1].as<bool>();
  const T* const input = call.operands[2].as<T>();
  Generator* const g = call.operands[3].generator;
  for_each_run(call.operands, 3, [&](int64_t n, const int64_t* at, const Walk& walk) {
    uint64_t raw[kDraws];
    draw(g, n, raw);
    T* const to = out + at[0];
    bool* const kept = mask + at[1];
    const T* const from = input + at[2];
    if (walk.step(0) == 1 && walk.step(1) == 1 && walk.step(2) == 1) {
      for (int64_t i = 0; i < n; ++i) {
        const bool k = u53(raw[i]) < keep;
        kept[i] = k;
        to[i] = from[i] * (k ? scale : T(0));
      }
    } else {
      for (int64_t i = 0; i < n; ++i) {
        const bool k = u53(raw[i]) < keep;
        kept[i * walk.step(1)] = k;
        to[i * walk.step(0)] = from[i * walk.step(2)] * (k ? scale : T(0));
      }
    }
  });
}

/// The categories by p / q, largest first; the lower category first where two are alike.
template <class T>
struct Ranking {
  T* key;
  int64_t* category;
  int64_t size;

  RL_INLINE bool before(int64_t a, int64_t b) const {
    return key[a] > key[b] || (key[a] == key[b] && category[a] < category[b]);
  }
  RL_INLINE void swap(int64_t a, int64_t b) {
    const T k = key[a];
    const int64_t c = category[a];
    key[a] = key[b];
    category[a] = category[b];
    key[b] = k;
    category[b] = c;
  }
  RL_INLINE void sift(int64_t at) {
    for (int64_t child; (child = 2 * at + 1) < size; at = child) {
      if (child + 1 < size && before(child + 1, child)) ++child;
      if (!before(child, at)) return;
      swap(at, child);
    }
  }
  RL_INLINE void make() {
    for (int64_t i = size / 2; i-- > 0;) sift(i);
  }
  RL_INLINE int64_t pop() {
    const int64_t first = category[0];
    swap(0, --size);
    sift(0);
    return first;
  }
};

constexpr int kRowsSummed = 4;  // side by side, because the additions of one row wait for one another

static int64_t multinomial_scratch(const KernelCall& call) { return call.operands[1].sizes[1] * kRowsSummed * 8; }

/// Running sums of `Rows` rows.
template <int Rows, class T>
RL_INLINE void sum_up(const T* weights, int64_t n, T* key) {
  T sum[Rows] = {};
  for (int64_t j = 0; j < n; ++j)
#pragma GCC unroll 4
    for (int i = 0; i < Rows; ++i) key[i * n + j] = sum[i] += weights[i * n + j];
}

/// How many of the n keys, which ascend and end with 1, are less than each u. All take the same steps, side by side and
/// without a branch, which would be guessed wrong every other time; a step after low == high changes nothing.
template <class T>
RL_INLINE void places_in(const T* key, int64_t n, int64_t count, const double* u, int64_t* low) {
  int64_t high[kDraws];
  for (int64_t s = 0; s < count; ++s) low[s] = 0, high[s] = n;
  for (int64_t size = n; size > 0; size /= 2)
    for (int64_t s = 0; s < count; ++s) {
      const int64_t middle = low[s] + (high[s] - low[s]) / 2, less = -int64_t(key[middle] < u[s]);
      low[s] += (middle + 1 - low[s]) & less;
      high[s] = (high[s] & less) | (middle & ~less);
    }
}

template <class T>
static void multinomial(const KernelCall& call) {
  const bool replace = call.parameters.as<RandomParameters>().singly;
  const View& out = call.operands[0];
  const int64_t rows = out.sizes[0], samples = out.sizes[1], n = call.operands[1].sizes[1];
  const T* const weights = call.operands[1].as<T>();
  Generator* const g = call.operands[2].generator;
  for (int64_t r = 0; r < rows; ++r) {
    int bad = 0, positive = 0;
    for (int64_t j = 0; j < n; ++j) {
      const T w = weights[r * n + j];
      bad |= !(w >= 0 && w <= (sizeof(T) == 4 ? T(__FLT_MAX__) : T(__DBL_MAX__)));
      positive |= w > 0;
    }
    if (bad || !positive) return report(call.error, bad ? 1 : 2, r, 0);
  }
  uint64_t raw[kDraws];
  if (!replace) {
    int64_t* const category = static_cast<int64_t*>(call.scratch);
    T* const key = reinterpret_cast<T*>(category + n);
    for (int64_t r = 0; r < rows; ++r) {
      const T* const row = weights + r * n;
      for (int64_t done = 0; done < n; done += kDraws) {
        const int64_t count = n - done < kDraws ? n - done : kDraws;
        draw(g, count, raw);
        for (int64_t j = 0; j < count; ++j) {
          category[done + j] = done + j;
          key[done + j] = row[done + j] / T(-std::log1p(-u53(raw[j])));
        }
      }
      Ranking<T> ranking{key, category, n};
      ranking.make();
      for (int64_t s = 0; s < samples; ++s) out.as<int64_t>()[r * samples + s] = ranking.pop();
    }
    return;
  }
  T* key = static_cast<T*>(call.scratch);
  int64_t summed = 0;
  for (int64_t r = 0; r < rows; ++r, key += n) {
    if (r == summed) {
      key = static_cast<T*>(call.scratch);
      const bool all = rows - r >= kRowsSummed;
      all ? sum_up<kRowsSummed>(weights + r * n, n, key) : sum_up<1>(weights + r * n, n, key);
      summed += all ? kRowsSummed : 1;
    }
    const T sum = key[n - 1];
    for (int64_t j = 0; j < n; ++j) key[j] /= sum;
    key[n - 1] = 1;
    for (int64_t done = 0; done < samples; done += kDraws) {
      const int64_t count = samples - done < kDraws ? samples - done : kDraws;
      double u[kDraws];
      draw(g, count, raw);
      for (int64_t s = 0; s < count; ++s) u[s] = u53(raw[s]);
      places_in(key, n, count, u, out.as<int64_t>() + r * samples + done);
    }
  }
}

// clang-format off
#define RL_FLOATING(k) {&kernels::k, DType::Float32, &k<float>}, {&kernels::k, DType::Float64, &k<double>},
#define RL_ANY(k)                                                                                                        \
  RL_FLOATING(k) {&kernels::k, DType::Bool, &k<bool>}, {&kernels::k, DType::UInt8, &k<uint8_t>},                         \
  {&kernels::k, DType::UInt16, &k<uint16_t>}, {&kernels::k, DType::UInt32, &k<uint32_t>},                                \
  {&kernels::k, DType::UInt64, &k<uint64_t>}, {&kernels::k, DType::Int8, &k<int8_t>},                                    \
  {&kernels::k, DType::Int16, &k<int16_t>}, {&kernels::k, DType::Int32, &k<int32_t>}, {&kernels::k, DType::Int64, &k<int64_t>},
// clang-format on
extern const KernelEntry random_entries[];
const KernelEntry random_entries[] = {
    RL_FLOATING(uniform) RL_FLOATING(normal) RL_FLOATING(exponential) RL_FLOATING(cauchy) RL_FLOATING(log_normal)
        RL_FLOATING(bernoulli_tensor) RL_FLOATING(dropout) RL_ANY(random_integers) RL_ANY(bernoulli_scalar)
            RL_ANY(geometric){&kernels::uniform, DType::Float16, &uniform_half<half>},
    {&kernels::uniform, DType::BFloat16, &uniform_half<bfloat16>},
    {&kernels::randperm, DType::Int64, &randperm},
    {&kernels::multinomial, DType::Float32, &multinomial<float>, &multinomial_scratch},
    {&kernels::multinomial, DType::Float64, &multinomial<double>, &multinomial_scratch},
};
#undef RL_FLOATING
#undef RL_ANY
extern const int random_count;
const int random_count = int(sizeof(random_entries) / sizeof(KernelEntry));

RL_ISA_END
