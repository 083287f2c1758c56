// Storing and loading one number of any dtype.
#include "core/scalar_value.h"

namespace rl {
namespace {

template <class T>
void store_as(const Scalar& s, void* where) {
  T& out = *static_cast<T*>(where);
  if constexpr (std::is_same_v<T, bool>)
    out = s.category() <= 1 ? s.integer() != 0 : s.real() != 0 || s.imag() != 0;
  else if constexpr (std::is_integral_v<T>)
    out = T(s.integer());
  else if constexpr (std::is_same_v<T, complex<float>>)
    out = {float(s.real()), float(s.imag())};
  else if constexpr (std::is_same_v<T, complex<double>>)
    out = {s.real(), s.imag()};
  else
    out = T(s.real());
}

template <class T>
Scalar load_as(const void* where) {
  const T& v = *static_cast<const T*>(where);
  if constexpr (std::is_same_v<T, bool>)
    return Scalar(v);
  else if constexpr (std::is_same_v<T, uint64_t>)
    return Scalar(v);
  else if constexpr (std::is_integral_v<T>)
    return Scalar(int64_t(v));
  else if constexpr (std::is_same_v<T, complex<float>> || std::is_same_v<T, complex<double>>)
    return Scalar(complex<double>(v));
  else
    return Scalar(double(v));
}

}  // namespace

void Scalar::store(DType dtype, void* where) const {
  switch (dtype) {
#define X(name, Name, type, Short) \
  case DType::Name: return store_as<type>(*this, where);
    RL_FOR_EACH_DTYPE(X)
#undef X
  }
}

Scalar load_scalar(DType dtype, const void* where) {
  switch (dtype) {
#define X(name, Name, type, Short) \
  case DType::Name: return load_as<type>(where);
    RL_FOR_EACH_DTYPE(X)
#undef X
  }
  return {};
}

}  // namespace rl
