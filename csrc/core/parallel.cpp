// The pool: workers that wait at a generation counter, and one job at a time behind a gate that they may pass while it
// is open.
#include "core/parallel.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>

#include "core/error.h"
#include "core/machine.h"

namespace rl {
namespace {

constexpr int kClosed = 1 << 20;
thread_local bool inside = false;  // in a worker, or in a body that the caller runs

void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// The switches of floating-point arithmetic: a worker takes those of the thread it works for.
uint32_t float_control() {
#if defined(__x86_64__)
  return __builtin_ia32_stmxcsr();
#else
  return 0;
#endif
}
void set_float_control([[maybe_unused]] uint32_t control) {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr(control);
#endif
}

class Pool {
 public:
  /// False where another thread has the pool: the caller then works alone.
  bool run(int64_t n, int64_t grain, int threads, void (*invoke)(void*, int64_t, int64_t), void* context) {
    std::unique_lock hold(owner_, std::try_to_lock);
    if (!hold) return false;
    while (workers_ < threads - 1) {
      try {
        std::thread([this] { work(); }).detach();
      } catch (const std::system_error&) {
        break;  // no more threads to be had (ulimit -u): those there are do the work
      }
      ++workers_;
    }
    const int64_t pieces = (n + grain - 1) / grain;
    n_ = n;
    step_ = std::max<int64_t>(1, pieces / (int64_t(threads) * 4)) * grain;
    invoke_ = invoke;
    context_ = context;
    float_control_ = float_control();
    next_.store(0, std::memory_order_relaxed);
    room_.store(threads - 1, std::memory_order_relaxed);
    gate_.fetch_add(kClosed, std::memory_order_release);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    inside = true;
    take_pieces();
    inside = false;
    gate_.fetch_sub(kClosed, std::memory_order_acq_rel);
    while (gate_.load(std::memory_order_acquire) != -kClosed) pause_briefly();
    return true;
  }

 private:
  void take_pieces() {
    for (;;) {
      const int64_t begin = next_.fetch_add(step_, std::memory_order_relaxed);
      if (begin >= n_) return;
      invoke_(context_, begin, std::min(begin + step_, n_));
    }
  }

  void work() {
    inside = true;
    uint32_t seen = 0;
    for (;;) {
      for (int i = 0; i < 4000 && generation_.load(std::memory_order_acquire) == seen; ++i) pause_briefly();
      generation_.wait(seen, std::memory_order_acquire);
      seen = generation_.load(std::memory_order_acquire);
      // whoever comes after the gate was shut turns round; counts balance either way
      if (gate_.fetch_add(1, std::memory_order_acq_rel) >= 0 && room_.fetch_sub(1, std::memory_order_relaxed) > 0) {
        set_float_control(float_control_);
        take_pieces();
      }
      gate_.fetch_sub(1, std::memory_order_release);
    }
  }

  std::mutex owner_;
  int workers_ = 0;
  std::atomic<uint32_t> generation_{0};
  std::atomic<int> gate_{-kClosed};
  std::atomic<int> room_{0};
  std::atomic<int64_t> next_{0};
  int64_t n_ = 0, step_ = 1;
  void (*invoke_)(void*, int64_t, int64_t) = nullptr;
  void* context_ = nullptr;
  uint32_t float_control_ = 0;
};

std::atomic<Pool*> pool{nullptr};
std::atomic<int> threads_set{0};

Pool& the_pool() {
  Pool* p = pool.load(std::memory_order_acquire);
  if (p) return *p;
  static std::once_flag watch_forks;
  // a child of fork has no workers: it forgets the pool and starts one of its own when it needs one
  std::call_once(watch_forks, [] {
    pthread_atfork(nullptr, nullptr, [] {
      pool.store(nullptr);
      inside = false;
    });
  });
  Pool* made = new Pool;  // never freed: workers may outlive static destruction
  if (pool.compare_exchange_strong(p, made)) return *made;
  delete made;
  return *p;
}

}  // namespace

int num_threads() {
  int n = threads_set.load(std::memory_order_relaxed);
  if (n == 0) threads_set.store(n = usable_cpus(), std::memory_order_relaxed);
  return n;
}

void set_num_threads(int n) {
  RL_CHECK(n > 0, "set_num_threads expects a positive integer, got ", n);
  RL_CHECK(n <= 1024, "set_num_threads: at most 1024 threads, got ", n);
  threads_set.store(n, std::memory_order_relaxed);
}

bool set_flush_denormal(bool on) {
#if defined(__x86_64__)
  constexpr uint32_t kFlush = 0x8040;  // flush to zero, denormals are zero
  set_float_control(on ? float_control() | kFlush : float_control() & ~kFlush);
  return true;
#else
  return !on;
#endif
}

void run_parallel(int64_t n, int64_t grain, void (*invoke)(void*, int64_t, int64_t), void* context) {
  if (n <= 0) return;
  grain = std::max<int64_t>(grain, 1);
  const int threads = int(std::min<int64_t>(num_threads(), (n + grain - 1) / grain));
  if (threads > 1 && !inside && the_pool().run(n, grain, threads, invoke, context)) return;
  invoke(context, 0, n);
}

}  // namespace rl
