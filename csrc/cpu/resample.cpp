// Resampling along one dim: each place of the result is a weighted sum of a few places of the input, whose numbers and
// weights are worked out once, in the compute dtype, as PyTorch does it: which place is the nearest depends on that.
#include "cpu/resample_kernels.h"

#include "core/parallel.h"
#include "core/scalar.h"
#include "functors/math.h"

RL_ISA_BEGIN

using kernels::Filter;
using kernels::ResampleParameters;

constexpr int64_t kResampleGrain = 16384;  // elements worth a second thread

template <class T>
RL_INLINE T cubic_near(T x, T a) {  // |x| <= 1
  return ((a + 2) * x - (a + 3)) * x * x + 1;
}
template <class T>
RL_INLINE T cubic_far(T x, T a) {  // 1 < |x| < 2
  return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

/// The filters of smooth resampling: Keys' cubic with -0.5 (Keys 1981), Lanczos' with three lobes.
template <class T>
RL_INLINE T smooth_weight(Filter filter, T x) {
  if (filter == Filter::SmoothLanczos)
    return T(-3) <= x && x < T(3) ? functors::sinc(x) * functors::sinc(x / T(3)) : T(0);
  const T d = x < 0 ? -x : x;
  if (filter == Filter::SmoothLinear) return d < 1 ? 1 - d : T(0);
  return d < 1 ? cubic_near(d, T(-0.5)) : d < 2 ? cubic_far(d, T(-0.5)) : T(0);
}

/// Where the places of the result come from: `taps` numbers of places of the input, and weights, for each.
template <class T>
struct Taps {
  ResampleParameters p;
  int64_t size, count;  // of the input and of the result
  T scale, support;
  int64_t taps;
  int64_t* place;
  T* weight;

  RL_INLINE Taps(const ResampleParameters& parameters, int64_t input, int64_t result)
      : p(parameters), size(input), count(result) {
    const T asked = p.scale > 0 ? T(1.0 / p.scale) : T(size) / T(count);
    scale = p.align_corners ? (count > 1 ? T(size - 1) / T(count - 1) : T(0)) : asked;
    const T reach = p.filter == Filter::SmoothLinear ? T(1) : p.filter == Filter::SmoothCubic ? T(2) : T(3);
    support = scale >= 1 ? reach * scale : reach;
    switch (p.filter) {
      case Filter::Nearest:
      case Filter::NearestExact: taps = 1; break;
      case Filter::Linear: taps = 2; break;
      case Filter::Cubic: taps = 4; break;
      default: {  // no more than there are, whatever scale was asked for
        const T most = functors::ceil(support) * 2 + 1;
        taps = most < T(size) ? int64_t(most) : size;
      }
    }
  }
  RL_INLINE int64_t place_bytes() const { return (count * taps * 8 + 63) / 64 * 64; }
  RL_INLINE int64_t bytes() const { return place_bytes() + count * taps * int64_t(sizeof(T)); }

  /// A place that may lie outside, or be beyond all integers.
  RL_INLINE int64_t within(T x) const { return x > T(0) ? (x < T(size - 1) ? int64_t(x) : size - 1) : 0; }

  void fill(void* scratch) {
    place = static_cast<int64_t*>(scratch);
    weight = reinterpret_cast<T*>(static_cast<char*>(scratch) + place_bytes());
    for (int64_t q = 0; q < count; ++q) fill(q, place + q * taps, weight + q * taps);
  }

 private:
  RL_INLINE T source(int64_t q) const { return p.align_corners ? scale * T(q) : scale * (T(q) + T(0.5)) - T(0.5); }
  RL_INLINE void fill(int64_t q, int64_t* at, T* w) const {
    switch (p.filter) {
      case Filter::Nearest:
      case Filter::NearestExact: {
        const T x = p.filter == Filter::Nearest ? T(q) : T(q) + T(0.5);
        at[0] = within(x * scale);
        w[0] = T(1);
        return;
      }
      case Filter::Linear: {
        if (size == count) {
          at[0] = at[1] = q;
          w[0] = T(1), w[1] = T(0);
          return;
        }
        const T x = source(q), from = x > 0 ? x : T(0);
        at[0] = within(from);
        at[1] = at[0] + (at[0] < size - 1);
        const T beyond = from - T(at[0]);
        w[1] = beyond > 0 ? (beyond < 1 ? beyond : T(1)) : T(0);
        w[0] = 1 - w[1];
        return;
      }
      case Filter::Cubic: {
        const T x = source(q), floor = functors::floor(x);
        const T first = floor < T(size - 1) ? floor : T(size - 1), part = x - first;
        const T t = part > 0 ? (part < 1 ? part : T(1)) : T(0), a = T(-0.75);
        const T weights[4] = {cubic_far(t + 1, a), cubic_near(t, a), cubic_near(1 - t, a), cubic_far(2 - t, a)};
        for (int i = 0; i < 4; ++i) {
          at[i] = within(first + T(i - 1));
          w[i] = weights[i];
        }
        return;
      }
      default: {
        const T center = scale * (T(q) + T(0.5)), narrow = scale >= 1 ? 1 / scale : T(1);
        const int64_t begin = within(center - support + T(0.5));
        const T reach = center + support + T(0.5);
        const int64_t end = reach < T(size) ? int64_t(reach) : size;
        T total = T(0);
        for (int64_t i = 0; i < taps; ++i) {
          const bool counts = begin + i < end;
          at[i] = counts ? begin + i : begin;
          w[i] = counts ? smooth_weight(p.filter, (T(i + begin) - center + T(0.5)) * narrow) : T(0);
          total += w[i];
        }
        for (int64_t i = 0; i < taps; ++i) w[i] = total != 0 ? w[i] / total : w[i];
      }
    }
  }
};

/// A row whose elements lie side by side: a few gathered elements for each. Sums are in the order of the taps.
template <class T, int kTaps>
RL_INLINE void resample_row(const Taps<T>& t, const T* from, T* to) {
  const int64_t taps = kTaps > 0 ? kTaps : t.taps;
  for (int64_t q = 0; q < t.count; ++q) {
    const int64_t* at = t.place + q * taps;
    const T* w = t.weight + q * taps;
    T sum = w[0] * from[at[0]];
    for (int64_t k = 1; k < taps; ++k) sum += w[k] * from[at[k]];
    to[q] = sum;
  }
}
template <class T, int kTaps>
RL_INLINE void resample_row_back(const Taps<T>& t, const T* grad, T* to) {
  const int64_t taps = kTaps > 0 ? kTaps : t.taps;
  for (int64_t q = 0; q < t.count; ++q)
    for (int64_t k = 0; k < taps; ++k) to[t.place[q * taps + k]] += t.weight[q * taps + k] * grad[q];
}

/// A place whose elements are lines: weighted lines added up.
template <class T>
RL_INLINE void resample_lines(const Taps<T>& t, int64_t q, int64_t inner, const T* from, T* to) {
  const int64_t* at = t.place + q * t.taps;
  const T* w = t.weight + q * t.taps;
  const T* first = from + at[0] * inner;
  if (t.taps == 1) {
    __builtin_memcpy(to, first, size_t(inner) * sizeof(T));
  } else if (t.taps == 2) {
    const T* second = from + at[1] * inner;
    for (int64_t x = 0; x < inner; ++x) to[x] = w[0] * first[x] + w[1] * second[x];
  } else {
    for (int64_t x = 0; x < inner; ++x) to[x] = w[0] * first[x];
    for (int64_t k = 1; k < t.taps; ++k) {
      const T* line = from + at[k] * inner;
      for (int64_t x = 0; x < inner; ++x) to[x] += w[k] * line[x];
    }
  }
}

template <class T>
static void resample(const KernelCall& call) {
  const View &out = call.operands[0], &in = call.operands[1];
  const int64_t inner = out.sizes[2], rows = out.sizes[0];
  Taps<T> t(call.parameters.as<ResampleParameters>(), in.sizes[1], out.sizes[1]);
  t.fill(call.scratch);
  const int64_t grain = kResampleGrain / (t.count * inner * t.taps) + 1;
  parallel_for(rows, grain, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    for (int64_t n = begin; n < end; ++n) {
      const T* from = in.as<const T>() + n * t.size * inner;
      T* to = out.as<T>() + n * t.count * inner;
      if (inner > 1) {
        for (int64_t q = 0; q < t.count; ++q) resample_lines(t, q, inner, from, to + q * inner);
      } else if (t.taps == 1) {
        for (int64_t q = 0; q < t.count; ++q) to[q] = from[t.place[q]];
      } else if (t.taps == 2) {
        resample_row<T, 2>(t, from, to);
      } else if (t.taps == 4) {
        resample_row<T, 4>(t, from, to);
      } else {
        resample_row<T, 0>(t, from, to);
      }
    }
  });
}

