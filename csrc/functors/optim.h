// What a step of an optimiser does to one element of a parameter, a struct a rule, in PyTorch's order of roundings
// (lerp, add and addcmul are fused there).
//
// A rule says how many states lie beside a parameter, how many counters (0-d states) it keeps, and how many options of
// its own it reads. It is made once a tensor, in float64, and counts its counters on; then it is called once an
// element. S is the dtype in memory: half types are computed in float32 and rounded after every operation that PyTorch
// rounds after, which `keep` stands for.
#pragma once

#include "functors/traits.h"

namespace rl::functors {

/// A 0-d state: how many steps were taken, and the like. It is rounded to its own dtype.
struct Counter {
  void* data;
  bool is_double;
  RL_INLINE double value() const {
    return is_double ? *static_cast<double*>(data) : double(*static_cast<float*>(data));
  }
  RL_INLINE void set(double value) const {
    if (is_double)
      *static_cast<double*>(data) = value;
    else
      *static_cast<float*>(data) = float(value);
  }
  RL_INLINE double next() const {
    set(value() + 1);
    return value();
  }
};

/// What a rule is made of: its rate, the options that it names, its counters.
struct StepOptions {
  double lr;
  const double* own;
  const Counter* counters;
};

/// One of two values, the same one for every element: chosen by bits, so that the loop is one and not a copy for
/// either.
template <class T>
struct Choice {
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  Bits mask;
  RL_INLINE explicit Choice(bool first) : mask(first ? ~Bits(0) : Bits(0)) {}
  RL_INLINE T operator()(T first, T second) const {
    const Bits a = __builtin_bit_cast(Bits, first), b = __builtin_bit_cast(Bits, second);
    return __builtin_bit_cast(T, (a & mask) | (b & ~mask));
  }
};

template <class S>
struct StepRule {
  using T = std::conditional_t<is_storage_type<S>, float, S>;
  static constexpr int states = 0, counters = 1, options = 0;
  static RL_INLINE T keep(T x) {
    if constexpr (is_storage_type<S>)
      return T(S(x));
    else
      return x;
  }
  /// A number that add() takes, as a summand or as alpha: PyTorch rounds these to the tensor's dtype.
  static RL_INLINE T addend(double x) { return keep(T(x)); }
  /// from + weight (to - from), from the nearer end.
  struct Lerp {
    Choice<T> near;
    T pull;
    RL_INLINE explicit Lerp(double w, bool is_near) : near(is_near), pull(is_near ? T(w) : T(w) - 1) {}
    RL_INLINE explicit Lerp(double w) : Lerp(w, (w < 0 ? -w : w) < 0.5) {}
    RL_INLINE T operator()(T from, T to) const { return keep(fma(pull, to - from, near(from, to))); }
  };
  /// A running mean of squares: mul_ and addcmul_.
  struct Squares {
    T old, share;
    RL_INLINE explicit Squares(double w) : old(T(w)), share(T(1 - w)) {}
    RL_INLINE T operator()(T mean, T x) const { return keep(fma(share * x, x, keep(mean * old))); }
  };
};

/// Sutskever et al. 2013. own: momentum, dampening, nesterov, first (the buffer becomes the gradient).
template <class S, bool kMomentum>
struct Sgd : StepRule<S> {
  using typename StepRule<S>::T;
  using StepRule<S>::keep;
  using StepRule<S>::addend;
  static constexpr int states = kMomentum, counters = 0, options = 4;
  T rate, momentum, ahead, share;
  Choice<T> nesterov, first;
  RL_INLINE explicit Sgd(const StepOptions& o)
      : rate(addend(-o.lr)),
        momentum(T(o.own[0])),
        ahead(addend(o.own[0])),
        share(addend(1 - o.own[1])),
        nesterov(o.own[2] != 0),
        first(o.own[3] != 0) {}
  RL_INLINE void operator()(T& p, T g) const { p = fma(g, rate, p); }
  RL_INLINE void operator()(T& p, T g, T& buffer) const {
    buffer = first(g, keep(fma(g, share, keep(buffer * momentum))));
    p = fma(nesterov(keep(fma(buffer, ahead, g)), buffer), rate, p);
  }
};

/// Kingma and Ba 2015, arXiv:1412.6980; with the largest second moment, Reddi et al. 2018. own: beta1, beta2, eps.
template <class S, bool kAmsgrad>
struct Adam : StepRule<S> {
  using typename StepRule<S>::T;
  using StepRule<S>::keep;
  using StepRule<S>::addend;
  static constexpr int states = kAmsgrad ? 3 : 2, options = 3;
  typename StepRule<S>::Lerp lerp;
  typename StepRule<S>::Squares squares;
  T rate, spread, eps;
  RL_INLINE explicit Adam(const StepOptions& o) : lerp(1 - o.own[0]), squares(o.own[1]), eps(addend(o.own[2])) {
    const double step = o.counters[0].next();
    rate = T(-(o.lr / (1 - pow(o.own[0], step))));
    spread = T(pow(1 - pow(o.own[1], step), 0.5));
  }
  RL_INLINE void move(T& p, T mean, T square) const {
    p += rate * mean / keep(keep(keep(sqrt(square)) / spread) + eps);
  }
  RL_INLINE void operator()(T& p, T g, T& mean, T& square) const {
    mean = lerp(mean, g);
    square = squares(square, g);
    move(p, mean, square);
  }
  RL_INLINE void operator()(T& p, T g, T& mean, T& square, T& largest) const {
    mean = lerp(mean, g);
    square = squares(square, g);
    largest = square != square || square > largest ? square : largest;
    move(p, mean, largest);
  }
};

/// Dozat 2016. own: beta1, beta2, eps, momentum_decay; counters: step, mu_product.
template <class S>
struct Nadam : StepRule<S> {
  using typename StepRule<S>::T;
  using StepRule<S>::keep;
  using StepRule<S>::addend;
  static constexpr int states = 2, counters = 2, options = 4;
  typename StepRule<S>::Lerp lerp;
  typename StepRule<S>::Squares squares;
  T eps, correction, of_gradient, of_mean;
  RL_INLINE explicit Nadam(const StepOptions& o) : lerp(1 - o.own[0]), squares(o.own[1]), eps(addend(o.own[2])) {
    const double beta1 = o.own[0], decay = o.own[3], step = o.counters[0].next();
    const double mu = beta1 * (1.0 - 0.5 * pow(0.96, step * decay));
    const double mu_next = beta1 * (1.0 - 0.5 * pow(0.96, (step + 1) * decay));
    const Counter& product = o.counters[1];
    product.set(product.is_double ? product.value() * mu : double(float(product.value()) * float(mu)));
    correction = T(1 - pow(o.own[1], step));
    of_gradient = T(-o.lr * (1.0 - mu) / (1.0 - product.value()));
    of_mean = T((-o.lr * mu_next) / (1.0 - product.value() * mu_next));
  }
  RL_INLINE void operator()(T& p, T g, T& mean, T& square) const {
    mean = lerp(mean, g);
    square = squares(square, g);
    const T denominator = keep(keep(sqrt(keep(square / correction))) + eps);
    p = keep(p + of_gradient * g / denominator);
    p += of_mean * mean / denominator;
  }
};

/// Liu et al. 2020, arXiv:1908.03265. own: beta1, beta2, eps.
template <class S>
struct Radam : StepRule<S> {
  using typename StepRule<S>::T;
  using StepRule<S>::keep;
  using StepRule<S>::addend;
  static constexpr int states = 2, options = 3;
  typename StepRule<S>::Lerp lerp;
  typename StepRule<S>::Squares squares;
  T rate, eps, correction, spread, rectified = 1;
  Choice<T> adapts{false};
  RL_INLINE explicit Radam(const StepOptions& o)
      : lerp(1 - o.own[0]), squares(o.own[1]), rate(T(o.lr)), eps(addend(o.own[2])) {
    const double step = o.counters[0].next(), power = pow(o.own[1], step), correction2 = 1 - power;
    const double longest = 2 / (1 - o.own[1]) - 1, length = longest - 2 * step * power / correction2;
    correction = T(1 - pow(o.own[0], step));
    spread = T(pow(correction2, 0.5));
    adapts = Choice<T>(length > 5.0);
    if (length > 5.0)
      rectified = T(pow((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length), 0.5));
  }
  RL_INLINE void operator()(T& p, T g, T& mean, T& square) const {
    mean = lerp(mean, g);
    square = squares(square, g);
    const T plain = keep(keep(mean / correction) * rate);
    const T scale = keep(keep(1 / keep(keep(sqrt(square)) + eps)) * spread);
    p -= adapts(keep(keep(plain * scale) * rectified), plain);
  }
};

/// Kingma and Ba 2015, section 7.1. own: beta1, beta2, eps.
template <class S>
struct Adamax : StepRule<S> {
  using typename StepRule<S>::T;
  using StepRule<S>::keep;
  using StepRule<S>::addend;
  static constexpr int states = 2, options = 3;
  typename StepRule<S>::Lerp lerp;
  T shrink, eps, rate;
  RL_INLINE explicit Adamax(const StepOptions& o) : lerp(1 - o.own[0]), shrink(T(o.own[1])), eps(addend(o.own[2])) {
    rate = T(-(o.lr / (1 - pow(o.own[0], o.counters[0].next()))));
  }
  RL_INLINE void operator()(T& p, T g, T& mean, T& norm) const {
    mean = lerp(mean, g);
    const T old = keep(norm * shrink), now = keep(fabs(g) + eps);
    norm = old != old || old > now ? old : now;
    p += rate * mean / norm;
  }
};

/// Duchi, Hazan and Singer 2011. own: lr_decay, eps.
template <class S>
struct Adagrad : StepRule<S> {
  using typename StepRule<S>::T;
  using StepRule<S>::keep;
  using StepRule<S>::addend;
  static constexpr int states = 1, options = 2;
  T rate, eps;
  RL_INLINE explicit Adagrad(const StepOptions& o) : eps(addend(o.own[1])) {
    rate = T(-(o.lr / (1 + (o.counters[0].next() - 1) * o.own[0])));
  }
  RL_INLINE void operator()(T& p, T g, T& sum) const {
    sum = keep(fma(g, g, sum));
    p += rate * g / keep(keep(sqrt(sum)) + eps);
  }
};

/// Zeiler 2012, arXiv:1212.5701. own: rho, eps.
template <class S>
struct Adadelta : StepRule<S> {
  using typename StepRule<S>::T;
  using StepRule<S>::keep;
  using StepRule<S>::addend;
  static constexpr int states = 2, options = 2;
  typename StepRule<S>::Squares squares;
  T rate, eps;
  RL_INLINE explicit Adadelta(const StepOptions& o) : squares(o.own[0]), rate(addend(-o.lr)), eps(addend(o.own[1])) {
    o.counters[0].next();
  }
  RL_INLINE void operator()(T& p, T g, T& square, T& deltas) const {
    square = squares(square, g);
    const T was = keep(sqrt(keep(deltas + eps))), is = keep(sqrt(keep(square + eps)));
    const T delta = keep(keep(was / is) * g);
    deltas = squares(deltas, delta);
    p = fma(delta, rate, p);
  }
};

/// Hinton 2012; centred, Graves 2013, arXiv:1308.0850. own: alpha, eps, momentum. states: square_avg, then the
/// momentum's buffer, then grad_avg.
template <class S, bool kMomentum, bool kCentered>
struct Rmsprop : StepRule<S> {
  using typename StepRule<S>::T;
  using StepRule<S>::keep;
  using StepRule<S>::addend;
  static constexpr int states = 1 + kMomentum + kCentered, options = 3;
  typename StepRule<S>::Lerp lerp;
  typename StepRule<S>::Squares squares;
  T rate, eps, momentum;
  RL_INLINE explicit Rmsprop(const StepOptions& o)
      : lerp(1 - o.own[0]),
        squares(o.own[0]),
        rate(kMomentum ? addend(-o.lr) : T(-o.lr)),
        eps(addend(o.own[1])),
        momentum(T(o.own[2])) {
    o.counters[0].next();
  }
  RL_INLINE void move(T& p, T g, T variance) const { p += rate * g / keep(keep(sqrt(variance)) + eps); }
  RL_INLINE void move(T& p, T g, T variance, T& buffer) const {
    buffer = keep(keep(buffer * momentum) + g / keep(keep(sqrt(variance)) + eps));
    p = fma(buffer, rate, p);
  }
  template <class... Buffer>
  RL_INLINE void operator()(T& p, T g, T& square, Buffer&... buffer) const {
    square = squares(square, g);
    move_by(p, g, square, buffer...);
  }

