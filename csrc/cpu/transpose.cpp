// Tiles moved between strided memory and a plan's blocks.
#include "cpu/transpose.h"

#include "core/launch.h"

RL_ISA_BEGIN

template <class Item>
static void collect(int64_t n, const char* from, int64_t step, char* to) {
  constexpr int64_t kItem = sizeof(Item);
  const auto all = [=](int64_t apart) __attribute__((always_inline)) {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) __builtin_memcpy(to + i * kItem, from + i * apart, sizeof(Item));
  };
  if (step == 0)  // where the compiler knows the step, these are shuffles of registers
    all(0);
  else if (step == 2 * kItem)
    all(2 * kItem);
  else if (step == -kItem)
    all(-kItem);
  else
    all(step);
}

template <class Item>
static void fill(int64_t n, const void* item, char* to) {
  Item value;
  __builtin_memcpy(&value, item, sizeof(value));
  for (int64_t i = 0; i < n; ++i) __builtin_memcpy(to + i * int64_t(sizeof(Item)), &value, sizeof(Item));
}

template <class Item>
constexpr Mover kMover = {&transpose<Item>, &collect<Item>, &fill<Item>};
extern const Mover mover_table[kMovers];
const Mover mover_table[kMovers] = {kMover<uint8_t>, kMover<uint16_t>, kMover<uint32_t>, kMover<uint64_t>};

RL_ISA_END
