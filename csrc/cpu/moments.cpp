// Sums of what a function makes of each element, in the order of sums: spreads, norms, sums of exponentials.
#include "cpu/moments_kernels.h"

#include "core/parallel.h"
#include "cpu/sum_order.h"
#include "functors/traits.h"

RL_ISA_BEGIN

using kernels::MomentParameters;

template <class T>
struct RealPart {
  using type = T;
};
template <class T>
struct RealPart<complex<T>> {
  using type = T;
};
template <class T>
using Real = typename RealPart<T>::type;

template <class T>
RL_INLINE Real<T> squared(T x) {
  if constexpr (functors::is_floating<T>)
    return x * x;
  else
    return x.re * x.re + x.im * x.im;
}
/// The magnitude of a complex number is scaled by its larger part, so that nothing overflows.
template <class T>
RL_INLINE Real<T> magnitude(T x) {
  if constexpr (functors::is_floating<T>) {
    return functors::fabs(x);
  } else {
    const auto re = functors::fabs(x.re), im = functors::fabs(x.im);
    const auto high = re > im ? re : im, low = re > im ? im : re, ratio = high == 0 ? high : low / high;
    return high * functors::sqrt(1 + ratio * ratio);
  }
}

struct Spread {
  template <class T>
  static RL_INLINE Real<T> map(T x, T centre, Real<T>) {
    return squared(x - centre);
  }
  template <class T, class R>
  static RL_INLINE R finish(R sum, T, const MomentParameters& p) {
    const R mean = sum / R(p.number);
    return p.root ? functors::sqrt(mean) : mean;
  }
};
/// What ends in the sum itself.
struct Plain {
  template <class T, class R>
  static RL_INLINE R finish(R sum, T, const MomentParameters&) {
    return sum;
  }
};
struct Norm0 : Plain {
  template <class T>
  static RL_INLINE Real<T> map(T x, T, Real<T>) {
    return x != T(0) ? Real<T>(1) : Real<T>(0);
  }
};
struct Norm1 : Plain {
  template <class T>
  static RL_INLINE Real<T> map(T x, T, Real<T>) {
    return magnitude(x);
  }
};
struct Norm2 {
  template <class T>
  static RL_INLINE Real<T> map(T x, T, Real<T>) {
    return squared(x);
  }
  template <class T, class R>
  static RL_INLINE R finish(R sum, T, const MomentParameters&) {
    return functors::sqrt(sum);
  }
};
struct NormP {
  template <class T>
  static RL_INLINE Real<T> map(T x, T, Real<T> p) {
    return functors::pow(magnitude(x), p);
  }
  template <class T, class R>
  static RL_INLINE R finish(R sum, T, const MomentParameters& p) {
    return functors::pow(sum, R(1 / p.number));
  }
};
struct Exponentials {
  template <class T>
  static RL_INLINE T map(T x, T centre, Real<T>) {
    return functors::exp(x - centre);
  }
  template <class T>
  static RL_INLINE T finish(T sum, T centre, const MomentParameters&) {
    return functors::log(sum) + centre;
  }
};
struct NotNan : Plain {
  template <class T>
  static RL_INLINE T map(T x, T, Real<T>) {
    return functors::is_nan(x) ? T(0) : x;
  }
};

constexpr int64_t kMomentGrain = 16384;  // elements worth a second thread

template <class F, class T>
using Mapped = decltype(F::map(T(), T(), Real<T>()));

/// One block of at most 4096 dense elements.
template <class F, class T>
static __attribute__((noinline)) Mapped<F, T> mapped_block(const T* x, int64_t n, T centre, Real<T> p) {
  using R = Mapped<F, T>;
  R lane[kLanes];
  for (int l = 0; l < kLanes; ++l) lane[l] = R(0);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (int l = 0; l < kLanes; ++l) lane[l] = lane[l] + F::map(x[i + l], centre, p);
  for (int64_t l = 0; i + l < n; ++l) lane[l] = lane[l] + F::map(x[i + l], centre, p);
  return join_lanes<R, Plus>(lane);
}

