// What a reduction over some dims looks at and makes: shared by the files of reductions.
#pragma once

#include "ops/reduce.h"

namespace rl::ops {

struct Form {
  Tensor input;  // kept dims first, then the reduced ones in order
  Dims sizes;    // of the result
  Dims shrunk;   // without the reduced dims
  int kept = 0;
  int64_t count = 1;  // elements that become one
  DType key;          // what they are reduced in: the input's, unless `read_as` said another
};

Form form_of(const char* op, const Tensor& input, const MaybeDims& dims, bool keepdim);
/// The same with the reduced dims dense, or a single one that steps over dense columns: a copy where neither holds.
Form settled(Form f);
/// The same reduced in another dtype. The kernel converts where rows or columns are dense; elsewhere a copy does.
Form read_as(Form f, DType key);
/// The kernel over the form, stored as `result`; a centre a row for the kernels that look at elements around one.
Tensor reduced(const Kernel& kernel, const char* op, const Form& f, DType result, const Tensor* centre = nullptr,
               const functors::Given& given = {});
/// A row-major result of the shape `shrunk` in the shape that was asked for.
Tensor shaped(const Tensor& made, const Form& f);

}  // namespace rl::ops
