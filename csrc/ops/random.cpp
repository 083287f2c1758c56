// Random ops: checks, and the order of memory in which the kernels draw.
#include "ops/random.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/generator.h"
#include "cpu/pointwise_kernels.h"
#include "cpu/random_kernels.h"
#include "ops/reduce.h"
#include "ops/shape.h"

namespace rl::kernels {
namespace {

void explain_bernoulli(const ErrorWord& word, const Operand*, int) {
  fail(ErrorKind::Runtime,
       "bernoulli: Expected p_in >= 0 && p_in <= 1 to be true, but got p = ", __builtin_bit_cast(double, word.value),
       " at element ", word.position);
}
void explain_multinomial(const ErrorWord& word, const Operand*, int) {
  if (word.code == 1)
    fail(ErrorKind::Runtime, "multinomial: probability tensor contains either `inf`, `nan` or element < 0 (row ",
         word.position, ")");
  fail(ErrorKind::Runtime, "multinomial: invalid multinomial distribution (sum of probabilities <= 0) (row ",
       word.position, ")");
}

}  // namespace

#define RL_RANDOM_KERNEL(NAME, OUTPUTS, EXPLAIN) \
  constinit Kernel NAME { .name = #NAME, .kind = Kind::Random, .outputs = OUTPUTS, .explain = EXPLAIN, .block = {} }
RL_RANDOM_KERNEL(uniform, 1, nullptr);
RL_RANDOM_KERNEL(normal, 1, nullptr);
RL_RANDOM_KERNEL(random_integers, 1, nullptr);
RL_RANDOM_KERNEL(bernoulli_scalar, 1, nullptr);
RL_RANDOM_KERNEL(bernoulli_tensor, 1, &explain_bernoulli);
RL_RANDOM_KERNEL(exponential, 1, nullptr);
RL_RANDOM_KERNEL(cauchy, 1, nullptr);
RL_RANDOM_KERNEL(geometric, 1, nullptr);
RL_RANDOM_KERNEL(log_normal, 1, nullptr);
RL_RANDOM_KERNEL(randperm, 1, nullptr);
RL_RANDOM_KERNEL(dropout, 2, nullptr);
RL_RANDOM_KERNEL(multinomial, 1, &explain_multinomial);
#undef RL_RANDOM_KERNEL

}  // namespace rl::kernels

namespace rl::ops {
namespace {

Generator* chosen(Generator* generator) { return generator ? generator : &default_generator(); }

/// The dims of a tensor from the slowest in memory to the fastest: PyTorch draws in this order.
class MemoryOrder {
 public:
  explicit MemoryOrder(const Tensor& t) : order_(t.ndim()) {
    std::iota(order_.begin(), order_.end(), 0);
    if (t.is_contiguous()) return;
    std::stable_sort(order_.begin(), order_.end(),
                     [&](int64_t a, int64_t b) { return t.stride(int(a)) > t.stride(int(b)); });
  }
  Tensor apply(const Tensor& t) const {
    Dims sizes(t.ndim()), strides(t.ndim());
    for (int d = 0; d < t.ndim(); ++d) {
      sizes[d] = t.size(int(order_[d]));
      strides[d] = t.stride(int(order_[d]));
    }
    return t.view(std::move(sizes), std::move(strides), t.offset());
  }

