// The order of sums and of scans (DESIGN, section 5) as plain loops, and every path held to their bits.
#include <algorithm>

#include "ops/loss.h"
#include "ops/pointwise.h"
#include "ops/reduce.h"
#include "ops/scan.h"
#include "ops/softmax.h"
#include "orders.h"
#include "support.h"

namespace rl::ops {
namespace {

/// Element i in lane i mod 32 of block i div 4096.
template <class T, class Join = std::plus<T>>
T in_order(const std::vector<T>& x, T missing = T(0), Join join = {}) {
  std::vector<T> blocks;
  for (size_t begin = 0; begin < x.size(); begin += 4096) {
    std::vector<T> lane(32, missing);
    for (size_t i = 0; i < std::min<size_t>(4096, x.size() - begin); ++i)
      lane[i % 32] = i < 32 ? x[begin + i] : join(lane[i % 32], x[begin + i]);
    blocks.push_back(joined_lanes(lane.data(), join));
  }
  return x.empty() ? missing : joined_blocks(blocks, join);
}

constexpr int64_t kLengths[] = {0, 1, 2, 31, 32, 33, 4095, 4096, 4097, 3 * 4096 + 5};

/// Elements that are summed for each place of the kept dims, both in row-major order.
template <class T>
std::vector<std::vector<T>> rows_of(const Tensor& input, const Dims& dims) {
  Dims kept, gone, order;
  for (int d = 0; d < input.ndim(); ++d) {
    const bool goes = std::find(dims.begin(), dims.end(), d) != dims.end();
    (goes ? gone : kept).push_back(input.size(d));
    if (!goes) order.push_back(d);
  }
  for (int64_t d : dims) order.push_back(d);
  std::vector<std::vector<T>> rows;
  for_each_place(kept, [&](const Dims& k) {
    std::vector<T>& row = rows.emplace_back();
    for_each_place(gone, [&](const Dims& g) {
      Dims place(input.ndim());
      for (int i = 0; i < order.size(); ++i) place[int(order[i])] = i < k.size() ? k[i] : g[i - k.size()];
      row.push_back(at<T>(input, place));
    });
  });
  return rows;
}

class SumOrder : public NativeTest {
 protected:
  template <class T>
  void check(const Tensor& input, const Dims& dims) {
    const auto rows = rows_of<T>(input, dims);
    for (int threads : {1, 2, 4}) {
      set_num_threads(threads);
      const Tensor got = sum(input, dims, false, std::nullopt, nullptr);
      ASSERT_EQ(size_t(got.numel()), rows.size());
      for (size_t i = 0; i < rows.size(); ++i)
        ASSERT_TRUE(same_bits(got.data_as<T>()[i], in_order(rows[i])))
            << input.sizes() << " strides " << input.strides() << " over " << dims << ", row " << i << ", " << threads
            << " threads: " << got.data_as<T>()[i] << " is not " << in_order(rows[i]);
    }
  }
  template <class T>
  void check_all_layouts(int64_t n) {
    const Tensor line = fractions<T>({n});
    check<T>(line, {0});
    check<T>(strided_copy(line, 3), {0});
    for (int64_t others : {1, 3, 37}) {
      const Tensor rows = fractions<T>({others, n}), columns = fractions<T>({n, others});
      check<T>(rows, {1});
      check<T>(strided_copy(rows, 2), {1});
      check<T>(column_major_copy(rows), {1});
      check<T>(columns, {0});
      check<T>(strided_copy(columns, 2), {0});
    }
    const Tensor middle = fractions<T>({2, n, 5});
    check<T>(middle, {1});
    check<T>(transposed(middle, 0, 2), {1});
    check<T>(transposed(middle, 0, 1), {0});
  }
};

TEST_F(SumOrder, EveryLengthAndLayoutHasTheBitsOfTheLoop) {
  for (int64_t n : kLengths) {
    check_all_layouts<float>(n);
    check_all_layouts<double>(n);
  }
}

TEST_F(SumOrder, SeveralDimsAreOneRowInLogicalOrder) {
  const Tensor x = fractions<float>({7, 40, 33});
  for (const Tensor& t : {x, transposed(x, 0, 2), transposed(x, 0, 1), strided_copy(x, 2)}) {
    check<float>(t, {0, 1, 2});
    check<float>(t, {0, 1});
    check<float>(t, {1, 2});
    check<float>(t, {0, 2});
  }
  const Tensor expanded = x.view({7, 40, 33}, {0, 33, 1}, 0);
  check<float>(expanded, {0, 1, 2});
  check<float>(expanded, {0});
}

TEST_F(SumOrder, MeanDividesTheSumAndProdHasItsOrder) {
  for (int64_t n : {1, 33, 4097}) {
    const Tensor x = fractions<float>({n, 3});
    const auto rows = rows_of<float>(x, {0});
    const Tensor means = mean(x, Dims{0}, false, std::nullopt, nullptr), products = prod(x, 0, false, {}, nullptr);
    for (size_t i = 0; i < rows.size(); ++i) {
      EXPECT_TRUE(same_bits(means.data_as<float>()[i], in_order(rows[i]) / float(n)));
      EXPECT_TRUE(same_bits(products.data_as<float>()[i], in_order(rows[i], 1.0f, std::multiplies<float>())));
    }
  }
}

TEST_F(SumOrder, SoftmaxSumsItsExponentialsInOrder) {
  for (int64_t n : {1, 2, 31, 33, 4097}) {
    const Tensor x = fractions<float>({3, n});
    for (const Tensor& t : {x, column_major_copy(x)}) {
      const Tensor top = amax(t, {1}, true, nullptr);
      const Value v(t), m(top);
      const Tensor shifted = sub(v, m, Scalar(1), nullptr), powers = exp(shifted, nullptr);
      const auto rows = rows_of<float>(powers, {1});
      const Tensor sums = empty({3, 1}, DType::Float32);
      for (int64_t r = 0; r < 3; ++r) sums.data_as<float>()[r] = in_order(rows[size_t(r)]);
      const Value p(powers), s(sums), z(shifted);
      const Tensor logs = log(sums, nullptr);
      const Value l(logs);
      for (int threads : {1, 4}) {
        set_num_threads(threads);
        expect_same<float>(softmax(t, 1, {}, nullptr), div(p, s, {}, nullptr));
        expect_same<float>(log_softmax(t, 1, {}, nullptr), sub(z, l, Scalar(1), nullptr));
      }
    }
  }
}

TEST_F(SumOrder, NllLossSumsWhatItPicksInOrder) {
  for (int64_t n : kLengths) {
    const Tensor logs = fractions<float>({n, 3}), target = empty({n}, DType::Int64);
    std::vector<float> picked;
    for (int64_t i = 0; i < n; ++i) {
      target.data_as<int64_t>()[i] = numbers_.below(3);
      picked.push_back(-at<float>(logs, {i, target.data_as<int64_t>()[i]}));
    }
    for (const Tensor& t : {logs, column_major_copy(logs)})
      for (int threads : {1, 2, 4}) {
        set_num_threads(threads);
        const Tensor total = std::get<0>(nll_loss(t, target, nullptr, "sum", -100));
        EXPECT_TRUE(same_bits(*total.data_as<float>(), in_order(picked))) << n;
        if (n == 0) continue;
        const Tensor average = std::get<0>(nll_loss(t, target, nullptr, "mean", -100));
        EXPECT_TRUE(same_bits(*average.data_as<float>(), in_order(picked) / float(n))) << n;
      }
  }
}

/// Blocks of 4096, each in order, on top of the total of those before it.
template <class T, class Join>
std::vector<T> scanned(const std::vector<T>& x, Join join) {
  std::vector<T> out;
  T before = T(0);
  for (size_t begin = 0; begin < x.size(); begin += 4096) {
    T running = x[begin];
    for (size_t i = begin; i < std::min(begin + 4096, x.size()); ++i) {
      if (i > begin) running = join(running, x[i]);
      out.push_back(begin == 0 ? running : join(before, running));
    }
    before = out.back();
  }
  return out;
}

TEST_F(SumOrder, ScansGoBlockByBlock) {
  for (int64_t n : kLengths) {
    const Tensor x = fractions<float>({n, 3});
    for (const Tensor& t : {x, column_major_copy(x), transposed(strided_copy(transposed(x, 0, 1), 2), 0, 1)}) {
      const auto columns = rows_of<float>(t, {0});
      for (int threads : {1, 4}) {
        set_num_threads(threads);
        const Tensor sums = cumsum(t, 0, {}, nullptr), products = cumprod(t, 0, {}, nullptr);
        for (int64_t c = 0; c < 3; ++c) {
          const auto sum = scanned(columns[size_t(c)], std::plus<float>());
          const auto product = scanned(columns[size_t(c)], std::multiplies<float>());
          for (int64_t i = 0; i < n; ++i) {
            ASSERT_TRUE(same_bits(at<float>(sums, {i, c}), sum[size_t(i)])) << n << " at " << i;
            ASSERT_TRUE(same_bits(at<float>(products, {i, c}), product[size_t(i)])) << n << " at " << i;
          }
        }
      }
    }
  }
}

TEST_F(SumOrder, ALoneNegativeZeroSumsToZeroAsPyTorchsDoes) {
  const Tensor x = full({1}, Scalar(-0.0), DType::Float32);
  EXPECT_TRUE(same_bits(*sum(x, {}, false, {}, nullptr).data_as<float>(), 0.0f));
}

}  // namespace
}  // namespace rl::ops
