// Shapes of grid_sample: a plane is a volume of depth 1.
#include "ops/grid.h"

#include "cpu/grid_kernels.h"

namespace rl::kernels {
constinit Kernel grid_sample{.name = "grid_sampler", .kind = Kind::Index, .outputs = 1, .block = {}};
constinit Kernel grid_sample_input{.name = "grid_sampler_input", .kind = Kind::Index, .outputs = 1, .block = {}};
constinit Kernel grid_sample_grid{.name = "grid_sampler_grid", .kind = Kind::Index, .outputs = 1, .block = {}};
}  // namespace rl::kernels

namespace rl::ops {
namespace {

using kernels::GridParameters;

constexpr const char* kOp = "grid_sampler()";

/// A row-major tensor with three spatial dims, from dim `first` on.
Tensor with_depth(const Tensor& t, int first, int all) {
  const Tensor dense = as_contiguous(t);
  Dims sizes = t.sizes();
  if (t.ndim() < all) sizes.insert(first, 1);
  return dense.view(sizes, contiguous_strides(sizes), dense.offset());
}

GridParameters parameters(int64_t mode, int64_t padding, bool align_corners, int ndim) {
  RL_CHECK(0 <= mode && mode <= 2, kOp, ": interpolation_mode must be 0 (bilinear), 1 (nearest) or 2 (bicubic), got ",
           mode);
  RL_CHECK(0 <= padding && padding <= 2, kOp, ": padding_mode must be 0 (zeros), 1 (border) or 2 (reflection), got ",
           padding);
  RL_CHECK(mode != 2 || ndim == 4, kOp, ": bicubic interpolation only supports 4D input");
  return {kernels::Between(mode), kernels::Beyond(padding), align_corners};
}

/// `sizes` are the input's, or those it is to have.
void check(const Dims& sizes, const Tensor& input, const Tensor& grid) {
  RL_CHECK((sizes.size() == 4 || sizes.size() == 5) && grid.ndim() == sizes.size(), kOp,
           ": expected 4D or 5D input and grid with same number of dimensions, but got input with sizes ", sizes,
           " and grid with sizes ", grid.sizes());
  RL_CHECK(sizes[0] == grid.size(0), kOp,
           ": expected grid and input to have same batch size, but got input with sizes ", sizes,
           " and grid with sizes ", grid.sizes());
  RL_CHECK(grid.size(grid.ndim() - 1) == sizes.size() - 2, kOp, ": expected grid to have size ", sizes.size() - 2,
           " in last dimension, but got grid with sizes ", grid.sizes());
  for (int d = 2; d < sizes.size(); ++d)
    RL_CHECK(sizes[d] > 0, kOp, ": expected input to have non-empty spatial dimensions, but input has sizes ", sizes,
             " with dimension ", d, " being empty");
  RL_CHECK(input.dtype() == grid.dtype(), kOp, ": expected scalar type ", short_name(input.dtype()), " but found ",
           short_name(grid.dtype()));
  RL_CHECK(input.is_meta() == grid.is_meta(), kOp, ": expected input and grid to be on same device, but input is on ",
           to_string(input.device()), " and grid is on ", to_string(grid.device()));
}

DType key_of(const Kernel& kernel, const Tensor& t) {
  const DType key = compute_dtype(t.dtype());
  RL_CHECK_IMPLEMENTED(computes(kernel, key), "\"", kernel.name, "\" not implemented for '", short_name(t.dtype()),
                       "'");
  return key;
}

Tensor input_like(const Tensor& t, DType key) { return with_depth(as_dtype(t, key), 2, 5); }
Tensor grid_like(const Tensor& t, DType key) { return with_depth(as_dtype(t, key), 1, 5); }

/// What a gradient must look like.
void check_grad(const Tensor& grad, const Dims& sizes, const Tensor& grid) {
  bool fits = grad.ndim() == sizes.size() && grad.size(0) == sizes[0] && grad.size(1) == sizes[1];
  for (int d = 2; fits && d < grad.ndim(); ++d) fits = grad.size(d) == grid.size(d - 1);
  RL_CHECK(fits, kOp, ": grad of shape ", grad.sizes(), " does not fit an input of shape ", sizes,
           " and a grid of shape ", grid.sizes());
}

void check_direction(const Tensor* direction, const Tensor& grid) {
  if (!direction) return;
  RL_CHECK(direction->sizes() == grid.sizes() && direction->dtype() == grid.dtype(), kOp, ": direction of shape ",
           direction->sizes(), " does not have the grid's shape ", grid.sizes(), " and dtype");
}

void run(const Kernel& kernel, const Tensor& made, const Tensor& from, const Tensor& grid, const Tensor* direction,
         const GridParameters& p) {
  if (made.numel() == 0) return;
  const DType key = made.dtype();
  const Tensor to = input_like(made, key), x = input_like(from, key), at = grid_like(grid, key);
  if (!direction) return launch(kernel, {to, x, at}, key, Parameters::pack(p));
  const Tensor along = grid_like(*direction, key);
  launch(kernel, {to, x, at, along}, key, Parameters::pack(p));
}

Tensor sampled(const Tensor& input, const Tensor& grid, const Tensor* direction, int64_t mode, int64_t padding,
               bool align_corners) {
  check(input.sizes(), input, grid);
  check_direction(direction, grid);
  const GridParameters p = parameters(mode, padding, align_corners, input.ndim());
  const DType key = key_of(kernels::grid_sample, input);
  Dims sizes{input.size(0), input.size(1)};
  for (int d = 1; d < grid.ndim() - 1; ++d) sizes.push_back(grid.size(d));
  checked_numel(sizes, kOp);
  const Tensor made = empty(sizes, key, input.device());
  run(kernels::grid_sample, made, input, grid, direction, p);
  return as_dtype(made, input.dtype());
}

Tensor sampled_back(const Tensor& grad, const Tensor& grid, const Tensor* direction, int64_t mode, int64_t padding,
                    bool align_corners, const Dims& size) {
  RL_CHECK(grad.ndim() >= 2, kOp, ": expected a gradient of 4 or 5 dims, got shape ", grad.sizes());
  Dims sizes{grad.size(0), grad.size(1)};
  for (int64_t s : size) {
    RL_CHECK(s >= 0, kOp, ": negative size ", size);
    sizes.push_back(s);
  }
  check(sizes, grad, grid);
  check_direction(direction, grid);
  check_grad(grad, sizes, grid);
  const GridParameters p = parameters(mode, padding, align_corners, sizes.size());
  const DType key = key_of(kernels::grid_sample_input, grad);
  checked_numel(sizes, kOp);
  const Tensor made = empty(sizes, key, grad.device());
  run(kernels::grid_sample_input, made, grad, grid, direction, p);
  return as_dtype(made, grad.dtype());
}

}  // namespace

Tensor grid_sampler(const Tensor& input, const Tensor& grid, int64_t interpolation_mode, int64_t padding_mode,
                    bool align_corners) {
  return sampled(input, grid, nullptr, interpolation_mode, padding_mode, align_corners);
}
Tensor grid_sampler_along(const Tensor& input, const Tensor& grid, const Tensor& direction, int64_t interpolation_mode,
                          int64_t padding_mode, bool align_corners) {
  return sampled(input, grid, &direction, interpolation_mode, padding_mode, align_corners);
}
Tensor grid_sampler_input(const Tensor& grad, const Tensor& grid, int64_t interpolation_mode, int64_t padding_mode,
                          bool align_corners, const Dims& size) {
  return sampled_back(grad, grid, nullptr, interpolation_mode, padding_mode, align_corners, size);
}
Tensor grid_sampler_input_along(const Tensor& grad, const Tensor& grid, const Tensor& direction,
                                int64_t interpolation_mode, int64_t padding_mode, bool align_corners,
                                const Dims& size) {
  return sampled_back(grad, grid, &direction, interpolation_mode, padding_mode, align_corners, size);
}

Tensor grid_sampler_grid(const Tensor& grad, const Tensor& input, const Tensor& grid, int64_t interpolation_mode,
                         int64_t padding_mode, bool align_corners) {
  check(input.sizes(), input, grid);
  check_grad(grad, input.sizes(), grid);
  RL_CHECK(grad.dtype() == input.dtype(), kOp, ": expected scalar type ", short_name(input.dtype()), " but found ",
           short_name(grad.dtype()));
  const GridParameters p = parameters(interpolation_mode, padding_mode, align_corners, input.ndim());
  const DType key = key_of(kernels::grid_sample_grid, input);
  const Tensor made = empty(grid.sizes(), key, grid.device());
  if (input.size(1) == 0) {
    fill(made, Scalar(0));
  } else if (made.numel() > 0) {
    const Tensor to = grid_like(made, key), g = input_like(grad, key), x = input_like(input, key);
    const Tensor at = grid_like(grid, key);
    launch(kernels::grid_sample_grid, {to, g, x, at}, key, Parameters::pack(p));
  }
  return as_dtype(made, grid.dtype());
}

}  // namespace rl::ops
