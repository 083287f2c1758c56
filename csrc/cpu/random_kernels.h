// The kernel rows of random ops. The generator is the last operand, so that a recorded step draws on when replayed.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {

// {out, generator}; out comes with its dims in the order of memory
extern Kernel uniform, normal, random_integers, bernoulli_scalar, exponential, cauchy, geometric, log_normal, randperm;
extern Kernel bernoulli_tensor;  // {out, p, generator}; the key is p's dtype
extern Kernel dropout;           // {out, mask, input, generator}
// {out [rows, samples] int64, weights [rows, n] dense, generator}; the key is the weights' dtype
extern Kernel multinomial;

}  // namespace rl::kernels

namespace rl {

struct RandomParameters {
  double a = 0, b = 1;  // from, to; mean, std; p; rate; dropout: p and the factor of what stays
  uint64_t span = 0;    // random_integers: low + draw mod span; 0: all 64 bits
  int64_t low = 0;
  bool wide = false;          // a draw is 64 bits
  bool whole_blocks = false;  // normal: the tail of half types, see Generator
  bool singly = false;        // normal: one by one and not in blocks of 16; multinomial: with replacement
};

}  // namespace rl
