// Recurrent layers: the loop over time steps, each a product with the state before and one kernel for its gates.
#include "ops/recurrent.h"

#include <algorithm>

#include "cpu/recurrent_kernels.h"
#include "ops/join.h"
#include "ops/pointwise.h"
#include "ops/product.h"
#include "ops/shape.h"

namespace rl::kernels {
#define RL_ROW(row, count) constinit Kernel row{.name = #row, .kind = Kind::Opaque, .outputs = count};
// clang-format off
RL_ROW(rnn_tanh_cell, 1) RL_ROW(rnn_relu_cell, 1) RL_ROW(lstm_cell, 2) RL_ROW(gru_cell, 2)
RL_ROW(rnn_tanh_cell_back, 1) RL_ROW(rnn_relu_cell_back, 1) RL_ROW(lstm_cell_back, 2) RL_ROW(gru_cell_back, 3)
// clang-format on
#undef RL_ROW
}  // namespace rl::kernels

namespace rl::ops {
namespace {

/// A kind of layer: how many gates its products make, how many values a unit keeps for the backward pass.
struct Mode {
  const char* name;
  const Kernel &cell, &back;
  int64_t gates, kept;
  bool has_cells() const { return kept == 5; }
};
const Mode kModes[] = {
    {"tanh", kernels::rnn_tanh_cell, kernels::rnn_tanh_cell_back, 1, 0},
    {"relu", kernels::rnn_relu_cell, kernels::rnn_relu_cell_back, 1, 0},
    {"lstm", kernels::lstm_cell, kernels::lstm_cell_back, 4, 5},
    {"gru", kernels::gru_cell, kernels::gru_cell_back, 3, 4},
};

const Mode& mode_of(std::string_view name) {
  for (const Mode& mode : kModes)
    if (mode.name == name) return mode;
  fail(ErrorKind::Value, "recurrent: mode must be 'tanh', 'relu', 'lstm' or 'gru', got '", name, "'");
}

/// The rows of each time step, in the order in which the layer meets them.
class Steps {
 public:
  struct Step {
    int64_t begin, rows;
  };

  Steps(const Tensor& batch_sizes, const Tensor& packed, bool reverse) {
    RL_CHECK(
        batch_sizes.ndim() == 1 && batch_sizes.numel() > 0 && batch_sizes.dtype() == DType::Int64 &&
            batch_sizes.device() == Device(),
        "recurrent: batch_sizes must be a 1-d torch.int64 tensor on the CPU with a size for each time step, got shape ",
        batch_sizes.sizes(), " and ", dtype_text(batch_sizes.dtype()));
    const Tensor sizes = as_contiguous(batch_sizes);
    const auto* at = static_cast<const int64_t*>(read_host(sizes, "recurrent"));
    int64_t begin = 0;
    for (int64_t t = 0; t < sizes.size(0); ++t) {
      RL_CHECK(at[t] >= 0 && (t == 0 || at[t] <= at[t - 1]),
               "recurrent: batch_sizes must never grow, nor be negative; step ", t, " has ", at[t]);
      steps_.push_back({begin, at[t]});
      begin += at[t];
      RL_CHECK(begin <= packed.size(0), "recurrent: batch_sizes sum to more than the ", packed.size(0),
               " rows there are");
    }
    RL_CHECK(begin == packed.size(0), "recurrent: batch_sizes sum to ", begin, ", but there are ", packed.size(0),
             " rows");
    batch_ = steps_[0].rows;
    if (reverse) std::reverse(steps_.begin(), steps_.end());
  }

