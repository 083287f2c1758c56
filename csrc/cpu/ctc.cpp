// Connectionist temporal classification: the negative logarithm of the probability of all paths of labels and blanks
// that spell a target. Graves and others 2006, "Connectionist Temporal Classification".
#include "cpu/ctc_kernels.h"

#include "core/parallel.h"
#include "cpu/vector.h"
#include "functors/math.h"

RL_ISA_BEGIN

using kernels::CtcParameters;

/// One image's share of the operands. Labels stand between blanks: 2 length + 1 states.
template <class T>
struct Sequence {
  const T* log_probs;  // those of step t at log_probs + t * step
  const int64_t* target;
  T* alpha;
  int64_t step, classes, blank, length, time, width;

  RL_INLINE int64_t states() const { return 2 * length + 1; }
  RL_INLINE int64_t label(int64_t s) const { return s % 2 ? target[s / 2] : blank; }
  /// May a path come to a state from two states before? Not over a blank between equal labels.
  RL_INLINE bool skips(int64_t s) const { return s % 2 && s > 1 && target[s / 2] != target[s / 2 - 1]; }
};

/// All sequences; ops/ has made sure of their lengths.
template <class T>
struct Sequences {
  View alpha, log_probs, targets, times, lengths;
  int64_t blank, count, classes, width;

  RL_INLINE Sequences(const KernelCall& call, int first)
      : alpha(call.operands[first]),
        log_probs(call.operands[first + 1]),
        targets(call.operands[first + 2]),
        times(call.operands[first + 3]),
        lengths(call.operands[first + 4]),
        blank(call.parameters.as<CtcParameters>().blank),
        count(log_probs.sizes[1]),
        classes(log_probs.sizes[2]),
        width(alpha.sizes[2]) {}
  RL_INLINE Sequence<T> at(int64_t n, int64_t begin) const {
    const int64_t from = targets.ndim == 2 ? n * targets.sizes[1] : begin;
    return {log_probs.as<T>() + n * classes,
            targets.as<int64_t>() + from,
            alpha.as<T>() + n * alpha.sizes[1] * width,
            count * classes,
            classes,
            blank,
            lengths.as<int64_t>()[n],
            times.as<int64_t>()[n],
            width};
  }
  /// Where the target of each sequence begins, for targets one after the other.
  RL_INLINE int64_t begin_of(int64_t n) const {
    int64_t begin = 0;
    for (int64_t i = 0; i < n; ++i) begin += lengths.as<int64_t>()[i];
    return begin;
  }
};

/// Is every label a class? What is not is reported.
template <class T>
RL_INLINE bool has_labels(const Sequence<T>& q, int64_t n, ErrorWord* error) {
  for (int64_t i = 0; i < q.length; ++i) {
    if (RL_LIKELY(uint64_t(q.target[i]) < uint64_t(q.classes))) continue;
    report(error, 1, n, q.target[i]);
    return false;
  }
  return true;
}

constexpr int64_t kStates = 512;  // states whose terms stand in the first-level cache at once

template <class T>
RL_INLINE T log_of_three(T a, T b, T c) {
  const T ab = a > b ? a : b, top = ab > c ? ab : c, none = T(-__builtin_inf()), safe = top > none ? top : T(0);
  const T sum = functors::exp(a - safe) + functors::exp(b - safe) + functors::exp(c - safe);
  return top > none ? functors::log(sum) + safe : none;
}

/// to[s] = p(s) + log of what comes from s and from the one and two states before it in `from`; backwards they come
/// after.
template <class T, bool kBackwards>
static __attribute__((noinline)) void advance(const Sequence<T>& q, T* to, const T* from, const T* p) {
  const T none = T(-__builtin_inf());
  const int64_t states = q.states();
  T one[kStates], two[kStates], here[kStates];
  for (int64_t begin = 0; begin < states; begin += kStates) {
    const int64_t n = states - begin < kStates ? states - begin : kStates;
    for (int64_t i = 0; i < n; ++i) {
      const int64_t s = begin + i;
      here[i] = p[q.label(s)];
      if (kBackwards) {
        one[i] = s + 1 < states ? from[s + 1] : none;
        two[i] = s + 2 < states && q.skips(s + 2) ? from[s + 2] : none;
      } else {
        one[i] = s > 0 ? from[s - 1] : none;
        two[i] = q.skips(s) ? from[s - 2] : none;
      }
    }
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) to[begin + i] = log_of_three(from[begin + i], one[i], two[i]) + here[i];
  }
}