 private:
  Dims order_;
};

void refuse_unless_floating(const char* op, const Tensor& t) {
  const bool draws = t.dtype() == DType::Float32 || t.dtype() == DType::Float64 || contains(kHalves, t.dtype());
  RL_CHECK_IMPLEMENTED(draws, "\"", op, "\" not implemented for '", short_name(t.dtype()), "'");
}

/// Fills `t` by a kernel of {out, generator}.
void draw(const char* op, const Kernel& kernel, const Tensor& t, Generator* generator, const RandomParameters& p) {
  check_writable(op, t, {});
  if (t.numel() == 0) return;
  if (contains(kHalves, t.dtype())) {  // drawn in float32, then rounded
    const Tensor wide = empty_strided(t.sizes(), strides_like(t.sizes(), t), DType::Float32, t.device());
    draw(op, kernel, wide, generator, p);
    return copy_values(t, wide, op);
  }
  const Tensor ordered = MemoryOrder(t).apply(t);
  launch(kernel, {ordered, Operand(chosen(generator))}, t.dtype(), Parameters::pack(p));
}

Tensor made(const char* op, const Dims& size, DType dtype, MaybeDevice device, Tensor* out, bool dtype_given) {
  checked_numel(size, op);
  if (!out) return empty(size, dtype, device.value_or(default_device()));
  RL_CHECK(!dtype_given || dtype == out->dtype(), op, ": dtype ", dtype_text(dtype),
           " does not match dtype of out parameter (", dtype_text(out->dtype()), ")");
  if (!(out->sizes() == size)) *out = empty(size, out->dtype(), out->device());
  return *out;
}
Tensor made_floating(const char* op, const Dims& size, MaybeDType dtype, MaybeDevice device, Tensor* out) {
  return made(op, size, dtype.value_or(default_dtype()), device, out, dtype.has_value());
}
Tensor made_like(const Tensor& input, MaybeDType dtype, MaybeDevice device, std::optional<MemoryFormat> memory_format) {
  return empty_strided(input.sizes(), strides_of_copy(input, memory_format), dtype.value_or(input.dtype()),
                       device.value_or(input.device()));
}

void check_std(double std) { RL_CHECK(std >= 0, "normal: normal expects std >= 0.0, but found std ", std); }

void fill_normal(const char* op, const Tensor& t, double mean, double std, Generator* generator) {
  check_std(std);
  if (is_complex(t.dtype())) return fill_normal(op, view_as_real(t), mean, std / std::sqrt(2.0), generator);
  refuse_unless_floating(op, t);
  RandomParameters p;
  p.whole_blocks = contains(kHalves, t.dtype());
  p.a = mean;
  p.b = std;
  p.singly = !t.is_contiguous() || t.numel() < 16;
  draw(op, kernels::normal, t, generator, p);
}
void fill_uniform(const char* op, const Tensor& t, double from, double to, Generator* generator) {
  RL_CHECK(from <= to, op, ": uniform_ expects to return a [from, to) range, but found from=", from, " > to=", to);
  if (is_complex(t.dtype())) return fill_uniform(op, view_as_real(t), from, to, generator);
  if (!contains(kHalves, t.dtype())) refuse_unless_floating(op, t);
  RandomParameters p;
  p.a = from;
  p.b = to;
  draw(op, kernels::uniform, t, generator, p);
}

/// The least and the greatest value of a dtype that a whole number may be drawn from, within int64.
std::pair<int64_t, int64_t> range_of(DType dtype) {
  switch (dtype) {
    case DType::Bool: return {0, 1};
    case DType::UInt8: return {0, 255};
    case DType::Int8: return {-128, 127};
    case DType::Int16: return {-32768, 32767};
    case DType::Int32: return {INT32_MIN, INT32_MAX};
    case DType::UInt16: return {0, UINT16_MAX};
    case DType::UInt32: return {0, UINT32_MAX};
    case DType::UInt64: return {0, INT64_MAX};
    default: return {INT64_MIN, INT64_MAX};
  }
}

/// Bits of the fraction, the leading one counted.
int digits_of(DType dtype) {
  switch (dtype) {
    case DType::Float16: return 11;
    case DType::BFloat16: return 8;
    case DType::Float32: return 24;
    default: return 53;
  }
}

// The step between neighbouring values of a floating dtype near a whole number of this size, at least 1.
int64_t step_near(int64_t value, int digits) {
  int top = 0;
  for (uint64_t rest = uint64_t(value < 0 ? -value : value); rest >>= 1;) ++top;
  return int64_t(1) << std::max(top - digits + 1, 0);
}
/// [from, to) drawn into from inside where rounding to the dtype would leave it.
void shrink_to(DType dtype, int64_t* from, int64_t* to) {
  if (!is_float(dtype)) return;
  const int digits = digits_of(dtype);
  const auto rounded = [&](int64_t v) {
    switch (dtype) {
      case DType::Float16: return double(float(half(float(v))));
      case DType::BFloat16: return double(float(bfloat16(float(v))));
      case DType::Float32: return double(float(v));
      default: return double(v);
    }
  };
  if (rounded(*from + 1) < double(*from)) *from = int64_t(rounded(*from + 1)) + step_near(*from + 1, digits);
  // compared as wide integers: the rounded value may be 2^63
  if (__int128(rounded(*to - 1)) >= __int128(*to))
    *to = int64_t(__int128(rounded(*to - 1)) - step_near(*to - 1, digits));
}

void fill_integers(const char* op, const Tensor& t, int64_t from, std::optional<int64_t> to, Generator* generator) {
  const auto [least, greatest] = range_of(t.dtype());
  RL_CHECK(!to || from < *to, op, ": random_ expects 'from' to be less than 'to', but got from=", from,
           " >= to=", to.value_or(0));
  RL_CHECK(from >= least && from <= greatest, op, ": from is out of bounds for ", dtype_text(t.dtype()));
  RL_CHECK(!to || (*to - 1 >= least && *to - 1 <= greatest), op, ": to - 1 is out of bounds for ",
           dtype_text(t.dtype()));
  RandomParameters p;
  if (to) {
    shrink_to(t.dtype(), &from, &*to);
    RL_CHECK(from < *to, op, ": random_ expects 'from' to be less than 'to' after rounding to ", dtype_text(t.dtype()),
             ", but got from=", from, " >= to=", *to);
    p.low = from;
    p.span = uint64_t(*to) - uint64_t(from);
  } else if (from != INT64_MIN) {  // to the greatest whole number below which the dtype holds them all
    const int64_t last = is_float(t.dtype()) ? int64_t(1) << digits_of(t.dtype()) : greatest;
    RL_CHECK(from < last, op, ": random_ expects 'from' to be less than ", last, ", but got from=", from);
    p.low = from;
    p.span = uint64_t(last) + 1 - uint64_t(from);
  }
  p.wide = p.span >= uint64_t(1) << 28 || p.span == 0;  // r32 mod a wide span would favour small numbers
  draw(op, kernels::random_integers, t, generator, p);
}

/// 1 / (1 - p) as the dtype has it: PyTorch divides a mask of that dtype.
double factor_kept(double p, DType dtype) {
  const float single = 1.0f / float(1 - p);
  switch (dtype) {
    case DType::Float16: return float(half(single));
    case DType::BFloat16: return float(bfloat16(single));
    case DType::Float32: return single;
    default: return 1 / (1 - p);
  }
}

/// mean + std * z, the parts broadcast; z is drawn for the whole result.
Tensor normal_like(const Value& mean, const Value& std, Generator* generator, Tensor* out) {
  const Tensor* a = mean.tensor;
  const Tensor* b = std.tensor;
  const Dims sizes = a && b ? broadcast_shapes(a->sizes(), b->sizes(), "normal") : a ? a->sizes() : b->sizes();
  const DType dtype = a ? a->dtype() : b->dtype();
  const Device device = common_device("normal", {&mean, &std});
  const Tensor result = empty_strided(sizes,
                                      strides_like(sizes, a && a->sizes() == sizes ? *a
                                                          : b                      ? *b
                                                                                   : *a),
                                      dtype, device);
  RL_CHECK(b || std.scalar.real() >= 0, "normal: normal expects std >= 0.0, but found std ", b ? 0 : std.scalar.real());
  if (b && !b->is_meta() && b->numel() > 0) {
    const Tensor least = as_dtype(min_all(*b), DType::Float64);
    const double std_least = *static_cast<const double*>(read_host(least, "normal"));
    RL_CHECK(std_least >= 0, "normal: normal expects all elements of std >= 0.0, but found ", std_least);
  }
  if (!b) {
    fill_normal("normal", result, 0, std.scalar.real(), generator);
  } else {
    fill_normal("normal", result, 0, 1, generator);
    launch(kernels::mul, {result, result, *b}, compute_dtype(dtype));
  }
  launch(kernels::add, {result, result, mean.operand()}, compute_dtype(dtype));
  return deliver("normal", result, out);
}

}  // namespace

Tensor rand(const Dims& size, Generator* generator, MaybeDType dtype, MaybeDevice device, Tensor* out) {
  const Tensor result = made_floating("rand", size, dtype, device, out);
  fill_uniform("rand", result, 0, 1, generator);
  return result;
}
Tensor randn(const Dims& size, Generator* generator, MaybeDType dtype, MaybeDevice device, Tensor* out) {
  const Tensor result = made_floating("randn", size, dtype, device, out);
  fill_normal("randn", result, 0, 1, generator);
  return result;
}
Tensor randint(int64_t low, int64_t high, const Dims& size, Generator* generator, MaybeDType dtype, MaybeDevice device,
               Tensor* out) {
  const Tensor result = made("randint", size, dtype.value_or(DType::Int64), device, out, dtype.has_value());
  fill_integers("randint", result, low, high, generator);
  return result;
}
Tensor randint_below(int64_t high, const Dims& size, Generator* generator, MaybeDType dtype, MaybeDevice device,
                     Tensor* out) {
  return randint(0, high, size, generator, dtype, device, out);
}
Tensor randperm(int64_t n, Generator* generator, MaybeDType dtype, MaybeDevice device, Tensor* out) {
  const DType d = dtype ? *dtype : out ? out->dtype() : DType::Int64;
  RL_CHECK(!out || d == out->dtype(), "randperm: dtype ", dtype_text(d), " does not match dtype of out parameter (",
           dtype_text(out ? out->dtype() : d), ")");
  RL_CHECK(n <= 0 || n - 1 <= range_of(d).second, "randperm: value cannot be converted to type ", dtype_text(d),
           " without overflow: n is ", n);
  const Tensor order = empty({n}, DType::Int64, device ? *device : out ? out->device() : default_device());
  launch(kernels::randperm, {order, Operand(chosen(generator))}, DType::Int64);
  return deliver("randperm", as_dtype(order, d), out);
}
Tensor rand_like(const Tensor& input, Generator* generator, MaybeDType dtype, MaybeDevice device,
                 std::optional<MemoryFormat> memory_format) {
  const Tensor result = made_like(input, dtype, device, memory_format);
  fill_uniform("rand_like", result, 0, 1, generator);
  return result;
}
Tensor randn_like(const Tensor& input, Generator* generator, MaybeDType dtype, MaybeDevice device,
                  std::optional<MemoryFormat> memory_format) {
  const Tensor result = made_like(input, dtype, device, memory_format);
  fill_normal("randn_like", result, 0, 1, generator);
  return result;
}
Tensor randint_like(const Tensor& input, int64_t low, int64_t high, Generator* generator, MaybeDType dtype,
                    MaybeDevice device, std::optional<MemoryFormat> memory_format) {
  const Tensor result = made_like(input, dtype, device, memory_format);
  fill_integers("randint_like", result, low, high, generator);
  return result;
}
Tensor randint_below_like(const Tensor& input, int64_t high, Generator* generator, MaybeDType dtype, MaybeDevice device,
                          std::optional<MemoryFormat> memory_format) {
  return randint_like(input, 0, high, generator, dtype, device, memory_format);
}

Tensor normal_tensors(const Tensor& mean, const Tensor& std, Generator* generator, Tensor* out) {
  return normal_like(mean, std, generator, out);
}
Tensor normal_around(const Tensor& mean, double std, Generator* generator, Tensor* out) {
  return normal_like(mean, Scalar(std), generator, out);
}
Tensor normal_spread(double mean, const Tensor& std, Generator* generator, Tensor* out) {
  return normal_like(Scalar(mean), std, generator, out);
}
Tensor normal_of_size(double mean, double std, const Dims& size, Generator* generator, MaybeDType dtype,
                      MaybeDevice device, Tensor* out) {
  const Tensor result = made_floating("normal", size, dtype, device, out);
  fill_normal("normal", result, mean, std, generator);
  return result;
}

Tensor bernoulli(const Tensor& input, Generator* generator, Tensor* out) {
  Tensor result = empty_like(input, input.dtype());
  bernoulli_tensor_(result, input, generator);
  return deliver("bernoulli", result, out);
}
Tensor bernoulli_p(const Tensor& input, double p, Generator* generator) {
  Tensor result = empty_like(input, input.dtype());
  bernoulli_(result, p, generator);
  return result;
}

Tensor multinomial(const Tensor& input, int64_t num_samples, bool replacement, Generator* generator, Tensor* out) {
  const char* op = "multinomial";
  RL_CHECK(input.ndim() == 1 || input.ndim() == 2, op, ": prob_dist must be 1 or 2 dim, got shape ", input.sizes());
  RL_CHECK(compute_dtype(input.dtype()) == DType::Float32 || input.dtype() == DType::Float64, op,
           ": multinomial only supports floating-point dtypes for input, got: ", short_name(input.dtype()));
  RL_CHECK(num_samples > 0, op, ": cannot sample n_sample <= 0 samples, got ", num_samples);
  const int64_t n = input.size(input.ndim() - 1), rows = input.ndim() == 2 ? input.size(0) : 1;
  RL_CHECK(replacement || num_samples <= n, op,
           ": cannot sample n_sample > prob_dist.size(-1) samples without replacement (", num_samples, " > ", n, ")");
  RL_CHECK(n > 0 || rows == 0, op, ": no categories to sample from, input has shape ", input.sizes());
  const Tensor dense = as_contiguous(as_dtype(input, compute_dtype(input.dtype()))),
               weights = dense.view({rows, n}, {n, 1}, dense.offset());
  checked_numel({rows, num_samples}, op);
  const Tensor chosen_categories = empty({rows, num_samples}, DType::Int64, input.device());
  RandomParameters p;
  p.singly = replacement && num_samples > 1;  // one sample is drawn alike either way
  launch(kernels::multinomial, {chosen_categories, weights, Operand(chosen(generator))}, weights.dtype(),
         Parameters::pack(p));
  return deliver(op, input.ndim() == 2 ? chosen_categories : chosen_categories.view({num_samples}, {1}, 0), out);
}

std::tuple<Tensor, Tensor> dropout(const Tensor& input, double p, Generator* generator) {
  RL_CHECK(p >= 0 && p <= 1, "dropout: dropout probability has to be between 0 and 1, but got ", p);
  refuse_unless_floating("dropout", input);
  const DType dtype = input.dtype(), key = compute_dtype(dtype);
  const Tensor from = as_dtype(input, key), result = empty_like(from, key);
  const Tensor mask = empty_strided(result.sizes(), result.strides(), DType::Bool, input.device());
  if (p == 0 || p == 1) {  // nothing to draw
    fill(mask, Scalar(p == 0));
    launch(kernels::mul, {result, from, Scalar(1 - p)}, key);
  } else if (input.numel() > 0) {
    const MemoryOrder order(result);
    const Tensor to = order.apply(result), kept = order.apply(mask), ordered = order.apply(from);
    RandomParameters parameters;
    parameters.a = p;
    parameters.b = factor_kept(p, dtype);
    launch(kernels::dropout, {to, kept, ordered, Operand(chosen(generator))}, key, Parameters::pack(parameters));
  }
  return {as_dtype(result, dtype), mask};
}

void uniform_(Tensor& self, double from, double to, Generator* generator) {
  fill_uniform("uniform_", self, from, to, generator);
}
void normal_(Tensor& self, double mean, double std, Generator* generator) {
  fill_normal("normal_", self, mean, std, generator);
}

void random_(Tensor& self, Generator* generator) {
  RandomParameters p;
  p.span = is_float(self.dtype()) ? (uint64_t(1) << digits_of(self.dtype())) + 1
                                  : uint64_t(range_of(self.dtype()).second) + 1;
  p.wide = self.dtype() == DType::Float64 || self.dtype() == DType::Int64 || self.dtype() == DType::UInt64;
  draw("random_", kernels::random_integers, self, generator, p);
}
void random_below_(Tensor& self, int64_t to, Generator* generator) { fill_integers("random_", self, 0, to, generator); }
void random_between_(Tensor& self, int64_t from, std::optional<int64_t> to, Generator* generator) {
  fill_integers("random_", self, from, to, generator);
}

void bernoulli_(Tensor& self, double p, Generator* generator) {
  RL_CHECK(p >= 0 && p <= 1, "bernoulli_: bernoulli_ expects p to be in [0, 1], but got p=", p);
  RandomParameters parameters;
  parameters.a = p;
  draw("bernoulli_", kernels::bernoulli_scalar, self, generator, parameters);
}
void bernoulli_tensor_(Tensor& self, const Tensor& p, Generator* generator) {
  const Value p_value(p);
  check_writable("bernoulli_", self, {&p_value});
  if (contains(kHalves, p.dtype())) return bernoulli_tensor_(self, as_dtype(p, DType::Float32), generator);
  RL_CHECK_IMPLEMENTED(p.dtype() == DType::Float32 || p.dtype() == DType::Float64,
                       "\"bernoulli_tensor_cpu_p_\" not implemented for '", short_name(p.dtype()), "'");
  const Tensor chances = broadcast_to(p, self.sizes(), "bernoulli_");
  if (self.numel() == 0) return;
  const MemoryOrder order(self);
  const bool direct = self.dtype() == p.dtype();
  const Tensor result = direct ? self : empty_like(self, p.dtype()), ordered = order.apply(result),
               from = order.apply(chances);
  launch(kernels::bernoulli_tensor, {ordered, from, Operand(chosen(generator))}, p.dtype());
  if (!direct) copy_values(self, result, "bernoulli_");
}
void exponential_(Tensor& self, double rate, Generator* generator) {
  RL_CHECK(is_float(self.dtype()),
           "exponential_: Exponential distribution is a continuous probability distribution. "
           "dtype must be a floating point but you specified ",
           short_name(self.dtype()));
  RL_CHECK(rate > 0, "exponential_: exponential_ expects lambda > 0.0, but found lambda=", rate);
  RandomParameters p;
  p.a = rate;
  draw("exponential_", kernels::exponential, self, generator, p);
}
void cauchy_(Tensor& self, double median, double sigma, Generator* generator) {
  RL_CHECK(is_float(self.dtype()),
           "cauchy_: Cauchy distribution is a continuous probability distribution. "
           "dtype must be a floating point but you specified ",
           short_name(self.dtype()));
  RL_CHECK(sigma > 0, "cauchy_: cauchy_ expects sigma > 0.0, but found sigma=", sigma);
  RandomParameters p;
  p.a = median;
  p.b = sigma;
  draw("cauchy_", kernels::cauchy, self, generator, p);
}
void geometric_(Tensor& self, double p, Generator* generator) {
  RL_CHECK(p > 0 && p < 1, "geometric_: geometric_ expects p to be in (0, 1), but got p=", p);
  RandomParameters parameters;
  parameters.a = p;
  draw("geometric_", kernels::geometric, self, generator, parameters);
}
void log_normal_(Tensor& self, double mean, double std, Generator* generator) {
  RL_CHECK(std > 0, "log_normal_: log_normal_ expects std > 0.0, but found std=", std);
  RandomParameters p;
  p.a = mean;
  p.b = std;
  draw("log_normal_", kernels::log_normal, self, generator, p);
}

}  // namespace rl::ops
