// softmax(scale * query @ key^T + mask) @ value, some rows of the matrix of weights at a time: it is never whole. Each
// row is summed in the order of sums, each product in the order of products.
#include "cpu/attention_kernels.h"

#include <algorithm>

#include "core/parallel.h"
#include "cpu/product.h"
#include "cpu/softmax_row.h"

RL_ISA_BEGIN

using kernels::AttentionParameters;

constexpr int64_t kWeights = 1 << 16;  // of the matrix that a thread holds at a time, about
constexpr int64_t kBackRows = 256;     // a block of products: gradients of keys are summed over such blocks

template <class T>
struct Matrix {
  T* data;
  int64_t rows, columns, row;
};
/// One head, from position `first` on.
template <class T>
RL_INLINE Matrix<T> head(const View& v, int64_t at, int64_t first, int64_t rows) {
  const int64_t b = at / v.sizes[1], h = at % v.sizes[1];
  return {v.as<T>() + b * v.strides[0] + h * v.strides[1] + first * v.strides[2], rows, v.sizes[3], v.strides[2]};
}

enum class Turned { No, Left, Right };
/// c = a @ b, one of them transposed.
template <class T>
RL_INLINE void multiply(const Matrix<T>& c, const Matrix<T>& a, const Matrix<T>& b, Turned turned, void* scratch) {
  Product<T> p{};
  const bool left = turned == Turned::Left, right = turned == Turned::Right;
  p.m = c.rows, p.n = c.columns, p.k = left ? a.rows : a.columns;
  p.a = a.data, p.a_row = left ? 1 : a.row, p.a_col = left ? a.row : 1;
  p.b = b.data, p.b_row = right ? 1 : b.row, p.b_col = right ? b.row : 1;
  p.c = c.data, p.c_row = c.row, p.c_col = 1;
  product(p, scratch, 1);
}

/// The steps of a mask between heads, rows and columns.
struct Mask {
  const View* view = nullptr;
  explicit Mask(const KernelCall& call, int at) : view(call.count > at ? &call.operands[at] : nullptr) {}

  /// x += the mask's row, where there is one.
  template <class T>
  RL_INLINE void apply(int64_t at, int64_t row, int64_t n, T* x) const {
    if (!view) return;
    const int64_t b = at / view->sizes[1], h = at % view->sizes[1], step = view->strides[3];
    const int64_t begin = b * view->strides[0] + h * view->strides[1] + row * view->strides[2];
    if (view->dtype == DType::Bool) {
      const uint8_t* seen = view->as<uint8_t>() + begin;
      for (int64_t j = 0; j < n; ++j) x[j] = seen[j * step] ? x[j] : T(-__builtin_inf());
    } else {
      const T* added = view->as<T>() + begin;
      for (int64_t j = 0; j < n; ++j) x[j] += added[j * step];
    }
  }
};

/// Scores become weights; a row that sees nothing weighs nothing.
template <class T>
static void weigh(const Matrix<T>& scores, const AttentionParameters& p, const Mask& mask, int64_t at, int64_t first) {
  const T scale = T(p.scale);
  for (int64_t i = 0; i < scores.rows; ++i) {
    T* x = scores.data + i * scores.row;
    const int64_t n = p.causal ? std::min(scores.columns, first + i + 1) : scores.columns;
    for (int64_t j = 0; j < n; ++j) x[j] *= scale;
    mask.apply(at, first + i, n, x);
    const T top = largest(x, n);
    const bool blind = top == T(-__builtin_inf());
    const T sum = blind ? T(1) : exponentials(n, x, top, x);
    for (int64_t j = 0; j < n; ++j) x[j] = blind ? T(0) : x[j] / sum;
    for (int64_t j = n; j < scores.columns; ++j) x[j] = T(0);
  }
}

/// What a thread works in: matrices one after the other, then the products' own.
template <class T>
struct Desk {
  T* at;
  Matrix<T> matrix(int64_t rows, int64_t columns) {
    const int64_t step = (columns + 15) / 16 * 16;
    const Matrix<T> made = {at, rows, columns, step};
    at += rows * step;
    return made;
  }
};
static int64_t matrix_items(int64_t rows, int64_t columns) { return rows * ((columns + 15) / 16 * 16); }
static int64_t padded(int64_t bytes) { return (bytes + 63) / 64 * 64; }

/// Rows of weights at a time.
static int64_t rows_at_once(int64_t keys) {
  return std::clamp<int64_t>(kWeights / std::max<int64_t>(keys, 1), 16, 128);
}

static int64_t item_of(const View& v) { return v.dtype == DType::Float64 ? 8 : 4; }

static int64_t forward_bytes(const KernelCall& call) {
  const View &query = call.operands[1], &key = call.operands[2], &value = call.operands[3];
  const int64_t rows = rows_at_once(key.sizes[2]), keys = key.sizes[2], item = item_of(query);
  return padded(matrix_items(rows, keys) * item + std::max(product_scratch_bytes(rows, keys, query.sizes[3], item, 1),
                                                           product_scratch_bytes(rows, value.sizes[3], keys, item, 1)));
}
static int64_t attention_scratch(const KernelCall& call) { return forward_bytes(call) * call.threads; }

