// What this machine lets the process use: processors and memory, by affinity, container and environment.
#pragma once

#include <cstdint>

namespace rl {

/// Processors by affinity and the container's CPU quota; RUSHLIGHT_NUM_THREADS or OMP_NUM_THREADS overrides. At
/// least 1.
int usable_cpus();
/// Bytes the process may hold: the least of physical memory, the container's limit and RUSHLIGHT_MEMORY_LIMIT (K, M,
/// G).
int64_t memory_limit();

}  // namespace rl
