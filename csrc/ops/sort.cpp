// Sorting and what stands on it: the dim is put last and made dense; always stable, NaN the largest.
#include "ops/sort.h"

#include "cpu/order_kernels.h"
#include "cpu/sort_kernels.h"
#include "ops/reduce_form.h"
#include "ops/shape.h"

namespace rl::kernels {
#define RL_ROW(row, many) constinit Kernel row{.name = #row, .kind = Kind::Index, .outputs = many};
RL_ROW(sort, 2)
RL_ROW(topk, 2) RL_ROW(kth, 2) RL_ROW(longest_run, 2) RL_ROW(row_order, 1) RL_ROW(run_ids, 1) RL_ROW(run_starts, 2)
#undef RL_ROW
}  // namespace rl::kernels

namespace rl::ops {
namespace {

using kernels::KthParameters;

void check_has_order(const Kernel& kernel, const char* op, const Tensor& input, bool bools = true) {
  RL_CHECK_IMPLEMENTED(computes(kernel, input.dtype()) && (bools || input.dtype() != DType::Bool), "\"", op,
                       "\" not implemented for '", short_name(input.dtype()), "'");
}

/// Row-major rows of the dim `d`, which comes last.
struct Rows {
  Tensor dense, flat;
  int64_t n;
};
Rows rows_of(const Tensor& input, int d) {
  const Tensor dense = as_contiguous(transpose(input, d, -1));
  const int64_t n = input.size(d), count = n ? input.numel() / n : 0;
  return {dense, dense.view({count, n}, {n, 1}, dense.offset()), n};
}

/// Runs a kernel that makes `k` values and places of every row.
Ranked ranked(const Kernel& kernel, const Tensor& input, int d, int64_t k, bool descending) {
  const Rows rows = rows_of(input, d);
  Dims sizes = rows.dense.sizes();
  sizes[sizes.size() - 1] = k;
  const Tensor values = empty(sizes, input.dtype(), input.device()),
               indices = empty(sizes, DType::Int64, input.device());
  const Dims flat{rows.flat.size(0), k}, strides{k, 1};
  const Tensor v = values.view(flat, strides, 0), i = indices.view(flat, strides, 0);
  launch(kernel, {v, i, rows.flat}, input.dtype(), Parameters::pack(kernels::SortParameters{descending}));
  return {as_contiguous(transpose(values, d, -1)), as_contiguous(transpose(indices, d, -1))};
}

Ranked lone(const Tensor& input) { return {clone(input), full({}, Scalar(0), DType::Int64, input.device())}; }

/// One value a row, by the kernel `kth`.
Ranked one_of(const char* op, const Tensor& input, const MaybeDims& dim, bool keepdim, KthParameters p) {
  check_has_order(kernels::kth, op, input, false);
  Form f = form_of(op, input, dim, keepdim);
  RL_CHECK_INDEX(f.count > 0, op, "(): Expected reduction dim ", dim && !dim->empty() ? (*dim)[0] : 0,
                 " to have non-zero size.");
  const Tensor values = empty(f.shrunk, input.dtype(), input.device()),
               indices = empty(f.shrunk, DType::Int64, input.device());
  const Tensor dense = as_contiguous(f.input);
  const Tensor rows = dense.view({values.numel(), f.count}, {f.count, 1}, dense.offset());
  launch(kernels::kth, {values, indices, rows}, input.dtype(), Parameters::pack(p));
  return {shaped(values, f), shaped(indices, f)};
}

Tensor median_of_all(const char* op, const Tensor& input, KthParameters::Which which) {
  if (input.numel() == 0) return full({}, Scalar(__builtin_nan("")), input.dtype(), input.device());
  return std::get<0>(one_of(op, input, std::nullopt, false, {which, 0}));
}

}  // namespace

Ranked sort(const Tensor& input, int64_t dim, bool descending, std::optional<bool>, Outs* out) {
  const int d = wrap_dim(dim, input.ndim(), "sort");
  check_has_order(kernels::sort, "sort", input);
  if (input.ndim() == 0) return deliver("sort", lone(input), out);
  return deliver("sort", ranked(kernels::sort, input, d, input.size(d), descending), out);
}

Tensor argsort(const Tensor& input, int64_t dim, bool descending, bool stable, Tensor* out) {
  return deliver_exact("argsort", std::get<1>(sort(input, dim, descending, stable, nullptr)), out);
}

Ranked topk(const Tensor& input, int64_t k, int64_t dim, bool largest, bool, Outs* out) {
  const int d = wrap_dim(dim, input.ndim(), "topk");
  const int64_t n = input.ndim() ? input.size(d) : 1;
  RL_CHECK(0 <= k && k <= n, "topk: selected index k out of range: k is ", k, " and the dim has ", n, " elements");
  check_has_order(kernels::topk, "topk", input, false);
  if (input.ndim() == 0 && k == 1) return deliver("topk", lone(input), out);
  const Tensor x = input.ndim() == 0 ? unsqueeze(input, 0) : input;
  return deliver("topk", ranked(kernels::topk, x, d, k, largest), out);
}

Ranked kthvalue(const Tensor& input, int64_t k, int64_t dim, bool keepdim, Outs* out) {
  const int d = wrap_dim(dim, input.ndim(), "kthvalue");
  const int64_t n = input.ndim() ? input.size(d) : 1;
  RL_CHECK_INDEX(n > 0, "kthvalue(): Expected reduction dim ", d, " to have non-zero size.");
  RL_CHECK(1 <= k && k <= n, "kthvalue(): selected number k out of range for dimension ", d, ": k is ", k,
           " and the dim has ", n, " elements");
  return deliver("kthvalue", one_of("kthvalue", input, Dims{dim}, keepdim, {KthParameters::Which::Kth, k - 1}), out);
}

Tensor median_all(const Tensor& input) { return median_of_all("median", input, KthParameters::Which::Median); }
Ranked median(const Tensor& input, int64_t dim, bool keepdim, Outs* out) {
  return deliver("median", one_of("median", input, Dims{dim}, keepdim, {KthParameters::Which::Median, 0}), out);
}
Tensor nanmedian_all(const Tensor& input) { return median_of_all("nanmedian", input, KthParameters::Which::NanMedian); }
Ranked nanmedian(const Tensor& input, int64_t dim, bool keepdim, Outs* out) {
  return deliver("nanmedian", one_of("nanmedian", input, Dims{dim}, keepdim, {KthParameters::Which::NanMedian, 0}),
                 out);
}

Ranked mode(const Tensor& input, int64_t dim, bool keepdim, Outs* out) {
  check_has_order(kernels::longest_run, "mode", input);
  Form f = form_of("mode", input, Dims{dim}, keepdim);
  RL_CHECK_INDEX(f.count > 0, "mode(): Expected reduction dim ", dim, " to have non-zero size.");
  const Tensor dense = as_contiguous(f.input);
  const int64_t count = dense.numel() / f.count;
  const Tensor rows = dense.view({count, f.count}, {f.count, 1}, dense.offset());
  const auto [sorted, places] = ranked(kernels::sort, rows, 1, f.count, false);
  const Tensor values = empty(f.shrunk, input.dtype(), input.device()),
               indices = empty(f.shrunk, DType::Int64, input.device());
  launch(kernels::longest_run, {values, indices, sorted, places}, input.dtype());
  return deliver("mode", Ranked{shaped(values, f), shaped(indices, f)}, out);
}

Tensor row_order(const Tensor& input) {
  RL_CHECK(input.ndim() == 2, "_row_order: expected a matrix, got shape ", input.sizes());
  check_has_order(kernels::row_order, "unique", input);
  const Tensor rows = as_contiguous(input), order = empty({input.size(0)}, DType::Int64, input.device());
  launch(kernels::row_order, {order, rows}, input.dtype());
  return order;
}

Tensor run_ids(const Tensor& input) {
  RL_CHECK(input.ndim() == 2, "_run_ids: expected a matrix, got shape ", input.sizes());
  check_has_order(kernels::run_ids, "unique", input);
  const Tensor rows = as_contiguous(input), ids = empty({input.size(0)}, DType::Int64, input.device());
  launch(kernels::run_ids, {ids, rows}, input.dtype());
  return ids;
}

Ranked run_starts(const Tensor& ids) {
  RL_CHECK(ids.ndim() == 1 && ids.dtype() == DType::Int64, "_run_starts: expected ids of _run_ids");
  const Tensor dense = as_contiguous(ids);
  const int64_t n = ids.size(0);
  const int64_t runs = n ? static_cast<const int64_t*>(read_host(dense, "unique"))[n - 1] + 1 : 0;
  RL_CHECK(0 <= runs && runs <= n, "_run_starts: expected ids of _run_ids");
  const Tensor first = empty({runs}, DType::Int64, ids.device()), counts = empty({runs}, DType::Int64, ids.device());
  launch(kernels::run_starts, {first, counts, dense}, DType::Int64);
  return {first, counts};
}

}  // namespace rl::ops
