// Blocks of one dtype converted to another: the fifteen by fifteen table.
#include <cstdint>
#include <type_traits>

#include "core/dtype.h"
#include "core/macros.h"

RL_ISA_BEGIN

template <class T>
inline constexpr bool is_complex_type = std::is_same_v<T, complex<float>> || std::is_same_v<T, complex<double>>;
template <class T>
inline constexpr bool is_half_type = std::is_same_v<T, half> || std::is_same_v<T, bfloat16>;

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
  else if constexpr (is_half_type<From>)
    return convert_one<To>(float(x));
  else if constexpr (std::is_same_v<To, bool>)
    return x != From(0);
  else if constexpr (is_half_type<To>)
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

template <class To, class From>
static void convert(int64_t n, void* to, const void* from) {
  To* out = static_cast<To*>(to);
  const From* x = static_cast<const From*>(from);
  for (int64_t i = 0; i < n; ++i) out[i] = convert_one<To>(x[i]);
}

using ConvertFunction = void (*)(int64_t, void*, const void*);
extern const ConvertFunction convert_table[kDTypes][kDTypes];
#define X(name, Name, From, Short) &convert<To, From>,
template <class To>
struct Row {
  static constexpr ConvertFunction functions[kDTypes] = {RL_FOR_EACH_DTYPE(X)};
};
#undef X
#define X(name, Name, type, Short)                                                                         \
  {Row<type>::functions[0],  Row<type>::functions[1],  Row<type>::functions[2],  Row<type>::functions[3],  \
   Row<type>::functions[4],  Row<type>::functions[5],  Row<type>::functions[6],  Row<type>::functions[7],  \
   Row<type>::functions[8],  Row<type>::functions[9],  Row<type>::functions[10], Row<type>::functions[11], \
   Row<type>::functions[12], Row<type>::functions[13], Row<type>::functions[14]},
const ConvertFunction convert_table[kDTypes][kDTypes] = {RL_FOR_EACH_DTYPE(X)};
#undef X

RL_ISA_END
