// Tiles moved between strided memory and a plan's blocks.
#include "cpu/transpose.h"

#include "core/launch.h"

RL_ISA_BEGIN

template <class Item>
static void collect(int64_t n, const char* from, int64_t step, char* to) {
  Item* const out = reinterpret_cast<Item*>(to);
  const auto at = [&](int64_t i) __attribute__((always_inline)) {
    Item item;
    __builtin_memcpy(&item, from + i * step, sizeof(Item));
    return item;
  };
  if (step == 0) {
    const Item item = at(0);
    for (int64_t i = 0; i < n; ++i) out[i] = item;
  } else if (step == 2 * int64_t(sizeof(Item))) {  // known to the compiler, these two are shuffles of registers
    const Item* x = reinterpret_cast<const Item*>(from);
    for (int64_t i = 0; i < n; ++i) out[i] = x[2 * i];
  } else if (step == -int64_t(sizeof(Item))) {
    const Item* x = reinterpret_cast<const Item*>(from);
    for (int64_t i = 0; i < n; ++i) out[i] = x[-i];
  } else {
#pragma GCC unroll 4
    for (int64_t i = 0; i < n; ++i) out[i] = at(i);
  }
}

template <class Item>
constexpr Mover kMover = {&transpose<Item>, &collect<Item>};
extern const Mover mover_table[kMovers];
const Mover mover_table[kMovers] = {kMover<uint8_t>, kMover<uint16_t>, kMover<uint32_t>, kMover<uint64_t>};

RL_ISA_END
