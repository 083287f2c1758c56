// One time step of a recurrent layer, forward and backward. Gates lie side by side in a row, in PyTorch's order.
#include "cpu/recurrent_kernels.h"

#include "core/parallel.h"
#include "cpu/vector.h"
#include "functors/unary.h"

RL_ISA_BEGIN

constexpr int64_t kCellGrain = 2048;  // elements of the state worth a second thread

/// body(row) for the rows of a batch; a row has n elements of the state.
template <class Body>
RL_INLINE void each_row_of(const View& state, const Body& body) {
  const int64_t n = state.sizes[1], grain = n < kCellGrain ? kCellGrain / (n < 1 ? 1 : n) : 1;
  parallel_for(state.sizes[0], grain, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    for (int64_t row = begin; row < end; ++row) body(row);
  });
}
template <class T>
RL_INLINE T* row_of(const View& v, int64_t row) {
  return v.as<T>() + row * v.strides[0];
}

struct Tanh {
  template <class T>
  static RL_INLINE T of(T x) {
    return functors::tanh(x);
  }
  template <class T>
  static RL_INLINE T slope(T y) {
    return T(1) - y * y;
  }
};
struct Sigmoid {
  template <class T>
  static RL_INLINE T of(T x) {
    return functors::sigmoid(x);
  }
  template <class T>
  static RL_INLINE T slope(T y) {
    return y * (T(1) - y);
  }
};
struct Relu {
  template <class T>
  static RL_INLINE T of(T x) {
    return x < T(0) ? T(0) : x;
  }
  template <class T>
  static RL_INLINE T slope(T y) {
    return y > T(0) ? T(1) : T(0);
  }
};

/// to = F(a + b): a gate.
template <class F, class T>
RL_INLINE void gate(int64_t n, T* to, const T* a, const T* b) {
#pragma GCC ivdep
  for (int64_t j = 0; j < n; ++j) to[j] = F::of(a[j] + b[j]);
}

template <class F, class T>
static void rnn_cell(const KernelCall& call) {
  const View& state = call.operands[0];
  each_row_of(state, [&](int64_t row) {
    gate<F>(state.sizes[1], row_of<T>(state, row), row_of<T>(call.operands[1], row), row_of<T>(call.operands[2], row));
  });
}

template <class F, class T>
static void rnn_cell_back(const KernelCall& call) {
  const View& gates = call.operands[0];
  each_row_of(gates, [&](int64_t row) {
    T* const to = row_of<T>(gates, row);
    const T *const grad = row_of<T>(call.operands[1], row), *const state = row_of<T>(call.operands[2], row);
#pragma GCC ivdep
    for (int64_t j = 0; j < gates.sizes[1]; ++j) to[j] = grad[j] * F::slope(state[j]);
  });
}

template <class T>
static void lstm_cell(const KernelCall& call) {
  const View& state = call.operands[1];
  const int64_t n = state.sizes[1];
  each_row_of(state, [&](int64_t row) {
    T *const kept = row_of<T>(call.operands[0], row), *const h = row_of<T>(state, row);
    const T *const input = row_of<T>(call.operands[2], row), *const hidden = row_of<T>(call.operands[3], row);
    const T* const before = row_of<T>(call.operands[4], row);
    gate<Sigmoid>(2 * n, kept, input, hidden);
    gate<Tanh>(n, kept + 2 * n, input + 2 * n, hidden + 2 * n);
    gate<Sigmoid>(n, kept + 3 * n, input + 3 * n, hidden + 3 * n);
    const T *const i = kept, *const f = kept + n, *const g = kept + 2 * n, *const o = kept + 3 * n;
    T* const c = kept + 4 * n;
#pragma GCC ivdep
    for (int64_t j = 0; j < n; ++j) {
      c[j] = f[j] * before[j] + i[j] * g[j];
      h[j] = o[j] * Tanh::of(c[j]);
    }
  });
}

