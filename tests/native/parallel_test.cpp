// parallel_for: every index once, whatever the numbers of threads and pieces, nested, from several threads, after fork.
#include "core/parallel.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <thread>

#include "support.h"

namespace rl {
namespace {

class Parallel : public NativeTest {};

/// How often each index was met; `false` too where a piece begins off the grain.
bool covers_once(int64_t n, int64_t grain) {
  const auto met = std::make_unique<std::atomic<int>[]>(size_t(n));
  std::atomic<bool> aligned{true};
  parallel_for(n, grain, [&](int64_t begin, int64_t end) {
    if (begin % std::max<int64_t>(grain, 1) != 0 || begin >= end || end > n) aligned = false;
    for (int64_t i = begin; i < end; ++i) met[size_t(i)].fetch_add(1, std::memory_order_relaxed);
  });
  for (int64_t i = 0; i < n; ++i)
    if (met[size_t(i)] != 1) return false;
  return aligned;
}

TEST_F(Parallel, EveryIndexIsMetOnce) {
  for (int threads : {1, 2, 3, 8, 33}) {
    set_num_threads(threads);
    EXPECT_EQ(num_threads(), threads);
    for (int64_t n : {0, 1, 2, 7, 64, 1000, 4097})
      for (int64_t grain : {0, 1, 3, 64, 1000, 5000}) EXPECT_TRUE(covers_once(n, grain)) << n << " by " << grain;
  }
}

TEST_F(Parallel, ManySmallJobsInARowAreAllDone) {
  set_num_threads(4);
  for (int i = 0; i < 5000; ++i) {
    std::atomic<int64_t> sum{0};
    parallel_for(16, 1, [&](int64_t begin, int64_t end) { sum += end - begin; });
    ASSERT_EQ(sum, 16);
  }
}

TEST_F(Parallel, AJobInsideAJobRunsWhereItStands) {
  set_num_threads(4);
  std::atomic<int64_t> met{0};
  std::atomic<bool> stayed{true};
  parallel_for(8, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const auto self = std::this_thread::get_id();
      parallel_for(100, 1, [&](int64_t b, int64_t e) {
        if (std::this_thread::get_id() != self) stayed = false;
        met += e - b;
      });
    }
  });
  EXPECT_EQ(met, 800);
  EXPECT_TRUE(stayed);
}

TEST_F(Parallel, SeveralThreadsMayCallAtOnce) {
  set_num_threads(3);
  std::atomic<int> failures{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t)
    callers.emplace_back([&] {
      for (int i = 0; i < 200; ++i) failures += !covers_once(500, 7);
    });
  for (std::thread& t : callers) t.join();
  EXPECT_EQ(failures, 0);
}

TEST_F(Parallel, TheNumberOfThreadsIsCheckedAndMayChangeAtAnyTime) {
  for (int n : {0, -1, 1025}) expect_error(ErrorKind::Runtime, "set_num_threads", [&] { set_num_threads(n); });
  for (int n : {2, 1, 5, 2, 7}) {
    set_num_threads(n);
    EXPECT_TRUE(covers_once(1000, 10));
  }
}

TEST_F(Parallel, AChildOfForkHasAPoolOfItsOwn) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer starts no threads after a fork of several";
#endif
  set_num_threads(4);
  ASSERT_TRUE(covers_once(1000, 1));
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(covers_once(1000, 1) && covers_once(100000, 16) ? 0 : 1);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(covers_once(1000, 1));
}

}  // namespace
}  // namespace rl
