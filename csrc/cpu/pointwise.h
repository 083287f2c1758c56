// How a functor runs over a block: one contiguous loop per functor, dtype and instruction set.
#pragma once

#include <algorithm>
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

/// In which order a block is walked.
struct Walk {
  bool backward, in_place;
};

/// A long block may go from its end to its start. A load waits for an earlier store whose address has the same low 12
/// bits: where the result lies a little beyond an operand in them, the other way round keeps the two apart. Measured
/// with AVX-512, one register beyond, 1e5 float32 elements: add 14.8 us forward and 11.4 backward, sigmoid 47.6
/// and 38.9.
template <class... X>
RL_INLINE Walk walk_of(int64_t n, const void* out, const X*... x) {
  constexpr int64_t kLong = 512;
  constexpr uintptr_t kPage = 4096, kNear = 512;
  const bool in_place = ((static_cast<const void*>(x) == out) || ...);
  if (n < kLong) return {false, in_place};
  uintptr_t beyond = kPage, before = kPage;
  for (const void* from : {static_cast<const void*>(x)...}) {
    const uintptr_t step = (reinterpret_cast<uintptr_t>(out) - reinterpret_cast<uintptr_t>(from)) % kPage;
    if (step == 0) continue;
    beyond = step < beyond ? step : beyond;
    before = kPage - step < before ? kPage - step : before;
  }
  return {beyond <= kNear && beyond < before, in_place};
}

/// group(to, at) makes Width elements from `at` on. The last of a block overlaps the one before; where that one would
/// write what it reads it is made first, and moved to its place at the end.
template <int Width, class R, class Group>
RL_INLINE void by_groups(int64_t n, Walk walk, R* out, const Group& group) {
  const int64_t whole = n / Width * Width, step = walk.backward ? -Width : Width;
  const bool rest = n != whole, ahead = rest && (walk.backward || walk.in_place);
  const int64_t final = walk.backward ? 0 : (ahead ? whole : n) - Width;
  R last[Width];
  R* to = last;
  int64_t at = n - Width, next = walk.backward ? whole - Width : 0, left = n / Width + rest - 1;
  if (!ahead) at = next, to = out + next, next += step;
  for (;; next += step) {
    group(to, at);
    if (left == 0) break;
    at = --left == 0 ? final : next;
    to = out + at;
  }
  if (ahead) __builtin_memcpy(out + n - Width, last, sizeof(last));
}

/// out[i] = f(i), by groups that fill a register of the narrowest type: a loop as long as one becomes one step.
template <int Width, class R, class Function>
RL_INLINE void by_elements(int64_t n, Walk walk, R* out, const Function& f) {
  if (n < Width) {
#pragma GCC ivdep
#pragma GCC unroll 1
    for (int64_t i = 0; i < n; ++i) out[i] = f(i);
    return;
  }
  by_groups<Width>(n, walk, out, [&](R* to, int64_t at) __attribute__((always_inline)) {
#pragma GCC ivdep
#pragma GCC unroll 1
    for (int64_t l = 0; l < Width; ++l) to[l] = f(at + l);
  });
}

/// out[i] = F(x[i]...) for arguments of the types X.
template <class F, class... X, class P>
  requires(!(is_half_type<X> || ...))
RL_INLINE void apply_block(int64_t n, void* const* blocks, const P& params, const Stored<X>*... x) {
  using R = decltype(apply<F>(params, X()...));
  constexpr int kElements = kVectorBytes / int(std::min({sizeof(R), sizeof(X)...}));
  R* out = static_cast<R*>(blocks[0]);
  if constexpr (requires { F::copies; }) {
    __builtin_memmove(out, stored_block<R>(blocks, 1), size_t(n) * sizeof(R));
    return;
  }
  const Walk walk = walk_of(n, out, x...);
  if constexpr (HasRare<F, X...>) {
    // Flags first, so that a block computed in place still has its inputs when the flagged elements are done slowly.
    constexpr int64_t kChunk = 256;
    for (int64_t at = 0; at < n; at += kChunk) {
      const int64_t end = at + kChunk < n ? at + kChunk : n;
      int any = 0;
      for (int64_t i = at; i < end; ++i) any |= F::rare(x[i]...);
      if (any)
        for (int64_t i = at; i < end; ++i) out[i] = F::rare(x[i]...) ? F::slow(x[i]...) : F()(x[i]...);
      else
        by_elements<kElements>(end - at, walk, out + at,
                               [&](int64_t i) __attribute__((always_inline)) { return F()(x[at + i]...); });
    }
  } else {
    by_elements<kElements>(n, walk, out,
                           [&](int64_t i) __attribute__((always_inline)) { return apply<F>(params, X(x[i])...); });
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
  if (n >= kHalfLanes)
    return by_groups<kHalfLanes>(n, walk_of(n, out, first, x...), out,
                                 [&](S* to, int64_t at) __attribute__((always_inline)) {
                                   apply_register<F>(params, to, first + at, (x + at)...);
                                 });
  const size_t bytes = size_t(n) * sizeof(S);
  struct Padded {
    S lane[kHalfLanes];
    RL_INLINE Padded(const S* at, size_t some) {
      __builtin_memset(lane, 0, sizeof(lane));
      __builtin_memcpy(lane, at, some);
    }
  };
  S made[kHalfLanes];
  apply_register<F>(params, made, Padded(first, bytes).lane, Padded(x, bytes).lane...);
  __builtin_memcpy(out, made, bytes);
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
