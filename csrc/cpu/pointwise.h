// How a functor runs over a block: one contiguous loop per functor, dtype and instruction set.
#pragma once

#include <cstdint>
#include <utility>

#include "core/kernel.h"
#include "cpu/halves.h"
#include "functors/traits.h"

RL_ISA_BEGIN

template <class F>
concept Parametrised = requires { typename F::Params; };
template <class F>
concept BoolFirst = requires { F::bool_first; };
template <class F, class... X>
concept HasRare = requires(X... x) { F::rare(x...); };

template <class F, class T>
struct ParamsOf {
  struct None {};
  using type = None;
};
template <Parametrised F, class T>
struct ParamsOf<F, T> {
  using type = typename F::Params;
};

/// Calls the functor with or without its parameters.
template <class F, class P, class... X>
RL_INLINE auto apply(const P& params, X... x) {
  if constexpr (Parametrised<F>)
    return F()(params, x...);
  else
    return F()(x...);
}

template <class T>
RL_INLINE const Stored<T>* stored_block(void* const* blocks, int i) {
  return static_cast<const Stored<T>*>(blocks[i]);
}

/// out[i] = F(x[i]...) for arguments of the types X.
template <class F, class... X, class P>
  requires(!(is_half_type<X> || ...))
RL_INLINE void apply_block(int64_t n, void* const* blocks, const P& params, const Stored<X>*... x) {
  using R = decltype(apply<F>(params, X()...));
  R* out = static_cast<R*>(blocks[0]);
  if constexpr (HasRare<F, X...>) {
    // Flags first, so that a block computed in place still has its inputs when the flagged elements are done slowly.
    constexpr int64_t kChunk = 256;
    for (int64_t at = 0; at < n; at += kChunk) {
      const int64_t end = at + kChunk < n ? at + kChunk : n;
      int any = 0;
      for (int64_t i = at; i < end; ++i) any |= F::rare(x[i]...);
      if (any) {
        for (int64_t i = at; i < end; ++i) out[i] = F::rare(x[i]...) ? F::slow(x[i]...) : F()(x[i]...);
        continue;
      }
#pragma GCC ivdep
      for (int64_t i = at; i < end; ++i) out[i] = F()(x[i]...);
    }
  } else {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) out[i] = apply<F>(params, X(x[i])...);
  }
}

#if defined(__F16C__)
/// One register of results. The lanes are arrays that never leave the registers: a loop as long as one becomes one
/// step.
template <class F, class S, class P, class... X>
RL_INLINE void apply_register(const P& params, S* to, const X*... x) {
  const auto load = [](float* lane, const S* at) __attribute__((always_inline)) {
    const FloatRegister wide = widen(at);
    __builtin_memcpy(lane, &wide, sizeof(wide));
  };
  float made[kHalfLanes];
  if constexpr (sizeof...(X) == 1) {
    float a[kHalfLanes];
    load(a, x...);
    for (int l = 0; l < kHalfLanes; ++l) made[l] = apply<F>(params, a[l]);
  } else {
    float a[kHalfLanes], b[kHalfLanes];
    const S* const from[] = {x...};
    load(a, from[0]), load(b, from[1]);
    for (int l = 0; l < kHalfLanes; ++l) made[l] = apply<F>(params, a[l], b[l]);
  }
  FloatRegister wide;
  __builtin_memcpy(&wide, made, sizeof(wide));
  narrow(wide, to);
}

/// The same for blocks of a half type, of one or two operands. The lanes past the end are zeros, and are dropped.
template <class F, class S, class... X, class P>
  requires(is_half_type<S> && (std::is_same_v<X, S> && ...))
RL_INLINE void apply_block(int64_t n, void* const* blocks, const P& params, const S* first, const X*... x) {
  S* out = static_cast<S*>(blocks[0]);
  int64_t i = 0;
  for (; i + kHalfLanes <= n; i += kHalfLanes) apply_register<F>(params, out + i, first + i, (x + i)...);
  if (i == n) return;
  const size_t bytes = size_t(n - i) * sizeof(S);
  struct Padded {
    S lane[kHalfLanes];
    RL_INLINE Padded(const S* at, size_t some) {
      __builtin_memset(lane, 0, sizeof(lane));
      __builtin_memcpy(lane, at, some);
    }
  };
  S made[kHalfLanes];
  apply_register<F>(params, made, Padded(first + i, bytes).lane, Padded(x + i, bytes).lane...);
  __builtin_memcpy(out + i, made, bytes);
}
#endif

template <class F, class T>
static void unary_loop(int64_t n, void* const* blocks, const Parameters& parameters) {
  const auto params = parameters.as<typename ParamsOf<F, T>::type>();
  apply_block<F, T>(n, blocks, params, stored_block<T>(blocks, 1));
}

