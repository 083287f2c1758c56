// The lower door: every kernel is started by `launch`. Staging, version bumps, errors, profiling and recording stand
// here.
#pragma once

#include <span>
#include <vector>

#include "core/generator.h"
#include "core/kernel.h"
#include "core/scalar_value.h"
#include "core/tensor.h"

namespace rl {

/// A tensor, a constant, or a generator. Refers to its tensor; `Recorded` keeps copies.
struct Operand {
  enum class Tag : uint8_t { Tensor, Constant, Generator };
  Tag tag;
  const Tensor* tensor = nullptr;
  Scalar constant;
  Generator* generator = nullptr;

  Operand(const Tensor& t) : tag(Tag::Tensor), tensor(&t) {}
  Operand(const Tensor&&) = delete;
  Operand(const Scalar& s) : tag(Tag::Constant), constant(s) {}
  Operand(Generator* g) : tag(Tag::Generator), generator(g) {}
};

/// Runs a kernel. `key` picks the function: the compute dtype of a pointwise kernel, the dtype that the others name.
/// Outputs come first. Operands on `meta` end it here. Raises what the kernel reported.
void launch(const Kernel& kernel, std::span<const Operand> operands, DType key, const Parameters& parameters = {});
inline void launch(const Kernel& kernel, std::initializer_list<Operand> operands, DType key,
                   const Parameters& parameters = {}) {
  launch(kernel, std::span(operands.begin(), operands.size()), key, parameters);
}

/// Does the kernel have a function for this dtype on this machine?
inline bool computes(const Kernel& kernel, DType key) { return kernel.block[int(key)] != nullptr; }

/// Whoever watches launches in this thread: a profiler, a guard, a recorder. Null, the usual case, costs one load.
class LaunchObserver {
 public:
  virtual ~LaunchObserver() = default;
  virtual void before(const Kernel&, std::span<const Operand>, DType, const Parameters&) {}
  virtual void after(const Kernel&, std::span<const Operand>, DType, const Parameters&) {}
  /// A value is about to reach control flow through read_host.
  virtual void fence(const char* op) { (void)op; }
};
LaunchObserver* exchange_observer(LaunchObserver* observer);

/// The only way a value reaches control flow: `bytes` of host memory at `t`'s first element (DESIGN, section 3).
const void* read_host(const Tensor& t, const char* op);

/// While one lives, this thread's tape keeps nothing: what a step makes once (an optimiser's state) or sets anew from
/// the program (its rate) is not for a replay to do again.
class Unrecorded {
 public:
  Unrecorded();
  ~Unrecorded();
  Unrecorded(const Unrecorded&) = delete;
  Unrecorded& operator=(const Unrecorded&) = delete;
};

/// Launches kept as plain data, to be run again on the values that the same storages then hold.
class Tape : public LaunchObserver {
 public:
  void after(const Kernel&, std::span<const Operand>, DType, const Parameters&) override;
  void fence(const char* op) override;
  void replay() const;
  size_t size() const { return steps_.size(); }

 private:
  struct Step {
    const Kernel* kernel;
    std::vector<Tensor> tensors;  // kept alive; undefined where the operand is none
    std::vector<Operand> operands;
    std::vector<Ref<Generator>> generators;
    DType key;
    Parameters parameters;
  };
  std::vector<Step> steps_;
};

/// Blocks of one dtype converted to another; filled at load.
using ConvertFunction = void (*)(int64_t n, void* to, const void* from);
extern ConvertFunction converters[kDTypes][kDTypes];  // [to][from]

/// How items of 1, 2, 4 and 8 bytes get from strided memory into dense blocks; steps are bytes. Filled at load.
struct Mover {
  /// to[c][r] = from[r][c]; steps lie between rows.
  void (*transpose)(int64_t rows, int64_t columns, const char* from, int64_t from_step, char* to, int64_t to_step);
  /// n items that lie `step` apart, side by side.
  void (*collect)(int64_t n, const char* from, int64_t step, char* to);
  /// One item n times.
  void (*fill)(int64_t n, const void* item, char* to);
};
constexpr int kMovers = 4;
extern Mover movers[kMovers];  // [log2 of an item's bytes]

}  // namespace rl
