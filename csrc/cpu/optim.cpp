// Optimiser steps: each reads and writes its tensors once, in PyTorch's order of roundings (lerp, add and addcmul are
// fused there).
#include "cpu/optim_kernels.h"

#include <cmath>

#include "core/parallel.h"

RL_ISA_BEGIN

constexpr int64_t kOptimGrain = 16384;  // elements a thread takes at least
constexpr int64_t kStaged = 512;        // gradients changed by weight decay or sign, at a time

/// a * b + c in one rounding where the instruction set has it (DESIGN, section 4: v2 rounds twice).
template <class T>
RL_INLINE T fused(T a, T b, T c) {
#if defined(__FMA__) || !defined(__x86_64__)
  if constexpr (sizeof(T) == 4)
    return __builtin_fmaf(a, b, c);
  else
    return __builtin_fma(a, b, c);
#else
  return a * b + c;
#endif
}
template <class T>
RL_INLINE T root(T x) {
  if constexpr (sizeof(T) == 4)
    return __builtin_sqrtf(x);
  else
    return __builtin_sqrt(x);
}

/// The numbers of a step.
template <int N>
struct Hyper {
  double at[N];
  RL_INLINE explicit Hyper(const View& v) {
    for (int i = 0; i < N; ++i) at[i] = v.as<double>()[i * v.strides[0]];
  }
  RL_INLINE double operator[](int i) const { return at[i]; }
};

/// Hands out blocks of the gradient with its sign and weight decay settled: body(begin, n, grad).
template <class T, class Body>
RL_INLINE void for_each_block(int64_t n, const T* param, const T* grad, bool maximize, double weight_decay,
                              const Body& body) {
  const T decay = T(weight_decay);
  parallel_for(n, kOptimGrain, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    if (!maximize && weight_decay == 0) return body(begin, end - begin, grad + begin);
    T staged[kStaged];
    for (int64_t i = begin; i < end; i += kStaged) {
      const int64_t count = end - i < kStaged ? end - i : kStaged;
      for (int64_t j = 0; j < count; ++j) staged[j] = maximize ? -grad[i + j] : grad[i + j];
      if (weight_decay != 0)
        for (int64_t j = 0; j < count; ++j) staged[j] = fused(decay, param[i + j], staged[j]);
      body(i, count, static_cast<const T*>(staged));
    }
  });
}

template <class T>
static void sgd(const KernelCall& call) {
  namespace at = sgd_hyper;
  const bool has_buffer = call.count == 4;
  const Hyper<at::count> h(call.operands[call.count - 1]);
  T* const param = call.operands[0].as<T>();
  T* const buffer = has_buffer && h[at::momentum] != 0 ? call.operands[1].as<T>() : nullptr;
  const T* const grad = call.operands[call.count - 2].as<T>();
  const T rate = T(-h[at::lr]), momentum = T(h[at::momentum]), share = T(1 - h[at::dampening]);
  const bool first = h[at::first] != 0, nesterov = h[at::nesterov] != 0;
  for_each_block(call.operands[0].numel(), param, grad, h[at::maximize] != 0, h[at::weight_decay],
                 [&](int64_t begin, int64_t n, const T* g) {
                   T* const p = param + begin;
                   if (!buffer) {
#pragma GCC ivdep
                     for (int64_t i = 0; i < n; ++i) p[i] = fused(g[i], rate, p[i]);
                     return;
                   }
                   T* const b = buffer + begin;
                   if (first) {
                     for (int64_t i = 0; i < n; ++i) b[i] = g[i];
                   } else {
#pragma GCC ivdep
                     for (int64_t i = 0; i < n; ++i) b[i] = fused(g[i], share, b[i] * momentum);
                   }
                   if (nesterov) {
#pragma GCC ivdep
                     for (int64_t i = 0; i < n; ++i) p[i] = fused(fused(b[i], momentum, g[i]), rate, p[i]);
                   } else {
#pragma GCC ivdep
                     for (int64_t i = 0; i < n; ++i) p[i] = fused(b[i], rate, p[i]);
                   }
                 });
}

template <class T>
static void adam(const KernelCall& call) {
  namespace at = adam_hyper;
  const bool amsgrad = call.count == 7;
  const Hyper<at::count> h(call.operands[call.count - 1]);
  T* const param = call.operands[0].as<T>();
  T* const mean = call.operands[1].as<T>();
  T* const square = call.operands[2].as<T>();
  float* const step = call.operands[3].as<float>();
  T* const largest = amsgrad ? call.operands[4].as<T>() : nullptr;
  const T* const grad = call.operands[call.count - 2].as<T>();
  *step += 1;
  // pow, as Python's ** has it: twice per tensor, in float64
  const double correction1 = 1 - std::pow(h[at::beta1], double(*step)),
               correction2 = 1 - std::pow(h[at::beta2], double(*step));
  const T rate = T(-(h[at::lr] / correction1)), spread = T(std::pow(correction2, 0.5)), eps = T(h[at::eps]);
  const T weight = T(1 - h[at::beta1]), keep = T(h[at::beta2]), share = T(1 - h[at::beta2]);
  const bool decoupled = h[at::decoupled] != 0 && h[at::weight_decay] != 0;
  const T shrink = T(1 - h[at::lr] * h[at::weight_decay]);
  const bool near = (weight < 0 ? -weight : weight) < T(0.5);  // lerp starts from the nearer end
  const T pull = near ? weight : weight - 1;
  for_each_block(call.operands[0].numel(), param, grad, h[at::maximize] != 0,
                 h[at::decoupled] != 0 ? 0 : h[at::weight_decay], [&](int64_t begin, int64_t n, const T* g) {
                   T* const p = param + begin;
                   T* const m = mean + begin;
                   T* const v = square + begin;
                   if (decoupled) {
#pragma GCC ivdep
                     for (int64_t i = 0; i < n; ++i) p[i] *= shrink;
                   }
                   if (amsgrad) {
                     T* const l = largest + begin;
#pragma GCC ivdep
                     for (int64_t i = 0; i < n; ++i) {
                       m[i] = fused(pull, g[i] - m[i], near ? m[i] : g[i]);
                       v[i] = fused(share * g[i], g[i], v[i] * keep);
                       l[i] = v[i] != v[i] || v[i] > l[i] ? v[i] : l[i];
                       p[i] += rate * m[i] / (root(l[i]) / spread + eps);
                     }
                     return;
                   }
#pragma GCC ivdep
                   for (int64_t i = 0; i < n; ++i) {
                     m[i] = fused(pull, g[i] - m[i], near ? m[i] : g[i]);
                     v[i] = fused(share * g[i], g[i], v[i] * keep);
                     p[i] += rate * m[i] / (root(v[i]) / spread + eps);
                   }
                 });
}

extern const KernelEntry optim_entries[];
const KernelEntry optim_entries[] = {
    {&kernels::sgd_step, DType::Float32, &sgd<float>},
    {&kernels::sgd_step, DType::Float64, &sgd<double>},
    {&kernels::sgd_momentum_step, DType::Float32, &sgd<float>},
    {&kernels::sgd_momentum_step, DType::Float64, &sgd<double>},
    {&kernels::adam_step, DType::Float32, &adam<float>},
    {&kernels::adam_step, DType::Float64, &adam<double>},
    {&kernels::adam_amsgrad_step, DType::Float32, &adam<float>},
    {&kernels::adam_amsgrad_step, DType::Float64, &adam<double>},
};
extern const int optim_count;
const int optim_count = int(sizeof(optim_entries) / sizeof(KernelEntry));

RL_ISA_END