template <class F, class T>
static void binary_loop(int64_t n, void* const* blocks, const Parameters& parameters) {
  const auto params = parameters.as<typename ParamsOf<F, T>::type>();
  apply_block<F, T, T>(n, blocks, params, stored_block<T>(blocks, 1), stored_block<T>(blocks, 2));
}

template <class F, class T>
static void ternary_loop(int64_t n, void* const* blocks, const Parameters& parameters) {
  const auto params = parameters.as<typename ParamsOf<F, T>::type>();
  using X = std::conditional_t<BoolFirst<F>, bool, T>;
  apply_block<F, X, T, T>(n, blocks, params, stored_block<X>(blocks, 1), stored_block<T>(blocks, 2),
                          stored_block<T>(blocks, 3));
}

/// A functor that says `light` is less work than to convert halves to blocks and back: it has loops of its own for them
/// where the set has the registers. The others see float32 blocks, which the plan converts.
template <class F, class Loop>
constexpr BlockFunction loop_of_light(Loop loop) {
  if constexpr (kHalfRegisters && requires { F::light; })
    return loop.template operator()<F>();
  else
    return nullptr;
}

RL_ISA_END

// The dtypes a row names, each with one function.
#define RL_ENTRY(k, loop, F, Name, T) {&kernels::k, DType::Name, &loop<functors::F, T>},
#define RL_ENTRY_HALF(k, loop, F, Name, T) \
  {&kernels::k, DType::Name, loop_of_light<functors::F>([]<class G>() -> BlockFunction { return &loop<G, T>; })},
#define RL_ENTRIES_Floating(k, loop, F) \
  RL_ENTRY(k, loop, F, Float32, float)  \
  RL_ENTRY(k, loop, F, Float64, double) \
  RL_ENTRY_HALF(k, loop, F, Float16, half) RL_ENTRY_HALF(k, loop, F, BFloat16, bfloat16)
#define RL_ENTRIES_Complex(k, loop, F) \
  RL_ENTRY(k, loop, F, Complex64, complex<float>) RL_ENTRY(k, loop, F, Complex128, complex<double>)
#define RL_ENTRIES_Integers(k, loop, F)           \
  RL_ENTRY(k, loop, F, UInt8, uint8_t)            \
  RL_ENTRY(k, loop, F, UInt16, uint16_t)          \
  RL_ENTRY(k, loop, F, UInt32, uint32_t)          \
  RL_ENTRY(k, loop, F, UInt64, uint64_t)          \
  RL_ENTRY(k, loop, F, Int8, RL_INT(F, int8_t))   \
  RL_ENTRY(k, loop, F, Int16, RL_INT(F, int16_t)) \
  RL_ENTRY(k, loop, F, Int32, RL_INT(F, int32_t)) \
  RL_ENTRY(k, loop, F, Int64, RL_INT(F, int64_t))
#define RL_INT(F, T) rl::functors::signed_or_not<functors::F, T>
#define RL_ENTRIES_Bool(k, loop, F) RL_ENTRY(k, loop, F, Bool, bool)
#define RL_ENTRIES_FloatingComplex(k, loop, F) RL_ENTRIES_Floating(k, loop, F) RL_ENTRIES_Complex(k, loop, F)
#define RL_ENTRIES_Numeric(k, loop, F) RL_ENTRIES_Floating(k, loop, F) RL_ENTRIES_Integers(k, loop, F)
#define RL_ENTRIES_NumericComplex(k, loop, F) RL_ENTRIES_Numeric(k, loop, F) RL_ENTRIES_Complex(k, loop, F)
#define RL_ENTRIES_NumericBool(k, loop, F) RL_ENTRIES_Numeric(k, loop, F) RL_ENTRIES_Bool(k, loop, F)
#define RL_ENTRIES_IntegersBool(k, loop, F) RL_ENTRIES_Integers(k, loop, F) RL_ENTRIES_Bool(k, loop, F)
#define RL_ENTRIES_NumericBoolComplex(k, loop, F) RL_ENTRIES_NumericBool(k, loop, F) RL_ENTRIES_Complex(k, loop, F)
#define RL_ENTRIES_All(k, loop, F)                                                          \
  RL_ENTRIES_NumericBoolComplex(k, loop, F) RL_ENTRY(k, loop, F, Float16, uint16_t)         \
      RL_ENTRY(k, loop, F, BFloat16, uint16_t) RL_ENTRY(k, loop, F, Float8_e4m3fn, uint8_t) \
          RL_ENTRY(k, loop, F, Float8_e5m2, uint8_t)
