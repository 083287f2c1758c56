// Views and copies that put elements in other places.
#include "ops/arrange.h"

#include <algorithm>

#include "cpu/arrange_kernels.h"
#include "ops/shape.h"

namespace rl::kernels {
namespace {
void explain_repeats(const ErrorWord& word, const Operand*, int) {
  if (word.code == 1) fail(ErrorKind::Runtime, "repeat_interleave: repeats can not be negative, got ", word.value);
  fail(ErrorKind::Runtime, "repeat_interleave: the sum of repeats overflows 63 bits");
}
}  // namespace
constinit Kernel triangle{.name = "triangle", .kind = Kind::Index, .outputs = 1, .block = {}};
constinit Kernel triangle_places{.name = "triangle_places", .kind = Kind::Index, .outputs = 1, .block = {}};
constinit Kernel reverse{.name = "reverse", .kind = Kind::Index, .outputs = 1, .block = {}};
constinit Kernel repeat_blocks{.name = "repeat_blocks", .kind = Kind::Index, .outputs = 1, .block = {}};
constinit Kernel count_repeats{
    .name = "count_repeats", .kind = Kind::Index, .outputs = 1, .explain = &explain_repeats, .block = {}};
constinit Kernel repeated_indices{.name = "repeated_indices", .kind = Kind::Index, .outputs = 1, .block = {}};
}  // namespace rl::kernels

