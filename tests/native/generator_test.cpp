// Random streams: literal numbers that PyTorch 2.13 gives for a seed, saved states, and several threads.
#include "core/generator.h"

#include <algorithm>
#include <thread>

#include "ops/random.h"
#include "support.h"

namespace rl {
namespace {

class Random : public NativeTest {
 protected:
  Generator* seeded(uint64_t seed = 5) {
    generator_->manual_seed(seed);
    return generator_.get();
  }
  template <class T>
  static std::vector<T> values(const Tensor& t) {
    return {t.data_as<T>(), t.data_as<T>() + t.numel()};
  }
  Ref<Generator> generator_ = Generator::make();
};

TEST_F(Random, TheFirstDrawsOfASeedArePyTorchs) {
  const struct {
    uint64_t seed, draws[3];
  } facts[] = {{0, {0x8c7f0aac97c4aa2f, 0xb716a675d821ccc0, 0x9a4eb343dba252fb}},
               {5, {0x38d48b630e2048ce, 0xdee84fefd4d1e6bd, 0x34eb8be65d1ddc76}},
               {(uint64_t(1) << 32) + 5, {0x38d48b630e2048ce, 0xdee84fefd4d1e6bd, 0x34eb8be65d1ddc76}},  // low 32 bits
               {Generator::kDefaultSeed, {0x8c446d7644df5e04, 0xef55d57dc4672c0c, 0xa7c980ad94752593}}};
  for (const auto& fact : facts) {
    uint64_t wide[3];
    seeded(fact.seed)->fill_random64(wide, 3);
    uint32_t narrow[6];
    seeded(fact.seed)->fill_random32(narrow, 6);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(wide[i], fact.draws[i]);
      EXPECT_EQ(uint64_t(narrow[2 * i]) << 32 | narrow[2 * i + 1], fact.draws[i]) << "the first draw is the high half";
    }
    EXPECT_EQ(generator_->initial_seed(), fact.seed);
  }
}

TEST_F(Random, UniformNumbersArePyTorchs) {
  EXPECT_EQ(values<float>(ops::rand({4}, seeded(), DType::Float32, {}, nullptr)),
            (std::vector<float>{0x1.a916c6p-1f, 0x1.02467p-3f, 0x1.d09fdep-1f, 0x1.a3cd7ap-1f}));
  EXPECT_EQ(values<double>(ops::rand({3}, seeded(), DType::Float64, {}, nullptr)),
            (std::vector<double>{0x1.48b630e2048cep-1, 0x1.09fdfa9a3cd7ap-2, 0x1.717ccba3bb8ecp-2}));
  EXPECT_EQ(values<int64_t>(ops::randint(-5, 995, {6}, seeded(), {}, {}, nullptr)),
            (std::vector<int64_t>{406, 809, 762, 880, 1, 65}));
  EXPECT_EQ(values<int64_t>(ops::randint(0, int64_t(1) << 40, {3}, seeded(), {}, {}, nullptr)),
            (std::vector<int64_t>{425438759118, 1030067709629, 989404716150}));
  EXPECT_EQ(values<int64_t>(ops::randperm(10, seeded(), {}, {}, nullptr)),
            (std::vector<int64_t>{1, 4, 9, 6, 3, 5, 0, 2, 8, 7}));
}

TEST_F(Random, DropoutKeepsWhatPyTorchKeeps) {
  const Tensor ones = ops::full({12}, Scalar(1), DType::Float32);
  const Tensor kept = std::get<1>(ops::dropout(ones, 0.3, seeded()));
  const bool expected[] = {1, 1, 1, 1, 1, 0, 1, 0, 0, 1, 1, 1};
  EXPECT_TRUE(std::equal(expected, expected + 12, kept.data_as<bool>()));
}

void expect_near(const std::vector<double>& got, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], tolerance) << i;
}