  int64_t batch() const { return batch_; }
  size_t count() const { return steps_.size(); }
  int64_t rows(size_t t) const { return steps_[t].rows; }
  /// What belongs to a step, of what is packed.
  Tensor of(const Tensor& packed, size_t t) const { return narrow(packed, 0, steps_[t].begin, steps_[t].rows); }
  /// What the rows of step t had one step before: those that begin with it have what is `initial`.
  Tensor before(const Tensor& packed, const Tensor& initial, size_t t) const {
    const int64_t rows = steps_[t].rows;
    if (t == 0) return narrow(initial, 0, 0, rows);
    const int64_t held = steps_[t - 1].rows;
    if (held >= rows) return narrow(packed, 0, steps_[t - 1].begin, rows);
    return cat({of(packed, t - 1), narrow(initial, 0, held, rows - held)});
  }
  /// What each row of the batch had in its last step.
  Tensor last(const Tensor& packed) const {
    std::vector<Tensor> parts;
    int64_t held = 0;
    for (size_t t = steps_.size(); t-- > 0 && held < batch_;) {
      if (steps_[t].rows <= held) continue;
      parts.push_back(narrow(packed, 0, steps_[t].begin + held, steps_[t].rows - held));
      held = steps_[t].rows;
    }
    return parts.empty() ? narrow(packed, 0, 0, 0) : cat(parts);
  }

