// Compiler words used everywhere: inlining, and the name of the instruction set a file is compiled for.
#pragma once

#if defined(__CUDACC__)
#define RL_INLINE __host__ __device__ __forceinline__
#else
#define RL_INLINE inline __attribute__((always_inline))
#endif

#define RL_COLD __attribute__((noinline, cold))
#define RL_LIKELY(x) __builtin_expect(!!(x), 1)
#define RL_UNLIKELY(x) __builtin_expect(!!(x), 0)

// A thread's word without initialisation code, read in one instruction: the general model of a shared library is a call
// at every use. For single words: room for this model is scarce in a library that is loaded late.
#define RL_THREAD_WORD thread_local __attribute__((tls_model("initial-exec"))) constinit

// Files of cpu/ are compiled once per instruction set with -DRL_ISA=v2|v3|v4, inside a namespace of that name, so that
// no template instantiated for a wide machine can be linked into the path of a narrow one (DESIGN, section 4).
#if defined(RL_ISA)
#define RL_ISA_BEGIN  \
  namespace rl::cpu { \
  inline namespace RL_ISA {
#define RL_ISA_END \
  }                \
  }
#endif
