// The types that reductions and scans are compiled for: ops/ brings the other dtypes to them. X(dtype, type, ...) each.
#pragma once

#include <cstdint>

#include "core/scalar.h"

#define RL_TYPES_Bool(X, ...) X(Bool, bool __VA_OPT__(, ) __VA_ARGS__)
#define RL_TYPES_Int64(X, ...) X(Int64, int64_t __VA_OPT__(, ) __VA_ARGS__)
#define RL_TYPES_Floating(X, ...) \
  X(Float32, float __VA_OPT__(, ) __VA_ARGS__) X(Float64, double __VA_OPT__(, ) __VA_ARGS__)
#define RL_TYPES_Complex(X, ...)                          \
  X(Complex64, complex<float> __VA_OPT__(, ) __VA_ARGS__) \
  X(Complex128, complex<double> __VA_OPT__(, ) __VA_ARGS__)
#define RL_TYPES_FloatingComplex(X, ...) RL_TYPES_Floating(X, __VA_ARGS__) RL_TYPES_Complex(X, __VA_ARGS__)
/// What sums are taken in: `total` of ops/reduce.cpp.
#define RL_TYPES_Sums(X, ...) RL_TYPES_FloatingComplex(X, __VA_ARGS__) RL_TYPES_Int64(X, __VA_ARGS__)
/// What elements are compared in: `order_dtype` of core/dtype.h.
#define RL_TYPES_Ordered(X, ...)                                                                  \
  RL_TYPES_Floating(X, __VA_ARGS__) X(UInt8, uint8_t __VA_OPT__(, ) __VA_ARGS__)                  \
      X(Int32, int32_t __VA_OPT__(, ) __VA_ARGS__) X(UInt64, uint64_t __VA_OPT__(, ) __VA_ARGS__) \
          RL_TYPES_Int64(X, __VA_ARGS__) RL_TYPES_Bool(X, __VA_ARGS__)
#define RL_TYPES_OrderedComplex(X, ...) RL_TYPES_Ordered(X, __VA_ARGS__) RL_TYPES_Complex(X, __VA_ARGS__)