 private:
  std::vector<Step> steps_;
  int64_t batch_;
};

void check_matrix(const Tensor& t, const char* what, int64_t rows, int64_t columns, const Tensor& like) {
  RL_CHECK(t.ndim() == 2 && t.size(0) == rows && t.size(1) == columns, "recurrent: ", what, " must have shape [", rows,
           ", ", columns, "], got ", t.sizes());
  RL_CHECK(t.dtype() == like.dtype(), "recurrent: ", what, " has dtype ", dtype_text(t.dtype()), ", the input ",
           dtype_text(like.dtype()));
  RL_CHECK(t.device() == like.device(), "recurrent: Expected all tensors to be on the same device, but ", what,
           " is on ", to_string(t.device()), " and the input on ", to_string(like.device()));
}
void check_bias(const Tensor* t, const char* what, int64_t size, const Tensor& like) {
  if (t)
    RL_CHECK(t->ndim() == 1 && t->size(0) == size && t->dtype() == like.dtype(), "recurrent: ", what,
             " must have shape [", size, "] and dtype ", dtype_text(like.dtype()), ", got ", t->sizes(), " and ",
             dtype_text(t->dtype()));
}

/// A tensor, or nothing, in the dtype of the computation; row-major.
struct Dense {
  Tensor value;
  Dense(const Tensor& t, DType key) : value(as_contiguous(as_dtype(t, key))) {}
  Dense(const Tensor* t, DType key) {
    if (t) value = as_contiguous(as_dtype(*t, key));
  }
  const Tensor* pointer() const { return value.defined() ? &value : nullptr; }
};

Tensor columns(const Tensor& t, int64_t begin, int64_t count) { return narrow(t, 1, begin, count); }

}  // namespace

std::vector<Tensor> recurrent(const Tensor& input, const Tensor& h0, const Tensor* c0, const Tensor& w_ih,
                              const Tensor& w_hh, const Tensor* b_ih, const Tensor* b_hh, const Tensor* w_hr,
                              const Tensor& batch_sizes, std::string_view mode_name, bool reverse) {
  const Mode& mode = mode_of(mode_name);
  const DType dtype = input.dtype(), key = compute_dtype(dtype);
  RL_CHECK_IMPLEMENTED(computes(mode.cell, key), "\"recurrent\" not implemented for '", short_name(dtype), "'");
  RL_CHECK(input.ndim() == 2 && w_hh.ndim() == 2, "recurrent: input and w_hh must be matrices, got shapes ",
           input.sizes(), " and ", w_hh.sizes());
  const Steps steps(batch_sizes, input, reverse);
  const int64_t n = w_hh.size(0) / mode.gates, wide = mode.gates * n, state = w_hr ? w_hr->size(0) : n;
  RL_CHECK(n > 0, "recurrent: w_hh must have ", mode.gates, " rows or more, got shape ", w_hh.sizes());
  check_matrix(w_hh, "w_hh", wide, state, input);
  check_matrix(w_ih, "w_ih", wide, input.size(1), input);
  check_matrix(h0, "h0", steps.batch(), state, input);
  RL_CHECK(mode.has_cells() == (c0 != nullptr), "recurrent: c0 is for 'lstm', and needed there");
  if (c0) check_matrix(*c0, "c0", steps.batch(), n, input);
  RL_CHECK(!w_hr || mode.has_cells(), "recurrent: w_hr, a projection, is for 'lstm'");
  if (w_hr) check_matrix(*w_hr, "w_hr", state, n, input);
  check_bias(b_ih, "b_ih", wide, input);
  check_bias(b_hh, "b_hh", wide, input);

  const Dense first(h0, key), first_cell(c0, key), weight(w_hh, key), bias(b_hh, key), project(w_hr, key);
  const Dense x(input, key), weight_in(w_ih, key), bias_in(b_ih, key);
  const Tensor given = linear(x.value, weight_in.value, bias_in.pointer());
  const Tensor output = empty({input.size(0), state}, key, input.device());
  const Tensor kept = empty({input.size(0), mode.kept * n}, key, input.device());
  const Tensor cells = mode.has_cells() ? columns(kept, 4 * n, n) : Tensor();
  for (size_t t = 0; t < steps.count(); ++t) {
    const Tensor before = steps.before(output, first.value, t), in = steps.of(given, t), out = steps.of(output, t);
    const Tensor hidden = linear(before, weight.value, bias.pointer());
    const Tensor made = project.pointer() ? empty({steps.rows(t), n}, key, input.device()) : out;
    if (mode.kept == 0) {
      launch(mode.cell, {made, in, hidden}, key);
      continue;
    }
    const Tensor known = mode.has_cells() ? steps.before(cells, first_cell.value, t) : before;
    const Tensor keeping = steps.of(kept, t);
    launch(mode.cell, {keeping, made, in, hidden, known}, key);
    if (!project.pointer()) continue;
    const Tensor projected = linear(made, project.value, nullptr);
    copy_values(out, projected);
  }
  const Tensor last_cell = mode.has_cells() ? steps.last(cells) : empty({0}, key, input.device());
  return {as_dtype(output, dtype), as_dtype(steps.last(output), dtype), as_dtype(last_cell, dtype), kept};
}

std::vector<Tensor> recurrent_backward(const Tensor* grad, const Tensor* grad_h, const Tensor* grad_c,
                                       const Tensor& output, const Tensor& kept, const Tensor& h0, const Tensor* c0,
                                       const Tensor& w_hh, const Tensor* w_hr, const Tensor& batch_sizes,
                                       std::string_view mode_name, bool reverse) {
  const Mode& mode = mode_of(mode_name);
  const DType dtype = output.dtype(), key = compute_dtype(dtype);
  RL_CHECK_IMPLEMENTED(computes(mode.back, key), "\"recurrent_backward\" not implemented for '", short_name(dtype),
                       "'");
  RL_CHECK(output.ndim() == 2 && w_hh.ndim() == 2, "recurrent_backward: output and w_hh must be matrices, got shapes ",
           output.sizes(), " and ", w_hh.sizes());
  const Steps steps(batch_sizes, output, reverse);
  const int64_t total = output.size(0), n = w_hh.size(0) / mode.gates, wide = mode.gates * n, state = output.size(1);
  RL_CHECK(n > 0, "recurrent_backward: w_hh must have ", mode.gates, " rows or more, got shape ", w_hh.sizes());
  check_matrix(w_hh, "w_hh", wide, state, output);
  check_matrix(h0, "h0", steps.batch(), state, output);
  RL_CHECK(kept.dtype() == key && kept.sizes() == Dims({total, mode.kept * n}),
           "recurrent_backward: kept must have shape [", total, ", ", mode.kept * n, "] and dtype ", dtype_text(key),
           ", got ", kept.sizes(), " and ", dtype_text(kept.dtype()));
  RL_CHECK(mode.has_cells() == (c0 != nullptr), "recurrent_backward: c0 is for 'lstm', and needed there");
  if (c0) check_matrix(*c0, "c0", steps.batch(), n, output);
  RL_CHECK(!w_hr || mode.has_cells(), "recurrent_backward: w_hr, a projection, is for 'lstm'");
  RL_CHECK(w_hr || state == n, "recurrent_backward: output must have ", n, " columns, got shape ", output.sizes());
  if (w_hr) check_matrix(*w_hr, "w_hr", state, n, output);
  if (grad) check_matrix(*grad, "grad", total, state, output);
  if (grad_h) check_matrix(*grad_h, "grad_h", steps.batch(), state, output);
  if (grad_c) check_matrix(*grad_c, "grad_c", steps.batch(), n, output);

  const Device device = output.device();
  const Dense states(output, key), keeping(kept, key), first(h0, key), first_cell(c0, key), weight(w_hh, key);
  const Dense project(w_hr, key), given(grad, key);
  const auto start = [&](const Tensor* from, int64_t width) {  // what the last states bring, to be walked back
    const Tensor made = full({steps.batch(), width}, Scalar(0.0), key, device);
    if (from) copy_values(made, *from);
    return made;
  };
  const Tensor dh = start(grad_h, state), dc = start(grad_c, mode.has_cells() ? n : 0);
  const Tensor gates_in = empty({total, wide}, key, device);
  const bool one = mode.gates != 3;  // the two parts of the gates are added, but in a GRU
  const Tensor gates = one ? gates_in : empty({total, wide}, key, device);
  const Tensor cells = mode.has_cells() ? columns(keeping.value, 4 * n, n) : Tensor();
  const Tensor projected = w_hr ? empty({total, state}, key, device) : Tensor();
  const Tensor raw = w_hr ? empty({total, n}, key, device) : Tensor();
  std::vector<Tensor> befores(steps.count());

  for (size_t t = steps.count(); t-- > 0;) {
    const int64_t rows = steps.rows(t);
    const Tensor moving = narrow(dh, 0, 0, rows), to = steps.of(gates_in, t), to_hidden = steps.of(gates, t);
    if (given.pointer()) {
      Tensor sum = moving;
      const Tensor own = steps.of(given.value, t);
      add_(sum, own, Scalar(1));
    }
    befores[t] = steps.before(states.value, first.value, t);
    Tensor arriving = moving, direct;
    if (w_hr) {
      copy_values(steps.of(projected, t), moving);
      arriving = matmul(moving, project.value, nullptr);
    }
    const Tensor known = steps.of(keeping.value, t);
    if (mode.kept == 0) {
      const Tensor state_now = steps.of(states.value, t);
      launch(mode.back, {to, arriving, state_now}, key);
    } else if (mode.has_cells()) {
      const Tensor before = steps.before(cells, first_cell.value, t), moving_cell = narrow(dc, 0, 0, rows);
      if (w_hr) {
        const Tensor seen = tanh(columns(known, 4 * n, n), nullptr), o = columns(known, 3 * n, n);
        Tensor into = steps.of(raw, t);
        mul(o, seen, &into);
      }
      launch(mode.back, {to, moving_cell, arriving, known, before}, key);
    } else {
      direct = empty({rows, n}, key, device);
      launch(mode.back, {to, to_hidden, direct, arriving, known, befores[t]}, key);
    }
    const Tensor back = matmul(to_hidden, weight.value, nullptr);
    if (direct.defined()) {
      Tensor sum = moving;
      add(back, direct, Scalar(1), &sum);
    } else {
      copy_values(moving, back);
    }
  }
  if (reverse) std::reverse(befores.begin(), befores.end());
  std::vector<Tensor> all = {gates_in, gates, cat(befores), dh, dc};
  if (w_hr) all.push_back(projected), all.push_back(raw);
  return all;
}

}  // namespace rl::ops
