// How a functor runs over a block: one contiguous loop per functor, dtype and instruction set.
#pragma once

#include <cstdint>
#include <utility>

#include "core/kernel.h"
#include "cpu/vector.h"
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

RL_ISA_END

// The dtypes a row names, each with one function.
#define RL_ENTRY(k, loop, F, Name, T) {&kernels::k, DType::Name, &loop<functors::F, T>},
#define RL_ENTRIES_Floating(k, loop, F) RL_ENTRY(k, loop, F, Float32, float) RL_ENTRY(k, loop, F, Float64, double)
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
