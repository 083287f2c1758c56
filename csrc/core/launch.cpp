// The lower door, and the tape that stands in it.
#include "core/launch.h"

#include <mutex>

#include "core/allocator.h"
#include "core/parallel.h"
#include "core/plan.h"

namespace rl {

ConvertFunction converters[kDTypes][kDTypes] = {};
Mover movers[kMovers] = {};

namespace {

RL_THREAD_WORD LaunchObserver* observer = nullptr;
RL_THREAD_WORD int unrecorded = 0;

/// Scratch memory for one launch, from the caching allocator.
class Scratch {
 public:
  explicit Scratch(int64_t bytes) : bytes_(size_t(bytes)) {
    if (bytes_) data_ = cpu_allocator().allocate(bytes_, 0);
  }
  ~Scratch() {
    if (data_) cpu_allocator().release(data_, bytes_, 0);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  void* data() const { return data_; }

 private:
  size_t bytes_;
  void* data_ = nullptr;
};

void launch_call(const Kernel& kernel, std::span<const Operand> operands, DType key, const Parameters& parameters) {
  // Optimiser and joining kernels have a handful of operands; the bound is an assertion, not a promise to users.
  constexpr int kMost = 16;
  RL_ASSERT(operands.size() <= kMost);
  View views[kMost];
  alignas(16) unsigned char constants[kMost][16];
  for (size_t i = 0; i < operands.size(); ++i) {
    const Operand& o = operands[i];
    View& v = views[i] = View{};
    if (o.tag == Operand::Tag::Tensor) {
      v = {o.tensor->data(), o.tensor->sizes().data(), o.tensor->strides().data(),
           o.tensor->ndim(), o.tensor->dtype(),        nullptr};
    } else if (o.tag == Operand::Tag::Constant) {
      o.constant.store(key, constants[i]);
      v.data = constants[i];
      v.dtype = key;
    } else {
      v.generator = o.generator;
    }
  }
  ErrorWord error;
  KernelCall call{views, int(operands.size()), parameters, nullptr, &error, num_threads()};
  const Scratch scratch(kernel.scratch_bytes ? kernel.scratch_bytes(call) : 0);
  call.scratch = scratch.data();
  kernel.call[int(key)](call);
  if (RL_UNLIKELY(error.code != 0)) {
    if (kernel.explain) kernel.explain(error, operands.data(), int(operands.size()));
    fail(ErrorKind::Runtime, kernel.name, ": error ", error.code, " at element ", error.position, " (value ",
         error.value, ")");
  }
}

}  // namespace

void report(ErrorWord* word, int32_t code, int64_t position, int64_t value) {
  static std::mutex lock;
  const std::lock_guard hold(lock);
  if (word->code != 0 && word->position <= position) return;
  word->code = code;
  word->position = position;
  word->value = value;
}

LaunchObserver* exchange_observer(LaunchObserver* next) { return std::exchange(observer, next); }

void launch(const Kernel& kernel, std::span<const Operand> operands, DType key, const Parameters& parameters) {
  if (operands[0].tag == Operand::Tag::Tensor && operands[0].tensor->is_meta()) return;
  for (const Operand& o : operands.subspan(1)) {
    if (o.tag != Operand::Tag::Tensor || !o.tensor->is_meta()) continue;
    fail(ErrorKind::Runtime, kernel.name, ": an argument on the meta device has no values to compute with");
  }
  if (RL_UNLIKELY(!computes(kernel, key)))
    fail(ErrorKind::NotImplemented, "\"", kernel.name, "\" not implemented for '", short_name(key), "'");
  for (int i = 0; i < kernel.outputs; ++i) {
    if (RL_LIKELY(!operands[size_t(i)].tensor->storage()->read_only())) continue;
    fail(
        ErrorKind::Runtime, kernel.name,
        ": the tensor to be written shares memory that is read-only (it came from a NumPy array that is not writable). "
        "Write to a clone() of it");
  }
  if (RL_UNLIKELY(observer != nullptr)) observer->before(kernel, operands, key, parameters);
  if (kernel.kind == Kind::Pointwise)
    run_pointwise(kernel, operands, key, parameters);
  else
    launch_call(kernel, operands, key, parameters);
  for (int i = 0; i < kernel.outputs; ++i) {
    Version& version = *operands[size_t(i)].tensor->version();
    version.bump();
    version.last_writer = kernel.name;
  }
  if (RL_UNLIKELY(observer != nullptr)) observer->after(kernel, operands, key, parameters);
}

const void* read_host(const Tensor& t, const char* op) {
  RL_CHECK_IMPLEMENTED(!t.is_meta(), op, ": Cannot copy out of meta tensor; no data!");
  if (RL_UNLIKELY(observer != nullptr)) observer->fence(op);
  return t.data();
}

Unrecorded::Unrecorded() { ++unrecorded; }
Unrecorded::~Unrecorded() { --unrecorded; }

void Tape::after(const Kernel& kernel, std::span<const Operand> operands, DType key, const Parameters& parameters) {
  if (unrecorded > 0) return;
  Step step{&kernel, {}, {operands.begin(), operands.end()}, {}, key, parameters};
  step.tensors.resize(operands.size());
  for (size_t i = 0; i < operands.size(); ++i) {
    if (operands[i].tag == Operand::Tag::Tensor) step.tensors[i] = *operands[i].tensor;
    if (operands[i].tag == Operand::Tag::Generator) step.generators.emplace_back(operands[i].generator);
  }
  for (size_t i = 0; i < operands.size(); ++i)
    if (operands[i].tag == Operand::Tag::Tensor) step.operands[i].tensor = &step.tensors[i];
  steps_.push_back(std::move(step));
}

void Tape::fence(const char* op) {
  if (unrecorded > 0) return;
  fail(ErrorKind::Runtime, op,
       ": reads a value while a step is being recorded; the recorded step could not depend on it");
}

void Tape::replay() const {
  for (const Step& step : steps_) launch(*step.kernel, step.operands, step.key, step.parameters);
}

}  // namespace rl
