// Windows of planes as columns, and columns added up where they came from, one place of the kernel after the other.
#include "cpu/fold_kernels.h"

#include "core/parallel.h"
#include "core/scalar.h"
#include "cpu/reduce_types.h"

RL_ISA_BEGIN

using kernels::FoldParameters;

constexpr int64_t kFoldGrain = 16384;  // elements worth a second thread

/// body(row of columns, row of the plane or null, its first column) for every row that a place of the kernel gives.
template <class T, class Body>
RL_INLINE void for_each_row(const FoldParameters& p, const View& columns, const View& planes, int64_t plane,
                            const Body& body) {
  const int64_t q0 = columns.sizes[4], q1 = columns.sizes[5], h = planes.sizes[2], w = planes.sizes[3];
  T* column = columns.as<T>() + plane * columns.sizes[2] * columns.sizes[3] * q0 * q1;
  T* const from = planes.as<T>() + plane * h * w;
  for (int64_t k0 = 0; k0 < columns.sizes[2]; ++k0)
    for (int64_t k1 = 0; k1 < columns.sizes[3]; ++k1)
      for (int64_t y = 0; y < q0; ++y, column += q1) {
        const int64_t row = y * p.stride[0] - p.padding[0] + k0 * p.dilation[0];
        body(column, uint64_t(row) < uint64_t(h) ? from + row * w : nullptr, k1 * p.dilation[1] - p.padding[1]);
      }
}

template <class T>
static void im2col(const KernelCall& call) {
  const View &out = call.operands[0], &in = call.operands[1];
  const auto p = call.parameters.as<FoldParameters>();
  const int64_t q1 = out.sizes[5], w = in.sizes[3], step = p.stride[1];
  const int64_t work = out.numel() / (out.sizes[0] * out.sizes[1]);
  parallel_for(out.sizes[0] * out.sizes[1], kFoldGrain / work + 1,
               [&](int64_t begin, int64_t end) __attribute__((noinline)) {
                 for (int64_t plane = begin; plane < end; ++plane)
                   for_each_row<T>(p, out, in, plane,
                                   [&](T* column, const T* row, int64_t first) __attribute__((always_inline)) {
                                     for (int64_t x = 0; x < q1; ++x) {
                                       const int64_t at = x * step + first;
                                       column[x] = row && uint64_t(at) < uint64_t(w) ? row[at] : T(0);
                                     }
                                   });
               });
}

template <class T>
static void col2im(const KernelCall& call) {
  const View &out = call.operands[0], &in = call.operands[1];
  const auto p = call.parameters.as<FoldParameters>();
  const int64_t q1 = in.sizes[5], w = out.sizes[3], step = p.stride[1], plane_elements = out.sizes[2] * w;
  const int64_t work = in.numel() / (in.sizes[0] * in.sizes[1]) + plane_elements;
  parallel_for(out.sizes[0] * out.sizes[1], kFoldGrain / work + 1,
               [&](int64_t begin, int64_t end) __attribute__((noinline)) {
                 for (int64_t plane = begin; plane < end; ++plane) {
                   T* to = out.as<T>() + plane * plane_elements;
                   for (int64_t i = 0; i < plane_elements; ++i) to[i] = T(0);
                   for_each_row<T>(p, in, out, plane,
                                   [&](const T* column, T* row, int64_t first) __attribute__((always_inline)) {
                                     if (!row) return;
                                     for (int64_t x = 0; x < q1; ++x) {
                                       const int64_t at = x * step + first;
                                       if (uint64_t(at) < uint64_t(w)) row[at] = row[at] + column[x];
                                     }
                                   });
                 }
               });
}

extern const KernelEntry fold_entries[];
const KernelEntry fold_entries[] = {
#define X(Name, T) {&kernels::im2col, DType::Name, &im2col<T>}, {&kernels::col2im, DType::Name, &col2im<T>},
    RL_TYPES_FloatingComplex(X)
#undef X
};
extern const int fold_count;
const int fold_count = int(sizeof(fold_entries) / sizeof(KernelEntry));

RL_ISA_END
