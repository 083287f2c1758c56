// Reductions: the dims that go, the dtype they are taken in, and the input seen with its kept dims first.
#include "ops/reduce.h"

#include "ops/pointwise.h"
#include "ops/reduce_form.h"
#include "ops/shape.h"

namespace rl::kernels {
#define RL_REDUCTION(row, ...) constinit Kernel row{.name = #row, .kind = Kind::Reduction, .outputs = 1};
#define RL_REDUCTION_KERNEL RL_REDUCTION
#include "functors/reduce.def"
#undef RL_REDUCTION
#undef RL_REDUCTION_KERNEL
constinit Kernel max_index{.name = "max_index", .kind = Kind::Reduction, .outputs = 2};
constinit Kernel min_index{.name = "min_index", .kind = Kind::Reduction, .outputs = 2};
}  // namespace rl::kernels

namespace rl::ops {

Form form_of(const char* op, const Tensor& input, const MaybeDims& dims, bool keepdim) {
  uint64_t gone = 0;
  if (!dims || dims->empty()) {
    gone = ~uint64_t(0);
  } else {
    for (int64_t dim : *dims) {
      const int d = wrap_dim(dim, input.ndim(), op);
      RL_CHECK(!((gone >> d) & 1), op, ": dim ", d, " appears multiple times in the list of dims");
      gone |= uint64_t(1) << d;
    }
  }
  Form f;
  f.key = input.dtype();
  Dims sizes, strides, inner_sizes, inner_strides;
  for (int d = 0; d < input.ndim(); ++d) {
    if ((gone >> d) & 1) {
      inner_sizes.push_back(input.size(d));
      inner_strides.push_back(input.stride(d));
      f.count *= input.size(d);
      if (keepdim) f.sizes.push_back(1);
      continue;
    }
    sizes.push_back(input.size(d));
    strides.push_back(input.stride(d));
    f.sizes.push_back(input.size(d));
  }
  f.shrunk = sizes;
  f.kept = sizes.size();
  for (int d = 0; d < inner_sizes.size(); ++d) sizes.push_back(inner_sizes[d]), strides.push_back(inner_strides[d]);
  f.input = input.view(std::move(sizes), std::move(strides), input.offset());
  return f;
}

namespace {

bool has_dense_rows_or_columns(const Form& f) {
  const Tensor& x = f.input;
  int64_t step = 1;
  bool dense = true;
  for (int d = x.ndim() - 1; d >= f.kept; --d) {
    dense &= x.size(d) == 1 || x.stride(d) == step;
    step *= x.size(d);
  }
  const int last = f.kept - 1;  // of the kept dims; a single column is a row with gaps
  const bool columns = last >= 0 && x.ndim() == f.kept + 1 && x.stride(last) == 1 && x.size(last) > 1;
  return dense || columns;
}

}  // namespace

Form settled(Form f) {
  if (!has_dense_rows_or_columns(f)) f.input = as_contiguous(f.input);
  return f;
}

Form read_as(Form f, DType key) {
  if (f.input.dtype() != key && !has_dense_rows_or_columns(f)) f.input = as_dtype(f.input, key);
  f.key = key;
  return f;
}

Tensor shaped(const Tensor& made, const Form& f) { return made.view(f.sizes, contiguous_strides(f.sizes), 0); }

Tensor reduced(const Kernel& kernel, const char* op, const Form& f, DType result, const Tensor* centre,
               const functors::Given& given) {
  RL_CHECK(computes(kernel, f.key), "\"", op, "\" not implemented for '", short_name(f.key), "'");
  const Tensor made = empty(f.shrunk, result, f.input.device());
  const Parameters p = Parameters::pack(kernels::ReduceParameters{f.kept, given});
  if (centre)
    launch(kernel, {made, f.input, *centre}, f.key, p);
  else
    launch(kernel, {made, f.input}, f.key, p);
  return shaped(made, f);
}

namespace {

/// Sums of integers and bools are int64; half types are summed in float32.
Tensor total(const Kernel& kernel, const char* op, const Tensor& input, const MaybeDims& dim, bool keepdim,
             std::optional<DType> dtype) {
  const DType result = dtype.value_or(category(input.dtype()) < 2 ? DType::Int64 : input.dtype());
  const DType key = category(result) < 2 ? DType::Int64 : compute_dtype(result);
  if (&kernel == &kernels::sum && input.dtype() == DType::Bool && result == DType::Int64)  // how many are true
    return reduced(kernels::count_nonzero, op, form_of(op, input, dim, keepdim), result);
  const Tensor given = as_dtype(input, dtype.value_or(input.dtype()));
  return as_dtype(reduced(kernel, op, read_as(form_of(op, given, dim, keepdim), key), key), result);
}

void check_not_empty(const char* op, const Form& f) {
  RL_CHECK_INDEX(f.count > 0 || checked_numel(f.shrunk, op) == 0, op,
                 ": Expected reduction dim to be specified for input.numel() == 0, or to have "
                 "non-zero size. The shape is ",
                 f.input.sizes());
}

Tensor extreme(const Kernel& kernel, const char* op, const Tensor& input, const MaybeDims& dim, bool keepdim) {
  const Form f = read_as(form_of(op, input, dim, keepdim), order_dtype(input.dtype()));
  check_not_empty(op, f);
  return as_dtype(reduced(kernel, op, f, f.key), input.dtype());
}

std::tuple<Tensor, Tensor> with_index(const Kernel& kernel, const char* op, const Tensor& input, const MaybeDims& dim,
                                      bool keepdim) {
  const Tensor wide = as_dtype(input, order_dtype(input.dtype()));
  const Form f = settled(form_of(op, wide, dim, keepdim));
  check_not_empty(op, f);
  const DType dtype = wide.dtype();
  RL_CHECK(computes(kernel, dtype), "\"", op, "\" not implemented for '", short_name(dtype), "'");
  const Tensor values = empty(f.shrunk, dtype, input.device()), indices = empty(f.shrunk, DType::Int64, input.device());
  launch(kernel, {values, indices, f.input}, dtype, Parameters::pack(kernels::ReduceParameters{f.kept}));
  return {as_dtype(shaped(values, f), input.dtype()), shaped(indices, f)};
}

Tensor index_of(const Kernel& kernel, const char* op, const Tensor& input, std::optional<int64_t> dim, bool keepdim,
                Tensor* out) {
  RL_CHECK(input.dtype() != DType::Bool, "\"", op, "\" not implemented for 'Bool'");
  const MaybeDims dims = dim ? MaybeDims(Dims{*dim}) : std::nullopt;
  return deliver(op, std::get<1>(with_index(kernel, op, input, dims, keepdim)), out);
}

Tensor truth(const Kernel& kernel, const char* op, const Tensor& input, const MaybeDims& dim, bool keepdim,
             Tensor* out) {
  const Value x(input), nothing(Scalar(0));
  const Tensor on = input.dtype() == DType::Bool ? input : ne(x, nothing, nullptr);
  const Tensor made = reduced(kernel, op, form_of(op, on, dim, keepdim), DType::Bool);
  return deliver(op, input.dtype() == DType::UInt8 ? as_dtype(made, DType::UInt8) : made, out);
}

Tensor counted(const Kernel& kernel, const char* op, const Tensor& input, const MaybeDims& dim) {
  return reduced(kernel, op, read_as(form_of(op, input, dim, false), order_dtype(input.dtype())), DType::Int64);
}

}  // namespace

#define RL_REDUCTION(name, Functor, dtypes, rule) RL_REDUCTION_##rule(name)
#define RL_REDUCTION_Total(name)                                                                                  \
  Tensor name(const Tensor& input, const MaybeDims& dim, bool keepdim, std::optional<DType> dtype, Tensor* out) { \
    return deliver(#name, total(kernels::name, #name, input, dim, keepdim, dtype), out);                          \
  }
#define RL_REDUCTION_Same(name)                                                     \
  Tensor name(const Tensor& input, const Dims& dim, bool keepdim, Tensor* out) {    \
    return deliver(#name, extreme(kernels::name, #name, input, dim, keepdim), out); \
  }
#define RL_REDUCTION_Truth(name)                                                      \
  Tensor name(const Tensor& input, const MaybeDims& dim, bool keepdim, Tensor* out) { \
    return truth(kernels::name, #name, input, dim, keepdim, out);                     \
  }
#define RL_REDUCTION_Count(name) \
  Tensor name(const Tensor& input, const MaybeDims& dim) { return counted(kernels::name, #name, input, dim); }
#define RL_REDUCTION_KERNEL(...)
#include "functors/reduce.def"

Tensor mean(const Tensor& input, const MaybeDims& dim, bool keepdim, std::optional<DType> dtype, Tensor* out) {
  const DType d = dtype.value_or(input.dtype());
  RL_CHECK(category(d) >= 2,
           "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: ",
           short_name(d), "; pass dtype=torch.float32");
  const Form f = form_of("mean", input, dim, keepdim);
  const Tensor sums = total(kernels::sum, "mean", input, dim, keepdim, d);
  const Value s(sums), n(Scalar(double(f.count)));
  return deliver("mean", div(s, n, std::nullopt, nullptr), out);
}

Tensor prod_all(const Tensor& input, std::optional<DType> dtype) {
  return total(kernels::prod, "prod", input, std::nullopt, false, dtype);
}
Tensor prod(const Tensor& input, int64_t dim, bool keepdim, std::optional<DType> dtype, Tensor* out) {
  return deliver("prod", total(kernels::prod, "prod", input, Dims{dim}, keepdim, dtype), out);
}
Tensor max_all(const Tensor& input) {
  RL_CHECK(input.numel() > 0,
           "max(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the "
           "'dim' argument.");
  return extreme(kernels::amax, "max", input, std::nullopt, false);
}
Tensor min_all(const Tensor& input) {
  RL_CHECK(input.numel() > 0,
           "min(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the "
           "'dim' argument.");
  return extreme(kernels::amin, "min", input, std::nullopt, false);
}
Tensor max_of(const Tensor& input, const Tensor& other, Tensor* out) { return maximum(input, other, out); }
Tensor min_of(const Tensor& input, const Tensor& other, Tensor* out) { return minimum(input, other, out); }
std::tuple<Tensor, Tensor> max_dim(const Tensor& input, int64_t dim, bool keepdim, Outs* out) {
  return deliver("max", with_index(kernels::max_index, "max", input, Dims{dim}, keepdim), out);
}
std::tuple<Tensor, Tensor> min_dim(const Tensor& input, int64_t dim, bool keepdim, Outs* out) {
  return deliver("min", with_index(kernels::min_index, "min", input, Dims{dim}, keepdim), out);
}
Tensor argmax(const Tensor& input, std::optional<int64_t> dim, bool keepdim, Tensor* out) {
  return index_of(kernels::max_index, "argmax", input, dim, keepdim, out);
}
Tensor argmin(const Tensor& input, std::optional<int64_t> dim, bool keepdim, Tensor* out) {
  return index_of(kernels::min_index, "argmin", input, dim, keepdim, out);
}

Tensor sum_to(const Tensor& input, const Dims& size) {
  if (input.sizes() == size) return input;
  const int extra = input.ndim() - size.size();
  RL_CHECK(extra >= 0, "_sum_to: shape ", input.sizes(), " was not broadcast from ", size);
  Dims dims;
  for (int d = 0; d < input.ndim(); ++d) {
    const bool stretched = d >= extra && size[d - extra] == 1 && input.size(d) != 1;
    RL_CHECK(d < extra || stretched || size[d - extra] == input.size(d), "_sum_to: shape ", input.sizes(),
             " was not broadcast from ", size);
    if (d < extra || stretched) dims.push_back(d);
  }
  const Tensor summed = sum(input, dims, true, std::nullopt, nullptr);
  return as_dtype(summed, input.dtype()).view(size, contiguous_strides(size), 0);
}

}  // namespace rl::ops
