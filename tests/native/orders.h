// The tree of DESIGN, section 5, in which lanes and blocks of sums join: plain loops, for the tests of every order.
#pragma once

#include <functional>
#include <vector>

namespace rl {

/// Lanes join l += l + 16, 8, 4, 2, 1.
template <class T, class Join = std::plus<T>>
T joined_lanes(T* lane, Join join = {}) {
  for (int half = 16; half > 0; half /= 2)
    for (int l = 0; l < half; ++l) lane[l] = join(lane[l], lane[l + half]);
  return lane[0];
}

/// Blocks join in neighbouring pairs, an odd last one passing up unchanged.
template <class T, class Join = std::plus<T>>
T joined_blocks(std::vector<T> blocks, Join join = {}) {
  for (; blocks.size() > 1; blocks.resize((blocks.size() + 1) / 2))
    for (size_t i = 0; i < blocks.size(); i += 2)
      blocks[i / 2] = i + 1 < blocks.size() ? join(blocks[i], blocks[i + 1]) : blocks[i];
  return blocks[0];
}

}  // namespace rl
