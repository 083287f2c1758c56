#include "core/guard.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/parallel.h"

namespace rl {
namespace {

// On bits: an exponent of ones is an infinity where nothing follows it, else NaN. Vectorises, and reads half types as
// they lie.
template <class Bits>
struct Faults {
  Bits magnitude, infinity;
  RL_INLINE bool operator()(Bits b, bool infinities) const {
    return infinities ? (b & magnitude) >= infinity : (b & magnitude) > infinity;
  }
};

/// Where an element lies that is counted along the dims.
int64_t offset_of(const Tensor& t, int64_t place) {
  int64_t offset = 0;
  for (int d = t.ndim() - 1; d >= 0; --d) offset += (place % t.size(d)) * t.strides()[d], place /= t.size(d);
  return offset;
}

constexpr int64_t kBlock = 4096;

template <class Bits>
int64_t first_in(const Bits* data, int64_t n, Faults<Bits> is_fault, bool infinities) {
  std::atomic<int64_t> first{n};
  parallel_for((n + kBlock - 1) / kBlock, 64, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end && block * kBlock < first.load(std::memory_order_relaxed); ++block) {
      const Bits* from = data + block * kBlock;
      const int64_t count = std::min(kBlock, n - block * kBlock);
      Bits any = 0;
      if (infinities)
        for (int64_t i = 0; i < count; ++i) any |= Bits((from[i] & is_fault.magnitude) >= is_fault.infinity);
      else
        for (int64_t i = 0; i < count; ++i) any |= Bits((from[i] & is_fault.magnitude) > is_fault.infinity);
      if (RL_LIKELY(!any)) continue;
      int64_t at = block * kBlock;
      while (!is_fault(data[at], infinities)) ++at;
      int64_t seen = first.load();
      while (at < seen && !first.compare_exchange_weak(seen, at)) {
      }
      break;
    }
  });
  return first == n ? -1 : first.load();
}

template <class Bits>
int64_t first_of(const Tensor& t, Faults<Bits> is_fault, bool infinities, int parts) {
  if (t.is_contiguous()) {
    const int64_t at = first_in(static_cast<const Bits*>(t.data()), t.numel() * parts, is_fault, infinities);
    return at < 0 ? at : at / parts;
  }
  // element by element: views are rarely what an op writes
  for (int64_t i = 0; i < t.numel(); ++i) {
    const Bits* at = static_cast<const Bits*>(t.data()) + offset_of(t, i) * parts;
    for (int part = 0; part < parts; ++part)
      if (is_fault(at[part], infinities)) return i;
  }
  return -1;
}

constexpr Faults<uint32_t> kSingle{0x7fffffffu, 0x7f800000u};
constexpr Faults<uint64_t> kDouble{0x7fffffffffffffffu, 0x7ff0000000000000u};
constexpr Faults<uint16_t> kHalf{0x7fff, 0x7c00}, kBrain{0x7fff, 0x7f80};

std::string index_text(const Tensor& t, int64_t place) {
  std::string text = "]";
  for (int d = t.ndim() - 1; d >= 0; --d) {
    text = std::to_string(place % t.size(d)) + (d == t.ndim() - 1 ? "" : ", ") + text;
    place /= t.size(d);
  }
  return "[" + text;
}

double element(const Tensor& t, int64_t place) {
  const char* at = static_cast<const char*>(t.data()) + offset_of(t, place) * item_size(t.dtype());
  return load_scalar(t.dtype(), at).real();
}

const char* fault_text(const Tensor& t, int64_t place) {
  const double v = element(t, place);
  return std::isinf(v) ? v < 0 ? "-inf" : "inf" : "NaN";
}

/// Shape, dtype and the range of the values of an operand.
std::string range_text(const Operand& o) {
  if (o.tag == Operand::Tag::Constant) return concat("the number ", o.constant.real());
  if (o.tag == Operand::Tag::Generator) return "random numbers";
  const Tensor& t = *o.tensor;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  int64_t nans = 0, infinities = 0;
  for (int64_t i = 0; i < t.numel(); ++i) {
    const double v = element(t, i);
    nans += std::isnan(v);
    infinities += std::isinf(v);
    if (!std::isfinite(v)) continue;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  std::string text = concat(name(t.dtype()), " ", t.sizes());
  if (low <= high) text += concat(" from ", low, " to ", high);
  if (nans) text += concat(", ", nans, " NaN");
  if (infinities) text += concat(", ", infinities, " infinite");
  return text;
}

std::string inputs_text(const Kernel& kernel, std::span<const Operand> operands) {
  std::string text;
  for (size_t i = kernel.outputs; i < operands.size(); ++i)
    text += concat(text.empty() ? "" : "; ", "input ", i - size_t(kernel.outputs), ": ", range_text(operands[i]));
  return text;
}

/// Is the output's memory an input's too? Then only before the launch can the input be described.
bool is_overwritten(const Kernel& kernel, std::span<const Operand> operands) {
  for (size_t o = 0; o < kernel.outputs; ++o)
    for (size_t i = kernel.outputs; i < operands.size(); ++i)
      if (operands[i].tag == Operand::Tag::Tensor && operands[i].tensor->data() == operands[o].tensor->data())
        return true;
  return false;
}

}  // namespace

int64_t first_fault(const Tensor& t, bool infinities) {
  switch (t.dtype()) {
    case DType::Float32: return first_of(t, kSingle, infinities, 1);
    case DType::Float64: return first_of(t, kDouble, infinities, 1);
    case DType::Float16: return first_of(t, kHalf, infinities, 1);
    case DType::BFloat16: return first_of(t, kBrain, infinities, 1);
    case DType::Complex64: return first_of(t, kSingle, infinities, 2);
    case DType::Complex128: return first_of(t, kDouble, infinities, 2);
    default: return -1;
  }
}

void Guard::before(const Kernel& kernel, std::span<const Operand> operands, DType key, const Parameters& parameters) {
  if (next) next->before(kernel, operands, key, parameters);
  inputs_.clear();
  if (!is_overwritten(kernel, operands)) return;
  // its values will be gone: no range, but whether they were sound
  for (size_t i = kernel.outputs; i < operands.size(); ++i) {
    if (operands[i].tag != Operand::Tag::Tensor) continue;
    const Tensor& t = *operands[i].tensor;
    const int64_t at = first_fault(t, infinities_);
    if (at >= 0)
      inputs_ += concat(inputs_.empty() ? "" : "; ", "input ", i - kernel.outputs, " held ", fault_text(t, at),
                        " at index ", index_text(t, at), " already");
  }
}

void Guard::after(const Kernel& kernel, std::span<const Operand> operands, DType key, const Parameters& parameters) {
  if (next) next->after(kernel, operands, key, parameters);
  for (size_t o = 0; o < kernel.outputs; ++o) {
    const Tensor& t = *operands[o].tensor;
    const int64_t at = first_fault(t, infinities_);
    if (RL_LIKELY(at < 0)) continue;
    const std::string inputs = is_overwritten(kernel, operands) ? inputs_ : inputs_text(kernel, operands);
    fail(ErrorKind::Runtime, "guard: ", fault_text(t, at), " at index ", index_text(t, at), " of the result ",
         t.sizes(), inputs.empty() ? "" : "; ", inputs);
  }
}

void Guard::fence(const char* op) {
  if (next) next->fence(op);
}

}  // namespace rl
