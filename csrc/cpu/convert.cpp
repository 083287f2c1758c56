// Blocks of one dtype converted to another: the table of every dtype by every dtype.
#include <cstdint>
#include <type_traits>

#include "core/dtype.h"
#include "core/macros.h"
#include "cpu/halves.h"
#include "functors/math_complex.h"

RL_ISA_BEGIN

using functors::is_complex_type;

template <class To, class From>
RL_INLINE To convert_one(From x) {
  if constexpr (std::is_same_v<To, From>)
    return x;
  else if constexpr (is_complex_type<From>) {
    if constexpr (is_complex_type<To>)
      return To(x);
    else if constexpr (std::is_same_v<To, bool>)
      return x.re != 0 || x.im != 0;
    else
      return convert_one<To>(x.re);
  } else if constexpr (is_complex_type<To>)
    return To(convert_one<decltype(To::re)>(x), 0);
  else if constexpr (is_storage_type<From>)
    return convert_one<To>(float(x));
  else if constexpr (std::is_same_v<To, bool>)
    return x != From(0);
  else if constexpr (is_storage_type<To>)
    return To(float(x));
  else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // By way of int64, so that a value out of a narrow range wraps instead of being undefined; out of int64's range,
    // NaN included, it is the smallest int64, which is what x86 answers.
    const bool fits = x >= From(-0x1p63) && x < From(0x1p63);
    const int64_t wide = fits ? int64_t(x) : INT64_MIN;
    if constexpr (std::is_same_v<To, uint64_t>)
      return x >= From(0x1p63) && x < From(0x1p64) ? uint64_t(x) : uint64_t(wide);
    return To(wide);
  } else
    return To(x);
}

constexpr int64_t kPiece = 1024;  // elements on their way through another type: they stay in first-level cache

/// Do all of these numbers fit int32? (Of -2^31 as a float the answer is no: one comparison instead of two.)
template <class From>
RL_INLINE bool fit_int32(int64_t n, const From* x) {
  std::conditional_t<sizeof(From) == 8, int64_t, int32_t> outside = 0;
  for (int64_t i = 0; i < n; ++i) {
    if constexpr (std::is_integral_v<From>)
      outside |= int64_t(x[i]) ^ int32_t(x[i]);
    else
      outside |= !(functors::fabs(x[i]) < From(0x1p31));
  }
  return outside == 0;
}
/// Those that do are converted by way of it: every set has the instructions, and none below v4 has those of int64.
#if defined(__AVX512DQ__)
constexpr bool kConvertsInt64 = true;
#else
constexpr bool kConvertsInt64 = false;
#endif
template <class To, class From>
constexpr bool by_int32 =
    std::is_floating_point_v<From>
        ? std::is_integral_v<To> && !std::is_same_v<To, bool> && !(kConvertsInt64 && sizeof(To) == 8)
        : std::is_same_v<From, int64_t> && std::is_floating_point_v<To> && !kConvertsInt64;

template <class To, class From>
static void convert(int64_t n, void* to, const void* from) {
  To* out = static_cast<To*>(to);
  const auto* x = static_cast<const Stored<From>*>(from);
  if constexpr ((is_half_type<From> && std::is_same_v<To, float>) ||
                (is_half_type<To> && std::is_same_v<From, float>)) {
    convert_halves(n, out, x);
  } else if constexpr ((is_storage_type<From> || is_storage_type<To>) && !std::is_same_v<From, To> &&
                       !std::is_same_v<From, float> && !std::is_same_v<To, float>) {
    float piece[kPiece];
    for (int64_t i = 0; i < n; i += kPiece) {
      const int64_t m = n - i < kPiece ? n - i : kPiece;
      convert<float, From>(m, piece, x + i);
      convert<To, float>(m, out + i, piece);
    }
  } else if constexpr (by_int32<To, From>) {
    for (int64_t i = 0; i < n; i += kPiece) {
      const int64_t end = n - i < kPiece ? n : i + kPiece;
      if (fit_int32(end - i, x + i))
        for (int64_t j = i; j < end; ++j) out[j] = To(int32_t(x[j]));
      else
        for (int64_t j = i; j < end; ++j) out[j] = convert_one<To>(x[j]);
    }
  } else {
    for (int64_t i = 0; i < n; ++i) out[i] = convert_one<To>(x[i]);
  }
}

using ConvertFunction = void (*)(int64_t, void*, const void*);
extern const ConvertFunction convert_table[kDTypes][kDTypes];
#define X(name, Name, From, Short) &convert<To, From>,
template <class To>
struct Row {
  static constexpr ConvertFunction functions[kDTypes] = {RL_FOR_EACH_DTYPE(X)};
};
#undef X
// A row of 17 pointers by name: an array cannot be initialised by another one.
#define R(type, i) Row<type>::functions[i]
#define X(name, Name, type, Short)                                                                                   \
  {R(type, 0), R(type, 1),  R(type, 2),  R(type, 3),  R(type, 4),  R(type, 5),  R(type, 6),  R(type, 7), R(type, 8), \
   R(type, 9), R(type, 10), R(type, 11), R(type, 12), R(type, 13), R(type, 14), R(type, 15), R(type, 16)},
const ConvertFunction convert_table[kDTypes][kDTypes] = {RL_FOR_EACH_DTYPE(X)};
#undef X
#undef R

RL_ISA_END
