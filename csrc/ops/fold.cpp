// Shapes of windows as columns.
#include "ops/fold.h"

#include "cpu/fold_kernels.h"

namespace rl::kernels {
constinit Kernel im2col{.name = "unfold", .kind = Kind::Index, .outputs = 1, .block = {}};
constinit Kernel col2im{.name = "fold", .kind = Kind::Index, .outputs = 1, .block = {}};
}  // namespace rl::kernels

namespace rl::ops {
namespace {

using kernels::FoldParameters;

constexpr int64_t kFarthest = int64_t(1) << 31, kLargest = int64_t(1) << 62;

FoldParameters parameters(const char* op, const Dims& kernel, const Dims& dilation, const Dims& padding,
                          const Dims& stride) {
  for (const Dims* each : {&kernel, &dilation, &padding, &stride}) {
    RL_CHECK(each->size() == 2, op, ": expected two numbers a parameter, got ", *each);
    for (int64_t n : *each) RL_CHECK(n < kFarthest, op, ": ", *each, " is beyond 2^31");
  }
  RL_CHECK(kernel[0] > 0 && kernel[1] > 0, op, ": kernel size should be greater than zero, but got ", kernel);
  RL_CHECK(dilation[0] > 0 && dilation[1] > 0, op, ": dilation should be greater than zero, but got ", dilation);
  RL_CHECK(padding[0] >= 0 && padding[1] >= 0, op, ": padding should be non-negative, but got ", padding);
  RL_CHECK(stride[0] > 0 && stride[1] > 0, op, ": stride should be greater than zero, but got ", stride);
  return {{stride[0], stride[1]}, {padding[0], padding[1]}, {dilation[0], dilation[1]}};
}

/// How many windows fit into a plane of h x w.
Dims windows(const char* op, int64_t h, int64_t w, const Dims& kernel, const FoldParameters& p) {
  const int64_t size[2] = {h, w};
  Dims count(2);
  for (int d = 0; d < 2; ++d) {
    RL_CHECK(size[d] <= kLargest, op, ": a plane of size ", Dims{h, w}, " is too large");
    const int64_t spare = size[d] + 2 * p.padding[d] - p.dilation[d] * (kernel[d] - 1) - 1;
    count[d] = spare < 0 ? 0 : spare / p.stride[d] + 1;
  }
  RL_CHECK(count[0] > 0 && count[1] > 0, op, ": Given input with spatial size ", Dims{h, w}, ", kernel_size=", kernel,
           ", dilation=", Dims{p.dilation[0], p.dilation[1]}, ", padding=", Dims{p.padding[0], p.padding[1]},
           ", calculated shape of the array of sliding blocks as ", count,
           ", but its components must be at least one.");
  return count;
}

DType key_of(const Kernel& kernel, const Tensor& t) {
  const DType key = t.dtype() == DType::Bool ? DType::Float32 : compute_dtype(t.dtype());
  RL_CHECK_IMPLEMENTED(computes(kernel, key), "\"", kernel.name, "\" not implemented for '", short_name(t.dtype()),
                       "'");
  return key;
}

Tensor seen_as(const Tensor& t, const Dims& sizes) { return t.view(sizes, contiguous_strides(sizes), t.offset()); }

}  // namespace

Tensor im2col(const Tensor& input, const Dims& kernel_size, const Dims& dilation, const Dims& padding,
              const Dims& stride) {
  const char* op = "unfold";
  const FoldParameters p = parameters(op, kernel_size, dilation, padding, stride);
  RL_CHECK(input.ndim() == 4, op, ": expected a 4D input, got shape ", input.sizes());
  const int64_t n = input.size(0), c = input.size(1);
  const Dims count = windows(op, input.size(2), input.size(3), kernel_size, p);
  const DType key = key_of(kernels::im2col, input);
  const Dims columns{n, c, kernel_size[0], kernel_size[1], count[0], count[1]};
  checked_numel(columns, op);
  const Tensor made = empty({n, c * kernel_size[0] * kernel_size[1], count[0] * count[1]}, key, input.device());
  const Tensor from = as_contiguous(as_dtype(input, key));
  if (made.numel() > 0) {
    const Tensor to = seen_as(made, columns);
    launch(kernels::im2col, {to, from}, key, Parameters::pack(p));
  }
  return as_dtype(made, input.dtype());
}

Tensor col2im(const Tensor& input, const Dims& output_size, const Dims& kernel_size, const Dims& dilation,
              const Dims& padding, const Dims& stride) {
  const char* op = "fold";
  const FoldParameters p = parameters(op, kernel_size, dilation, padding, stride);
  RL_CHECK(output_size.size() == 2, op, ": expected two numbers a parameter, got ", output_size);
  RL_CHECK(input.ndim() == 3, op, ": expected a 3D input, got shape ", input.sizes());
  const int64_t places = checked_mul(kernel_size[0], kernel_size[1], op);
  RL_CHECK(input.size(1) % places == 0, op, ": Expected size of input's dimension 1 to be divisible by the product of ",
           "kernel_size, but got input.size(1)=", input.size(1), " and kernel_size=", kernel_size);
  const Dims count = windows(op, output_size[0], output_size[1], kernel_size, p);
  RL_CHECK(input.size(2) == checked_mul(count[0], count[1], op), op, ": Given output_size=", output_size,
           ", kernel_size=", kernel_size, ", dilation=", dilation, ", padding=", padding, ", stride=", stride,
           ", expected size of input's dimension 2 to match the calculated number of sliding blocks ", count[0], " * ",
           count[1], " = ", count[0] * count[1], ", but got input.size(2)=", input.size(2), ".");
  const int64_t n = input.size(0), c = input.size(1) / places;
  const DType key = key_of(kernels::col2im, input);
  const Dims sizes{n, c, output_size[0], output_size[1]};
  checked_numel(sizes, op);
  const Tensor made = empty(sizes, key, input.device());
  const Tensor from = as_contiguous(as_dtype(input, key));
  if (made.numel() > 0) {
    const Tensor columns = seen_as(from, {n, c, kernel_size[0], kernel_size[1], count[0], count[1]});
    launch(kernels::col2im, {made, columns}, key, Parameters::pack(p));
  }
  return as_dtype(made, input.dtype());
}

}  // namespace rl::ops
