// Optimiser steps: checks, and all tensors of a parameter brought into one dense stride order.
#include "ops/optim.h"

#include "cpu/optim_kernels.h"
#include "functors/optim.h"

// how many states and options a rule has is the same for every dtype
#define RL_OPTIM_RULE(Rule, ...) functors::Rule<float __VA_OPT__(, ) __VA_ARGS__>

namespace rl::kernels {

template <class R>
constexpr Kernel step_kernel(const char* name) {
  return {.name = name, .kind = Kind::Opaque, .outputs = 1 + R::states + R::counters, .block = {}};
}
#define RL_OPTIM(name, ...) constinit Kernel name##_step = step_kernel<RL_OPTIM_RULE(__VA_ARGS__)>(#name "_step");
#include "functors/optim.def"
#undef RL_OPTIM

}  // namespace rl::kernels

namespace rl::ops {
namespace {

struct StepRow {
  std::string_view name;
  const Kernel* kernel;
  size_t states, counters;
  int64_t options;
};
template <class R>
constexpr StepRow step_row(std::string_view name, const Kernel* kernel) {
  return {name, kernel, R::states, R::counters, step_options::count + R::options};
}
#define RL_OPTIM(name, ...) step_row<RL_OPTIM_RULE(__VA_ARGS__)>(#name, &kernels::name##_step),
constexpr StepRow kSteps[] = {
#include "functors/optim.def"
};
#undef RL_OPTIM

const StepRow& row_of(const char* op, std::string_view rule) {
  for (const StepRow& row : kSteps)
    if (row.name == rule) return row;
  fail(ErrorKind::Value, op, ": there is no rule '", rule, "'");
}

void check_count(const char* op, std::string_view rule, const char* name, size_t found, size_t each, size_t params) {
  RL_CHECK(found == each * params, op, ": ", rule, " of ", params, " params takes ", each * params, " ", name, ", got ",
           found);
}

void check_like(const char* op, const Tensor& param, const Tensor& t, const char* name, size_t i) {
  RL_CHECK(t.sizes() == param.sizes() && t.dtype() == param.dtype() && t.device() == param.device(), op, ": ", name,
           "[", i, "] has shape ", t.sizes(), " and dtype ", dtype_text(t.dtype()), ", its parameter ", param.sizes(),
           " and ", dtype_text(param.dtype()));
}

/// Tensors of one parameter, seen or copied in one dense stride order; `write_back` returns what was copied.
class Aligned {
 public:
  Aligned(const Tensor& param) : sizes_(param.sizes()), strides_(strides_like(param.sizes(), param)) {}
  Tensor read(const Tensor& t) const { return fits(t) ? t : copy(t); }
  Tensor write(const char* op, const Tensor& t) {
    check_writable(op, t, {});
    if (fits(t)) return t;
    copies_.emplace_back(t, copy(t));
    return copies_.back().second;
  }
  void write_back() const {
    for (const auto& [to, from] : copies_) copy_values(to, from);
  }

 private:
  bool fits(const Tensor& t) const {
    return t.strides() == strides_ || (t.is_contiguous() && strides_ == contiguous_strides(sizes_));
  }
  Tensor copy(const Tensor& t) const {
    Tensor dense = empty_strided(sizes_, strides_, t.dtype(), t.device());
    copy_values(dense, t);
    return dense;
  }
  Dims sizes_, strides_;
  std::vector<std::pair<Tensor, Tensor>> copies_;
};

}  // namespace

void optimizer_step(const std::vector<Tensor>& params, std::string_view rule, const std::vector<Tensor>& grads,
                    const std::vector<Tensor>& states, const std::vector<Tensor>& counters, const Tensor& options) {
  const char* op = "optimizer_step";
  const StepRow& row = row_of(op, rule);
  const size_t n = params.size();
  check_count(op, rule, "grads", grads.size(), 1, n);
  check_count(op, rule, "states", states.size(), row.states, n);
  check_count(op, rule, "counters", counters.size(), row.counters, n);
  for (size_t i = 0; i < n; ++i) check_like(op, params[i], grads[i], "grads", i);
  for (size_t i = 0; i < states.size(); ++i) check_like(op, params[i % n], states[i], "states", i);
  for (const Tensor& counter : counters)
    RL_CHECK(counter.numel() == 1 && (counter.dtype() == DType::Float32 || counter.dtype() == DType::Float64), op,
             ": a counter must hold one torch.float32 or torch.float64 number, got shape ", counter.sizes(), " and ",
             dtype_text(counter.dtype()));
  RL_CHECK(options.dtype() == DType::Float64 && options.ndim() == 1 && options.size(0) == row.options, op,
           ": the options of ", rule, " must have shape [", row.options, "] and dtype torch.float64, got ",
           options.sizes(), " and ", dtype_text(options.dtype()));

  std::vector<Tensor> held;
  std::vector<Operand> operands;
  for (size_t i = 0; i < n; ++i) {
    Aligned aligned(params[i]);
    held.clear();
    held.push_back(aligned.write(op, params[i]));
    for (size_t k = 0; k < row.states; ++k) held.push_back(aligned.write(op, states[k * n + i]));
    for (size_t k = 0; k < row.counters; ++k) held.push_back(counters[k * n + i]);
    held.push_back(aligned.read(grads[i]));
    held.push_back(options);
    operands.assign(held.begin(), held.end());
    launch(*row.kernel, operands, params[i].dtype());
    aligned.write_back();
  }
}

}  // namespace rl::ops