template <class T>
static void attention(const KernelCall& call) {
  const View &out = call.operands[0], &query = call.operands[1], &key = call.operands[2], &value = call.operands[3];
  const auto p = call.parameters.as<AttentionParameters>();
  const Mask mask(call, 4);
  const int64_t heads = query.sizes[0] * query.sizes[1], asking = query.sizes[2], keys = key.sizes[2];
  const int64_t rows = rows_at_once(keys), blocks = (asking + rows - 1) / rows, bytes = forward_bytes(call);
  const int64_t pieces = heads * blocks, grain = (pieces + call.threads - 1) / call.threads;
  if (pieces == 0) return;
  parallel_for(pieces, grain, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    char* const room = static_cast<char*>(call.scratch) + begin / grain * bytes;
    for (int64_t piece = begin; piece < end; ++piece) {
      const int64_t at = piece / blocks, first = piece % blocks * rows, count = std::min(rows, asking - first);
      const int64_t seen = p.causal ? std::min(keys, first + count) : keys;
      Desk<T> desk{reinterpret_cast<T*>(room)};
      const Matrix<T> weights = desk.matrix(count, seen);
      multiply(weights, head<T>(query, at, first, count), head<T>(key, at, 0, seen), Turned::Right, desk.at);
      weigh(weights, p, mask, at, first);
      multiply(head<T>(out, at, first, count), weights, head<T>(value, at, 0, seen), Turned::No, desk.at);
    }
  });
}

static int64_t back_bytes(const KernelCall& call) {
  const View &query = call.operands[4], &key = call.operands[5], &value = call.operands[6];
  const int64_t keys = key.sizes[2], rows = std::min(kBackRows, query.sizes[2]), item = item_of(query);
  const int64_t wide = std::max(query.sizes[3], value.sizes[3]);
  const int64_t products =
      std::max({product_scratch_bytes(rows, keys, wide, item, 1), product_scratch_bytes(keys, wide, rows, item, 1),
                product_scratch_bytes(rows, wide, keys, item, 1)});
  return padded((2 * matrix_items(rows, keys) + matrix_items(keys, wide)) * item + products);
}
static int64_t back_scratch(const KernelCall& call) { return back_bytes(call) * call.threads; }

/// to += a^T @ b
template <class T>
RL_INLINE void add_product(const Matrix<T>& to, const Matrix<T>& a, const Matrix<T>& b, Desk<T> desk) {
  const Matrix<T> sum = desk.matrix(to.rows, to.columns);
  multiply(sum, a, b, Turned::Left, desk.at);
  for (int64_t i = 0; i < to.rows; ++i)
#pragma GCC ivdep
    for (int64_t j = 0; j < to.columns; ++j) to.data[i * to.row + j] += sum.data[i * sum.row + j];
}
template <class T>
RL_INLINE void clear(const Matrix<T>& m) {
  for (int64_t i = 0; i < m.rows; ++i) std::fill_n(m.data + i * m.row, m.columns, T(0));
}

/// Gradients of weights become gradients of scores.
template <class T>
static void slope(const Matrix<T>& grads, const Matrix<T>& weights, T scale) {
  for (int64_t i = 0; i < grads.rows; ++i) {
    T* g = grads.data + i * grads.row;
    const T* w = weights.data + i * weights.row;
    const T sum = row_sum<T>(grads.columns, [&](int64_t j) __attribute__((always_inline)) { return g[j] * w[j]; });
#pragma GCC ivdep
    for (int64_t j = 0; j < grads.columns; ++j) g[j] = (g[j] - sum) * w[j] * scale;
  }
}

template <class T>
static void attention_back(const KernelCall& call) {
  const View &dq = call.operands[0], &dk = call.operands[1], &dv = call.operands[2], &grad = call.operands[3];
  const View &query = call.operands[4], &key = call.operands[5], &value = call.operands[6];
  const auto p = call.parameters.as<AttentionParameters>();
  const Mask mask(call, 7);
  const int64_t heads = query.sizes[0] * query.sizes[1], asking = query.sizes[2], keys = key.sizes[2];
  const int64_t bytes = back_bytes(call), grain = (heads + call.threads - 1) / call.threads;
  if (heads == 0) return;
  parallel_for(heads, grain, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    char* const room = static_cast<char*>(call.scratch) + begin / grain * bytes;
    for (int64_t at = begin; at < end; ++at) {
      clear(head<T>(dk, at, 0, keys));
      clear(head<T>(dv, at, 0, keys));
      for (int64_t first = 0; first < asking; first += kBackRows) {
        const int64_t count = std::min(kBackRows, asking - first);
        const int64_t seen = p.causal ? std::min(keys, first + count) : keys;
        const Matrix<T> q = head<T>(query, at, first, count), g = head<T>(grad, at, first, count);
        const Matrix<T> k = head<T>(key, at, 0, seen), v = head<T>(value, at, 0, seen);
        Desk<T> desk{reinterpret_cast<T*>(room)};
        const Matrix<T> weights = desk.matrix(count, seen), slopes = desk.matrix(count, seen);
        multiply(weights, q, k, Turned::Right, desk.at);
        weigh(weights, p, mask, at, first);
        add_product(head<T>(dv, at, 0, seen), weights, g, desk);
        multiply(slopes, g, v, Turned::Right, desk.at);
        slope(slopes, weights, T(p.scale));
        multiply(head<T>(dq, at, first, count), slopes, k, Turned::No, desk.at);
        add_product(head<T>(dk, at, 0, seen), slopes, q, desk);
      }
    }
  });
}

extern const KernelEntry attention_entries[];
const KernelEntry attention_entries[] = {
    {&kernels::attention, DType::Float32, &attention<float>, &attention_scratch},
    {&kernels::attention, DType::Float64, &attention<double>, &attention_scratch},
    {&kernels::attention_back, DType::Float32, &attention_back<float>, &back_scratch},
    {&kernels::attention_back, DType::Float64, &attention_back<double>, &back_scratch},
};
extern const int attention_count;
const int attention_count = int(sizeof(attention_entries) / sizeof(KernelEntry));

RL_ISA_END