template <class T>
static void lstm_cell_back(const KernelCall& call) {
  const View& dc_rows = call.operands[1];
  const int64_t n = dc_rows.sizes[1];
  each_row_of(dc_rows, [&](int64_t row) {
    T *const to = row_of<T>(call.operands[0], row), *const dc = row_of<T>(dc_rows, row);
    const T *const dh = row_of<T>(call.operands[2], row), *const i = row_of<T>(call.operands[3], row);
    const T *const f = i + n, *const g = f + n, *const o = g + n, *const c = o + n;
    const T* const before = row_of<T>(call.operands[4], row);
#pragma GCC ivdep
    for (int64_t j = 0; j < n; ++j) {
      const T seen = Tanh::of(c[j]), all = dc[j] + dh[j] * o[j] * Tanh::slope(seen);
      to[j] = all * g[j] * Sigmoid::slope(i[j]);
      to[n + j] = all * before[j] * Sigmoid::slope(f[j]);
      to[2 * n + j] = all * i[j] * Tanh::slope(g[j]);
      to[3 * n + j] = dh[j] * seen * Sigmoid::slope(o[j]);
      dc[j] = all * f[j];
    }
  });
}

template <class T>
static void gru_cell(const KernelCall& call) {
  const View& state = call.operands[1];
  const int64_t n = state.sizes[1];
  each_row_of(state, [&](int64_t row) {
    T *const kept = row_of<T>(call.operands[0], row), *const h = row_of<T>(state, row);
    const T *const input = row_of<T>(call.operands[2], row), *const hidden = row_of<T>(call.operands[3], row);
    const T* const before = row_of<T>(call.operands[4], row);
    gate<Sigmoid>(2 * n, kept, input, hidden);
    const T *const r = kept, *const z = kept + n;
    T *const fresh = kept + 2 * n, *const part = kept + 3 * n;
#pragma GCC ivdep
    for (int64_t j = 0; j < n; ++j) {
      part[j] = hidden[2 * n + j];
      fresh[j] = Tanh::of(input[2 * n + j] + r[j] * part[j]);
      h[j] = (before[j] - fresh[j]) * z[j] + fresh[j];
    }
  });
}

template <class T>
static void gru_cell_back(const KernelCall& call) {
  const View& direct_rows = call.operands[2];
  const int64_t n = direct_rows.sizes[1];
  each_row_of(direct_rows, [&](int64_t row) {
    T *const di = row_of<T>(call.operands[0], row), *const dh = row_of<T>(call.operands[1], row);
    T* const direct = row_of<T>(direct_rows, row);
    const T *const grad = row_of<T>(call.operands[3], row), *const r = row_of<T>(call.operands[4], row);
    const T *const z = r + n, *const fresh = z + n, *const part = fresh + n;
    const T* const before = row_of<T>(call.operands[5], row);
#pragma GCC ivdep
    for (int64_t j = 0; j < n; ++j) {
      const T dn = grad[j] * (T(1) - z[j]) * Tanh::slope(fresh[j]);
      di[j] = dh[j] = dn * part[j] * Sigmoid::slope(r[j]);
      di[n + j] = dh[n + j] = grad[j] * (before[j] - fresh[j]) * Sigmoid::slope(z[j]);
      di[2 * n + j] = dn;
      dh[2 * n + j] = dn * r[j];
      direct[j] = grad[j] * z[j];
    }
  });
}

#define RL_CELL(kernel, ...) \
  {&kernels::kernel, DType::Float32, &__VA_ARGS__<float>}, {&kernels::kernel, DType::Float64, &__VA_ARGS__<double>},
#define RL_RNN(kernel, function, F) \
  {&kernels::kernel, DType::Float32, &function<F, float>}, {&kernels::kernel, DType::Float64, &function<F, double>},
extern const KernelEntry recurrent_entries[];
// clang-format off
const KernelEntry recurrent_entries[] = {
    RL_RNN(rnn_tanh_cell, rnn_cell, Tanh)
    RL_RNN(rnn_relu_cell, rnn_cell, Relu)
    RL_RNN(rnn_tanh_cell_back, rnn_cell_back, Tanh)
    RL_RNN(rnn_relu_cell_back, rnn_cell_back, Relu)
    RL_CELL(lstm_cell, lstm_cell)
    RL_CELL(lstm_cell_back, lstm_cell_back)
    RL_CELL(gru_cell, gru_cell)
    RL_CELL(gru_cell_back, gru_cell_back)
};
// clang-format on
extern const int recurrent_count;
const int recurrent_count = int(sizeof(recurrent_entries) / sizeof(KernelEntry));

RL_ISA_END
