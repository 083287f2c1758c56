// One matrix product, by strides: C [m, n] = A [m, k] x B [k, n] (+ bias [n]). C's columns are contiguous.
#pragma once

#include <cstdint>

#include "core/macros.h"

RL_ISA_BEGIN

template <class T>
struct Product {
  int64_t m, n, k;
  const T* a;
  int64_t a_row, a_col;
  const T* b;
  int64_t b_row, b_col;
  T* c;
  int64_t c_row, c_col;
  const T* bias;
  int64_t bias_stride;
};

int64_t product_scratch_bytes(int64_t m, int64_t n, int64_t k, int64_t item, int threads);
/// `threads`: what the scratch was made for.
void product(const Product<float>& p, void* scratch, int threads);
void product(const Product<double>& p, void* scratch, int threads);

/// Integers wrap around, so their order does not matter.
template <class T>
RL_INLINE void product_integer(const Product<T>& p) {
  for (int64_t i = 0; i < p.m; ++i)
    for (int64_t j = 0; j < p.n; ++j) {
      uint64_t sum = 0;
      for (int64_t k = 0; k < p.k; ++k)
        sum += uint64_t(p.a[i * p.a_row + k * p.a_col]) * uint64_t(p.b[k * p.b_row + j * p.b_col]);
      if (p.bias) sum += uint64_t(p.bias[j * p.bias_stride]);
      p.c[i * p.c_row + j * p.c_col] = T(sum);
    }
}

RL_ISA_END
