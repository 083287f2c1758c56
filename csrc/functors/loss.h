// Losses element by element, of an input and a target, and their slopes along the input.
#pragma once

#include "functors/activation.h"
#include "functors/unary.h"

namespace rl::functors {

/// One coefficient of the loss, and what the sum and its gradient are divided by: n for a mean.
struct LossParams {
  double coefficient, divisor;
};

/// F::value(c, x, y), for a pointwise loop.
template <class F>
struct LossOf {
  using Params = LossParams;
  template <class T>
  RL_INLINE T operator()(const Params& p, T x, T y) const {
    return F::value(T(p.coefficient), x, y);
  }
};
/// g / divisor F::slope(c, x, y)
template <class F>
struct SlopeOf {
  using Params = LossParams;
  template <class T>
  RL_INLINE T operator()(const Params& p, T g, T x, T y) const {
    return F::slope(T(p.coefficient), x, y) * (g * (T(1) / T(p.divisor)));
  }
};

struct SquaredError {
  template <class T>
  static RL_INLINE T value(T, T x, T y) {
    return (x - y) * (x - y);
  }
  template <class T>
  static RL_INLINE T slope(T, T x, T y) {
    return T(2) * (x - y);
  }
};
struct SmoothL1 {  // |d| - beta / 2 beyond beta, d^2 / (2 beta) within
  template <class T>
  static RL_INLINE T value(T beta, T x, T y) {
    const T d = fabs(x - y);
    return d < beta ? T(0.5) * d * d / beta : d - T(0.5) * beta;
  }
  template <class T>
  static RL_INLINE T slope(T beta, T x, T y) {
    const T d = x - y, side = d > T(0) ? T(1) : d < T(0) ? T(-1) : d;
    return fabs(d) < beta ? d / beta : side;
  }
};
struct Huber {  // delta (|d| - delta / 2) beyond delta, d^2 / 2 within
  template <class T>
  static RL_INLINE T value(T delta, T x, T y) {
    const T d = fabs(x - y);
    return d < delta ? T(0.5) * d * d : delta * (d - T(0.5) * delta);
  }
  template <class T>
  static RL_INLINE T slope(T delta, T x, T y) {
    const T d = x - y, low = d < -delta ? -delta : d;
    return d > delta ? delta : low;
  }
};
struct SoftMargin {  // log(1 + exp(-y x))
  template <class T>
  static RL_INLINE T value(T, T x, T y) {
    return -LogSigmoid()(x * y);
  }
  template <class T>
  static RL_INLINE T slope(T, T x, T y) {
    return -y * sigmoid(-(x * y));
  }
};
/// -(y log(x) + (1 - y) log(1 - x)); a logarithm counts at most 100, so that a certain mistake costs no infinity.
struct CrossEntropy {
  template <class T>
  static RL_INLINE T value(T, T x, T y) {
    const T yes = log(x), no = log1p(-x), least = T(-100);
    return (y - T(1)) * (no < least ? least : no) - y * (yes < least ? least : yes);
  }
  template <class T>
  static RL_INLINE T slope(T, T x, T y) {
    const T spread = (T(1) - x) * x, least = T(1e-12);
    return (x - y) / (spread < least ? least : spread);
  }
};
struct CrossEntropyOfLogits {
  template <class T>
  static RL_INLINE T value(T, T x, T y) {
    return (T(1) - y) * x - LogSigmoid()(x);
  }
  template <class T>
  static RL_INLINE T slope(T, T x, T y) {
    return sigmoid(x) - y;
  }
};

}  // namespace rl::functors