template <class T>
static void resample_back(const KernelCall& call) {
  const View &made = call.operands[0], &grad = call.operands[1];
  const int64_t inner = made.sizes[2];
  Taps<T> t(call.parameters.as<ResampleParameters>(), made.sizes[1], grad.sizes[1]);
  t.fill(call.scratch);
  const int64_t grain = kResampleGrain / (inner * (t.taps * t.count + t.size)) + 1;
  parallel_for(made.sizes[0], grain, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    for (int64_t n = begin; n < end; ++n) {
      T* const to = made.as<T>() + n * t.size * inner;
      const T* g = grad.as<const T>() + n * t.count * inner;
      __builtin_memset(to, 0, size_t(t.size * inner) * sizeof(T));
      if (inner == 1) {
        if (t.taps == 1)
          resample_row_back<T, 1>(t, g, to);
        else if (t.taps == 2)
          resample_row_back<T, 2>(t, g, to);
        else
          resample_row_back<T, 0>(t, g, to);
        continue;
      }
      for (int64_t q = 0; q < t.count; ++q, g += inner)
        for (int64_t k = 0; k < t.taps; ++k) {
          const T w = t.weight[q * t.taps + k];
          T* line = to + t.place[q * t.taps + k] * inner;
          for (int64_t x = 0; x < inner; ++x) line[x] += w * g[x];
        }
    }
  });
}

template <class T, bool kBack>
static int64_t resample_scratch_of(const KernelCall& call) {
  const View &input = call.operands[kBack ? 0 : 1], &result = call.operands[kBack ? 1 : 0];
  return Taps<T>(call.parameters.as<ResampleParameters>(), input.sizes[1], result.sizes[1]).bytes();
}
template <bool kBack>
static int64_t resample_scratch(const KernelCall& call) {
  return call.operands[0].dtype == DType::Float64 ? resample_scratch_of<double, kBack>(call)
                                                  : resample_scratch_of<float, kBack>(call);
}

extern const KernelEntry resample_entries[];
const KernelEntry resample_entries[] = {
    {&kernels::resample, DType::Float32, &resample<float>, &resample_scratch<false>},
    {&kernels::resample, DType::Float64, &resample<double>, &resample_scratch<false>},
    {&kernels::resample_back, DType::Float32, &resample_back<float>, &resample_scratch<true>},
    {&kernels::resample_back, DType::Float64, &resample_back<double>, &resample_scratch<true>},
};
extern const int resample_count;
const int resample_count = int(sizeof(resample_entries) / sizeof(KernelEntry));

RL_ISA_END
