// The matmul kernel's rows: one Product (cpu/product.h) a batch entry, batches shared among threads where they are
// small.
#include "core/parallel.h"
#include "cpu/product.h"
#include "cpu/product_kernels.h"

RL_ISA_BEGIN

template <class T>
static Product<T> product_of(const KernelCall& call, int64_t batch) {
  const View &out = call.operands[0], &a = call.operands[1], &b = call.operands[2];
  const int nd = out.ndim;
  int64_t at_c = 0, at_a = 0, at_b = 0;
  for (int d = nd - 3; d >= 0; --d) {
    const int64_t i = batch % out.sizes[d];
    batch /= out.sizes[d];
    at_c += i * out.strides[d];
    at_a += i * a.strides[d];
    at_b += i * b.strides[d];
  }
  Product<T> p{};
  p.m = out.sizes[nd - 2];
  p.n = out.sizes[nd - 1];
  p.k = a.sizes[nd - 1];
  p.a = a.as<const T>() + at_a;
  p.a_row = a.strides[nd - 2];
  p.a_col = a.strides[nd - 1];
  p.b = b.as<const T>() + at_b;
  p.b_row = b.strides[nd - 2];
  p.b_col = b.strides[nd - 1];
  p.c = out.as<T>() + at_c;
  p.c_row = out.strides[nd - 2];
  p.c_col = out.strides[nd - 1];
  if (call.count > 3) {
    p.bias = call.operands[3].as<const T>();
    p.bias_stride = call.operands[3].strides[0];
  }
  return p;
}

static int64_t batches(const KernelCall& call) {
  int64_t n = 1;
  for (int d = 0; d + 2 < call.operands[0].ndim; ++d) n *= call.operands[0].sizes[d];
  return n;
}

// One product of this many multiply-adds keeps all threads busy by itself: batches then run one after another.
constexpr int64_t kLargeProduct = int64_t(1) << 21;

static bool shares_batches(const KernelCall& call) {
  const View &out = call.operands[0], &a = call.operands[1];
  const int nd = out.ndim;
  const int64_t work = out.sizes[nd - 2] * out.sizes[nd - 1] * (a.sizes[nd - 1] + 1);
  return batches(call) > 1 && work < kLargeProduct;
}

static int64_t entry_scratch(const KernelCall& call, int threads) {
  const View &out = call.operands[0], &a = call.operands[1];
  const int nd = out.ndim;
  const int64_t bytes = product_scratch_bytes(out.sizes[nd - 2], out.sizes[nd - 1], a.sizes[nd - 1],
                                              out.dtype == DType::Float64 ? 8 : 4, threads);
  return (bytes + 63) / 64 * 64;
}

static int64_t matmul_scratch(const KernelCall& call) {
  return shares_batches(call) ? entry_scratch(call, 1) * call.threads : entry_scratch(call, call.threads);
}

template <class T>
static void matmul_floating(const KernelCall& call) {
  const int64_t n = batches(call);
  if (!shares_batches(call)) {
    for (int64_t i = 0; i < n; ++i) product(product_of<T>(call, i), call.scratch, call.threads);
    return;
  }
  const int64_t bytes = entry_scratch(call, 1), pieces = call.threads, grain = (n + pieces - 1) / pieces;
  parallel_for(n, grain, [&](int64_t begin, int64_t end) {
    void* scratch = static_cast<char*>(call.scratch) + begin / grain * bytes;
    for (int64_t i = begin; i < end; ++i) product(product_of<T>(call, i), scratch, 1);
  });
}

template <class T>
static void matmul_integer(const KernelCall& call) {
  const int64_t n = batches(call);
  for (int64_t i = 0; i < n; ++i) product_integer(product_of<T>(call, i));
}

extern const KernelEntry matmul_entries[];
const KernelEntry matmul_entries[] = {{&kernels::matmul, DType::Float32, &matmul_floating<float>, &matmul_scratch},
                                      {&kernels::matmul, DType::Float64, &matmul_floating<double>, &matmul_scratch},
#define X(Name, T) {&kernels::matmul, DType::Name, &matmul_integer<T>},
                                      X(UInt8, uint8_t) X(UInt16, uint16_t) X(UInt32, uint32_t) X(UInt64, uint64_t)
                                      // the same bits for signed numbers
                                      X(Int8, uint8_t) X(Int16, uint16_t) X(Int32, uint32_t) X(Int64, uint64_t)
#undef X
};
extern const int matmul_count;
const int matmul_count = int(sizeof(matmul_entries) / sizeof(KernelEntry));

RL_ISA_END
