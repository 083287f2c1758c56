// Building a plan and walking it: flat where memory order agrees, by tiles of 64 x 64 where it does not.
#include "core/plan.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/parallel.h"

namespace rl {
namespace {

// Below this many elements a second thread costs more than it brings: bench/native/launch.
constexpr int64_t kGrain = 16384;

template <int Bytes>
struct Word {
  unsigned char bytes[Bytes];
};

/// The first `bytes` of a block again and again, `times` in all.
void repeat(void* block, int64_t bytes, int64_t times) {
  char* const to = static_cast<char*>(block);
  const int64_t all = bytes * times;
  for (int64_t done = bytes; done < all; done *= 2) std::memcpy(to + done, to, size_t(std::min(done, all - done)));
}

/// rows x cols elements between a dense block and strided memory. The loop that steps less far in memory is the inner
/// one.
template <class W, bool Gather>
void move_tile(W* block, char* memory, int64_t rows, int64_t cols, int64_t row_step, int64_t col_step) {
  if constexpr (Gather) {
    if (row_step == 0 && rows > 1) {  // one row for all of them
      move_tile<W, true>(block, memory, 1, cols, 0, col_step);
      return repeat(block, cols * int64_t(sizeof(W)), rows);
    }
  }
  if (rows > 1 && std::abs(row_step) < std::abs(col_step)) {
    if constexpr (sizeof(W) < 16) {
      if (row_step == int64_t(sizeof(W))) {  // dense the other way round
        const auto transpose = movers[std::countr_zero(sizeof(W))].transpose;
        char* packed = reinterpret_cast<char*>(block);
        const int64_t block_step = cols * row_step;
        if constexpr (Gather)
          transpose(cols, rows, memory, col_step, packed, block_step);
        else
          transpose(rows, cols, packed, block_step, memory, col_step);
        return;
      }
    }
    for (int64_t c = 0; c < cols; ++c)
      for (int64_t r = 0; r < rows; ++r) {
        char* where = memory + r * row_step + c * col_step;
        if constexpr (Gather)
          std::memcpy(block + r * cols + c, where, sizeof(W));
        else
          std::memcpy(where, block + r * cols + c, sizeof(W));
      }
    return;
  }
  for (int64_t r = 0; r < rows; ++r) {
    char* row = memory + r * row_step;
    W* packed = block + r * cols;
    if (col_step == int64_t(sizeof(W))) {
      if constexpr (Gather)
        std::memcpy(packed, row, size_t(cols) * sizeof(W));
      else
        std::memcpy(row, packed, size_t(cols) * sizeof(W));
      continue;
    }
    if constexpr (Gather && sizeof(W) < 16) {
      movers[std::countr_zero(sizeof(W))].collect(cols, row, col_step, reinterpret_cast<char*>(packed));
      continue;
    }
    for (int64_t c = 0; c < cols; ++c) {
      if constexpr (Gather)
        std::memcpy(packed + c, row + c * col_step, sizeof(W));
      else
        std::memcpy(row + c * col_step, packed + c, sizeof(W));
    }
  }
}

template <bool Gather>
void move_tile(int64_t item, void* block, char* memory, int64_t rows, int64_t cols, int64_t row_step,
               int64_t col_step) {
  switch (item) {
    case 1: return move_tile<Word<1>, Gather>(static_cast<Word<1>*>(block), memory, rows, cols, row_step, col_step);
    case 2: return move_tile<Word<2>, Gather>(static_cast<Word<2>*>(block), memory, rows, cols, row_step, col_step);
    case 4: return move_tile<Word<4>, Gather>(static_cast<Word<4>*>(block), memory, rows, cols, row_step, col_step);
    case 8: return move_tile<Word<8>, Gather>(static_cast<Word<8>*>(block), memory, rows, cols, row_step, col_step);
    default: return move_tile<Word<16>, Gather>(static_cast<Word<16>*>(block), memory, rows, cols, row_step, col_step);
  }
}

/// A block's memory for every operand of one thread, and how a constant fills it once.
struct Stage {
  alignas(64) unsigned char block[kMaxOperands][kStageBytes];
  alignas(64) unsigned char raw[kStageBytes];  // elements as they are in memory, before conversion

