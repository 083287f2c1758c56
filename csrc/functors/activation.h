// Activations with parameters, and the fused backward forms of the common ones (g is the gradient of the result).
#pragma once

#include "functors/binary.h"

namespace rl::functors {

struct TanhBackward {
  template <class T>
  RL_INLINE T operator()(T g, T out) const {
    return g * (T(1) - out * out);
  }
};
struct SigmoidBackward {
  template <class T>
  RL_INLINE T operator()(T g, T out) const {
    return g * ((T(1) - out) * out);
  }
};
struct ReluBackward {  // relu'(0) = 0
  static constexpr bool light = true;
  template <class T>
  RL_INLINE T operator()(T g, T out) const {
    return out > T(0) ? g : T(0);
  }
};
struct LeakyRelu {
  static constexpr bool light = true;
  using Params = Number;
  template <class T>
  RL_INLINE T operator()(const Params& slope, T x) const {
    return x > T(0) ? x : x * slope.as<T>();
  }
};
struct LeakyReluBackward {
  using Params = Number;
  template <class T>
  RL_INLINE T operator()(const Params& slope, T g, T x) const {
    return x > T(0) ? g : g * slope.as<T>();
  }
};

/// x * Phi(x). Hendrycks, Gimpel 2016, arXiv:1606.08415. The tanh form is a functor of its own: with both in one loop,
/// chosen by a parameter, neither is vectorised.
struct Gelu {
  template <class T>
  RL_INLINE T operator()(T x) const {
    return x * normal_cdf(x);
  }
};
struct GeluBackward {
  template <class T>
  RL_INLINE T operator()(T g, T x) const {
    const T pdf = exp(x * x * T(-0.5)) * T(0.39894228040143267794);  // 1 / sqrt(2 pi)
    return g * (normal_cdf(x) + x * pdf);
  }
};
/// tanh(sqrt(2 / pi) * (x + 0.044715 x^3))
template <class T>
RL_INLINE T gelu_tanh(T x) {
  return tanh(T(0.79788456080286535588) * (x + T(0.044715) * x * x * x));
}
struct GeluTanh {
  template <class T>
  RL_INLINE T operator()(T x) const {
    return T(0.5) * x * (T(1) + gelu_tanh(x));
  }
};
struct GeluTanhBackward {
  template <class T>
  RL_INLINE T operator()(T g, T x) const {
    const T t = gelu_tanh(x);
    const T slope = T(0.79788456080286535588) * (T(1) + T(3 * 0.044715) * x * x);
    return g * (T(0.5) * (T(1) + t) + T(0.5) * x * (T(1) - t * t) * slope);
  }
};

struct Hardshrink {  // 0 within +-lambda, NaN passes
  using Params = Number;
  template <class T>
  RL_INLINE T operator()(const Params& bound, T x) const {
    return x >= -bound.as<T>() && x <= bound.as<T>() ? T(0) : x;
  }
};
struct HardshrinkBackward {
  using Params = Number;
  template <class T>
  RL_INLINE T operator()(const Params& bound, T g, T x) const {
    return x >= -bound.as<T>() && x <= bound.as<T>() ? T(0) : g;
  }
};
struct Prelu {
  template <class T>
  RL_INLINE T operator()(T x, T weight) const {
    return x > T(0) ? x : weight * x;
  }
};

}  // namespace rl::functors
