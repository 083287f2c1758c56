// The order of matrix products (DESIGN, section 5) as plain loops, and every path held to their bits.
#include <cmath>
#include <string_view>

#include "ops/product.h"
#include "orders.h"
#include "support.h"

namespace rl::ops {
namespace {

/// x86-64-v2 has no fma: a rounded product and a rounded sum.
template <class T>
T multiply_add(T a, T b, T c) {
  static const bool fused = std::string_view(cpu::isa()) != "v2";
  return fused ? std::fma(a, b, c) : a * b + c;
}

/// N >= 16: one chain of fma per block of 256 along K, blocks added in order.
template <class T>
T wide(const std::vector<T>& a, const std::vector<T>& b) {
  T total = 0;
  for (size_t begin = 0; begin < a.size(); begin += 256) {
    T chain = 0;
    for (size_t k = begin; k < std::min(begin + 256, a.size()); ++k) chain = multiply_add(a[k], b[k], chain);
    total = begin == 0 ? chain : total + chain;
  }
  return total;
}

/// N < 16: 32 lanes along K and the tree of the sums.
template <class T>
T narrow(const std::vector<T>& a, const std::vector<T>& b) {
  std::vector<T> blocks;
  for (size_t begin = 0; begin < a.size(); begin += 4096) {
    T lane[32] = {};
    for (size_t i = 0; i < std::min<size_t>(4096, a.size() - begin); ++i) {
      const T x = a[begin + i], y = b[begin + i];
      lane[i % 32] = i < 32 ? x * y : multiply_add(x, y, lane[i % 32]);
    }
    blocks.push_back(joined_lanes(lane));
  }
  return a.empty() ? T(0) : joined_blocks(blocks);
}

class ProductOrder : public NativeTest {
 protected:
  /// [m, k] x [k, n], element by element.
  template <class T>
  Tensor expected(const Tensor& a, const Tensor& b, const Tensor* bias = nullptr) {
    const int64_t m = a.size(0), k = a.size(1), n = b.size(1);
    const Tensor out = empty({m, n}, a.dtype());
    std::vector<std::vector<T>> columns(static_cast<size_t>(n), std::vector<T>(static_cast<size_t>(k)));
    for (int64_t j = 0; j < n; ++j)
      for (int64_t i = 0; i < k; ++i) columns[size_t(j)][size_t(i)] = at<T>(b, {i, j});
    for (int64_t i = 0; i < m; ++i) {
      std::vector<T> row;
      for (int64_t d = 0; d < k; ++d) row.push_back(at<T>(a, {i, d}));
      for (int64_t j = 0; j < n; ++j) {
        const T sum = n >= 16 ? wide(row, columns[size_t(j)]) : narrow(row, columns[size_t(j)]);
        out.data_as<T>()[i * n + j] = bias ? sum + bias->data_as<T>()[j] : sum;
      }
    }
    return out;
  }
  template <class T>
  void expect_bits(const Tensor& got, const Tensor& expected, const std::string& what) {
    ASSERT_EQ(got.numel(), expected.numel()) << what;
    const Tensor packed = as_contiguous(got);
    for (int64_t i = 0; i < expected.numel(); ++i)
      ASSERT_TRUE(same_bits(packed.data_as<T>()[i], expected.data_as<T>()[i]))
          << what << " at " << i << ": " << packed.data_as<T>()[i] << " is not " << expected.data_as<T>()[i];
  }
  template <class T>
  void check(int64_t m, int64_t k, int64_t n, const std::vector<int>& threads) {
    const Tensor a = fractions<T>({m, k}), b = fractions<T>({k, n}), bias = fractions<T>({n});
    const Tensor plain = expected<T>(a, b), with_bias = expected<T>(a, b, &bias);
    for (int count : threads) {
      set_num_threads(count);
      const std::string what = concat("[", m, ", ", k, "] x [", k, ", ", n, "], ", count, " threads");
      for (const Tensor& x : {a, column_major_copy(a), strided_copy(a, 2)}) {
        for (const Tensor& y : {b, column_major_copy(b), strided_copy(b, 2)})
          expect_bits<T>(matmul(x, y, nullptr), plain, what);
        const Tensor weight = copy_of(transposed(b, 0, 1));
        expect_bits<T>(linear(x, weight, &bias), with_bias, "linear, " + what);
        expect_bits<T>(linear(x, weight, nullptr), plain, "linear, " + what);
      }
    }
  }
};

TEST_F(ProductOrder, EverySizeAroundTheEdgesHasTheBitsOfTheLoop) {
  for (int64_t k : {0, 1, 2, 31, 33, 255, 256, 257, 700})
    for (int64_t n : {1, 2, 15, 16, 17, 32, 33, 65})
      for (int64_t m : {1, 2, 3, 14, 15, 29}) check<float>(m, k, n, {1});
}

TEST_F(ProductOrder, Float64HasTheSameOrder) {
  for (int64_t k : {1, 33, 257, 700})
    for (int64_t n : {1, 15, 16, 33})
      for (int64_t m : {1, 5, 15}) check<double>(m, k, n, {1, 2});
}

TEST_F(ProductOrder, ThreadsChangeNothing) {
  check<float>(200, 300, 70, {1, 2, 3, 4});     // shared out by rows
  check<float>(7, 300, 1100, {1, 2, 3, 4});     // by columns, more than one panel of B
  check<float>(1, 700, 600, {1, 2, 4});         // one row
  check<float>(300, 4097, 3, {1, 2, 4});        // narrow, more than one block of the tree
  check<float>(1, 3 * 4096 + 5, 1, {1, 2, 4});  // a dot product
}

TEST_F(ProductOrder, BatchesAreTheirEntries) {
  for (int64_t n : {3, 40}) {
    const int64_t batch = 5, m = 4, k = 300;
    const Tensor a = fractions<float>({batch, m, k}), b = fractions<float>({batch, k, n});
    const auto entry = [](const Tensor& t, int64_t i) {
      return t.view({t.size(1), t.size(2)}, {t.stride(1), t.stride(2)}, t.offset() + i * t.stride(0));
    };
    const Tensor b_turned = transposed(copy_of(transposed(b, 1, 2)), 1, 2), shared = entry(b, 0);
    for (int threads : {1, 2, 4}) {
      set_num_threads(threads);
      const Tensor got = matmul(a, b, nullptr), turned = matmul(a, b_turned, nullptr);
      const Tensor folded = matmul(a, shared, nullptr), spread = matmul(entry(a, 0), b, nullptr);
      for (int64_t i = 0; i < batch; ++i) {
        expect_bits<float>(entry(got, i), expected<float>(entry(a, i), entry(b, i)), "batch");
        expect_bits<float>(entry(turned, i), expected<float>(entry(a, i), entry(b, i)), "turned batch");
        expect_bits<float>(entry(folded, i), expected<float>(entry(a, i), shared), "folded batch");
        expect_bits<float>(entry(spread, i), expected<float>(entry(a, 0), entry(b, i)), "spread batch");
      }
    }
  }
}

TEST_F(ProductOrder, VectorsAreMatricesOfOneRowOrColumn) {
  const Tensor a = fractions<float>({9, 500}), x = fractions<float>({500}), y = fractions<float>({9});
  const Tensor x_column = x.view({500, 1}, {1, 1}, 0), y_row = y.view({1, 9}, {9, 1}, 0);
  expect_bits<float>(mv(a, x, nullptr), expected<float>(a, x_column), "mv");
  expect_bits<float>(matmul(y, a, nullptr), expected<float>(y_row, a), "vector x matrix");
  expect_bits<float>(dot(x, x, nullptr), expected<float>(x.view({1, 500}, {500, 1}, 0), x_column), "dot");
}

TEST_F(ProductOrder, NegativeZerosAreSummedAsTheLoopSumsThem) {
  for (int64_t k : {1, 5, 32, 300})
    for (int64_t n : {1, 16}) {
      const Tensor a = full({2, k}, Scalar(-0.0), DType::Float32), b = full({k, n}, Scalar(1.0), DType::Float32);
      expect_bits<float>(matmul(a, b, nullptr), expected<float>(a, b), concat(k, " x ", n));
    }
}

}  // namespace
}  // namespace rl::ops
