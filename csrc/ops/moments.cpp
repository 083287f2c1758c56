// Spreads, norms, logsumexp, nansum: the centre of each row first where there is one, then one pass of sums.
#include "ops/moments.h"

#include <cmath>

#include "ops/factor.h"
#include "ops/pointwise.h"
#include "ops/reduce_form.h"
#include "ops/shape.h"

namespace rl::ops {
namespace {

TwoTensors spread(const char* op, const Tensor& input, const MaybeDims& dim, const MaybeScalar& correction,
                  bool keepdim, bool root) {
  const DType dtype = input.dtype();
  RL_CHECK(is_differentiable(dtype), op, ": std and var only support floating point and complex dtypes, got ",
           dtype_text(dtype));
  const Tensor wide = as_dtype(input, compute_dtype(dtype));
  const Form f = form_of(op, wide, dim, keepdim);
  const Tensor centre = mean(wide, dim, false, std::nullopt, nullptr);
  const double divisor = double(f.count) - (correction ? correction->real() : 1.0);
  const DType real = real_of(dtype);
  const functors::Given given{divisor > 0 ? divisor : 0, root};
  const Tensor s = reduced(kernels::spread, op, f, real_of(wide.dtype()), &centre, given);
  return {as_dtype(s, real), as_dtype(shaped(centre, f), dtype)};
}

MaybeScalar correction_of(bool unbiased) { return Scalar(int64_t(unbiased)); }

}  // namespace

#define RL_SPREAD(name, root)                                                                                          \
  Tensor name(const Tensor& input, const MaybeDims& dim, MaybeScalar correction, bool keepdim, Tensor* out) {          \
    return deliver(#name, std::get<0>(spread(#name, input, dim, correction, keepdim, root)), out);                     \
  }                                                                                                                    \
  Tensor name##_all(const Tensor& input, bool unbiased) {                                                              \
    return name(input, std::nullopt, correction_of(unbiased), false, nullptr);                                         \
  }                                                                                                                    \
  Tensor name##_unbiased(const Tensor& input, const MaybeDims& dim, bool unbiased, bool keepdim, Tensor* out) {        \
    return name(input, dim, correction_of(unbiased), keepdim, out);                                                    \
  }                                                                                                                    \
  TwoTensors name##_mean(const Tensor& input, const MaybeDims& dim, MaybeScalar correction, bool keepdim, Outs* out) { \
    return deliver(#name "_mean", spread(#name "_mean", input, dim, correction, keepdim, root), out);                  \
  }                                                                                                                    \
  TwoTensors name##_mean_all(const Tensor& input, bool unbiased) {                                                     \
    return name##_mean(input, std::nullopt, correction_of(unbiased), false, nullptr);                                  \
  }                                                                                                                    \
  TwoTensors name##_mean_unbiased(const Tensor& input, const MaybeDims& dim, bool unbiased, bool keepdim, Outs* out) { \
    return name##_mean(input, dim, correction_of(unbiased), keepdim, out);                                             \
  }
RL_SPREAD(var, false)
RL_SPREAD(std, true)
#undef RL_SPREAD

Tensor norm(const Tensor& input, MaybeScalar p, const MaybeDims& dim, bool keepdim, Tensor* out,
            std::optional<DType> dtype) {
  const DType given = dtype.value_or(input.dtype());
  RL_CHECK(is_differentiable(given),
           "norm: linalg.vector_norm: Expected a floating point or complex tensor as input. Got ", short_name(given));
  RL_CHECK(can_cast(input.dtype(), given), "norm: linalg.vector_norm: the dtype of the input ",
           dtype_text(input.dtype()), " should be convertible without narrowing to the specified dtype ",
           dtype_text(given));
  const double power = p ? p->real() : 2;
  const Tensor wide = as_dtype(input, compute_dtype(given));
  const DType real = real_of(given);
  if (std::isinf(power)) {
    const Tensor size = abs(wide, nullptr);
    const Dims dims = dim.value_or(Dims());
    const Tensor most = power > 0 ? amax(size, dims, keepdim, nullptr) : amin(size, dims, keepdim, nullptr);
    return deliver("norm", as_dtype(most, real), out);
  }
  const Kernel& kernel = power == 0   ? kernels::norm_0
                         : power == 1 ? kernels::norm_1
                         : power == 2 ? kernels::norm_2
                                      : kernels::norm_p;
  const Form f = form_of("norm", wide, dim, keepdim);
  const Tensor made = reduced(kernel, "norm", f, real_of(wide.dtype()), nullptr, {power});
  return deliver("norm", as_dtype(made, real), out);
}

Tensor norm_named(const Tensor& input, std::string_view p, const MaybeDims& dim, bool keepdim, Tensor* out,
                  std::optional<DType> dtype) {
  if (p == "nuc") return nuclear_norm(as_dtype(input, dtype.value_or(input.dtype())), dim, keepdim, out);
  RL_CHECK(p == "fro", "norm: p must be a number, 'fro' or 'nuc', not '", p, "'");
  return norm(input, Scalar(2.0), dim, keepdim, out, dtype);
}

Tensor logsumexp(const Tensor& input, const Dims& dim, bool keepdim, Tensor* out) {
  const DType dtype = is_differentiable(input.dtype()) ? input.dtype() : default_dtype();
  const Tensor wide = as_dtype(input, compute_dtype(dtype));
  const Form f = form_of("logsumexp", wide, dim, keepdim);
  if (f.count == 0) return deliver("logsumexp", full(f.sizes, Scalar(-INFINITY), dtype, input.device()), out);
  const Tensor top = amax(real(wide), dim, false, nullptr), finite = isfinite(top, nullptr);
  const Value t(top), zero(Scalar(0.0));
  const Tensor centre = as_dtype(where(finite, t, zero, nullptr), wide.dtype());
  return deliver("logsumexp", as_dtype(reduced(kernels::logsumexp, "logsumexp", f, wide.dtype(), &centre), dtype), out);
}

Tensor nansum(const Tensor& input, const MaybeDims& dim, bool keepdim, std::optional<DType> dtype, Tensor* out) {
  RL_CHECK(!is_complex(input.dtype()), "nansum does not support complex inputs");
  if (!is_float(input.dtype())) return sum(input, dim, keepdim, dtype, out);
  const DType result = dtype.value_or(input.dtype());
  const Tensor wide = as_dtype(input, compute_dtype(is_float(result) ? result : input.dtype()));
  const Form f = form_of("nansum", wide, dim, keepdim);
  return deliver("nansum", as_dtype(reduced(kernels::nansum, "nansum", f, wide.dtype()), result), out);
}

}  // namespace rl::ops
