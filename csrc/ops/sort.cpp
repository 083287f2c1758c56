// Sorting: the dim is put last and made dense; always stable.
#include "ops/sort.h"

#include "cpu/sort_kernels.h"
#include "ops/shape.h"

namespace rl::kernels {
constinit Kernel sort{.name = "sort", .kind = Kind::Index, .outputs = 2};
}

namespace rl::ops {

std::tuple<Tensor, Tensor> sort(const Tensor& input, int64_t dim, bool descending, bool) {
  const int d = wrap_dim(dim, input.ndim(), "sort");
  const DType key = order_dtype(input.dtype());
  RL_CHECK_IMPLEMENTED(computes(kernels::sort, key), "\"sort\" not implemented for '", short_name(input.dtype()), "'");
  if (input.ndim() == 0) return {clone(input), full({}, Scalar(0), DType::Int64, input.device())};
  const Tensor rows = as_contiguous(transpose(as_dtype(input, key), d, -1));
  const int64_t n = input.size(d), count = n ? input.numel() / n : 0;
  const Dims flat{count, n}, flat_strides{n, 1};
  const Tensor values = empty(rows.sizes(), key, input.device()),
               indices = empty(rows.sizes(), DType::Int64, input.device());
  const Tensor v = values.view(flat, flat_strides, 0), i = indices.view(flat, flat_strides, 0),
               x = rows.view(flat, flat_strides, rows.offset());
  launch(kernels::sort, {v, i, x}, key, Parameters::pack(kernels::SortParameters{descending}));
  return {as_contiguous(as_dtype(transpose(values, d, -1), input.dtype())), as_contiguous(transpose(indices, d, -1))};
}

Tensor argsort(const Tensor& input, int64_t dim, bool descending, bool stable) {
  return std::get<1>(sort(input, dim, descending, stable));
}

std::tuple<Tensor, Tensor> topk(const Tensor& input, int64_t k, int64_t dim, bool largest, bool sorted) {
  const int d = wrap_dim(dim, input.ndim(), "topk");
  const int64_t n = input.ndim() ? input.size(d) : 1;
  RL_CHECK(0 <= k && k <= n, "topk: selected index k out of range: k is ", k, " and the dim has ", n, " elements");
  auto [values, indices] = sort(input, dim, largest, sorted);
  if (input.ndim() == 0) return {values, indices};
  return {as_contiguous(narrow(values, d, 0, k)), as_contiguous(narrow(indices, d, 0, k))};
}

}  // namespace rl::ops
