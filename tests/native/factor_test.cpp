// Factors without Python: shapes are worked out, and the kernel that would fill them in says that it is not there.
#include "ops/factor.h"

#include "support.h"

namespace rl::ops {
namespace {

using Factor = NativeTest;

TEST_F(Factor, ShapesStandAndTheBodyIsAbsentWithoutPython) {
  const Tensor meta = empty({2, 5, 3}, DType::Complex64, Device{DeviceType::Meta});
  const auto [u, s, vh] = svd(meta, false, true);
  EXPECT_EQ(u.sizes(), (Dims{2, 5, 3}));
  EXPECT_EQ(s.sizes(), (Dims{2, 3}));
  EXPECT_EQ(s.dtype(), DType::Float32);
  EXPECT_EQ(vh.sizes(), (Dims{2, 3, 3}));
  EXPECT_FALSE(computes(kernels::svd, DType::Float32));
  const Tensor a = full({2, 2}, Scalar(1.0), DType::Float32);
  expect_error(ErrorKind::NotImplemented, "\"svd\" not implemented for 'Float'", [&] { svd(a, false, true); });
}

}  // namespace
}  // namespace rl::ops
