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
struct Softshrink {  // moved towards 0 by lambda, 0 within; the gradient is hardshrink's
  using Params = Number;
  template <class T>
  RL_INLINE T operator()(const Params& bound, T x) const {
    const T b = bound.as<T>(), low = x < -b ? x + b : x * T(0);  // NaN passes
    return x > b ? x - b : low;
  }
};

/// What the parametrised activations are made with.
struct Coefficients {
  double at[3];
  template <class T>
  RL_INLINE T get(int i) const {
    return T(at[i]);
  }
};

/// x scale above 0, alpha scale (exp(x inner) - 1) below: elu, and selu and celu by their coefficients.
struct Elu {  // alpha scale, scale, inner
  using Params = Coefficients;
  template <class T>
  RL_INLINE T operator()(const Params& c, T x) const {
    const T low = expm1(x * c.get<T>(2)) * c.get<T>(0);
    return x < T(0) ? low : x * c.get<T>(1);
  }
};
struct EluBackward {
  using Params = Coefficients;
  template <class T>
  RL_INLINE T operator()(const Params& c, T g, T x) const {
    const T low = g * c.get<T>(2) * c.get<T>(0) * exp(x * c.get<T>(2));
    return x < T(0) ? low : g * c.get<T>(1);
  }
};
struct Hardtanh {  // low, high
  static constexpr bool light = true;
  using Params = Coefficients;
  template <class T>
  RL_INLINE T operator()(const Params& c, T x) const {
    const T low = x < c.get<T>(0) ? c.get<T>(0) : x;
    return low > c.get<T>(1) ? c.get<T>(1) : low;
  }
};
struct HardtanhBackward {  // none at the bounds
  using Params = Coefficients;
  template <class T>
  RL_INLINE T operator()(const Params& c, T g, T x) const {
    const T low = x <= c.get<T>(0) ? T(0) : g;
    return x >= c.get<T>(1) ? T(0) : low;
  }
};
struct Threshold {  // the bound, and what stands for whatever is not above it
  static constexpr bool light = true;
  using Params = Coefficients;
  template <class T>
  RL_INLINE T operator()(const Params& c, T x) const {
    return x <= c.get<T>(0) ? c.get<T>(1) : x;
  }
};
struct ThresholdBackward {
  using Params = Coefficients;
  template <class T>
  RL_INLINE T operator()(const Params& c, T g, T x) const {
    return x <= c.get<T>(0) ? T(0) : g;
  }
};
/// log(1 + exp(beta x)) / beta; x itself where beta x is beyond the threshold.
struct Softplus {  // beta, threshold
  using Params = Coefficients;
  template <class T>
  RL_INLINE T operator()(const Params& c, T x) const {
    const T scaled = x * c.get<T>(0), soft = log1p(exp(scaled)) / c.get<T>(0);
    return scaled > c.get<T>(1) ? x : soft;
  }
};
struct SoftplusBackward {
  using Params = Coefficients;
  template <class T>
  RL_INLINE T operator()(const Params& c, T g, T x) const {
    const T scaled = x * c.get<T>(0), soft = g * sigmoid(scaled);
    return scaled > c.get<T>(1) ? g : soft;
  }
};

/// relu6(x + 3)
template <class T>
RL_INLINE T six_above(T x) {
  const T up = x + T(3), low = up < T(0) ? T(0) : up;
  return low > T(6) ? T(6) : low;
}
struct Hardsigmoid {
  static constexpr bool light = true;
  template <class T>
  RL_INLINE T operator()(T x) const {
    return six_above(x) / T(6);
  }
};
struct HardsigmoidBackward {
  template <class T>
  RL_INLINE T operator()(T g, T x) const {
    const T low = x > T(-3) ? g / T(6) : T(0);
    return x < T(3) ? low : T(0);
  }
};
/// Howard and others 2019, arXiv:1905.02244.
struct Hardswish {
  static constexpr bool light = true;
  template <class T>
  RL_INLINE T operator()(T x) const {
    return x * six_above(x) / T(6);
  }
};
struct HardswishBackward {
  template <class T>
  RL_INLINE T operator()(T g, T x) const {
    const T low = x <= T(-3) ? T(0) : g * (x / T(3) + T(0.5));
    return x < T(3) ? low : g;
  }
};

/// tanh(log(1 + e^x)) = 1 - 2 / ((1 + e^x)^2 + 1), of e^-|x| so that nothing overflows. Misra 2019, arXiv:1908.08681.
template <class T>
RL_INLINE T tanh_softplus(T x) {
  const T e = exp(-fabs(x));
  const T high = (T(1) + T(2) * e) / (T(1) + T(2) * e + T(2) * e * e), low = e * (e + T(2)) / (e * (e + T(2)) + T(2));
  return x < T(0) ? low : high;
}
struct Mish {
  template <class T>
  RL_INLINE T operator()(T x) const {
    return x * tanh_softplus(x);
  }
};
struct MishBackward {
  template <class T>
  RL_INLINE T operator()(T g, T x) const {
    const T t = tanh_softplus(x);
    return g * (t + x * sigmoid(x) * (T(1) - t * t));
  }
};
struct SiluBackward {
  template <class T>
  RL_INLINE T operator()(T g, T x) const {
    const T s = T(1) / (T(1) + exp(-x));
    return g * (s * (T(1) + x * (T(1) - s)));
  }
};
struct LogSigmoidBackward {
  template <class T>
  RL_INLINE T operator()(T g, T x) const {
    return g * sigmoid(-x);
  }
};
/// Dauphin and others 2017, arXiv:1612.08083.
struct Glu {
  template <class T>
  RL_INLINE T operator()(T x, T gate) const {
    return x * sigmoid(gate);
  }
};

struct Prelu {
  template <class T>
  RL_INLINE T operator()(T x, T weight) const {
    return x > T(0) ? x : weight * x;
  }
};

}  // namespace rl::functors
