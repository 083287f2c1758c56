// The orders of convolutions and of their gradients (DESIGN, section 5) as plain loops, and the kernels held to their
// bits.
#include <cmath>
#include <string_view>

#include "ops/conv.h"
#include "support.h"

namespace rl::ops {
namespace {

/// x86-64-v2 has no fma: a rounded product and a rounded sum.
float multiply_add(float a, float b, float c) {
  static const bool fused = std::string_view(cpu::isa()) != "v2";
  return fused ? std::fma(a, b, c) : a * b + c;
}

/// One chain of fma per block of 256 terms, blocks added in order.
class Chain {
 public:
  void add(float a, float b) {
    if (terms_ > 0 && terms_ % 256 == 0) close();
    block_ = multiply_add(a, b, block_);
    ++terms_;
  }
  float total() {
    close();
    return total_;
  }

 private:
  void close() {
    total_ = terms_ <= 256 ? block_ : total_ + block_;
    block_ = 0;
  }
  float total_ = 0, block_ = 0;
  int64_t terms_ = 0;
};

struct Layer {
  int64_t images, channels, size, rows, kernel, stride, padding, dilation, groups;  // squares
  int64_t result() const { return (size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1; }
};

class ConvOrder : public NativeTest {
 protected:
  static float value(const Tensor& t, int64_t a, int64_t b, int64_t y, int64_t x) {
    const bool inside = 0 <= y && y < t.size(2) && 0 <= x && x < t.size(3);
    return inside ? at<float>(t, {a, b, y, x}) : 0;
  }
  static void expect_bits(const Tensor& got, const Tensor& expected, const std::string& what) {
    for (int64_t i = 0; i < expected.numel(); ++i)
      ASSERT_TRUE(same_bits(got.data_as<float>()[i], expected.data_as<float>()[i])) << what << " at " << i;
  }

  static Tensor forward(const Layer& l, const Tensor& x, const Tensor& w) {
    const Tensor out = empty({l.images, l.rows, l.result(), l.result()}, DType::Float32);
    const int64_t channels = l.channels / l.groups, rows = l.rows / l.groups;
    for_each_place(out.sizes(), [&](const Dims& p) {
      Chain chain;
      for_each_place({channels, l.kernel, l.kernel}, [&](const Dims& t) {
        const int64_t y = p[2] * l.stride - l.padding + t[1] * l.dilation;
        const int64_t c = p[3] * l.stride - l.padding + t[2] * l.dilation;
        chain.add(at<float>(w, {p[1], t[0], t[1], t[2]}), value(x, p[0], p[1] / rows * channels + t[0], y, c));
      });
      at<float>(out, p) = chain.total();
    });
    return out;
  }

  /// The kernel's places that reach a place of the input at all, in the kernel's order.
  static Tensor backward(const Layer& l, const Tensor& g, const Tensor& w) {
    const Tensor out = empty({l.images, l.channels, l.size, l.size}, DType::Float32);
    const int64_t channels = l.channels / l.groups, rows = l.rows / l.groups;
    for_each_place(out.sizes(), [&](const Dims& p) {
      Chain chain;
      for_each_place({rows, l.kernel, l.kernel}, [&](const Dims& t) {
        const int64_t y = p[2] + l.padding - t[1] * l.dilation, x = p[3] + l.padding - t[2] * l.dilation;
        if (y % l.stride != 0 || x % l.stride != 0) return;
        const int64_t row = p[1] / channels * rows + t[0];
        chain.add(at<float>(w, {row, p[1] % channels, t[1], t[2]}), value(g, p[0], row, y / l.stride, x / l.stride));
      });
      at<float>(out, p) = chain.total();
    });
    return out;
  }