/// A strip of dense columns, 32 lanes of it at a time.
template <class F, class T>
static void mapped_columns(const T* x, int64_t step, int64_t n, int64_t columns, const T* centre, Mapped<F, T>* out,
                           const MomentParameters& p) {
  using R = Mapped<F, T>;
  constexpr int64_t kStrip = 128 / sizeof(T);
  R lane[kLanes][kStrip];
  T middle[kStrip];
  BlockTree<R> tree[kStrip];
  for (int64_t c = 0; c < columns; c += kStrip) {
    const int64_t width = columns - c < kStrip ? columns - c : kStrip;
    for (int64_t j = 0; j < kStrip; ++j) middle[j] = centre && j < width ? centre[c + j] : T(0), tree[j].count = 0;
    for (int64_t begin = 0; begin < n; begin += kSumBlock) {
      const int64_t rows = n - begin < kSumBlock ? n - begin : kSumBlock;
      const T* from = x + c + begin * step;
      const auto strip = [&](int64_t w) __attribute__((always_inline)) {
        for (auto& l : lane)
          for (int64_t j = 0; j < w; ++j) l[j] = R(0);
        for (int64_t i = 0; i < rows; ++i) {
          R* l = lane[i % kLanes];
          for (int64_t j = 0; j < w; ++j) l[j] = l[j] + F::map(from[i * step + j], middle[j], Real<T>(p.number));
        }
        for (int half = kLanes / 2; half > 0; half /= 2)
          for (int l = 0; l < half; ++l)
            for (int64_t j = 0; j < w; ++j) lane[l][j] = lane[l][j] + lane[l + half][j];
      };
      if (width == kStrip)
        strip(kStrip);
      else
        strip(width);
      for (int64_t j = 0; j < width; ++j) tree[j].add(lane[0][j]);
    }
    for (int64_t j = 0; j < width; ++j) out[c + j] = F::finish(tree[j].total(), middle[j], p);
  }
}

static int64_t moment_scratch(const KernelCall& call) {
  const View& input = call.operands[1];
  int64_t n = 1;
  for (int d = 0; d < input.ndim; ++d) n *= input.sizes[d];
  return (n / kSumBlock + 1) * 16;  // a partial sum is a complex128 at most
}

template <class F, class T>
static void moments(const KernelCall& call) {
  using R = Mapped<F, T>;
  const auto p = call.parameters.as<MomentParameters>();
  const View& input = call.operands[1];
  int64_t rows = 1, n = 1;
  for (int d = 0; d < input.ndim; ++d) (d < p.kept ? rows : n) *= input.sizes[d];
  R* out = call.operands[0].as<R>();
  const T* x = input.as<T>();
  const T* centre = call.count == 3 ? call.operands[2].as<T>() : nullptr;
  const auto at = [&](int64_t row) {  // the dims that are kept, in order
    int64_t place = 0;
    for (int d = p.kept - 1; d >= 0; --d) place += row % input.sizes[d] * input.strides[d], row /= input.sizes[d];
    return place;
  };
  if (rows == 0) return;
  if (input.ndim == p.kept + 1 && input.strides[p.kept] != 1 && p.kept > 0 && input.strides[p.kept - 1] == 1 && n > 1) {
    const int64_t columns = input.sizes[p.kept - 1], width = 512 / int64_t(sizeof(T));
    const int64_t strips = (columns + width - 1) / width;
    const int64_t work = n * width, grain = work >= kMomentGrain ? 1 : kMomentGrain / work;
    parallel_for(rows / columns * strips, grain, [&](int64_t begin, int64_t end) {
      for (int64_t s = begin; s < end; ++s) {
        const int64_t c = s % strips * width, row = s / strips * columns + c;
        mapped_columns<F>(x + at(row), input.strides[p.kept], n, columns - c < width ? columns - c : width,
                          centre ? centre + row : nullptr, out + row, p);
      }
    });
    return;
  }
  const int64_t blocks = (n + kSumBlock - 1) / kSumBlock;
  const auto block = [&](const T* row, int64_t b, T middle) {
    const int64_t left = n - b * kSumBlock;
    return mapped_block<F>(row + b * kSumBlock, left < kSumBlock ? left : kSumBlock, middle, Real<T>(p.number));
  };
  if (rows == 1) {  // its blocks are shared out
    R* part = static_cast<R*>(call.scratch);
    const T middle = centre ? centre[0] : T(0);
    parallel_for(blocks, kMomentGrain / kSumBlock, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) part[b] = block(x, b, middle);
    });
    BlockTree<R> tree;
    for (int64_t b = 0; b < blocks; ++b) tree.add(part[b]);
    out[0] = F::finish(tree.total(), middle, p);
    return;
  }
  parallel_for(rows, n >= kMomentGrain ? 1 : kMomentGrain / (n > 0 ? n : 1), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T* from = x + at(row);
      const T middle = centre ? centre[row] : T(0);
      BlockTree<R> tree;
      for (int64_t b = 0; b < blocks; ++b) tree.add(block(from, b, middle));
      out[row] = F::finish(tree.total(), middle, p);
    }
  });
}

extern const KernelEntry moments_entries[];
const KernelEntry moments_entries[] = {
#define X(kernel, F, Name, T) {&kernels::kernel, DType::Name, &moments<F, T>, &moment_scratch},
#define XX(kernel, F)          \
  X(kernel, F, Float32, float) \
  X(kernel, F, Float64, double) X(kernel, F, Complex64, complex<float>) X(kernel, F, Complex128, complex<double>)
    XX(spread, Spread) XX(norm_0, Norm0) XX(norm_1, Norm1) XX(norm_2, Norm2) XX(norm_p, NormP)
        XX(logsumexp, Exponentials) XX(nansum, NotNan)
#undef XX
#undef X
};
extern const int moments_count;
const int moments_count = int(sizeof(moments_entries) / sizeof(KernelEntry));

RL_ISA_END