 private:
  RL_INLINE void move_by(T& p, T g, T square) const { move(p, g, square); }
  RL_INLINE void move_by(T& p, T g, T square, T& state) const {
    if constexpr (kCentered)
      move(p, g, variance(g, square, state));
    else
      move(p, g, square, state);
  }
  RL_INLINE void move_by(T& p, T g, T square, T& buffer, T& mean) const {
    move(p, g, variance(g, square, mean), buffer);
  }
  RL_INLINE T variance(T g, T square, T& mean) const {
    mean = lerp(mean, g);
    return keep(fma(-mean, mean, square));
  }
};

/// Riedmiller and Braun 1993. own: eta-, eta+, the least and the largest step; states: prev, step_size.
template <class S>
struct Rprop : StepRule<S> {
  using typename StepRule<S>::T;
  using StepRule<S>::keep;
  using StepRule<S>::addend;
  static constexpr int states = 2, options = 4;
  T less, more, least, most;
  RL_INLINE explicit Rprop(const StepOptions& o)
      : less(T(o.own[0])), more(T(o.own[1])), least(addend(o.own[2])), most(addend(o.own[3])) {
    o.counters[0].next();
  }
  static RL_INLINE T sign(T x) { return T(x > 0) - T(x < 0); }
  RL_INLINE void operator()(T& p, T g, T& previous, T& size) const {
    const T turn = keep(g * previous);
    const T grown = keep(size * keep(turn > 0 ? more : turn < 0 ? less : T(1)));
    size = grown < least ? least : grown > most ? most : grown;
    previous = turn < 0 ? T(0) : g;
    p = fma(-sign(previous), size, p);
  }
};

/// Polyak and Juditsky 1992. own: lambd, alpha, t0; counters: step, eta, mu; states: ax, the mean.
template <class S>
struct Asgd : StepRule<S> {
  using typename StepRule<S>::T;
  using StepRule<S>::keep;
  using StepRule<S>::addend;
  static constexpr int states = 1, counters = 3, options = 3;
  T shrink, rate, share;
  Choice<T> averages{false};
  RL_INLINE explicit Asgd(const StepOptions& o) {
    const double step = o.counters[0].next(), past = step - o.own[2];
    const Counter &eta = o.counters[1], &mu = o.counters[2];
    shrink = T(1 - o.own[0] * eta.value());
    rate = addend(-eta.value());
    share = T(mu.value());
    averages = Choice<T>(mu.value() != 1);
    eta.set(o.lr / pow(1 + o.own[0] * o.lr * step, o.own[1]));
    mu.set(1 / (past > 1 ? past : 1));
  }
  RL_INLINE void operator()(T& p, T g, T& mean) const {
    p = keep(fma(g, rate, keep(p * shrink)));
    mean = averages(mean + keep(keep(p - mean) * share), p);
  }
};

}  // namespace rl::functors