  static Tensor of_weight(const Layer& l, const Tensor& g, const Tensor& x) {
    const int64_t channels = l.channels / l.groups, rows = l.rows / l.groups;
    const Tensor out = empty({l.rows, channels, l.kernel, l.kernel}, DType::Float32);
    for_each_place(out.sizes(), [&](const Dims& p) {
      Chain chain;
      for_each_place({l.images, l.result(), l.result()}, [&](const Dims& q) {
        const int64_t y = q[1] * l.stride - l.padding + p[2] * l.dilation;
        const int64_t c = q[2] * l.stride - l.padding + p[3] * l.dilation;
        chain.add(at<float>(g, {q[0], p[0], q[1], q[2]}), value(x, q[0], p[0] / rows * channels + p[1], y, c));
      });
      at<float>(out, p) = chain.total();
    });
    return out;
  }

  void check(const Layer& l, const std::vector<int>& threads) {
    const Tensor x = fractions<float>({l.images, l.channels, l.size, l.size});
    const Tensor w = fractions<float>({l.rows, l.channels / l.groups, l.kernel, l.kernel});
    const Tensor g = fractions<float>({l.images, l.rows, l.result(), l.result()});
    const Tensor y = forward(l, x, w), gx = backward(l, g, w), gw = of_weight(l, g, x);
    const Dims s{l.stride, l.stride}, p{l.padding, l.padding}, d{l.dilation, l.dilation};
    for (int count : threads) {
      set_num_threads(count);
      const std::string what = concat(x.sizes(), " x ", w.sizes(), ", ", count, " threads");
      expect_bits(conv(x, w, nullptr, s, p, d, l.groups, {l.result(), l.result()}), y, what);
      expect_bits(conv_transpose(g, w, nullptr, s, p, d, l.groups, {l.size, l.size}), gx, "input, " + what);
      expect_bits(conv_weight(g, x, s, p, d, l.groups, {l.kernel, l.kernel}), gw, "weight, " + what);
    }
  }
};

TEST_F(ConvOrder, LayersOfEveryKindHaveTheBitsOfTheLoops) {
  for (int64_t rows : {1, 2, 3, 5, 15, 33}) check({2, 3, 7, rows, 3, 1, 1, 1, 1}, {1});
  for (int64_t stride : {1, 2, 3, 5})
    for (int64_t dilation : {1, 2, 3}) check({2, 4, 13, 6, 3, stride, 2, dilation, 2}, {1});
  for (int64_t size : {1, 2, 3, 4, 20}) check({5, 2, size, 4, 3, 1, 1, 1, 1}, {1});
}

TEST_F(ConvOrder, ChainsLongerThanABlockGoOn) {
  check({1, 70, 6, 9, 3, 1, 1, 1, 1}, {1});
  check({2, 3, 40, 17, 2, 1, 0, 1, 1}, {1});  // more positions than a block has, across images
  check({1, 2, 300, 2, 3, 1, 1, 1, 1}, {1});  // rows longer than a block
}

TEST_F(ConvOrder, ChannelsAloneHaveTheSameOrder) {
  for (int64_t stride : {1, 2}) check({2, 37, 11, 37, 3, stride, 1, 1, 37}, {1});
  check({1, 4, 9, 12, 3, 1, 1, 1, 4}, {1});
}

TEST_F(ConvOrder, FewChannelsAndManyRowsHaveTheSameOrder) {
  check({3, 1, 9, 40, 3, 1, 1, 1, 1}, {1});
  check({2, 4, 13, 70, 5, 2, 1, 2, 2}, {1, 2});
}

TEST_F(ConvOrder, ImagesThatShareABlockDoNotMeet) {
  check({9, 20, 7, 40, 3, 1, 1, 1, 1}, {1, 2});
  check({5, 3, 14, 33, 3, 1, 1, 1, 1}, {1});
}

TEST_F(ConvOrder, ThreadsChangeNothing) {
  check({3, 8, 24, 40, 3, 1, 1, 1, 1}, {1, 2, 3, 4});
  check({2, 40, 24, 40, 3, 2, 1, 1, 40}, {1, 2, 4});
  check({1, 30, 6, 60, 3, 1, 1, 1, 1}, {1, 2, 3, 4});  // one block for all of them
}

}  // namespace
}  // namespace rl::ops
