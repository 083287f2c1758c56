// Indexing, joining and masks against plain loops over coordinates; repeated indices, layouts, threads, bounds.
#include "ops/index.h"

#include "ops/join.h"
#include "support.h"

namespace rl::ops {
namespace {

class Index : public NativeTest {
 protected:
  Tensor indices(const Dims& sizes, int64_t below, int64_t from = 0) {
    const Tensor t = empty(sizes, DType::Int64);
    for (int64_t i = 0; i < t.numel(); ++i) t.data_as<int64_t>()[i] = from + numbers_.below(below - from);
    return t;
  }
};

TEST_F(Index, GatherReadsWhatALoopReads) {
  for (int dim = 0; dim < 3; ++dim) {
    const Tensor dense = random<double>({4, 5, 6});
    for (const Tensor& input : {dense, transposed(dense, 0, 2)}) {
      const Tensor index = indices({3, 4, 4}, input.size(dim));
      const Tensor got = gather(input, dim, index);
      for_each_place(index.sizes(), [&](const Dims& p) {
        Dims q = p;
        q[dim] = at<int64_t>(index, p);
        EXPECT_EQ(at<double>(got, p), at<double>(input, q));
      });
    }
  }
}

TEST_F(Index, ScatterAddAddsInIndexOrderForAnyNumberOfThreads) {
  for (int dim = 0; dim < 3; ++dim) {
    const Tensor input = random<float>({20, 30, 40}), src = random<float>({40, 40, 40});
    Dims sizes{20, 30, 40};
    sizes[dim] = 40;
    for (int64_t i = 0; i < src.numel(); ++i) src.data_as<float>()[i] *= 1.1f;
    const Tensor index = indices(sizes, input.size(dim)), expected = copy_of(input);
    for_each_place(sizes, [&](const Dims& p) {
      Dims q = p;
      q[dim] = at<int64_t>(index, p);
      at<float>(expected, q) += at<float>(src, p);
    });
    for (int threads : {1, 2, 4}) {
      set_num_threads(threads);
      expect_same<float>(scatter_add(input, dim, index, src), expected);
      // another layout, the same bits
      expect_same<float>(scatter_add(transposed(copy_of(transposed(input, 0, 1)), 0, 1), dim, index, src), expected);
    }
  }
}

TEST_F(Index, ScatterOfARepeatedIndexKeepsTheLast) {
  const Tensor self = random<int32_t>({7}), index = empty({5}, DType::Int64), src = random<int32_t>({5});
  const int64_t places[] = {3, 1, 3, 3, 0};
  std::copy(places, places + 5, index.data_as<int64_t>());
  const Tensor got = scatter(self, 0, index, src);
  EXPECT_EQ(at<int32_t>(got, {3}), at<int32_t>(src, {3}));
  const Tensor constant = scatter_value(self, 0, index, Scalar(9));
  for (int64_t place : places) EXPECT_EQ(at<int32_t>(constant, {place}), 9);
  EXPECT_EQ(at<int32_t>(constant, {2}), at<int32_t>(self, {2}));
}

template <class T>
void check_vectors(Index&, const Tensor& input, int dim, const Tensor& index, const Tensor& source) {
  Dims sizes = input.sizes();
  sizes[dim] = index.size(0);
  const Tensor selected = index_select(input, dim, index);
  ASSERT_EQ(selected.sizes(), sizes);
  const Tensor added = copy_of(input), copied = copy_of(input), filled = copy_of(input);
  for_each_place(sizes, [&](const Dims& p) {
    Dims q = p;
    q[dim] = at<int64_t>(index, {p[dim]});
    EXPECT_EQ(at<T>(selected, p), at<T>(input, q));
    at<T>(added, q) = T(at<T>(added, q) + at<T>(source, p));
    at<T>(copied, q) = at<T>(source, p);
    at<T>(filled, q) = T(1);
  });
  expect_same<T>(index_add(input, dim, index, source, Scalar(1)), added);
  expect_same<T>(index_copy(input, dim, index, source), copied);
  expect_same<T>(index_fill(input, dim, index, Scalar(1)), filled);
}

TEST_F(Index, VectorsOfIndicesForEveryElementSize) {
  const auto check = [&]<class T>(T) {
    for (int dim = 0; dim < 3; ++dim) {
      const Tensor dense = random<T>({6, 5, 4});
      for (const Tensor& input : {dense, transposed(dense, 0, 2)}) {
        const Tensor index = indices({7}, input.size(dim));
        Dims sizes = input.sizes();
        sizes[dim] = 7;
        check_vectors<T>(*this, input, dim, index, random<T>(sizes));
      }
    }
  };
  check(uint8_t());
  check(int8_t());
  check(int16_t());
  check(int32_t());
  check(int64_t());
  check(float());
  check(double());
}

TEST_F(Index, SumsWrapAndBoolIsOr) {
  const Tensor self = full({2}, Scalar(120), DType::Int8), source = full({3}, Scalar(100), DType::Int8);
  const Tensor index = full({3}, Scalar(1), DType::Int64);
  EXPECT_EQ(at<int8_t>(index_add(self, 0, index, source, Scalar(1)), {1}), int8_t(120 + 300));
  const Tensor flags = full({2}, Scalar(false), DType::Bool), yes = full({3}, Scalar(true), DType::Bool);
  const Tensor sum = index_add(flags, 0, index, yes, Scalar(1));
  EXPECT_FALSE(at<bool>(sum, {0}));
  EXPECT_TRUE(at<bool>(sum, {1}));
}

TEST_F(Index, NeighboursStandInPlaceOthersInFront) {
  const Tensor input = random<float>({4, 5, 6, 7});
  const Tensor i = indices({3, 1}, 4, -4), j = indices({2}, 5, -5), k = indices({3, 2}, 7, -7);
  const auto wrap = [](int64_t v, int64_t n) { return v < 0 ? v + n : v; };
  const Tensor near = advanced_index(input, {0, 1}, {i, j});
  ASSERT_EQ(near.sizes(), (Dims{3, 2, 6, 7}));
  for_each_place(near.sizes(), [&](const Dims& p) {
    EXPECT_EQ(at<float>(near, p),
              at<float>(input, {wrap(at<int64_t>(i, {p[0], 0}), 4), wrap(at<int64_t>(j, {p[1]}), 5), p[2], p[3]}));
  });
  const Tensor middle = advanced_index(input, {1}, {j});
  ASSERT_EQ(middle.sizes(), (Dims{4, 2, 6, 7}));
  const Tensor apart = advanced_index(input, {0, 3}, {i, k});
  ASSERT_EQ(apart.sizes(), (Dims{3, 2, 5, 6}));
  for_each_place(apart.sizes(), [&](const Dims& p) {
    EXPECT_EQ(at<float>(apart, p), at<float>(input, {wrap(at<int64_t>(i, {p[0], 0}), 4), p[2], p[3],
                                                     wrap(at<int64_t>(k, {p[0], p[1]}), 7)}));
  });
  // what was read can be written, and added, in the same order
  const Tensor added = copy_of(input);
  for_each_place(apart.sizes(), [&](const Dims& p) {
    at<float>(added, {wrap(at<int64_t>(i, {p[0], 0}), 4), p[2], p[3], wrap(at<int64_t>(k, {p[0], p[1]}), 7)}) +=
        at<float>(apart, p);
  });
  expect_same<float>(advanced_index_put(input, {0, 3}, {i, k}, apart, true), added);
  expect_same<float>(advanced_index_put(input, {0, 3}, {i, k}, apart, false), input);
  const Tensor zeros = advanced_index_put(input, {0, 3}, {i, k}, Scalar(0), false);
  const Tensor read = advanced_index(zeros, {0, 3}, {i, k});
  for_each_place(read.sizes(), [&](const Dims& p) { EXPECT_EQ(at<float>(read, p), 0); });
}

TEST_F(Index, MasksOfManyChunks) {
  for (int64_t n : {int64_t(0), int64_t(1), int64_t(1000), int64_t(200000)}) {
    const Tensor x = random<int32_t>({n, 3}), mask = empty({n, 3}, DType::Bool);
    for (int64_t i = 0; i < mask.numel(); ++i) mask.data_as<bool>()[i] = numbers_.below(3) == 0;
    for (int threads : {1, 4}) {
      set_num_threads(threads);
      const Tensor selected = masked_select(x, mask), where = nonzero(mask);
      int64_t found = 0;
      for_each_place(mask.sizes(), [&](const Dims& p) {
        if (!at<bool>(mask, p)) return;
        ASSERT_EQ(at<int32_t>(selected, {found}), at<int32_t>(x, p));
        ASSERT_EQ(at<int64_t>(where, {found, 0}), p[0]);
        ASSERT_EQ(at<int64_t>(where, {found, 1}), p[1]);
        ++found;
      });
      EXPECT_EQ(selected.sizes(), (Dims{found}));
      EXPECT_EQ(where.sizes(), (Dims{found, 2}));
      expect_same<int32_t>(masked_scatter(x, mask, selected), x);
    }
  }
}

TEST_F(Index, ErrorsNameTheFirstIndexThatIsOutOfBounds) {
  const Tensor x = random<float>({3, 2}), index = full({2}, Scalar(5), DType::Int64),
               row = full({1, 2}, Scalar(-1), DType::Int64);
  EXPECT_NE(message(ErrorKind::Index, [&] { advanced_index(x, {0}, {index}); })
                .find("index 5 is out of bounds for dimension 0 with size 3"),
            std::string::npos);
  EXPECT_NE(message(ErrorKind::Runtime, [&] { gather(x, 0, row); })
                .find("index -1 is out of bounds for dimension 0 with size 3"),
            std::string::npos);
  EXPECT_NE(message(ErrorKind::Index, [&] { index_select(x, 1, index); }).find("index out of range in self"),
            std::string::npos);
  EXPECT_NE(message(ErrorKind::Index, [&] { take(x, full({1}, Scalar(6), DType::Int64)); })
                .find("tried to access index 6 on a tensor of 6 elements"),
            std::string::npos);
  EXPECT_NE(
      message(ErrorKind::Runtime,
              [&] { masked_scatter(x, full({3, 2}, Scalar(true), DType::Bool), full({2}, Scalar(1), DType::Float32)); })
          .find("Number of elements of source < number of ones in mask"),
      std::string::npos);
}

TEST_F(Index, CatUndoesSplitAndPromotes) {
  const Tensor x = random<float>({6, 5, 4});
  for (int dim = 0; dim < 3; ++dim) expect_same<float>(cat(split(x, 2, dim), dim), x);
  for (int dim = 0; dim < 3; ++dim) expect_same<float>(stack(unbind(x, dim), dim), x);
  EXPECT_EQ(cat({random<int32_t>({2}), random<double>({1})}).dtype(), DType::Float64);
  EXPECT_EQ(cat({empty({0}, DType::Float32), x}, 1).sizes(), x.sizes());
  EXPECT_EQ(chunk(x, 4, 1).size(), 3u);
  EXPECT_EQ(tensor_split(x, 4, 1).size(), 4u);
  EXPECT_EQ(tensor_split_indices(x, {1, -2}, 0)[1].sizes(), (Dims{3, 5, 4}));
  message(ErrorKind::Runtime, [&] { cat({x, random<float>({6, 5, 3})}); });
  message(ErrorKind::Runtime, [&] { split_sections(x, {1, 2}, 0); });
}

}  // namespace
}  // namespace rl::ops
