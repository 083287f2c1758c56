// mt19937 (Matsumoto and Nishimura, 1998) and PyTorch's recipes on it.
#include "core/generator.h"

#include <pthread.h>

#include <cmath>
#include <cstring>
#include <random>

#include "core/error.h"

namespace rl {
namespace {

/// PyTorch's layout of a saved state, field by field.
struct SavedState {
  uint64_t seed;
  int32_t left;
  int32_t seeded;
  uint64_t next;
  uint64_t state[624];
  double normal_x, normal_y, normal_rho;
  int32_t normal_is_valid;
  int32_t unused;
  float float_normal;
  uint8_t float_normal_is_valid;
  uint8_t padding[3];
};
static_assert(sizeof(SavedState) == 5056);

float uniform(uint32_t r) { return float(r & 0xffffffu) * 0x1p-24f; }
double uniform(uint64_t r) { return double(r & ((uint64_t(1) << 53) - 1)) * 0x1p-53; }

template <class T>
void box_muller(T* x, T mean, T std) {
  for (int j = 0; j < 8; ++j) {
    const T u1 = 1 - x[j], u2 = x[j + 8];
    const T radius = std::sqrt(T(-2) * std::log(u1)), angle = T(2 * M_PI) * u2;
    x[j] = radius * std::cos(angle) * std + mean;
    x[j + 8] = radius * std::sin(angle) * std + mean;
  }
}

thread_local Ref<Generator> slot;

}  // namespace

Ref<Generator> Generator::make(uint64_t seed) { return Ref<Generator>(new Generator(seed)); }
void Generator::destroy(Generator* g) noexcept { delete g; }

void Generator::reseed(uint64_t seed) {
  seed_ = seed;
  state_[0] = uint32_t(seed);
  for (uint32_t i = 1; i < 624; ++i) state_[i] = 1812433253u * (state_[i - 1] ^ (state_[i - 1] >> 30)) + i;
  left_ = 1;
  next_ = 0;
  has_kept_ = false;
}

void Generator::manual_seed(uint64_t seed) {
  const std::lock_guard hold(lock_);
  reseed(seed);
}
uint64_t Generator::seed() {
  std::random_device entropy;
  const uint64_t high = entropy();
  const uint64_t seed = (high << 32 | entropy()) & ((uint64_t(1) << 53) - 1);
  manual_seed(seed);
  return seed;
}
uint64_t Generator::initial_seed() const {
  const std::lock_guard hold(lock_);
  return seed_;
}

Ref<Generator> Generator::clone() const {
  Ref<Generator> copy = make();
  const std::vector<uint8_t> state = get_state();
  copy->set_state(state.data(), state.size());
  return copy;
}

std::vector<uint8_t> Generator::get_state() const {
  const std::lock_guard hold(lock_);
  SavedState s{};
  s.seed = seed_;
  s.left = left_;
  s.seeded = 1;
  s.next = next_;
  for (int i = 0; i < 624; ++i) s.state[i] = state_[i];
  s.normal_is_valid = has_kept_;
  s.normal_y = has_kept_ ? kept_ : 0;
  std::vector<uint8_t> bytes(sizeof(s));
  std::memcpy(bytes.data(), &s, sizeof(s));
  return bytes;
}

void Generator::set_state(const uint8_t* bytes, size_t count) {
  RL_CHECK(count == sizeof(SavedState), "set_state: RNG state is wrong size: ", count, " bytes, expected ",
           sizeof(SavedState));
  SavedState s;
  std::memcpy(&s, bytes, sizeof(s));
  RL_CHECK(s.seeded == 1 && s.left >= 1 && s.left <= 624 && s.next <= 624 && uint64_t(s.left) + s.next <= 624 + 1,
           "set_state: Invalid mt19937 state");
  const std::lock_guard hold(lock_);
  seed_ = s.seed;
  left_ = s.left;
  next_ = uint32_t(s.next);
  for (int i = 0; i < 624; ++i) state_[i] = uint32_t(s.state[i]);
  has_kept_ = s.normal_is_valid != 0;
  kept_ = s.normal_y;
}

void Generator::refill() {
  const auto mix = [this](int i, int next, int far) {
    const uint32_t y = (state_[i] & 0x80000000u) | (state_[next] & 0x7fffffffu);
    state_[i] = state_[far] ^ (y >> 1) ^ (-(state_[next] & 1u) & 0x9908b0dfu);
  };
  for (int i = 0; i < 227; ++i) mix(i, i + 1, i + 397);
  for (int i = 227; i < 623; ++i) mix(i, i + 1, i - 227);
  mix(623, 0, 396);
  left_ = 624;
  next_ = 0;
}

uint32_t Generator::draw32() {
  if (--left_ == 0) refill();
  uint32_t y = state_[next_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}
uint64_t Generator::draw64() {
  const uint64_t high = draw32();
  return high << 32 | draw32();
}

void Generator::fill_random32(uint32_t* to, int64_t n) {
  const std::lock_guard hold(lock_);
  for (int64_t i = 0; i < n; ++i) to[i] = draw32();
}
void Generator::fill_random64(uint64_t* to, int64_t n) {
  const std::lock_guard hold(lock_);
  for (int64_t i = 0; i < n; ++i) to[i] = draw64();
}

double Generator::single_normal() {
  if (has_kept_) {
    has_kept_ = false;
    return kept_;
  }
  const double u1 = uniform(draw64()), u2 = uniform(draw64());
  const double radius = std::sqrt(-2 * std::log1p(-u2)), angle = 2 * M_PI * u1;
  has_kept_ = true;
  kept_ = radius * std::sin(angle);
  return radius * std::cos(angle);
}

template <class T>
void Generator::fill_normals(T* to, int64_t n, double mean, double std, bool whole_blocks) {
  const std::lock_guard hold(lock_);
  const auto draw = [this] {
    if constexpr (sizeof(T) == 4)
      return uniform(draw32());
    else
      return uniform(draw64());
  };
  if (n < 16) {
    for (int64_t i = 0; i < n; ++i) to[i] = T(single_normal() * std + mean);
    return;
  }
  const int64_t drawn = whole_blocks ? n / 16 * 16 : n;
  for (int64_t i = 0; i < drawn; ++i) to[i] = draw();
  for (int64_t i = 0; i + 16 <= n; i += 16) box_muller(to + i, T(mean), T(std));
  if (n % 16 == 0) return;
  for (int64_t i = n - 16; i < n; ++i) to[i] = draw();
  box_muller(to + n - 16, T(mean), T(std));
}
void Generator::fill_normal(float* to, int64_t n, double mean, double std, bool whole_blocks) {
  fill_normals(to, n, mean, std, whole_blocks);
}
void Generator::fill_normal(double* to, int64_t n, double mean, double std, bool whole_blocks) {
  fill_normals(to, n, mean, std, whole_blocks);
}

Generator& default_generator() {
  if (slot) return *slot;
  static Generator* process = [] {
    // a fork waits for the lock, so that no child inherits it from a thread that it does not have
    static const auto* made = new Ref<Generator>(Generator::make());  // never freed: threads may outlive it
    pthread_atfork([] { (*made)->lock_.lock(); }, [] { (*made)->lock_.unlock(); }, [] { (*made)->lock_.unlock(); });
    return made->get();
  }();
  return *process;
}
Ref<Generator> exchange_default_generator(Ref<Generator> next) { return std::exchange(slot, std::move(next)); }

}  // namespace rl
