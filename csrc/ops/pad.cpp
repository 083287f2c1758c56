// Padding with a number is a fill and a copy; with a tensor's own elements, a kernel over planes.
#include "ops/pad.h"

#include "cpu/pad_kernels.h"
#include "ops/planes.h"
#include "ops/shape.h"

namespace rl::kernels {
constinit Kernel pad{.name = "pad", .kind = Kind::Index, .outputs = 1, .block = {}};
constinit Kernel pad_back{.name = "pad_backward", .kind = Kind::Index, .outputs = 1, .block = {}};
}  // namespace rl::kernels

namespace rl::ops {
namespace {

using kernels::PadMode;
using kernels::PadParameters;

constexpr int64_t kFarthest = int64_t(1) << 62;

void check_pairs(const char* op, const Tensor& t, const Dims& pad) {
  RL_CHECK(pad.size() % 2 == 0, op, ": Padding length must be divisible by 2, got ", pad);
  RL_CHECK(pad.size() <= 2 * t.ndim(), op, ": Padding length should be less than or equal to two times the input ",
           "dimension but got padding length ", pad.size(), " and input of dimension ", t.ndim());
  for (int64_t p : pad) RL_CHECK(-kFarthest < p && p < kFarthest, op, ": padding ", pad, " is beyond 2^62");
}

/// What a dim of size n becomes, its padding being pair number `pair`.
int64_t padded_size(const char* op, const Tensor& t, int64_t n, const Dims& pad, int pair) {
  const int64_t before = pad[2 * pair], behind = pad[2 * pair + 1];
  const int64_t kept = n + (before < 0 ? before : 0) + (behind < 0 ? behind : 0);
  RL_CHECK(kept >= 0, op, ": narrow(): length must be non-negative: padding ", pad, " takes more than there is of an ",
           "input of shape ", t.sizes());
  int64_t size = 0;
  RL_CHECK(!__builtin_add_overflow(kept, before > 0 ? before : 0, &size) &&
               !__builtin_add_overflow(size, behind > 0 ? behind : 0, &size),
           op, ": the result is too large");
  return size;
}

PadMode mode_of(std::string_view text) {
  if (text == "reflect") return PadMode::Reflect;
  if (text == "replicate") return PadMode::Replicate;
  RL_CHECK_IMPLEMENTED(text == "circular", "Unrecognised padding mode ", text);
  return PadMode::Circular;
}

/// How padding brings an input of sizes `size` (its last dims) to its result, of sizes `made`.
PadParameters parameters(const Dims& pad, std::string_view mode, const Dims& size, Dims& made) {
  const char* op = "pad";
  const int n = size.size();
  PadParameters p{{0, 0, 0}, mode_of(mode)};
  made = size;
  for (int pair = 0; pair < n; ++pair) {
    const int d = n - 1 - pair;
    const int64_t before = pad[2 * pair], behind = pad[2 * pair + 1];
    RL_CHECK(size[d] > 0, op, ": expected a tensor with non-zero sizes in the dims that are padded, got ", size);
    if (p.mode == PadMode::Reflect)
      RL_CHECK(before < size[d] && behind < size[d], op, ": Padding size should be less than the corresponding input ",
               "dimension, but got: padding (", before, ", ", behind, ") at a dimension of size ", size[d]);
    if (p.mode == PadMode::Circular)
      RL_CHECK(before <= size[d] && behind <= size[d], op, ": Padding value causes wrapping around more than once.");
    RL_CHECK(!__builtin_add_overflow(size[d], before, &made[d]) && !__builtin_add_overflow(made[d], behind, &made[d]),
             op, ": the result is too large");
    RL_CHECK(made[d] > 0, op, ": padding (", before, ", ", behind, ") leaves nothing of a dimension of size ", size[d]);
    p.before[3 - n + d] = before;
  }
  return p;
}

void check_last_dims(const Tensor& t, const Dims& pad) {
  check_pairs("pad", t, pad);
  RL_CHECK_IMPLEMENTED(2 <= pad.size() && pad.size() <= 6, "pad: Padding size ", pad.size(), " is not supported for ",
                       t.ndim(), "D input tensor");
}

}  // namespace

Tensor constant_pad_nd(const Tensor& input, const Dims& pad, const Scalar& value) {
  const char* op = "constant_pad_nd";
  check_pairs(op, input, pad);
  Dims sizes = input.sizes();
  for (int pair = 0; pair < pad.size() / 2; ++pair) {
    const int d = input.ndim() - 1 - pair;
    sizes[d] = padded_size(op, input, input.size(d), pad, pair);
  }
  checked_numel(sizes, op);
  const Tensor made = full(sizes, value, input.dtype(), input.device());
  Tensor to = made, from = input;
  for (int pair = 0; pair < pad.size() / 2; ++pair) {
    const int d = input.ndim() - 1 - pair;
    const int64_t before = pad[2 * pair], behind = pad[2 * pair + 1];
    const int64_t kept = input.size(d) + (before < 0 ? before : 0) + (behind < 0 ? behind : 0);
    from = narrow(from, d, before < 0 ? -before : 0, kept);
    to = narrow(to, d, before > 0 ? before : 0, kept);
  }
  copy_values(to, from, op);
  return in_format_of(input, made);
}

Tensor pad_with_own(const Tensor& input, const Dims& pad, std::string_view mode) {
  check_last_dims(input, pad);
  const int n = pad.size() / 2;
  Dims size;
  const PadParameters p = parameters(pad, mode, last_sizes(input, n), size);
  const Tensor made = empty(with_last_sizes("pad", input, size), input.dtype(), input.device());
  const Tensor from = as_contiguous(input);
  if (made.numel() > 0) {
    const Tensor to = as_planes(made, n), planes = as_planes(from, n);
    launch(kernels::pad, {to, planes}, input.dtype(), Parameters::pack(p));
  }
  return p.mode == PadMode::Circular ? made : in_format_of(input, made);  // PyTorch's choice
}

Tensor pad_with_own_backward(const Tensor& grad, const Dims& pad, std::string_view mode, const Dims& size) {
  const char* op = "pad_backward";
  check_last_dims(grad, pad);
  const int n = pad.size() / 2;
  RL_CHECK(size.size() == n, op, ": expected ", n, " sizes, got ", size);
  Dims padded;
  const PadParameters p = parameters(pad, mode, size, padded);
  RL_CHECK(padded == last_sizes(grad, n), op, ": grad of shape ", grad.sizes(), " does not end in ", padded);
  const DType key = compute_dtype(grad.dtype());
  RL_CHECK_IMPLEMENTED(computes(kernels::pad_back, key), "\"", op, "\" not implemented for '", short_name(grad.dtype()),
                       "'");
  const Tensor made = empty(with_last_sizes(op, grad, size), key, grad.device());
  const Tensor from = as_contiguous(as_dtype(grad, key));
  if (made.numel() > 0) {
    const Tensor to = as_planes(made, n), planes = as_planes(from, n);
    launch(kernels::pad_back, {to, planes}, key, Parameters::pack(p));
  }
  return as_dtype(made, grad.dtype());
}

}  // namespace rl::ops