template <class T>
static void ctc_loss(const KernelCall& call) {
  const Sequences<T> all(call, 1);
  T* const losses = call.operands[0].as<T>();
  const int64_t work = all.alpha.sizes[1] * all.width;
  parallel_for(all.count, work >= 2048 ? 1 : 2048 / (work + 1), [&](int64_t first, int64_t last) {
    int64_t begin = all.targets.ndim == 2 ? 0 : all.begin_of(first);
    for (int64_t n = first; n < last; ++n) {
      const Sequence<T> q = all.at(n, begin);
      begin += q.length;
      const T none = T(-__builtin_inf());
      for (int64_t i = 0; i < work; ++i) q.alpha[i] = none;
      const int64_t states = q.states();
      if (q.time == 0) {
        losses[n] = q.length == 0 ? T(0) : -none;
        continue;
      }
      if (!has_labels(q, n, call.error)) continue;
      q.alpha[0] = q.log_probs[q.blank];
      if (q.length > 0) q.alpha[1] = q.log_probs[q.target[0]];
      for (int64_t t = 1; t < q.time; ++t)
        advance<T, false>(q, q.alpha + t * q.width, q.alpha + (t - 1) * q.width, q.log_probs + t * q.step);
      const T* end = q.alpha + (q.time - 1) * q.width + states - 1;
      losses[n] = -log_of_three(end[0], q.length > 0 ? end[-1] : none, none);
    }
  });
}

static int64_t ctc_backward_scratch(const KernelCall& call) {
  return call.operands[1].numel() * 2 * call.operands[3].sizes[2] * int64_t(sizeof(double));
}

/// The gradient of a step's log probability: the probability itself, less that of the paths which pass there.
template <class T>
static void ctc_loss_backward(const KernelCall& call) {
  const Sequences<T> all(call, 3);
  const bool zero_infinity = call.parameters.as<CtcParameters>().zero_infinity;
  T* const made = call.operands[0].as<T>();
  const T *grads = call.operands[1].as<T>(), *losses = call.operands[2].as<T>();
  const int64_t steps = all.log_probs.sizes[0], work = steps * all.width;
  parallel_for(all.count, work >= 2048 ? 1 : 2048 / (work + 1), [&](int64_t first, int64_t last) {
    int64_t begin = all.targets.ndim == 2 ? 0 : all.begin_of(first);
    for (int64_t n = first; n < last; ++n) {
      const Sequence<T> q = all.at(n, begin);
      begin += q.length;
      const T none = T(-__builtin_inf()), loss = losses[n], g = grads[n];
      const bool skipped = (zero_infinity && loss == -none) || !has_labels(q, n, call.error);
      const int64_t states = q.states();
      T* beta = static_cast<T*>(call.scratch) + n * 2 * q.width;
      T* after = beta + q.width;
      for (int64_t t = steps - 1; t >= 0; --t) {
        T* to = made + t * q.step + n * q.classes;
        if (t >= q.time || skipped) {
          __builtin_memset(to, 0, size_t(q.classes) * sizeof(T));
          continue;
        }
        const T* p = q.log_probs + t * q.step;
        T* swap = beta;
        beta = after, after = swap;
        if (t == q.time - 1) {
          for (int64_t s = 0; s < states; ++s) beta[s] = s >= states - 2 ? p[q.label(s)] : none;
        } else {
          advance<T, true>(q, beta, after, p);
        }
#pragma GCC ivdep
        for (int64_t k = 0; k < q.classes; ++k) to[k] = functors::exp(p[k]) * g;
        const T* alpha = q.alpha + t * q.width;
        for (int64_t s = 0; s < states; ++s) {
          const int64_t k = q.label(s);
          to[k] -= functors::exp(alpha[s] + beta[s] - p[k] + loss) * g;
        }
      }
    }
  });
}

extern const KernelEntry ctc_entries[];
const KernelEntry ctc_entries[] = {
    {&kernels::ctc_loss, DType::Float32, &ctc_loss<float>},
    {&kernels::ctc_loss, DType::Float64, &ctc_loss<double>},
    {&kernels::ctc_loss_backward, DType::Float32, &ctc_loss_backward<float>, &ctc_backward_scratch},
    {&kernels::ctc_loss_backward, DType::Float64, &ctc_loss_backward<double>, &ctc_backward_scratch},
};
extern const int ctc_count;
const int ctc_count = int(sizeof(ctc_entries) / sizeof(KernelEntry));

RL_ISA_END
