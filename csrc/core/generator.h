// Random streams: mt19937 with the numbers that PyTorch's CPU generator gives for a seed (shared facts:
// random_streams).
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "core/ref.h"

namespace rl {

class Generator;
Generator& default_generator();

/// Safe to use from several threads; each fill is one piece of the stream.
class Generator : public Counted {
 public:
  static constexpr uint64_t kDefaultSeed = 67280421310721ull;
  static Ref<Generator> make(uint64_t seed = kDefaultSeed);
  static void destroy(Generator* g) noexcept;

  void manual_seed(uint64_t seed);
  /// A seed from the system's entropy; returned.
  uint64_t seed();
  uint64_t initial_seed() const;
  Ref<Generator> clone() const;
  /// PyTorch's 5056 bytes: what torch.get_state() gives.
  std::vector<uint8_t> get_state() const;
  void set_state(const uint8_t* bytes, size_t count);

  void fill_random32(uint32_t* to, int64_t n);
  void fill_random64(uint64_t* to, int64_t n);
  /// Of a pair one is kept for the next call.
  double normal();

 private:
  friend Generator& default_generator();
  explicit Generator(uint64_t seed) { reseed(seed); }
  void reseed(uint64_t seed);
  void draw(uint32_t* to, int64_t n);
  void refill();

  mutable std::mutex lock_;
  uint64_t seed_ = 0;
  uint32_t state_[624];
  int left_ = 1;  // draws until the next refill, and one more
  uint32_t next_ = 0;
  bool has_kept_ = false;
  double kept_ = 0;
};

/// The thread's generator: the one in its slot, or the process's.
Generator& default_generator();
/// Fills this thread's slot (null empties it); returns what was there.
Ref<Generator> exchange_default_generator(Ref<Generator> next);

}  // namespace rl
