// Walking the positions of an indexing kernel in row-major order, with every operand's place in elements.
#pragma once

#include "core/dims.h"
#include "cpu/index_kernels.h"

RL_ISA_BEGIN

constexpr int kWalked = 2 + kMostIndices;
// Indices that are checked before they are followed, at most, and how far beyond them the next ones are fetched
// meanwhile.
constexpr int64_t kIndexBlock = 512, kIndexAhead = 512;

/// How many of the n that are left: short blocks where indices come from far away, one where a row is short.
RL_INLINE int64_t index_block(int64_t n) { return n > kIndexBlock ? kIndexBlock / 2 : n; }

/// Dims of one walk, outermost first, and how far each operand steps in them.
struct Walk {
  int operands = 0, ndim = 0;
  int64_t numel = 1;
  int64_t sizes[kMaxDims];
  int64_t strides[kWalked][kMaxDims];

  /// Adds an inner dim; it joins the one before it where every operand steps on evenly.
  RL_INLINE void add(int64_t size, const int64_t* steps) {
    numel *= size;
    if (size == 1) return;
    bool joins = ndim > 0;
    for (int i = 0; i < operands && joins; ++i) joins = strides[i][ndim - 1] == steps[i] * size;
    const int at = joins ? ndim - 1 : ndim++;
    sizes[at] = joins ? sizes[at] * size : size;
    for (int i = 0; i < operands; ++i) strides[i][at] = steps[i];
  }
  /// Every walk has an innermost dim.
  RL_INLINE void finish() {
    if (ndim > 0) return;
    sizes[ndim++] = 1;
    for (int i = 0; i < operands; ++i) strides[i][0] = 0;
  }
  RL_INLINE int64_t inner() const { return sizes[ndim - 1]; }
  RL_INLINE int64_t step(int operand) const { return strides[operand][ndim - 1]; }
};

/// A place in a walk.
struct Place {
  int64_t coordinate[kMaxDims];
  int64_t at[kWalked];

  RL_INLINE Place(const Walk& walk, int64_t position) {
    for (int i = 0; i < walk.operands; ++i) at[i] = 0;
    for (int d = walk.ndim - 1; d >= 0; --d) {
      coordinate[d] = position % walk.sizes[d];
      position /= walk.sizes[d];
      for (int i = 0; i < walk.operands; ++i) at[i] += coordinate[d] * walk.strides[i][d];
    }
  }
  RL_INLINE int64_t left(const Walk& walk) const { return walk.inner() - coordinate[walk.ndim - 1]; }
  /// `n` positions on; at most to the end of the innermost dim.
  RL_INLINE void advance(const Walk& walk, int64_t n) {
    int d = walk.ndim - 1;
    coordinate[d] += n;
    for (int i = 0; i < walk.operands; ++i) at[i] += n * walk.strides[i][d];
    while (d > 0 && coordinate[d] == walk.sizes[d]) {
      for (int i = 0; i < walk.operands; ++i) at[i] += walk.strides[i][d - 1] - walk.sizes[d] * walk.strides[i][d];
      coordinate[d] = 0;
      ++coordinate[--d];
    }
  }
};

/// The index tensors of a call: where an element lies along the dims they address, or an error.
struct Indices {
  int count;
  const int64_t* data[kMostIndices];
  int64_t size[kMostIndices], stride[kMostIndices], wrap[kMostIndices];
  int32_t code[kMostIndices];
  ErrorWord* error;

  /// `target` is the tensor whose dims are addressed; the indices are the operands from 3.
  RL_INLINE Indices(const KernelCall& call, const View& target, const IndexParameters& p)
      : count(p.count), error(call.error) {
    for (int k = 0; k < count; ++k) {
      const int dim = p.dims[k];
      data[k] = call.operands[3 + k].as<int64_t>();
      size[k] = target.sizes[dim];
      stride[k] = target.strides[dim];
      wrap[k] = p.wraps ? size[k] : 0;
      code[k] = dim + 1;
    }
  }
  /// Reads n indices of tensor k into `places`; false where one is out of range. The loop that then
  /// follows them does nothing but move, which is twice as fast where elements lie far apart: more of them are on their
  /// way at once. (Read once: nobody can change an index after its check.)
  RL_INLINE bool read_block(int k, int64_t at, int64_t step, int64_t n, int64_t* places) const {
    const int64_t* values = data[k] + at;
    const uint64_t most = uint64_t(size[k]);
    const int64_t wrapped = wrap[k];
    uint64_t outside = 0;
    const auto read = [&](int64_t j, int64_t value) {
      const int64_t place = value + (value < 0 ? wrapped : 0);
      outside |= uint64_t(place) >= most;
      places[j] = place;
    };
    if (step == 1) {  // this one is vectorised
      for (int64_t j = 0; j < n; ++j) read(j, values[j]);
    } else {
      for (int64_t j = 0; j < n; ++j) read(j, values[j * step]);
    }
    return outside == 0;
  }
  /// Follows n indices of tensor k, from `at` on: eight(j) does eight positions, one(j) a single one. The indices that
  /// come next are fetched meanwhile: memory that is read in bursts is not fetched ahead by itself.
  template <class Eight, class One>
  RL_INLINE void follow(int k, int64_t at, int64_t step, int64_t n, const Eight& eight, const One& one) const {
    const int64_t* ahead = data[k] + at + kIndexAhead * step;
    int64_t j = 0;
    for (; j + 8 <= n; j += 8) {
      __builtin_prefetch(ahead + j * step);
      eight(j);
    }
    for (; j < n; ++j) one(j);
  }
  /// Adds index k's offset; false where it is out of range.
  RL_INLINE bool step_to(int k, int64_t at, int64_t position, int64_t* offset) const {
    const int64_t value = data[k][at], index = value < 0 ? value + wrap[k] : value;
    if (RL_UNLIKELY(uint64_t(index) >= uint64_t(size[k]))) {
      report(error, code[k], position, value);
      return false;
    }
    *offset += index * stride[k];
    return true;
  }
};

RL_ISA_END
