// The largest or smallest of a row and where it is: the first of equals, NaN before all.
#include <type_traits>

#include "core/parallel.h"
#include "cpu/order_keys.h"
#include "cpu/reduce_kernels.h"
#include "cpu/reduce_types.h"

RL_ISA_BEGIN

constexpr int64_t kExtremeGrain = 16384;  // elements worth a second thread

template <class T>
RL_INLINE bool is_nan(T x) {
  if constexpr (std::is_integral_v<T>)
    return false;
  else
    return x != x;
}
template <bool kMax, class T>
RL_INLINE bool beats(T x, T y) {
  return kMax ? x > y : x < y;
}

/// A block is looked through only where its own extreme beats what stands.
template <class T, bool kMax>
RL_INLINE void extreme_of_row(const T* x, int64_t n, T* value, int64_t* index) {
  constexpr int64_t kLook = 256, kWide = 64;
  T best = x[0];
  int64_t where = 0;
  if (n < kWide) {
    for (int64_t i = 1; i < n && !is_nan(best); ++i)
      if (is_nan(x[i]) || beats<kMax>(x[i], best)) best = x[i], where = i;
    *value = best;
    *index = where;
    return;
  }
  for (int64_t b = 0; b < n && !is_nan(best); b += kLook) {
    const int64_t count = n - b < kLook ? n - b : kLook;
    T padded[kLook];
    const T* y = x + b;
    if (count < kLook) {  // filled up with what beats nothing
      for (int64_t i = 0; i < kLook; ++i) padded[i] = i < count ? y[i] : best;
      y = padded;
    }
    T lane[kWide];
    for (int64_t l = 0; l < kWide; ++l) lane[l] = y[l];
    for (int64_t i = kWide; i < kLook; i += kWide)
      for (int64_t l = 0; l < kWide; ++l) lane[l] = beats<kMax>(y[i + l], lane[l]) ? y[i + l] : lane[l];
    UnsignedOf<sizeof(T)> nan = 0;
    for (int64_t i = 0; i < kLook; ++i) nan |= UnsignedOf<sizeof(T)>(is_nan(y[i]));
    for (int64_t half = kWide / 2; half > 0; half /= 2)
      for (int64_t l = 0; l < half; ++l) lane[l] = beats<kMax>(lane[l + half], lane[l]) ? lane[l + half] : lane[l];
    const T most = lane[0];
    if (!nan && !beats<kMax>(most, best)) continue;
    for (int64_t i = 0; i < count; i += kWide) {
      UnsignedOf<sizeof(T)> here = 0;
      for (int64_t l = 0; l < kWide; ++l) here |= UnsignedOf<sizeof(T)>(nan ? is_nan(y[i + l]) : y[i + l] == most);
      if (!here) continue;
      int64_t l = i;
      while (nan ? !is_nan(y[l]) : y[l] != most) ++l;
      best = y[l], where = b + l;
      break;
    }
  }
  *value = best;
  *index = where;
}

/// Dense columns side by side; the row number counts in `Count`, which is as wide as T where that is enough.
template <class T, class Count, bool kMax>
static void extreme_of_columns(const T* x, int64_t step, int64_t n, int64_t columns, T* values, int64_t* indices) {
  constexpr int64_t kStrip = 64;
  T best[kStrip];
  Count where[kStrip];
  for (int64_t c = 0; c < columns; c += kStrip) {
    const int64_t width = columns - c < kStrip ? columns - c : kStrip;
    const auto strip = [&](int64_t w) __attribute__((always_inline)) {
      for (int64_t j = 0; j < w; ++j) best[j] = x[c + j], where[j] = 0;
      for (int64_t i = 1; i < n; ++i) {
        const T* y = x + c + i * step;
        for (int64_t j = 0; j < w; ++j) {
          const bool takes = (is_nan(y[j]) | beats<kMax>(y[j], best[j])) & !is_nan(best[j]);
          best[j] = takes ? y[j] : best[j];
          where[j] = takes ? Count(i) : where[j];
        }
      }
    };
    if (width == kStrip)
      strip(kStrip);
    else
      strip(width);
    for (int64_t j = 0; j < width; ++j) values[c + j] = best[j], indices[c + j] = int64_t(where[j]);
  }
}

template <class T, bool kMax>
static void extreme_index(const KernelCall& call) {
  const View& input = call.operands[2];
  T* values = call.operands[0].as<T>();
  int64_t* indices = call.operands[1].as<int64_t>();
  const T* x = input.as<T>();
  const int kept = call.parameters.as<kernels::ReduceParameters>().kept;
  int64_t rows = 1, n = 1;
  for (int d = 0; d < input.ndim; ++d) (d < kept ? rows : n) *= input.sizes[d];
  if (rows == 0) return;
  const auto at = [&](int64_t row) {
    int64_t place = 0;
    for (int d = kept - 1; d >= 0; --d) place += row % input.sizes[d] * input.strides[d], row /= input.sizes[d];
    return place;
  };
  if (input.ndim == kept + 1 && input.strides[kept] != 1 && kept > 0 && input.strides[kept - 1] == 1 && n > 1) {
    const int64_t columns = input.sizes[kept - 1], width = 256, strips = (columns + width - 1) / width;
    const int64_t work = n * width, grain = work >= kExtremeGrain ? 1 : kExtremeGrain / work;
    parallel_for(rows / columns * strips, grain, [&](int64_t begin, int64_t end) {
      for (int64_t s = begin; s < end; ++s) {
        const int64_t c = s % strips * width, row = s / strips * columns + c;
        const int64_t left = columns - c < width ? columns - c : width;
        if (n < int64_t(1) << 31)
          extreme_of_columns<T, int32_t, kMax>(x + at(row), input.strides[kept], n, left, values + row, indices + row);
        else
          extreme_of_columns<T, int64_t, kMax>(x + at(row), input.strides[kept], n, left, values + row, indices + row);
      }
    });
    return;
  }
  const int64_t grain = n >= kExtremeGrain ? 1 : kExtremeGrain / (n > 0 ? n : 1);
  parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) extreme_of_row<T, kMax>(x + at(row), n, values + row, indices + row);
  });
}

extern const KernelEntry extreme_entries[];
const KernelEntry extreme_entries[] = {
#define X(Name, T)                                             \
  {&kernels::max_index, DType::Name, &extreme_index<T, true>}, \
      {&kernels::min_index, DType::Name, &extreme_index<T, false>},
    RL_TYPES_Ordered(X)
#undef X
};
extern const int extreme_count;
const int extreme_count = int(sizeof(extreme_entries) / sizeof(KernelEntry));

RL_ISA_END
