// Kernels whose body is NumPy's LAPACK: their functions are filled in at load; NumPy itself is imported by the first
// call.
#include "python/lapack.h"

#include <dlfcn.h>
#include <pybind11/complex.h>
#include <pybind11/numpy.h>

#include <complex>
#include <vector>

#include "core/error.h"
#include "ops/factor.h"

namespace rl::python {
namespace {

struct BlasThreads {
  int (*get)() = nullptr;
  void (*set)(int) = nullptr;
};

/// The switch of the BLAS that NumPy links; its functions have other names in every build, and may not be there.
BlasThreads find_blas_threads() {
  BlasThreads found;
  const auto file = py::module_::import("numpy.linalg._umath_linalg").attr("__file__").cast<std::string>();
  void* const library = dlopen(file.c_str(), RTLD_NOW | RTLD_NOLOAD);  // names are looked up in what it links, too
  if (!library) return found;
  for (const char* prefix : {"scipy_openblas", "openblas"})
    for (const char* end : {"64_", ""}) {
      found.get = reinterpret_cast<int (*)()>(dlsym(library, concat(prefix, "_get_num_threads", end).c_str()));
      found.set = reinterpret_cast<void (*)(int)>(dlsym(library, concat(prefix, "_set_num_threads", end).c_str()));
      if (found.get && found.set) return found;
    }
  return {};
}

/// NumPy's BLAS on one thread while any of these lives, since some of LAPACK's bits depend on the number. NumPy lets
/// other threads run: the first sets, the last restores, and the GIL guards the count.
class OneThread {
 public:
  OneThread() {
    if (!known) blas = find_blas_threads(), known = true;
    if (holders++ > 0 || !blas.get) return;
    before = blas.get();
    blas.set(1);
  }
  ~OneThread() {
    if (--holders == 0 && blas.set) blas.set(before);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  static inline BlasThreads blas;
  static inline bool known = false;
  static inline int holders = 0, before = 0;
};

/// The operand's memory as an array; it must not outlive the call.
template <class T>
py::array array_of(const View& v) {
  const std::vector<py::ssize_t> sizes(v.sizes, v.sizes + v.ndim);
  return py::array(py::dtype::of<T>(), sizes, v.data, py::none());  // row-major
}

/// Runs `body` with Python at hand and NumPy's BLAS on one thread; a factorisation that fails is reported.
template <class Body>
void with_numpy(const KernelCall& call, Body&& body) {
  const py::gil_scoped_acquire gil;
  const py::module_ linalg = py::module_::import("numpy.linalg");
  const OneThread held;
  try {
    body(linalg);
  } catch (const py::error_already_set& e) {
    if (!e.matches(linalg.attr("LinAlgError"))) throw;
    report(call.error, kernels::kNotConverged, 0, 0);
  }
}

template <class T, class Real>
void svd(const KernelCall& call) {
  const auto p = call.parameters.as<kernels::SvdParameters>();
  with_numpy(call, [&](const py::module_& linalg) {
    const py::object made = linalg.attr("svd")(array_of<T>(call.operands[3]), p.full, p.vectors);
    const py::object copy = py::module_::import("numpy").attr("copyto");
    const py::array s = array_of<Real>(call.operands[1]);
    if (!p.vectors) {
      copy(s, made);
      return;
    }
    copy(array_of<T>(call.operands[0]), made[py::int_(0)]);
    copy(s, made[py::int_(1)]);
    copy(array_of<T>(call.operands[2]), made[py::int_(2)]);
  });
}

}  // namespace

void fill_lapack_kernels() {
  CallFunction* const f = kernels::svd.call;
  f[int(DType::Float32)] = &svd<float, float>;
  f[int(DType::Float64)] = &svd<double, double>;
  f[int(DType::Complex64)] = &svd<std::complex<float>, float>;
  f[int(DType::Complex128)] = &svd<std::complex<double>, double>;
}

}  // namespace rl::python
