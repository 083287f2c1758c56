// Picks the instruction set once, at load, and fills the kernel rows from its tables. Compiled without any set's flags.
#include "cpu/select.h"

#include <cstdlib>
#include <cstring>

#include "core/error.h"
#include "core/launch.h"

// the families of cpu/: a file with kernels exports <family>_entries and <family>_count
// clang-format off
#define RL_FOR_EACH_FAMILY(X) \
  X(unary) \
  X(binary) \
  X(create) \
  X(arrange) \
  X(matmul) \
  X(conv) \
  X(conv_weight) \
  X(pool) \
  X(pad) \
  X(resample) \
  X(grid) \
  X(fold) \
  X(reduce) \
  X(extreme) \
  X(scan) \
  X(running) \
  X(softmax) \
  X(normalize) \
  X(loss) \
  X(loss_elements) \
  X(ctc) \
  X(sort) \
  X(order) \
  X(search) \
  X(index) \
  X(scatter) \
  X(optim) \
  X(random) \
  X(recurrent) \
  X(attention)
// clang-format on

#define X(family)                              \
  extern const KernelEntry family##_entries[]; \
  extern const int family##_count;
#define RL_DECLARE_SET(set)                                     \
  namespace rl::cpu::set {                                      \
  RL_FOR_EACH_FAMILY(X)                                         \
  extern const ConvertFunction convert_table[kDTypes][kDTypes]; \
  extern const Mover mover_table[kMovers];                      \
  }
#ifdef RL_HAVE_v2
RL_DECLARE_SET(v2)
#endif
#ifdef RL_HAVE_v3
RL_DECLARE_SET(v3)
#endif
#ifdef RL_HAVE_v4
RL_DECLARE_SET(v4)
#endif
#ifdef RL_HAVE_baseline
RL_DECLARE_SET(baseline)
#endif
#undef X

namespace rl::cpu {
namespace {

void fill(const KernelEntry* entries, int count) {
  for (int i = 0; i < count; ++i) {
    const KernelEntry& e = entries[i];
    if (e.kernel->kind == Kind::Pointwise)
      e.kernel->block[int(e.dtype)] = e.block;
    else
      e.kernel->call[int(e.dtype)] = e.call;
    if (e.scratch_bytes) e.kernel->scratch_bytes = e.scratch_bytes;
  }
}

#define X(family) fill(SET::family##_entries, SET::family##_count);
#define RL_FILL_SET(set)                                             \
  void fill_##set() {                                                \
    namespace SET = rl::cpu::set;                                    \
    RL_FOR_EACH_FAMILY(X)                                            \
    std::memcpy(converters, SET::convert_table, sizeof(converters)); \
    std::memcpy(movers, SET::mover_table, sizeof(movers));           \
  }

struct Set {
  const char* name;
  bool (*runs)();
  void (*fill)();
};

#ifdef RL_HAVE_v2
RL_FILL_SET(v2)
#endif
#ifdef RL_HAVE_v3
RL_FILL_SET(v3)
#endif
#ifdef RL_HAVE_v4
RL_FILL_SET(v4)
#endif
#ifdef RL_HAVE_baseline
RL_FILL_SET(baseline)
#endif
#undef X

const Set kSets[] = {
// widest first
#ifdef RL_HAVE_v4
    {"v4", [] { return bool(__builtin_cpu_supports("x86-64-v4")); }, fill_v4},
#endif
#ifdef RL_HAVE_v3
    {"v3", [] { return bool(__builtin_cpu_supports("x86-64-v3")); }, fill_v3},
#endif
#ifdef RL_HAVE_v2
    {"v2", [] { return bool(__builtin_cpu_supports("x86-64-v2")); }, fill_v2},
#endif
#ifdef RL_HAVE_baseline
    {"baseline", [] { return true; }, fill_baseline},
#endif
};

const char* pick() {
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  const char* forced = std::getenv("RUSHLIGHT_ISA");
  for (const Set& set : kSets) {
    if (forced && *forced && std::strcmp(forced, set.name) != 0) continue;
    if (!set.runs()) continue;
    set.fill();
    return set.name;
  }
  fail(ErrorKind::Runtime, "rushlight: ", forced && *forced ? "RUSHLIGHT_ISA=" : "no instruction set of this build",
       forced ? forced : "", " does not run on this machine");
}

}  // namespace

const char* isa() {
  static const char* const chosen = pick();
  return chosen;
}

}  // namespace rl::cpu