namespace rl::ops {
namespace {

/// `src` written into `place`, a view of a copy that is returned.
Tensor with_part(const char* op, const Tensor& copy, const Tensor& place, const Tensor& src) {
  RL_CHECK(src.sizes() == place.sizes(), op,
           ": expected src to have a size equal to the slice of self. src size = ", src.sizes(),
           ", slice size = ", place.sizes());
  copy_values(place, src, op);
  return copy;
}

/// One triangle of `input` into `to`, both row-major; they may be the same.
void keep_triangle(const Tensor& to, const Tensor& input, int64_t diagonal, bool upper) {
  const int64_t rows = input.size(input.ndim() - 2), cols = input.size(input.ndim() - 1);
  const kernels::Triangle p{std::clamp(diagonal, -rows - 1, cols + 1), upper};
  if (input.numel() > 0) launch(kernels::triangle, {to, input}, input.dtype(), Parameters::pack(p));
}

Tensor triangle(const char* op, const Tensor& input, int64_t diagonal, bool upper, Tensor* out) {
  RL_CHECK(input.ndim() >= 2, op, ": input tensor must have at least 2 dimensions, got shape ", input.sizes());
  const Tensor from = as_contiguous(input), made = empty(input.sizes(), input.dtype(), input.device());
  keep_triangle(made, from, diagonal, upper);
  return deliver_exact(op, made, out);
}

void triangle_in_place(const char* op, Tensor& self, int64_t diagonal, bool upper) {
  RL_CHECK(self.ndim() >= 2, op, ": input tensor must have at least 2 dimensions, got shape ", self.sizes());
  check_writable(op, self, {});
  const Tensor dense = as_contiguous(self);
  keep_triangle(dense, dense, diagonal, upper);
  if (!self.is_contiguous()) copy_values(self, dense, op);
}

void check_divides(int64_t value, int64_t ratio, const char* what, int dim, DType from, DType to) {
  const std::string place = dim < -1 ? std::string(what) : concat(what, "(", dim, ")");
  RL_CHECK(value % ratio == 0, "view: self.", place, " must be divisible by ", ratio, " to view ", short_name(from),
           " as ", short_name(to), " (different element sizes), but got ", value);
}

}  // namespace

Tensor unfold(const Tensor& input, int64_t dimension, int64_t size, int64_t step) {
  const int d = wrap_dim(dimension, input.ndim(), "unfold");
  const bool single = input.ndim() == 0;
  const int64_t length = single ? 1 : input.size(d), stride = single ? 1 : input.stride(d);
  RL_CHECK(size >= 0, "unfold: size is ", size, " but must be >= 0");
  RL_CHECK(size <= length, "unfold: maximum size for tensor at dimension ", d, " is ", length, " but size is ", size);
  RL_CHECK(step > 0, "unfold: step is ", step, " but must be > 0");
  RL_CHECK(input.ndim() < kMaxDims, "unfold: a tensor has at most ", kMaxDims, " dims");
  Dims sizes = input.sizes(), strides = input.strides();
  if (!single) {
    sizes[d] = (length - size) / step + 1;
    if (sizes[d] > 1) strides[d] *= step;
  }
  sizes.push_back(size);
  strides.push_back(stride);
  return input.view(std::move(sizes), std::move(strides), input.offset());
}

Tensor view_dtype(const Tensor& input, DType dtype) {
  const DType from = input.dtype();
  const int64_t have = item_size(from), want = item_size(dtype);
  Dims sizes = input.sizes(), strides = input.strides();
  int64_t offset = input.offset();
  const int last = input.ndim() - 1;
  if (have != want) {
    RL_CHECK(last >= 0, "view: self.dim() cannot be 0 to view ", short_name(from), " as ", short_name(dtype),
             " (different element sizes)");
    RL_CHECK(strides[last] == 1, "view: self.stride(-1) must be 1 to view ", short_name(from), " as ",
             short_name(dtype), " (different element sizes), but got ", strides[last]);
  }
  if (have > want) {
    const int64_t ratio = have / want;
    for (int d = 0; d < last; ++d) strides[d] *= ratio;
    sizes[last] = checked_mul(sizes[last], ratio, "view");
    offset *= ratio;
  } else if (have < want) {
    const int64_t ratio = want / have;
    check_divides(sizes[last], ratio, "size", -1, from, dtype);
    check_divides(offset, ratio, "storage_offset()", -2, from, dtype);
    for (int d = 0; d < last; ++d) {
      check_divides(strides[d], ratio, "stride", d, from, dtype);
      strides[d] /= ratio;
    }
    sizes[last] /= ratio;
    offset /= ratio;
  }
  return Tensor(input.storage(), input.version(), dtype, std::move(sizes), std::move(strides), offset);
}

Tensor roll(const Tensor& input, const Dims& shifts, const Dims& dims) {
  RL_CHECK(!shifts.empty(), "roll: `shifts` required");
  if (dims.empty() && shifts.size() == 1) {
    const Tensor flat = reshape(input, {input.numel()});
    return reshape(roll(flat, shifts, {0}), input.sizes());
  }
  RL_CHECK(shifts.size() == dims.size(), "roll: shifts and dimensions must align. shifts: ", shifts.size(),
           ", dims:", dims.size());
  RL_CHECK_INDEX(input.ndim() > 0, "roll: Dimension specified as ", dims[0], " but tensor has no dimensions");
  Dims first(input.ndim());  // which place of the input comes first in the result
  for (int i = 0; i < dims.size(); ++i) {
    const int d = wrap_dim(dims[i], input.ndim(), "roll");
    const int64_t size = input.size(d);
    if (size > 0) first[d] = ((first[d] - shifts[i] % size) % size + size) % size;
  }
  const Tensor made = empty(input.sizes(), input.dtype(), input.device());
  if (input.numel() == 0) return made;
  Dims moved;  // dims that are cut in two
  for (int d = 0; d < input.ndim(); ++d)
    if (first[d] != 0) moved.push_back(d);
  // each piece of the input goes to its place as a block; a dim of size 1 never moves, so pieces <= elements
  for (int64_t piece = 0; piece < int64_t(1) << moved.size(); ++piece) {
    Tensor from = input, to = made;
    for (int i = 0; i < moved.size(); ++i) {
      const int d = int(moved[i]);
      const int64_t head = first[d], rest = input.size(d) - head;
      const bool is_head = (piece >> i) & 1;
      from = narrow(from, d, is_head ? 0 : head, is_head ? head : rest);
      to = narrow(to, d, is_head ? rest : 0, is_head ? head : rest);
    }
    copy_values(to, from, "roll");
  }
  return made;
}

Tensor tril(const Tensor& input, int64_t diagonal, Tensor* out) {
  return triangle("tril", input, diagonal, false, out);
}
Tensor triu(const Tensor& input, int64_t diagonal, Tensor* out) { return triangle("triu", input, diagonal, true, out); }
void tril_(Tensor& self, int64_t diagonal) { triangle_in_place("tril_", self, diagonal, false); }
void triu_(Tensor& self, int64_t diagonal) { triangle_in_place("triu_", self, diagonal, true); }

Tensor select_scatter(const Tensor& input, const Tensor& src, int64_t dim, int64_t index) {
  const Tensor copy = clone(input);
  return with_part("select_scatter", copy, select(copy, dim, index), src);
}
Tensor slice_scatter(const Tensor& input, const Tensor& src, int64_t dim, std::optional<int64_t> start,
                     std::optional<int64_t> end, int64_t step) {
  RL_CHECK_VALUE(step > 0, "slice_scatter: slice step must be positive, got ", step);
  const Tensor copy = clone(input);
  return with_part("slice_scatter", copy, slice(copy, dim, start, end, step), src);
}
Tensor diagonal_scatter(const Tensor& input, const Tensor& src, int64_t offset, int64_t dim1, int64_t dim2) {
  const Tensor copy = clone(input);
  return with_part("diagonal_scatter", copy, diagonal(copy, offset, dim1, dim2), src);
}
Tensor diagonal_backward(const Tensor& grad, const Dims& sizes, int64_t offset, int64_t dim1, int64_t dim2) {
  const Tensor made = full(sizes, Scalar(0), grad.dtype(), grad.device());
  return with_part("diagonal", made, diagonal(made, offset, dim1, dim2), grad);
}

static Tensor triangle_indices(int64_t row, int64_t col, int64_t offset, bool upper, std::optional<DType> dtype,
                               std::optional<Device> device) {
  const char* op = upper ? "triu_indices" : "tril_indices";
  RL_CHECK(row >= 0, op, ": row must be non-negative, got ", row);
  RL_CHECK(col >= 0, op, ": col must be non-negative, got ", col);
  using Wide = __int128;  // rows or columns may be as many as an int64 holds
  const int64_t all = checked_mul(row, col, op), diagonal = std::clamp(offset, -row, col);
  // the lower triangle: from row `first` on a place more a row, from row `whole` on all of them
  const Wide last = Wide(diagonal) - upper;
  const Wide first = std::clamp<Wide>(-last, 0, row), whole = std::clamp<Wide>(col - last, first, row);
  const auto lower = int64_t((whole - first) * (first + whole + 2 * last + 1) / 2 + (row - whole) * col);
  const Tensor places = empty({2, upper ? all - lower : lower}, DType::Int64, device.value_or(Device{}));
  if (places.numel() > 0)  // above the diagonal nothing is left from `whole` on: 2^62 empty rows take no time
    launch(kernels::triangle_places, {places}, DType::Int64,
           Parameters::pack(kernels::Triangle{diagonal, upper, upper ? int64_t(whole) : row, col}));
  return as_dtype(places, dtype.value_or(DType::Int64));
}
Tensor tril_indices(int64_t row, int64_t col, int64_t offset, std::optional<DType> dtype,
                    std::optional<Device> device) {
  return triangle_indices(row, col, offset, false, dtype, device);
}
Tensor triu_indices(int64_t row, int64_t col, int64_t offset, std::optional<DType> dtype,
                    std::optional<Device> device) {
  return triangle_indices(row, col, offset, true, dtype, device);
}

Tensor repeat_blocks(const Tensor& input, int64_t dim, int64_t repeats) {
  RL_CHECK(input.ndim() > 0, "repeat_interleave: expected a tensor with dims");
  const int d = wrap_dim(dim, input.ndim(), "repeat_interleave");
  RL_CHECK(repeats >= 0, "repeat_interleave: Repeats must be non-negative, got ", repeats);
  Dims sizes = input.sizes();
  sizes[d] = checked_mul(sizes[d], repeats, "repeat_interleave");
  const Tensor from = as_contiguous(input), made = empty(sizes, input.dtype(), input.device());
  if (made.numel() == 0) return made;
  int64_t inner = 1;
  for (int i = d + 1; i < input.ndim(); ++i) inner *= input.size(i);
  const int64_t n = input.numel() / inner;
  const Tensor out = view(made, {n, repeats, inner}), in = view(from, {n, inner});
  launch(kernels::repeat_blocks, {out, in}, input.dtype());
  return made;
}

Tensor repeated_indices(const Tensor& repeats, std::optional<int64_t> output_size) {
  RL_CHECK(repeats.ndim() == 1, "repeat_interleave: repeat_interleave only accept 1D vector as repeat, got shape ",
           repeats.sizes());
  RL_CHECK_IMPLEMENTED(repeats.dtype() == DType::Int64 || repeats.dtype() == DType::Int32,
                       "\"repeat_interleave_cpu\" not implemented for '", short_name(repeats.dtype()), "'");
  const Tensor counts = as_contiguous(as_dtype(repeats, DType::Int64));
  const Tensor total = empty({}, DType::Int64, counts.device());
  launch(kernels::count_repeats, {total, counts}, DType::Int64);
  const int64_t n = *static_cast<const int64_t*>(read_host(total, "repeat_interleave"));
  RL_CHECK(!output_size || *output_size == n,
           "repeat_interleave: allocated size does not match required size: output_size is ", output_size.value_or(0),
           ", the repeats add up to ", n);
  const Tensor index = empty({n}, DType::Int64, counts.device());
  if (n > 0) launch(kernels::repeated_indices, {index, counts}, DType::Int64);
  return as_dtype(index, repeats.dtype());
}

}  // namespace rl::ops
