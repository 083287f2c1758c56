// Optimiser steps: one loop for all rules, which reads and writes the tensors of a parameter once.
#include "cpu/optim_kernels.h"

#include <utility>

#include "core/parallel.h"
#include "cpu/halves.h"
#include "functors/optim.h"

RL_ISA_BEGIN

constexpr int64_t kOptimGrain = 16384;  // elements a thread takes at least
constexpr int64_t kStaged = 512;        // elements at a time: what is staged stays in first-level cache

/// A block of a tensor as the rule computes it: where it lies, or, for half types, a copy that `store` writes back.
/// What all rules have in common stands in functions of its own, so that it is there once a dtype and not once a rule.
template <class S, class T>
struct Block {
  T staged[kStaged];
  __attribute__((noinline)) T* load(const S* from, int64_t n) {
    convert_halves(n, staged, from);
    return staged;
  }
  __attribute__((noinline)) void store(S* to, int64_t n) { convert_halves(n, to, staged); }
};
template <class T>
struct Block<T, T> {
  RL_INLINE T* load(T* from, int64_t) { return from; }
  RL_INLINE const T* load(const T* from, int64_t) { return from; }
  RL_INLINE void store(T*, int64_t) {}
};

/// Sign and weight decay: the parameter shrinks, or the gradient as the rule is to see it comes to lie in `changed`.
template <class S>
struct Decay {
  using T = typename functors::StepRule<S>::T;
  bool maximize, decoupled;
  T decay, shrink;
  __attribute__((noinline)) const T* operator()(int64_t n, T* p, const T* g, T* changed) const {
    using Rule = functors::StepRule<S>;
    if (maximize) {
      for (int64_t j = 0; j < n; ++j) changed[j] = -g[j];
      g = changed;
    }
    if (decay == 0) return g;
    if (decoupled) {
      for (int64_t j = 0; j < n; ++j) p[j] = Rule::keep(p[j] * shrink);
      return g;
    }
#pragma GCC ivdep
    for (int64_t j = 0; j < n; ++j) changed[j] = Rule::keep(functors::fma(decay, p[j], g[j]));
    return changed;
  }
};

template <class R, class T, class... State>
RL_INLINE void over_elements(const R rule, int64_t n, T* p, const T* g, State*... state) {
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) rule(p[i], g[i], state[i]...);
}

template <class R, class S, int... K>
RL_INLINE void take_step(const KernelCall& call, std::integer_sequence<int, K...>) {
  namespace at = step_options;
  using T = typename R::T;
  const View& given = call.operands[call.count - 1];
  double options[at::count + R::options];
  for (int i = 0; i < at::count + R::options; ++i) options[i] = given.as<double>()[i * given.strides[0]];
  functors::Counter counters[R::counters + 1];
  for (int i = 0; i < R::counters; ++i) {
    const View& counter = call.operands[1 + R::states + i];
    counters[i] = {counter.data, counter.dtype == DType::Float64};
  }
  const R rule(functors::StepOptions{options[at::lr], options + at::count, counters});

  const View& whole = call.operands[0];
  const bool is_pair = whole.dtype == DType::Complex64 || whole.dtype == DType::Complex128;  // two real numbers each
  S* const param = whole.as<S>();
  S* const states[] = {call.operands[1 + K].as<S>()..., nullptr};
  const S* const grad = call.operands[call.count - 2].as<S>();
  const Decay<S> settle{options[at::maximize] != 0, options[at::decoupled] != 0, R::addend(options[at::weight_decay]),
                        T(1 - options[at::lr] * options[at::weight_decay])};
  parallel_for(whole.numel() * (is_pair ? 2 : 1), kOptimGrain,
               [&](int64_t begin, int64_t end) __attribute__((noinline)) {
                 Block<S, T> param_block, grad_block;
                 [[maybe_unused]] Block<S, T> state_blocks[R::states + 1];
                 T changed[kStaged];
                 for (int64_t i = begin; i < end; i += kStaged) {
                   const int64_t n = end - i < kStaged ? end - i : kStaged;
                   T* const p = param_block.load(param + i, n);
                   const T* const g = settle(n, p, grad_block.load(grad + i, n), changed);
                   over_elements(rule, n, p, g, state_blocks[K].load(states[K] + i, n)...);
                   param_block.store(param + i, n);
                   (state_blocks[K].store(states[K] + i, n), ...);
                 }
               });
}
template <class R, class S>
static void step(const KernelCall& call) {
  take_step<R, S>(call, std::make_integer_sequence<int, R::states>());
}

extern const KernelEntry optim_entries[];
#define RL_OPTIM_ENTRY(name, dtype, S, Rule, ...) \
  {&kernels::name##_step, DType::dtype, &step<functors::Rule<S __VA_OPT__(, ) __VA_ARGS__>, S>},
#define RL_OPTIM(name, ...)                             \
  RL_OPTIM_ENTRY(name, Float32, float, __VA_ARGS__)     \
  RL_OPTIM_ENTRY(name, Float64, double, __VA_ARGS__)    \
  RL_OPTIM_ENTRY(name, Float16, half, __VA_ARGS__)      \
  RL_OPTIM_ENTRY(name, BFloat16, bfloat16, __VA_ARGS__) \
  RL_OPTIM_ENTRY(name, Complex64, float, __VA_ARGS__)   \
  RL_OPTIM_ENTRY(name, Complex128, double, __VA_ARGS__)
const KernelEntry optim_entries[] = {
#include "functors/optim.def"
};
#undef RL_OPTIM
#undef RL_OPTIM_ENTRY
extern const int optim_count;
const int optim_count = int(sizeof(optim_entries) / sizeof(KernelEntry));

RL_ISA_END
