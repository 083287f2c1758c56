// The lower door: who is told, what is counted, what is refused, and steps that are run again from a tape.
#include "core/launch.h"

#include <thread>

#include "core/allocator.h"
#include "cpu/index_kernels.h"
#include "cpu/optim_kernels.h"
#include "cpu/pointwise_kernels.h"
#include "ops/index.h"
#include "ops/loss.h"
#include "ops/pointwise.h"
#include "ops/product.h"
#include "ops/random.h"
#include "support.h"

namespace rl {
namespace {

class Launch : public NativeTest {
 protected:
  ~Launch() override { exchange_observer(nullptr); }
};

struct Diary : LaunchObserver {
  std::vector<std::string> lines;
  void before(const Kernel& k, std::span<const Operand> o, DType key, const Parameters&) override {
    lines.push_back(concat("before ", k.name, " ", o.size(), " ", name(key)));
  }
  void after(const Kernel& k, std::span<const Operand>, DType, const Parameters&) override {
    lines.push_back(concat("after ", k.name));
  }
  void fence(const char* op) override { lines.push_back(concat("fence ", op)); }
};

TEST_F(Launch, TellsItsObserverWhatRuns) {
  const Tensor a = fractions<float>({3}), out = empty({3}, DType::Float32);
  Diary diary;
  EXPECT_EQ(exchange_observer(&diary), nullptr);
  launch(kernels::mul, {out, a, Scalar(2)}, DType::Float32);
  read_host(out, "item");
  std::thread([&] { launch(kernels::copy, {out, a}, DType::Float32); }).join();  // another thread is not watched
  EXPECT_EQ(exchange_observer(nullptr), &diary);
  launch(kernels::copy, {out, a}, DType::Float32);
  EXPECT_EQ(diary.lines, (std::vector<std::string>{"before mul 3 float32", "after mul", "fence item"}));
}

TEST_F(Launch, BumpsTheVersionsOfWhatWasWrittenAndSaysWho) {
  const Tensor a = fractions<float>({3}), out = empty({3}, DType::Float32);
  launch(kernels::mul, {out, a, a}, DType::Float32);
  EXPECT_EQ(out.version()->value(), 1u);
  EXPECT_STREQ(out.version()->last_writer, "mul");
  EXPECT_EQ(a.version()->value(), 0u);
}

TEST_F(Launch, EndsOnMetaAndRefusesToReadFromIt) {
  const Device meta{DeviceType::Meta};
  const Tensor here = fractions<float>({3}), there = empty({3}, DType::Float32, meta);
  launch(kernels::mul, {there, there, here}, DType::Float32);
  EXPECT_EQ(there.version()->value(), 0u);
  expect_error(ErrorKind::Runtime, "meta device has no values",
               [&] { launch(kernels::copy, {here, there}, DType::Float32); });
  expect_error(ErrorKind::NotImplemented, "Cannot copy out of meta tensor; no data!",
               [&] { read_host(there, "item"); });
}

TEST_F(Launch, ADtypeThatNoFunctionComputesIsNotImplemented) {
  const Tensor t = empty({3}, DType::Int64);
  EXPECT_FALSE(computes(kernels::exp, DType::Int64));
  expect_error(ErrorKind::NotImplemented, "\"exp\" not implemented for 'Long'",
               [&] { launch(kernels::exp, {t, t}, DType::Int64); });
}

TEST_F(Launch, TheErrorWordKeepsTheLowestPosition) {
  ErrorWord word;
  report(&word, 1, 7, 70);
  report(&word, 2, 3, 30);
  report(&word, 3, 5, 50);
  report(&word, 4, 3, 31);
  EXPECT_EQ(word.code, 2);
  EXPECT_EQ(word.position, 3);
  EXPECT_EQ(word.value, 30);
  ErrorWord shared;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int64_t i = 200; i-- > 0;) report(&shared, 1, i * 4 + t, 0);
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(shared.position, 0);
}

TEST_F(Launch, TheFirstOfManyBadIndicesIsNamedForAnyNumberOfThreads) {
  const Tensor x = fractions<float>({10, 3}), index = ops::full({100000}, Scalar(4), DType::Int64);
  const Tensor logs = fractions<float>({100000, 5});
  for (int64_t i = 31234; i < 100000; i += 17) index.data_as<int64_t>()[i] = 1000000 + i;
  const int64_t allocated = memory_report().allocated;
  for (int threads : {1, 2, 4}) {
    set_num_threads(threads);
    expect_error(ErrorKind::Index, "index 1031234 is out of bounds", [&] { ops::index_select(x, 0, index); });
    expect_error(ErrorKind::Index, "Target 1031234 is out of bounds.",
                 [&] { ops::nll_loss(logs, index, nullptr, "mean", -100); });
  }
  EXPECT_EQ(memory_report().allocated, allocated) << "results and scratch of what raised";
}

TEST_F(Launch, ATapeRunsAStepAgainOnTheValuesThatAreThereThen) {
  const Tensor x = fractions<float>({4, 8}), weight = fractions<float>({3, 8}), bias = fractions<float>({3});
  const auto step = [&] { return ops::relu(ops::linear(x, weight, &bias), nullptr); };
  Tape tape;
  exchange_observer(&tape);
  const Tensor recorded = step();
  exchange_observer(nullptr);
  EXPECT_GT(tape.size(), 0u);
  for (int i = 0; i < 3; ++i) {
    const Tensor batch = fractions<float>({4, 8});
    ops::copy_values(x, batch);
    tape.replay();
    expect_same<float>(recorded, step());
  }
}

TEST_F(Launch, ATapeHoldsItsTensorsAndGeneratorsAndDrawsOn) {
  Tape tape;
  Tensor drawn;
  const Ref<Generator> twin = Generator::make(5);
  {
    const Ref<Generator> generator = Generator::make(5);
    const Tensor ones = ops::full({100}, Scalar(1), DType::Float32);
    exchange_observer(&tape);
    drawn = std::get<0>(ops::dropout(ones, 0.5, generator.get()));
    exchange_observer(nullptr);
  }
  const Tensor ones = ops::full({100}, Scalar(1), DType::Float32);
  for (int i = 0; i < 3; ++i) {
    expect_same<float>(drawn, std::get<0>(ops::dropout(ones, 0.5, twin.get())));
    tape.replay();
  }
}

TEST_F(Launch, ATapeRefusesAValueThatReachesTheProgramUnlessItIsNotRecorded) {
  const Tensor t = fractions<float>({3}), other = fractions<float>({3});
  Tape tape;
  exchange_observer(&tape);
  expect_error(ErrorKind::Runtime, "could not depend on it", [&] { read_host(t, "item"); });
  {
    const Unrecorded pause;
    const Unrecorded nested;
    launch(kernels::copy, {t, other}, DType::Float32);
    read_host(t, "item");
  }
  EXPECT_EQ(tape.size(), 0u);
  launch(kernels::copy, {t, other}, DType::Float32);
  EXPECT_EQ(tape.size(), 1u);
}

TEST_F(Launch, AReplayRaisesWhatTheStepWouldRaise) {
  const Tensor logs = fractions<float>({2, 3}), target = ops::full({2}, Scalar(1), DType::Int64);
  Tape tape;
  exchange_observer(&tape);
  ops::nll_loss(logs, target, nullptr, "mean", -100);
  exchange_observer(nullptr);
  target.data_as<int64_t>()[1] = 3;
  expect_error(ErrorKind::Index, "Target 3 is out of bounds.", [&] { tape.replay(); });
}

}  // namespace
}  // namespace rl
