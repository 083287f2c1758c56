// A kernel: a static row with a name, what its operands are, and a function per device, instruction set and dtype.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/dtype.h"
#include "core/macros.h"

namespace rl {

class Generator;
struct Operand;

enum class Kind : uint8_t { Pointwise, Reduction, Scan, Product, View, Index, Random, Opaque };
constexpr const char* kKindNames[] = {"Pointwise", "Reduction", "Scan", "Product", "View", "Index", "Random", "Opaque"};

/// What a kernel needs besides its operands: plain data, copied when a step is recorded.
struct Parameters {
  alignas(16) unsigned char bytes[96];

  template <class P>
  static RL_INLINE Parameters pack(const P& values) {
    static_assert(std::is_trivially_copyable_v<P> && sizeof(P) <= sizeof(bytes));
    Parameters p;
    __builtin_memcpy(p.bytes, &values, sizeof(P));
    return p;
  }
  template <class P>
  RL_INLINE P as() const {
    P values;
    __builtin_memcpy(&values, bytes, sizeof(P));
    return values;
  }
};

/// Kernels never throw: they report (code, position, value); the lowest position wins, so the error does not depend on
/// threads.
struct ErrorWord {
  int32_t code = 0;  // 0: none
  int64_t position = 0;
  int64_t value = 0;
};
void report(ErrorWord* word, int32_t code, int64_t position, int64_t value);  // thread-safe, not inline, rarely called

/// A pointwise kernel's function: n contiguous elements in every block, outputs first. It sees no shapes.
using BlockFunction = void (*)(int64_t n, void* const* blocks, const Parameters&);

/// An operand as any other kernel sees it. Strides in elements.
struct View {
  void* data;
  const int64_t* sizes;
  const int64_t* strides;
  int ndim;
  DType dtype;
  Generator* generator;  // for an operand that is one

  template <class T>
  RL_INLINE T* as() const {
    return static_cast<T*>(data);
  }
  RL_INLINE int64_t numel() const {
    int64_t n = 1;
    for (int d = 0; d < ndim; ++d) n *= sizes[d];
    return n;
  }
};

struct KernelCall {
  const View* operands;  // outputs first
  int count;
  const Parameters& parameters;
  void* scratch;  // 64-byte aligned; as many bytes as `scratch_bytes` of the row said
  ErrorWord* error;
  int threads = 1;  // read once a launch: scratch is sized and shared by the same number, whatever is set meanwhile
};
using CallFunction = void (*)(const KernelCall&);

struct Kernel {
  const char* name;
  Kind kind;
  uint8_t outputs;             // how many operands, from the first, are written
  uint32_t bool_operands = 0;  // pointwise: bit i says that operand i's block is bool, whatever the key
  bool copies = false;  // pointwise: gives what it is given, so that a conversion or a fill is all there is to do
  int64_t (*scratch_bytes)(const KernelCall&) = nullptr;  // filled at load where the kernel wants scratch
  /// Raises the exception for a reported error; ops/ sets it where the kernel can report one.
  void (*explain)(const ErrorWord&, const Operand*, int) = nullptr;
  union {
    BlockFunction block[kDTypes] = {};  // by compute dtype
    CallFunction call[kDTypes];         // by the dtype of the key operand
  };
  /// What a pointwise kernel sees of operand i.
  DType block_dtype(int i, DType key) const { return (bool_operands >> i) & 1u ? DType::Bool : key; }
};

/// What a file of cpu/ hands over: constant-initialised, so that no code of a wide set runs at load.
struct KernelEntry {
  Kernel* kernel;
  DType dtype;
  union {
    BlockFunction block;
    CallFunction call;
  };
  int64_t (*scratch_bytes)(const KernelCall&) = nullptr;
  constexpr KernelEntry(Kernel* k, DType d, BlockFunction f) : kernel(k), dtype(d), block(f) {}
  constexpr KernelEntry(Kernel* k, DType d, CallFunction f, int64_t (*s)(const KernelCall&) = nullptr)
      : kernel(k), dtype(d), call(f), scratch_bytes(s) {}
};
struct KernelTable {
  const KernelEntry* entries;
  int count;
};

}  // namespace rl
