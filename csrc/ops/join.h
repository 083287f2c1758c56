// Joining tensors into one, and cutting one into views.
#pragma once

#include <vector>

#include "ops/common.h"

namespace rl::ops {

Tensor cat(const std::vector<Tensor>& tensors, int64_t dim = 0, Tensor* out = nullptr);
Tensor stack(const std::vector<Tensor>& tensors, int64_t dim = 0, Tensor* out = nullptr);
Tensor hstack(const std::vector<Tensor>& tensors, Tensor* out = nullptr);
Tensor vstack(const std::vector<Tensor>& tensors, Tensor* out = nullptr);

/// The rest is views of the input.
std::vector<Tensor> split(const Tensor& input, int64_t split_size, int64_t dim = 0);
std::vector<Tensor> split_sections(const Tensor& input, const Dims& sizes, int64_t dim = 0);
std::vector<Tensor> chunk(const Tensor& input, int64_t chunks, int64_t dim = 0);
std::vector<Tensor> tensor_split(const Tensor& input, int64_t sections, int64_t dim = 0);
std::vector<Tensor> tensor_split_indices(const Tensor& input, const Dims& indices, int64_t dim = 0);
/// The tensors as they are, from one node: for hooks that see all gradients at once.
std::vector<Tensor> pass_through(const std::vector<Tensor>& tensors);
std::vector<Tensor> unbind(const Tensor& input, int64_t dim = 0);

}  // namespace rl::ops