  void fill_constant(const PlannedOperand& o, int index, int64_t n) {
    o.value.store(o.block, block[index]);
    repeat(block[index], item_size(o.block), n);
  }
  void gather(const PlannedOperand& o, int index, char* memory, int64_t rows, int64_t cols, int64_t row_step,
              int64_t col_step) {
    if (o.memory == o.block) return move_tile<true>(o.item, block[index], memory, rows, cols, row_step, col_step);
    const ConvertFunction convert = converters[int(o.block)][int(o.memory)];
    if (converts_in_place(o, rows, cols, col_step)) {
      for (int64_t r = 0; r < rows; ++r)
        convert(cols, block[index] + r * cols * item_size(o.block), memory + r * row_step);
      return;
    }
    move_tile<true>(o.item, raw, memory, rows, cols, row_step, col_step);
    convert(rows * cols, block[index], raw);
  }
  void scatter(const PlannedOperand& o, int index, char* memory, int64_t rows, int64_t cols, int64_t row_step,
               int64_t col_step) {
    if (o.memory == o.block) return move_tile<false>(o.item, block[index], memory, rows, cols, row_step, col_step);
    const ConvertFunction convert = converters[int(o.memory)][int(o.block)];
    if (converts_in_place(o, rows, cols, col_step)) {
      for (int64_t r = 0; r < rows; ++r)
        convert(cols, memory + r * row_step, block[index] + r * cols * item_size(o.block));
      return;
    }
    convert(rows * cols, raw, block[index]);
    move_tile<false>(o.item, raw, memory, rows, cols, row_step, col_step);
  }
  /// Dense rows are converted where they stand; short ones are brought together first, for one call.
  static bool converts_in_place(const PlannedOperand& o, int64_t rows, int64_t cols, int64_t col_step) {
    return (col_step == o.item || cols == 1) && (rows == 1 || cols >= 16);
  }
};

}  // namespace

Plan::Plan(const Kernel& kernel, std::span<const Operand> list, DType key)
    : operands(int(list.size())), outputs(kernel.outputs), copies(kernel.copies) {
  RL_ASSERT(operands <= kMaxOperands);
  const Tensor& out = *list[0].tensor;
  const int full = out.ndim();
  // dims of the output from the fastest to the slowest, without those of size 1
  int order[kMaxDims];
  for (int d = full - 1; d >= 0; --d) {
    numel *= out.size(d);
    if (out.size(d) == 1) continue;
    int at = ndim++;
    for (; at > 0 && std::abs(out.stride(order[at - 1])) > std::abs(out.stride(d)); --at) order[at] = order[at - 1];
    order[at] = d;
  }
  for (int i = 0; i < operands; ++i) {
    PlannedOperand& o = operand[i];
    o.block = kernel.block_dtype(i, key);
    o.constant = list[i].tag == Operand::Tag::Constant;
    if (o.constant) {
      o.value = list[i].constant;
      o.base = nullptr;
      o.memory = o.block;
      o.item = item_size(o.block);
      for (int d = 0; d < ndim; ++d) o.strides[d] = 0;
      continue;
    }
    const Tensor& t = *list[i].tensor;
    o.base = static_cast<char*>(t.data());
    o.memory = t.dtype();
    o.item = item_size(t.dtype());
    const int shift = full - t.ndim();  // an input of fewer dims is broadcast from the left
    for (int d = 0; d < ndim; ++d) {
      const int own = order[d] - shift;
      // nobody steps in an empty tensor: there a stride may be anything, beyond 63 bits of bytes too
      o.strides[d] = own < 0 || t.size(own) == 1 || numel == 0 ? 0 : t.stride(own) * o.item;
    }
  }
  // coalesce: a dim joins the faster one before it where every operand steps on evenly
  int kept = 0;
  for (int d = 0; d < ndim; ++d) {
    const int64_t size = out.size(order[d]);
    bool joins = d > 0;
    for (int i = 0; joins && i < operands; ++i)
      joins = uint64_t(operand[i].strides[d]) == uint64_t(operand[i].strides[kept - 1]) * uint64_t(sizes[kept - 1]);
    if (joins) {
      sizes[kept - 1] *= size;
      continue;
    }
    for (int i = 0; i < operands; ++i) operand[i].strides[kept] = operand[i].strides[d];
    sizes[kept++] = size;
  }
  ndim = kept;
  if (ndim == 0) {
    ndim = 1;
    sizes[0] = 1;
    for (int i = 0; i < operands; ++i) operand[i].strides[0] = operand[i].constant ? 0 : operand[i].item;
  }
}

bool Plan::is_flat() const {
  if (ndim != 1) return false;
  for (int i = 0; i < operands; ++i)
    if (!steps_by_item(operand[i])) return false;
  return true;
}

bool Plan::copies_flat() const {
  const PlannedOperand &to = operand[0], &from = operand[1];
  if (!copies || ndim != 1 || !steps_by_item(to)) return false;
  return from.constant ? to.item <= 8 : from.strides[0] == from.item;
}

void Plan::run_copy() const {
  const PlannedOperand &to = operand[0], &from = operand[1];
  if (!from.constant) {
    const ConvertFunction convert = converters[int(to.memory)][int(from.memory)];
    parallel_for(numel, kGrain, [&](int64_t begin, int64_t end) {
      convert(end - begin, to.base + begin * to.item, from.base + begin * from.item);
    });
    return;
  }
  alignas(16) unsigned char item[16];
  from.value.store(to.memory, item);
  const bool one_byte = std::all_of(item, item + to.item, [&](unsigned char b) { return b == item[0]; });
  const auto fill = movers[std::countr_zero(size_t(to.item))].fill;
  parallel_for(numel, kGrain, [&](int64_t begin, int64_t end) {
    char* const at = to.base + begin * to.item;
    if (one_byte)  // far beyond the caches a processor has a way of its own for it
      std::memset(at, item[0], size_t((end - begin) * to.item));
    else
      fill(end - begin, item, at);
  });
}

void Plan::run_flat(BlockFunction function, const Parameters& parameters) const {
  parallel_for(numel, kGrain, [&](int64_t begin, int64_t end) {
    void* blocks[kMaxOperands];
    for (int i = 0; i < operands; ++i) blocks[i] = operand[i].base + begin * operand[i].item;
    function(end - begin, blocks, parameters);
  });
}

void Plan::run_tiles(BlockFunction function, const Parameters& parameters) const {
  // An operand is direct where a row of it is dense, of the kernel's dtype; the others are staged.
  bool direct[kMaxOperands], across = false, staged = false, constants = false;
  int64_t widest = 1;
  for (int i = 0; i < operands; ++i) {
    direct[i] = steps_by_item(operand[i]);
    widest = std::max({widest, operand[i].item, item_size(operand[i].block)});
    across |= !operand[i].constant && operand[i].strides[0] != 0 && std::abs(operand[i].strides[0]) != operand[i].item;
    staged |= !operand[i].constant && !direct[i];
    constants |= operand[i].constant;
  }
  const int64_t size0 = sizes[0], size1 = ndim > 1 ? sizes[1] : 1;
  const bool spans_rows = size0 < kTileCols && size1 > 1;  // short rows: one call for a whole tile
  int64_t cols = std::min(size0, staged ? kBlock : (constants ? kConstantBytes : kStageBytes) / widest);
  int64_t rows = std::max<int64_t>(1, std::min(size1, kBlock / cols));
  if (!spans_rows && !staged && cols == size0)  // whole rows one after another, where they are
    rows = std::clamp<int64_t>(kGrain / cols, 1, size1);
  else if (!spans_rows && across && size1 > 1)
    cols = std::min(size0, kTileCols), rows = std::min(size1, kStageBytes / widest / kTileCols);
  // Rows that follow one another are one block: such an operand stays direct in a call for a whole tile.
  bool one_call = cols == size0 && rows > 1;
  for (int i = 0; i < operands; ++i) {
    const bool dense = direct[i] && ndim > 1 && operand[i].strides[1] == size0 * operand[i].item;
    if (spans_rows)
      direct[i] = dense;
    else
      one_call &= dense || !direct[i];
  }

  const int64_t tiles0 = (size0 + cols - 1) / cols, tiles1 = (size1 + rows - 1) / rows;
  int64_t tiles = tiles0 * tiles1;
  for (int d = 2; d < ndim; ++d) tiles *= sizes[d];
  const int64_t grain = std::max<int64_t>(1, kGrain / (rows * cols));

  parallel_for(tiles, grain, [&](int64_t begin, int64_t end) {
    Stage stage;
    for (int i = 0; i < operands; ++i)
      if (operand[i].constant) stage.fill_constant(operand[i], i, one_call ? rows * cols : cols);
    int64_t at[kMaxDims], rest = begin;  // of a tile: in columns, in rows, in the outer dims
    const auto steps_in = [&](int d) { return d == 0 ? tiles0 : d == 1 ? tiles1 : sizes[d]; };
    const int dims = std::max(ndim, 2);
    for (int d = 0; d < dims; ++d) at[d] = rest % steps_in(d), rest /= steps_in(d);
    for (int64_t tile = begin; tile < end; ++tile) {
      const int64_t c0 = at[0] * cols, r0 = at[1] * rows;
      const int64_t tile_cols = std::min(cols, size0 - c0), tile_rows = std::min(rows, size1 - r0);

      char* corner[kMaxOperands];
      int64_t row_step[kMaxOperands];
      for (int i = 0; i < operands; ++i) {
        const PlannedOperand& o = operand[i];
        if (o.constant) continue;
        row_step[i] = ndim > 1 ? o.strides[1] : 0;
        corner[i] = o.base + c0 * o.strides[0] + r0 * row_step[i];
        for (int d = 2; d < ndim; ++d) corner[i] += at[d] * o.strides[d];
        if (i >= outputs && !direct[i]) stage.gather(o, i, corner[i], tile_rows, tile_cols, row_step[i], o.strides[0]);
      }
      void* blocks[kMaxOperands];
      if (one_call) {
        for (int i = 0; i < operands; ++i) blocks[i] = direct[i] ? static_cast<void*>(corner[i]) : stage.block[i];
        function(tile_rows * tile_cols, blocks, parameters);
      } else {
        for (int64_t r = 0; r < tile_rows; ++r) {
          for (int i = 0; i < operands; ++i)
            blocks[i] = direct[i] ? static_cast<void*>(corner[i] + r * row_step[i])
                        : operand[i].constant
                            ? static_cast<void*>(stage.block[i])
                            : static_cast<void*>(stage.block[i] + r * tile_cols * item_size(operand[i].block));
          function(tile_cols, blocks, parameters);
        }
      }
      for (int i = 0; i < outputs; ++i)
        if (!direct[i])
          stage.scatter(operand[i], i, corner[i], tile_rows, tile_cols, row_step[i], operand[i].strides[0]);
      for (int d = 0; d < dims && ++at[d] == steps_in(d); ++d) at[d] = 0;
    }
  });
}

namespace {

/// Half types compute in float32, block by block; but a kernel may have a loop that converts as it goes, which serves
/// where all operands are of one half type, and numbers are the same in it.
DType loop_dtype(const Kernel& kernel, std::span<const Operand> list, DType key) {
  const DType stored = list[0].tensor->dtype();
  if (key != DType::Float32 || !contains(kHalves, stored) || !kernel.block[int(stored)]) return key;
  for (const Operand& o : list) {
    if (o.tensor && o.tensor->dtype() == stored) continue;
    if (o.tensor) return key;
    float number, back;
    uint16_t bits;
    o.constant.store(DType::Float32, &number);
    converters[int(stored)][int(DType::Float32)](1, &bits, &number);
    converters[int(DType::Float32)][int(stored)](1, &back, &bits);
    if (back != number) return key;
  }
  return stored;
}

/// Out of line: its stages would make the frame of the quick way large.
__attribute__((noinline)) void run_planned(const Kernel& kernel, std::span<const Operand> list, DType key,
                                           BlockFunction function, const Parameters& parameters) {
  Plan(kernel, list, key).run(function, parameters);
}

}  // namespace

void run_pointwise(const Kernel& kernel, std::span<const Operand> list, DType compute, const Parameters& parameters) {
  const DType key = loop_dtype(kernel, list, compute);
  const BlockFunction function = kernel.block[int(key)];
  RL_ASSERT(list.size() <= kMaxOperands);
  const Dims& sizes = list[0].tensor->sizes();
  void* blocks[kMaxOperands];
  for (size_t i = 0; i < list.size(); ++i) {
    const Tensor* t = list[i].tensor;
    if (!t || t->dtype() != kernel.block_dtype(int(i), key) || !(t->sizes() == sizes) || !t->is_contiguous())
      return run_planned(kernel, list, key, function, parameters);
    blocks[i] = t->data();
  }
  parallel_for(list[0].tensor->numel(), kGrain, [&](int64_t begin, int64_t end) {
    void* pieces[kMaxOperands];
    for (size_t i = 0; i < list.size(); ++i)
      pieces[i] = static_cast<char*>(blocks[i]) + begin * item_size(list[i].tensor->dtype());
    function(end - begin, pieces, parameters);
  });
}

void Plan::run(BlockFunction function, const Parameters& parameters) const {
  if (numel == 0) return;
  if (is_flat()) return run_flat(function, parameters);
  if (copies_flat()) return run_copy();
  run_tiles(function, parameters);
}

}  // namespace rl
