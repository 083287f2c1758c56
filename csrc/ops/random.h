// Random numbers: the streams of PyTorch's CPU generator. `generator` null means the thread's default one.
#pragma once

#include <tuple>

#include "ops/common.h"

namespace rl::ops {

using MaybeDType = std::optional<DType>;
using MaybeDevice = std::optional<Device>;

Tensor rand(const Dims& size, Generator* generator, MaybeDType dtype, MaybeDevice device, Tensor* out);
Tensor randn(const Dims& size, Generator* generator, MaybeDType dtype, MaybeDevice device, Tensor* out);
Tensor randint(int64_t low, int64_t high, const Dims& size, Generator* generator, MaybeDType dtype, MaybeDevice device,
               Tensor* out);
Tensor randint_below(int64_t high, const Dims& size, Generator* generator, MaybeDType dtype, MaybeDevice device,
                     Tensor* out);
Tensor randperm(int64_t n, Generator* generator, MaybeDType dtype, MaybeDevice device, Tensor* out);
Tensor rand_like(const Tensor& input, Generator* generator, MaybeDType dtype, MaybeDevice device,
                 std::optional<MemoryFormat> memory_format);
Tensor randn_like(const Tensor& input, Generator* generator, MaybeDType dtype, MaybeDevice device,
                  std::optional<MemoryFormat> memory_format);
Tensor randint_like(const Tensor& input, int64_t low, int64_t high, Generator* generator, MaybeDType dtype,
                    MaybeDevice device, std::optional<MemoryFormat> memory_format);
Tensor randint_below_like(const Tensor& input, int64_t high, Generator* generator, MaybeDType dtype, MaybeDevice device,
                          std::optional<MemoryFormat> memory_format);

Tensor normal_tensors(const Tensor& mean, const Tensor& std, Generator* generator, Tensor* out);
Tensor normal_around(const Tensor& mean, double std, Generator* generator, Tensor* out);
Tensor normal_spread(double mean, const Tensor& std, Generator* generator, Tensor* out);
Tensor normal_of_size(double mean, double std, const Dims& size, Generator* generator, MaybeDType dtype,
                      MaybeDevice device, Tensor* out);
Tensor bernoulli(const Tensor& input, Generator* generator, Tensor* out);
Tensor bernoulli_p(const Tensor& input, double p, Generator* generator);
Tensor multinomial(const Tensor& input, int64_t num_samples, bool replacement, Generator* generator, Tensor* out);
/// The input with elements zeroed with probability p and the others scaled by 1 / (1 - p); and which ones were kept.
std::tuple<Tensor, Tensor> dropout(const Tensor& input, double p, Generator* generator);

void uniform_(Tensor& self, double from, double to, Generator* generator);
void normal_(Tensor& self, double mean, double std, Generator* generator);
/// Every value that an integer dtype holds from 0 on; whole numbers up to 2^24 or 2^53 for float32 and float64.
void random_(Tensor& self, Generator* generator);
void random_below_(Tensor& self, int64_t to, Generator* generator);
void random_between_(Tensor& self, int64_t from, std::optional<int64_t> to, Generator* generator);
void bernoulli_(Tensor& self, double p, Generator* generator);
void bernoulli_tensor_(Tensor& self, const Tensor& p, Generator* generator);
void exponential_(Tensor& self, double rate, Generator* generator);
void cauchy_(Tensor& self, double median, double sigma, Generator* generator);
void geometric_(Tensor& self, double p, Generator* generator);
void log_normal_(Tensor& self, double mean, double std, Generator* generator);

}  // namespace rl::ops
