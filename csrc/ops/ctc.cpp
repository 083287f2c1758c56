// Connectionist temporal classification: what must be in range before a kernel may walk by it.
#include "ops/ctc.h"

#include <algorithm>

#include "cpu/ctc_kernels.h"
#include "ops/shape.h"

namespace rl::kernels {
namespace {
template <int kLogProbs>
void explain_label(const ErrorWord& word, const Operand* operands, int) {
  fail(ErrorKind::Runtime, "ctc_loss: target ", word.value, " of sequence ", word.position, " is no label: there are ",
       operands[kLogProbs].tensor->size(2), " classes");
}
}  // namespace
constinit Kernel ctc_loss{.name = "ctc_loss", .kind = Kind::Reduction, .outputs = 2, .explain = &explain_label<2>};
constinit Kernel ctc_loss_backward{
    .name = "ctc_loss_backward", .kind = Kind::Reduction, .outputs = 1, .explain = &explain_label<4>};
}  // namespace rl::kernels

namespace rl::ops {
namespace {

using kernels::CtcParameters;

struct Lengths {
  Tensor values;  // int64, dense
  int64_t largest = 0, total = 0;
};

/// Lengths of `count` sequences, each from 0 to `most`.
Lengths lengths_of(const Tensor& given, int64_t count, int64_t most, const char* name) {
  RL_CHECK(category(given.dtype()) == 1, "ctc_loss: ", name, " must be integral, got ", dtype_text(given.dtype()));
  RL_CHECK(given.ndim() <= 1 && given.numel() == count, "ctc_loss: ", name, " must be of size batch_size, ", count,
           "; got shape ", given.sizes());
  Lengths made;
  made.values = as_contiguous(as_dtype(given, DType::Int64));
  if (count == 0) return made;
  const auto* at = static_cast<const int64_t*>(read_host(made.values, "ctc_loss"));
  for (int64_t n = 0; n < count; ++n) {
    RL_CHECK(at[n] >= 0, "ctc_loss: Expected ", name, " to have value at least 0, but got value ", at[n]);
    RL_CHECK(most < 0 || at[n] <= most, "ctc_loss: Expected ", name, " to have value at most ", most,
             ", but got value ", at[n]);
    made.largest = std::max(made.largest, at[n]);
    made.total += std::min(at[n], INT64_MAX / (count + 1));
  }
  return made;
}

struct Checked {
  Tensor log_probs, targets;
  Lengths times, lengths;
  int64_t width;
};

Checked checked(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, int64_t blank) {
  const DType dtype = log_probs.dtype();
  RL_CHECK_IMPLEMENTED(dtype == DType::Float32 || dtype == DType::Float64, "\"ctc_loss_cpu\" not implemented for '",
                       short_name(dtype), "'");
  RL_CHECK(log_probs.ndim() == 3, "ctc_loss: log_probs must be [T, N, C], got shape ", log_probs.sizes());
  RL_CHECK(targets.ndim() == 1 || targets.ndim() == 2,
           "ctc_loss: targets must be [N, S], or one after the other in one dim, "
           "got shape ",
           targets.sizes());
  RL_CHECK(category(targets.dtype()) <= 2, "ctc_loss: targets must be integral");
  const int64_t time = log_probs.size(0), count = log_probs.size(1), classes = log_probs.size(2);
  RL_CHECK(0 <= blank && blank < classes, "ctc_loss: blank must be in label range, 0 <= blank < ", classes, "; got ",
           blank);
  Checked c{as_contiguous(log_probs),
            as_contiguous(as_dtype(targets, DType::Int64)),
            lengths_of(input_lengths, count, time, "input_lengths"),
            {},
            0};
  if (targets.ndim() == 2) {
    RL_CHECK(targets.size(0) == count, "ctc_loss: Expected tensor to have size ", count,
             " at dimension 0, but got size ", targets.size(0), " for argument #2 'targets'");
    c.lengths = lengths_of(target_lengths, count, -1, "target_lengths");
    RL_CHECK(c.lengths.largest <= targets.size(1), "ctc_loss: Expected tensor to have size at least ",
             c.lengths.largest, " at dimension 1, but got size ", targets.size(1), " for argument #2 'targets'");
  } else {
    c.lengths = lengths_of(target_lengths, count, -1, "target_lengths");
    RL_CHECK(c.lengths.total == targets.size(0), "ctc_loss: Expected tensor to have size ", c.lengths.total,
             " at dimension 0, but got size ", targets.size(0), " for argument #2 'targets'");
  }
  c.width = 2 * c.lengths.largest + 1;
  return c;
}

}  // namespace

std::tuple<Tensor, Tensor> ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                                    const Tensor& target_lengths, int64_t blank, bool zero_infinity) {
  const Checked c = checked(log_probs, targets, input_lengths, target_lengths, blank);
  const int64_t time = log_probs.size(0), count = log_probs.size(1);
  const Tensor losses = empty({count}, log_probs.dtype(), log_probs.device());
  const Tensor alpha = empty({count, time, c.width}, log_probs.dtype(), log_probs.device());
  launch(kernels::ctc_loss, {losses, alpha, c.log_probs, c.targets, c.times.values, c.lengths.values},
         log_probs.dtype(), Parameters::pack(CtcParameters{blank, zero_infinity}));
  return {losses, alpha};
}

Tensor ctc_loss_backward(const Tensor& grad, const Tensor& log_probs, const Tensor& targets,
                         const Tensor& input_lengths, const Tensor& target_lengths, int64_t blank, bool zero_infinity,
                         const Tensor& losses, const Tensor& alpha) {
  const Checked c = checked(log_probs, targets, input_lengths, target_lengths, blank);
  const int64_t time = log_probs.size(0), count = log_probs.size(1);
  RL_CHECK(
      grad.sizes() == Dims{count} && losses.sizes() == Dims{count} && alpha.sizes() == (Dims{count, time, c.width}),
      "ctc_loss_backward: gradient ", grad.sizes(), ", losses ", losses.sizes(), " and alpha ", alpha.sizes(),
      " do not belong to log_probs of shape ", log_probs.sizes());
  const DType key = log_probs.dtype();
  const auto brought = [&](const Tensor& t) { return as_contiguous(as_dtype(t, key)); };
  const Tensor g = brought(grad), l = brought(losses), a = brought(alpha);
  const Tensor made = empty(log_probs.sizes(), key, log_probs.device());
  launch(kernels::ctc_loss_backward, {made, g, l, a, c.log_probs, c.targets, c.times.values, c.lengths.values}, key,
         Parameters::pack(CtcParameters{blank, zero_infinity}));
  return made;
}

}  // namespace rl::ops
