// The extension module: types, ops, engine, modes, and the switches of the core.
#include <pybind11/stl.h>

#include <memory>
#include <thread>

#include "core/allocator.h"
#include "core/launch.h"
#include "core/machine.h"
#include "core/parallel.h"
#include "cpu/select.h"
#include "python/call.h"
#include "python/engine.h"
#include "python/errors.h"
#include "python/generator_type.h"
#include "python/lapack.h"
#include "python/mode.h"
#include "python/node.h"
#include "python/numbers.h"
#include "python/objects.h"
#include "python/tensor_type.h"

namespace rl::python {

void bind_ops(py::module_& m);
void add_reshape_in_place(py::module_& m);

namespace {

/// A step that was recorded as launches: replay() runs them again on the values that the same tensors then hold.
class Recording {
 public:
  ~Recording() {
    if (!open_) return;
    // in another thread it goes on being watched: then it must stay
    if (std::this_thread::get_id() == thread_)
      exchange_observer(nullptr);
    else
      (void)tape_.release();
  }
  void start() {
    RL_CHECK(!open_, "_Recording: already started");
    LaunchObserver* before = exchange_observer(tape_.get());
    if (before) exchange_observer(before);
    RL_CHECK(!before, "_Recording: this thread records already");
    thread_ = std::this_thread::get_id();
    open_ = true;
  }
  void stop() {
    RL_CHECK(open_ && std::this_thread::get_id() == thread_, "_Recording: not started in this thread");
    exchange_observer(nullptr);
    open_ = false;
  }
  void replay() const {
    RL_CHECK(!open_, "_Recording: stop() before replay()");
    tape_->replay();
  }
  size_t size() const { return tape_->size(); }

 private:
  std::unique_ptr<Tape> tape_ = std::make_unique<Tape>();
  std::thread::id thread_;
  bool open_ = false;
};

/// `with _Unrecorded():` what is launched inside runs and is not recorded.
struct UnrecordedScope {
  std::vector<std::unique_ptr<Unrecorded>> entered;
};

void add_modes(py::module_& m) {
  m.def("is_grad_enabled", [] { return !(mode & kNoGrad); });
  m.def("_set_grad_enabled", [](bool on) { mode = on ? mode & ~kNoGrad : mode | kNoGrad; });
  m.def("_mode", [] { return mode; });
  m.def("_set_mode", [](uint32_t value) { mode = value; });
}

void add_core(py::module_& m) {
  m.def("get_num_threads", &num_threads, "Threads that one op may use.");
  m.def("set_num_threads", [](int n) { set_num_threads(n); }, py::arg("num_threads"));
  m.def("get_default_dtype", [] { return py::reinterpret_borrow<py::object>(dtype_object(default_dtype())); });
  m.def("_set_default_dtype", [](const py::object& d) {
    const auto dtype = dtype_from(d.ptr());
    RL_CHECK_TYPE(dtype && is_float(*dtype), "only floating-point types are supported as the default type");
    set_default_dtype(*dtype);
  });
  m.def("_isa", [] { return std::string(cpu::isa()); });
  m.def("_memory_report", [] {
    const MemoryReport r = memory_report();
    py::dict d;
    d["allocated"] = r.allocated;
    d["cached"] = r.cached;
    d["peak"] = r.peak;
    d["allocations"] = r.allocations;
    return d;
  });
  m.def("_reset_peak_memory", &reset_peak);
  m.def("_release_cached_memory", &release_cached);
  m.def("_fail_allocation_after", &fail_allocation_after);
  m.def("_promote_types", [](const py::object& a, const py::object& b) {
    return py::reinterpret_borrow<py::object>(dtype_object(promote(to_dtype(a.ptr(), {}), to_dtype(b.ptr(), {}))));
  });
  m.def("_can_cast", [](const py::object& a, const py::object& b) {
    return ops::can_cast(to_dtype(a.ptr(), {}), to_dtype(b.ptr(), {}));
  });
  m.def("_strides", [](const Tensor& t) { return std::vector<int64_t>(t.strides().begin(), t.strides().end()); });
  m.def("_offset", [](const Tensor& t) { return t.offset(); });
  m.def("_data_ptr", [](const Tensor& t) { return reinterpret_cast<uintptr_t>(t.data()); });
  m.def("_storage_ptr", [](const Tensor& t) { return reinterpret_cast<uintptr_t>(t.storage().get()); });
  m.def("_is_contiguous", [](const Tensor& t, const py::object& format) {
    if (format.is_none()) return t.is_contiguous();
    return has_format(t, to_memory_format(format.ptr(), {}));
  });
  m.def("get_default_device", [] { return default_device(); }, "Where this thread's factories make their tensors.");
  m.def("_set_default_device", [](const py::object& device) { set_default_device(to_device(device.ptr(), {})); });
  m.def("set_flush_denormal", &set_flush_denormal, py::arg("mode"),
        "Should denormal numbers be taken for zero? Returns whether the processor can.");
  m.def("_numel", [](const Tensor& t) { return t.numel(); });
  m.def("_bump_version", [](const Tensor& t) { t.version()->bump(); });
}

void add_recording(py::module_& m) {
  py::class_<Recording>(m, "_Recording", "Records the launches of a step between start() and stop().")
      .def(py::init<>())
      .def("start", &Recording::start)
      .def("stop", &Recording::stop)
      .def("replay", &Recording::replay)
      .def("__len__", &Recording::size);
  py::class_<UnrecordedScope>(m, "_Unrecorded", "What is launched inside `with` runs and is not recorded.")
      .def(py::init<>())
      .def("__enter__", [](UnrecordedScope& s) { s.entered.push_back(std::make_unique<Unrecorded>()); })
      .def("__exit__", [](UnrecordedScope& s, const py::args&) { s.entered.clear(); });
}

}  // namespace
}  // namespace rl::python

PYBIND11_MODULE(_C, m) {
  using namespace rl::python;
  static const auto translate = [](std::exception_ptr p) {
    try {
      if (p) std::rethrow_exception(p);
    } catch (const rl::Error&) {
      set_python_error(nullptr);
    } catch (const PythonError&) {
      // the indicator is set
    }
  };
  py::register_local_exception_translator(+[](std::exception_ptr p) { translate(p); });
  m.doc() = "rushlight's compiled half: the Tensor type, the ops and the engine.";
  m.attr("__version__") = RL_VERSION;
  rl::cpu::isa();  // fills the kernel rows
  fill_lapack_kernels();
  add_errors(m);
  add_objects(m);
  add_tensor_type(m);
  add_node_type(m);
  add_generator_type(m);
  bind_ops(m);
  add_convert(m);
  add_reshape_in_place(m);
  add_call(m);
  add_entries(m);
  add_rules(m);
  add_docs(m);
  add_engine(m);
  bind_numbers(m);
  bind_index(m);
  add_modes(m);
  add_core(m);
  add_recording(m);
}
