// A pointwise launch over any shapes, strides, dtypes and broadcasts writes what one element after the other would.
#include "core/plan.h"

#include "cpu/pointwise_kernels.h"
#include "support.h"

namespace rl {
namespace {

class PlanTest : public NativeTest {
 protected:
  Dims random_sizes() {
    const int kind = int(numbers_.below(10));
    Dims sizes;
    if (kind == 0) {  // many dims, most of them 1
      for (int d = 0; d < 40; ++d) sizes.push_back(numbers_.below(8) == 0 ? 2 : 1);
      return sizes;
    }
    const int ndim = int(numbers_.below(6));
    const int64_t most = ndim <= 1 ? 3000 : ndim == 2 ? 90 : ndim == 3 ? 20 : 6;
    for (int d = 0; d < ndim; ++d) sizes.push_back(numbers_.between(kind == 1 ? 0 : 1, most));
    return sizes;
  }
  /// Memory of its own in a random order of dims, with holes and negative strides; no two elements share a place.
  Tensor scattered(const Dims& sizes, DType dtype) {
    const int ndim = sizes.size();
    Dims order(ndim), strides(ndim);
    for (int d = 0; d < ndim; ++d) order[d] = d;
    if (numbers_.below(2))
      for (int d = ndim - 1; d > 0; --d) std::swap(order[d], order[int(numbers_.below(d + 1))]);
    else
      std::reverse(order.begin(), order.end());
    int64_t step = numbers_.below(4) == 0 ? 2 : 1, offset = 0;
    for (int64_t i : order) {
      const int d = int(i);
      const bool backwards = numbers_.below(6) == 0;
      strides[d] = backwards ? -step : step;
      if (backwards) offset += step * (std::max<int64_t>(sizes[d], 1) - 1);
      step *= std::max<int64_t>(sizes[d], 1);
      if (numbers_.below(6) == 0) ++step;
    }
    const Tensor memory = empty({step + 1}, dtype);
    for (int64_t i = 0; i <= step; ++i) {
      const int64_t value = numbers_.below(100);
      converters[int(dtype)][int(DType::Int64)](1, static_cast<char*>(memory.data()) + i * item_size(dtype), &value);
    }
    return memory.view(sizes, strides, offset);
  }
  /// An input that broadcasts to `sizes`: leading dims missing, others of size 1, or of stride 0.
  Tensor broadcasting(const Dims& sizes, DType dtype) {
    Dims own = sizes;
    while (own.size() > 0 && numbers_.below(6) == 0) own.erase(0);
    for (int64_t& s : own)
      if (numbers_.below(6) == 0) s = 1;
    const Tensor t = scattered(own, dtype);
    if (t.ndim() == 0 || numbers_.below(6) != 0 || own[0] != 1) return t;
    Dims wide = own, strides = t.strides();
    wide[0] = sizes[sizes.size() - own.size()];
    strides[0] = 0;
    return t.view(wide, strides, t.offset());
  }
  DType any_dtype() { return DType(numbers_.below(kDTypes)); }

  static void* place_of(const Tensor& t, const Dims& place) {
    int64_t element = 0;
    const int shift = place.size() - t.ndim();
    for (int d = 0; d < t.ndim(); ++d)
      if (t.size(d) != 1) element += place[d + shift] * t.stride(d);
    return static_cast<char*>(t.data()) + element * item_size(t.dtype());
  }

  /// One element after the other through blocks of one.
  static void naive(const Kernel& kernel, const std::vector<Operand>& operands, DType key) {
    for_each_place(operands[0].tensor->sizes(), [&](const Dims& place) {
      alignas(16) unsigned char values[kMaxOperands][16];
      void* blocks[kMaxOperands];
      const auto block_dtype = [&](size_t i) { return (kernel.bool_operands >> i) & 1u ? DType::Bool : key; };
      for (size_t i = 0; i < operands.size(); ++i) {
        blocks[i] = values[i];
        if (operands[i].tag == Operand::Tag::Constant)
          operands[i].constant.store(block_dtype(i), values[i]);
        else if (i >= kernel.outputs)
          converters[int(block_dtype(i))][int(operands[i].tensor->dtype())](1, values[i],
                                                                            place_of(*operands[i].tensor, place));
      }
      kernel.block[int(key)](1, blocks, {});
      const Tensor& out = *operands[0].tensor;
      converters[int(out.dtype())][int(block_dtype(0))](1, place_of(out, place), values[0]);
    });
  }

