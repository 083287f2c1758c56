// mt19937 (Matsumoto and Nishimura, 1998) and PyTorch's recipes on it.
#include "core/generator.h"

#include <pthread.h>

#include <algorithm>
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

double uniform(uint64_t r) { return double(r & ((uint64_t(1) << 53) - 1)) * 0x1p-53; }

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
  left_ = 625;
  next_ = 0;
}

/// As many as are left of the state at once, so that the loop is one of vectors.
void Generator::draw(uint32_t* to, int64_t n) {
  while (n > 0) {
    if (left_ == 1) refill();
    const int64_t count = std::min<int64_t>(n, left_ - 1);
    for (int64_t i = 0; i < count; ++i) {
      uint32_t y = state_[next_ + uint32_t(i)];
      y ^= y >> 11;
      y ^= (y << 7) & 0x9d2c5680u;
      y ^= (y << 15) & 0xefc60000u;
      to[i] = y ^ (y >> 18);
    }
    left_ -= int(count);
    next_ += uint32_t(count);
    to += count;
    n -= count;
  }
}

void Generator::fill_random32(uint32_t* to, int64_t n) {
  const std::lock_guard hold(lock_);
  draw(to, n);
}
/// The higher half is drawn first.
void Generator::fill_random64(uint64_t* to, int64_t n) {
  const std::lock_guard hold(lock_);
  constexpr int64_t kPiece = 256;
  uint32_t halves[2 * kPiece];
  for (int64_t at = 0; at < n; at += kPiece) {
    const int64_t count = std::min(kPiece, n - at);
    draw(halves, 2 * count);
    for (int64_t i = 0; i < count; ++i) to[at + i] = uint64_t(halves[2 * i]) << 32 | halves[2 * i + 1];
  }
}

double Generator::normal() {
  const std::lock_guard hold(lock_);
  if (has_kept_) {
    has_kept_ = false;
    return kept_;
  }
  uint32_t r[4];
  draw(r, 4);
  const double u1 = uniform(uint64_t(r[0]) << 32 | r[1]), u2 = uniform(uint64_t(r[2]) << 32 | r[3]);
  const double radius = std::sqrt(-2 * std::log1p(-u2)), angle = 2 * M_PI * u1;
  has_kept_ = true;
  kept_ = radius * std::sin(angle);
  return radius * std::cos(angle);
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
