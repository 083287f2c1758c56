// Optimiser steps: checks, and all tensors of a parameter brought into one dense stride order.
#include "ops/optim.h"

#include "cpu/optim_kernels.h"

namespace rl::kernels {

constinit Kernel sgd_step{.name = "sgd_step", .kind = Kind::Opaque, .outputs = 1, .block = {}};
constinit Kernel sgd_momentum_step{.name = "sgd_momentum_step", .kind = Kind::Opaque, .outputs = 2, .block = {}};
constinit Kernel adam_step{.name = "adam_step", .kind = Kind::Opaque, .outputs = 4, .block = {}};
constinit Kernel adam_amsgrad_step{.name = "adam_amsgrad_step", .kind = Kind::Opaque, .outputs = 5, .block = {}};

}  // namespace rl::kernels

namespace rl::ops {
namespace {

void check_lists(const char* op, const std::vector<Tensor>& params, const std::vector<Tensor>& list, const char* name) {
  RL_CHECK(list.size() == params.size(), op, ": ", params.size(), " params, but ", list.size(), " ", name);
  for (size_t i = 0; i < list.size(); ++i)
    RL_CHECK(list[i].sizes() == params[i].sizes() && list[i].dtype() == params[i].dtype() &&
                 list[i].device() == params[i].device(),
             op, ": ", name, "[", i, "] has shape ", list[i].sizes(), " and dtype ", dtype_text(list[i].dtype()),
             ", its parameter ", params[i].sizes(), " and ", dtype_text(params[i].dtype()));
}

void check_hyper(const char* op, const Tensor& hyper, int64_t count) {
  RL_CHECK(hyper.dtype() == DType::Float64 && hyper.ndim() == 1 && hyper.size(0) == count, op,
           ": hyper must have shape [", count, "] and dtype torch.float64, got ", hyper.sizes(), " and ",
           dtype_text(hyper.dtype()));
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

void sgd_step(const std::vector<Tensor>& params, const std::vector<Tensor>& grads,
              const std::vector<Tensor>& momentum_buffers, const Tensor& hyper) {
  const char* op = "sgd_step";
  check_lists(op, params, grads, "grads");
  const bool has_buffers = !momentum_buffers.empty();
  if (has_buffers) check_lists(op, params, momentum_buffers, "momentum_buffers");
  check_hyper(op, hyper, sgd_hyper::count);
  for (size_t i = 0; i < params.size(); ++i) {
    Aligned aligned(params[i]);
    const Tensor param = aligned.write(op, params[i]), grad = aligned.read(grads[i]);
    if (has_buffers) {
      const Tensor buffer = aligned.write(op, momentum_buffers[i]);
      launch(kernels::sgd_momentum_step, {param, buffer, grad, hyper}, param.dtype());
    } else {
      launch(kernels::sgd_step, {param, grad, hyper}, param.dtype());
    }
    aligned.write_back();
  }
}

void adam_step(const std::vector<Tensor>& params, const std::vector<Tensor>& grads, const std::vector<Tensor>& exp_avgs,
               const std::vector<Tensor>& exp_avg_sqs, const std::vector<Tensor>& max_exp_avg_sqs,
               const std::vector<Tensor>& steps, const Tensor& hyper) {
  const char* op = "adam_step";
  check_lists(op, params, grads, "grads");
  check_lists(op, params, exp_avgs, "exp_avgs");
  check_lists(op, params, exp_avg_sqs, "exp_avg_sqs");
  const bool amsgrad = !max_exp_avg_sqs.empty();
  if (amsgrad) check_lists(op, params, max_exp_avg_sqs, "max_exp_avg_sqs");
  RL_CHECK(steps.size() == params.size(), op, ": ", params.size(), " params, but ", steps.size(), " steps");
  for (const Tensor& step : steps)
    RL_CHECK(step.numel() == 1 && step.dtype() == DType::Float32, op,
             ": a step must hold one torch.float32 number, got shape ", step.sizes(), " and ",
             dtype_text(step.dtype()));
  check_hyper(op, hyper, adam_hyper::count);
  for (size_t i = 0; i < params.size(); ++i) {
    Aligned aligned(params[i]);
    const Tensor param = aligned.write(op, params[i]), grad = aligned.read(grads[i]);
    const Tensor mean = aligned.write(op, exp_avgs[i]), square = aligned.write(op, exp_avg_sqs[i]);
    if (amsgrad) {
      const Tensor largest = aligned.write(op, max_exp_avg_sqs[i]);
      launch(kernels::adam_amsgrad_step, {param, mean, square, steps[i], largest, grad, hyper}, param.dtype());
    } else {
      launch(kernels::adam_step, {param, mean, square, steps[i], grad, hyper}, param.dtype());
    }
    aligned.write_back();
  }
}

}  // namespace rl::ops
