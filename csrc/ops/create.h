// Tensors from nothing: zeros, arange, eye ...
#pragma once

#include "ops/common.h"

namespace rl::ops {

Tensor empty_op(const Dims& size, std::optional<DType> dtype, std::optional<Device> device,
                std::optional<MemoryFormat> memory_format, Tensor* out);
Tensor zeros(const Dims& size, std::optional<DType> dtype, std::optional<Device> device, Tensor* out);
Tensor ones(const Dims& size, std::optional<DType> dtype, std::optional<Device> device, Tensor* out);
Tensor full_op(const Dims& size, const Scalar& fill_value, std::optional<DType> dtype, std::optional<Device> device,
               Tensor* out);
Tensor empty_like_op(const Tensor& input, std::optional<DType> dtype, std::optional<Device> device,
                     std::optional<MemoryFormat> memory_format);
Tensor zeros_like(const Tensor& input, std::optional<DType> dtype, std::optional<Device> device,
                  std::optional<MemoryFormat> memory_format);
Tensor ones_like(const Tensor& input, std::optional<DType> dtype, std::optional<Device> device,
                 std::optional<MemoryFormat> memory_format);
Tensor full_like(const Tensor& input, const Scalar& fill_value, std::optional<DType> dtype,
                 std::optional<Device> device, std::optional<MemoryFormat> memory_format);
Tensor empty_strided_op(const Dims& size, const Dims& stride, std::optional<DType> dtype, std::optional<Device> device);
Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, std::optional<DType> dtype,
              std::optional<Device> device, Tensor* out);
Tensor arange_end(const Scalar& end, std::optional<DType> dtype, std::optional<Device> device, Tensor* out);
Tensor linspace(const Scalar& start, const Scalar& end, int64_t steps, std::optional<DType> dtype,
                std::optional<Device> device, Tensor* out);
Tensor eye(int64_t n, std::optional<int64_t> m, std::optional<DType> dtype, std::optional<Device> device, Tensor* out);

}  // namespace rl::ops