  /// Runs both on copies of the same memory and compares all of it, the holes too.
  void check(const Kernel& kernel, DType key, const Tensor& out, const std::vector<Operand>& inputs) {
    const auto bytes = size_t(out.storage()->bytes());
    std::vector<unsigned char> before(bytes), expected(bytes);
    std::memcpy(before.data(), out.storage()->data(), bytes);
    std::vector<Operand> operands{out};
    operands.insert(operands.end(), inputs.begin(), inputs.end());
    naive(kernel, operands, key);
    std::memcpy(expected.data(), out.storage()->data(), bytes);
    for (int threads : {1, 3}) {
      set_num_threads(threads);
      std::memcpy(out.storage()->data(), before.data(), bytes);
      launch(kernel, operands, key);
      ASSERT_EQ(std::memcmp(expected.data(), out.storage()->data(), bytes), 0)
          << kernel.name << " in " << name(key) << ": " << out.sizes() << " strides " << out.strides() << " of "
          << name(out.dtype()) << ", " << threads << " threads";
    }
  }
};

TEST_F(PlanTest, CopyConvertsBetweenAllDtypesInAnyLayout) {
  for (int i = 0; i < 1500; ++i) {
    const Dims sizes = random_sizes();
    const Tensor out = scattered(sizes, any_dtype()), input = broadcasting(sizes, any_dtype());
    check(kernels::copy, out.dtype(), out, {input});
  }
}

TEST_F(PlanTest, TwoInputsMeetInAnyLayout) {
  for (int i = 0; i < 1500; ++i) {
    const Dims sizes = random_sizes();
    const DType key = std::vector{DType::Int32, DType::Int64, DType::Float32, DType::Float64,
                                  DType::UInt8}[size_t(numbers_.below(5))];
    const auto dtype = [&] { return numbers_.below(2) ? key : any_dtype(); };
    const Tensor out = scattered(sizes, dtype()), a = broadcasting(sizes, dtype()), b = broadcasting(sizes, dtype());
    if (numbers_.below(4) == 0)
      check(kernels::mul, key, out, {a, Scalar(3)});
    else
      check(kernels::mul, key, out, {a, b});
  }
}

TEST_F(PlanTest, OperandsThatAreBoolWhateverTheKeyAreToo) {
  for (int i = 0; i < 800; ++i) {
    const Dims sizes = random_sizes();
    const Tensor condition = broadcasting(sizes, DType::Bool), a = broadcasting(sizes, DType::Float32);
    const Tensor b = broadcasting(sizes, any_dtype()), out = scattered(sizes, DType::Float32);
    check(kernels::where, DType::Float32, out, {condition, a, b});
    const Tensor truth = scattered(sizes, DType::Bool);
    check(kernels::lt, DType::Float32, truth, {a, b});
  }
}

TEST_F(PlanTest, LargeTensorsAreSharedOutInEveryLayout) {
  for (const Dims& sizes : {Dims{300000}, Dims{700, 300}, Dims{3, 300, 200}, Dims{70000, 3}, Dims{3, 70000}}) {
    for (int i = 0; i < 12; ++i) {
      const Tensor out = scattered(sizes, DType::Float32);
      const Tensor a = broadcasting(sizes, DType::Float32), b = broadcasting(sizes, DType::Float64);
      check(kernels::mul, DType::Float32, out, {a, b});
    }
  }
}

TEST_F(PlanTest, DimsThatStepOnEvenlyBecomeOne) {
  const Tensor a = empty({4, 5, 6}, DType::Float32), b = empty({4, 5, 6}, DType::Float32),
               row = empty({6}, DType::Float32);
  const auto dims = [](const Tensor& out, const Tensor& x) {
    const std::vector<Operand> operands{out, x};
    return Plan(kernels::copy, operands, DType::Float32).ndim;
  };
  EXPECT_EQ(dims(a, b), 1);
  EXPECT_EQ(dims(transposed(a, 0, 2), transposed(b, 0, 2)), 1);
  EXPECT_EQ(dims(a, row), 2);
  EXPECT_EQ(dims(a, transposed(empty({6, 5, 4}, DType::Float32), 0, 2)), 3);
  EXPECT_EQ(dims(a.view({}, {}, 0), row.view({}, {}, 0)), 1);
}

}  // namespace
}  // namespace rl
