// Reading the limits of the machine and of the control group.
#include "core/machine.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>

namespace rl {
namespace {

/// The first number of a file of the control group; -1 where there is none ("max").
int64_t number_in(const char* path, int which = 0) {
  std::ifstream file(path);
  std::string word;
  for (int i = 0; i <= which; ++i)
    if (!(file >> word)) return -1;
  char* end = nullptr;
  const long long value = std::strtoll(word.c_str(), &end, 10);
  return end == word.c_str() ? -1 : value;
}

int cpus_by_quota() {
  int64_t quota = number_in("/sys/fs/cgroup/cpu.max", 0), period = number_in("/sys/fs/cgroup/cpu.max", 1);
  if (quota <= 0) {
    quota = number_in("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
    period = number_in("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  }
  if (quota <= 0 || period <= 0) return 1 << 20;
  return std::max(1, int((quota + period - 1) / period));
}

int64_t parse_bytes(const char* text) {
  char* end = nullptr;
  double value = std::strtod(text, &end);
  if (end == text || !(value > 0)) return INT64_MAX;
  switch (*end) {
    case 'k':
    case 'K': value *= 1024.0; break;
    case 'm':
    case 'M': value *= 1024.0 * 1024; break;
    case 'g':
    case 'G': value *= 1024.0 * 1024 * 1024; break;
    default: break;
  }
  return value < 9e18 ? int64_t(value) : INT64_MAX;
}

}  // namespace

int usable_cpus() {
  for (const char* name : {"RUSHLIGHT_NUM_THREADS", "OMP_NUM_THREADS"})
    if (const char* text = std::getenv(name))
      if (const int n = std::atoi(text); n > 0) return std::min(n, 1024);
  cpu_set_t set;
  const int by_affinity = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
  return std::max(1, std::min(by_affinity, cpus_by_quota()));
}

int64_t memory_limit() {
  int64_t limit = int64_t(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE);
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"})
    if (const int64_t bytes = number_in(path); bytes > 0) limit = std::min(limit, bytes);
  if (const char* text = std::getenv("RUSHLIGHT_MEMORY_LIMIT")) limit = std::min(limit, parse_bytes(text));
  return limit;
}

}  // namespace rl
