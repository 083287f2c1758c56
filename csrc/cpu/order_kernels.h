// Rows of the kernels that look for a place in the order of a row, or for runs of equals. Operands are row-major.
#pragma once

#include "core/kernel.h"

namespace rl::kernels {
extern Kernel kth;          // value out [rows], index out (int64), input [rows, n]
extern Kernel longest_run;  // value out [rows], index out, sorted [rows, n], where they were [rows, n]
extern Kernel row_order;    // order out [n] (int64), input [n, m]: rows in lexicographic order, stable
extern Kernel run_ids;      // ids out [n] (int64), input [n, m]: counts up where a row differs from the one before
extern Kernel run_starts;   // first out [runs] (int64), counts out [runs], ids [n]

struct KthParameters {
  enum class Which : int32_t { Kth, Median, NanMedian } which;  // the medians are the lower ones
  int64_t k;                                                    // from 0
};
}  // namespace rl::kernels