TEST_F(Random, NormalNumbersArePyTorchs) {
  const auto normals = [&](int64_t n, DType dtype) {
    const Tensor t = ops::as_dtype(ops::randn({n}, seeded(), dtype, {}, nullptr), DType::Float64);
    return values<double>(t);
  };
  const std::vector<double> single = {-0.48678075071242677, -0.6038215878840039,  -0.5580962308236769,
                                      0.6675242781639099,   -0.19741509854793549, 1.9427834749221802,
                                      -1.4017020463943481};
  expect_near(normals(7, DType::Float32), single, 2e-7);  // fewer than 16: in float64, one by one
  expect_near(normals(3, DType::Float64), {single.begin(), single.begin() + 3}, 1e-15);
  auto block = normals(16, DType::Float32);
  block.resize(4);
  expect_near(block, {1.8423298597335815, 0.5188871622085571, -1.7119213342666626, -1.7013792991638184}, 1e-6);
  const auto with_tail = normals(37, DType::Float32);  // the last 16 are made again
  expect_near({with_tail.end() - 4, with_tail.end()},
              {0.6704617738723755, -0.1777045875787735, 0.4313727617263794, 1.2417020797729492}, 1e-6);
}

TEST_F(Random, OneOfAPairIsKeptForTheNextCallAndForItsState) {
  const Tensor three = ops::randn({3}, seeded(), DType::Float32, {}, nullptr);
  const auto state = generator_->get_state();
  ASSERT_EQ(state.size(), 5056u);
  // seed, left and next as PyTorch stores them
  EXPECT_EQ(state[0], 5);
  EXPECT_EQ(state[8] + state[9] * 256, 0x269);
  EXPECT_EQ(state[16], 8);
  const Tensor next = ops::randn({2}, generator_.get(), DType::Float32, {}, nullptr);
  expect_near({next.data_as<float>()[0], next.data_as<float>()[1]}, {0.6675242781639099, -0.19741509854793549}, 1e-7);
  const Ref<Generator> other = Generator::make(1);
  other->set_state(state.data(), state.size());
  const Tensor again = ops::randn({2}, other.get(), DType::Float32, {}, nullptr);
  expect_same<float>(again, next);
  EXPECT_EQ(other->get_state(), generator_->get_state());
  EXPECT_EQ(generator_->clone()->get_state(), generator_->get_state());
}

TEST_F(Random, ABrokenStateIsRefusedAndChangesNothing) {
  const auto good = generator_->get_state();
  expect_error(ErrorKind::Runtime, "RNG state is wrong size", [&] { generator_->set_state(good.data(), 100); });
  for (const auto& [at, byte] : {std::pair(12, 0), std::pair(8, 0), std::pair(9, 255), std::pair(17, 255)}) {
    auto bad = good;
    bad[size_t(at)] = uint8_t(byte);
    if (at == 8) bad[9] = 0;  // left = 0
    expect_error(ErrorKind::Runtime, "Invalid mt19937 state", [&] { generator_->set_state(bad.data(), bad.size()); });
  }
  EXPECT_EQ(generator_->get_state(), good);
}

TEST_F(Random, TheDefaultGeneratorIsTheOneInTheThreadsSlot) {
  Generator& process = default_generator();
  const Ref<Generator> before = exchange_default_generator(generator_);
  EXPECT_EQ(&default_generator(), generator_.get());
  std::thread([&] { EXPECT_EQ(&default_generator(), &process); }).join();
  exchange_default_generator(before);
  EXPECT_EQ(&default_generator(), &process);
}

TEST_F(Random, ThreadsTakeTurnsAndLoseNoDraw) {
  constexpr int kThreads = 4, kFills = 50, kDraws = 32;
  std::vector<uint32_t> expected(kThreads * kFills * kDraws), got(expected.size());
  seeded()->fill_random32(expected.data(), int64_t(expected.size()));
  seeded();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kFills; ++i) generator_->fill_random32(got.data() + (t * kFills + i) * kDraws, kDraws);
    });
  for (std::thread& t : threads) t.join();
  std::sort(expected.begin(), expected.end());
  std::sort(got.begin(), got.end());
  EXPECT_EQ(got, expected);
}

}  // namespace
}  // namespace rl
