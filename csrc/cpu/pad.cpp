// Planes padded with their own elements, and the gradient of that: what comes to the same element is added, row by row.
#include "cpu/pad_kernels.h"

#include "core/parallel.h"
#include "core/scalar.h"
#include "cpu/index_write.h"
#include "cpu/reduce_types.h"

RL_ISA_BEGIN

using kernels::PadMode;
using kernels::PadParameters;

constexpr int64_t kPadGrain = 16384;  // elements worth a second thread

/// The element of n that stands at place i.
RL_INLINE int64_t element_at(PadMode mode, int64_t i, int64_t n) {
  if (uint64_t(i) < uint64_t(n)) return i;
  if (mode == PadMode::Reflect) return i < 0 ? -i : 2 * n - 2 - i;
  if (mode == PadMode::Replicate) return i < 0 ? 0 : n - 1;
  return (i % n + n) % n;
}

/// body(row of the padded planes, the same row of the others, place of its first element) for each; planes are shared
/// among threads.
template <class Body>
RL_INLINE void for_each_padded_row(const KernelCall& call, const View& padded, const View& plain, const Body& body) {
  const auto p = call.parameters.as<PadParameters>();
  const int64_t rows = padded.sizes[1] * padded.sizes[2];
  const int64_t grain = kPadGrain / (rows * padded.sizes[3] + 1) + 1;
  parallel_for(padded.sizes[0], grain, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    for (int64_t plane = begin; plane < end; ++plane)
      for (int64_t row = 0; row < rows; ++row) {
        const int64_t z = element_at(p.mode, row / padded.sizes[2] - p.before[0], plain.sizes[1]);
        const int64_t y = element_at(p.mode, row % padded.sizes[2] - p.before[1], plain.sizes[2]);
        body(plane * rows + row, (plane * plain.sizes[1] + z) * plain.sizes[2] + y);
      }
  });
}

/// The places of a padded row [0, begin), [begin, end), [end, ...): before, within and behind the plain one.
struct PaddedRow {
  int64_t width, n, before, begin, end;
  PadMode mode;
  RL_INLINE PaddedRow(const View& padded, const View& plain, const PadParameters& p)
      : width(padded.sizes[3]), n(plain.sizes[3]), before(p.before[2]), mode(p.mode) {
    begin = before < 0 ? 0 : before < width ? before : width;
    end = before + n < begin ? begin : before + n < width ? before + n : width;
  }
  RL_INLINE int64_t element(int64_t x) const { return element_at(mode, x - before, n); }
};

template <class W>
static void pad(const KernelCall& call) {
  const View &out = call.operands[0], &in = call.operands[1];
  const PaddedRow r(out, in, call.parameters.as<PadParameters>());
  for_each_padded_row(call, out, in, [&](int64_t padded, int64_t plain) __attribute__((always_inline)) {
    W* to = out.as<W>() + padded * r.width;
    const W* from = in.as<const W>() + plain * r.n;
    for (int64_t x = 0; x < r.begin; ++x) to[x] = from[r.element(x)];
    __builtin_memcpy(to + r.begin, from + r.begin - r.before, size_t(r.end - r.begin) * sizeof(W));
    for (int64_t x = r.end; x < r.width; ++x) to[x] = from[r.element(x)];
  });
}

template <class T>
static void pad_back(const KernelCall& call) {
  const View &made = call.operands[0], &grad = call.operands[1];
  const PaddedRow r(grad, made, call.parameters.as<PadParameters>());
  __builtin_memset(made.data, 0, size_t(made.numel()) * sizeof(T));
  for_each_padded_row(call, grad, made, [&](int64_t padded, int64_t plain) __attribute__((always_inline)) {
    T* to = made.as<T>() + plain * r.n;
    const T* from = grad.as<const T>() + padded * r.width;
    for (int64_t x = 0; x < r.begin; ++x) to[r.element(x)] = to[r.element(x)] + from[x];
    for (int64_t x = r.begin; x < r.end; ++x) to[x - r.before] = to[x - r.before] + from[x];
    for (int64_t x = r.end; x < r.width; ++x) to[r.element(x)] = to[r.element(x)] + from[x];
  });
}

extern const KernelEntry pad_entries[];
#define X(name, Name, type, Short) {&kernels::pad, DType::Name, &pad<WordOf<type>>},
#define Y(Name, T) {&kernels::pad_back, DType::Name, &pad_back<T>},
const KernelEntry pad_entries[] = {RL_FOR_EACH_DTYPE(X) RL_TYPES_FloatingComplex(Y)};
#undef X
#undef Y
extern const int pad_count;
const int pad_count = int(sizeof(pad_entries) / sizeof(KernelEntry));

RL_ISA_END
