// The extension module: types, ops, engine, modes, and the switches of the core.
#include <algorithm>
#include <memory>
#include <thread>

#include "core/allocator.h"
#include "core/launch.h"
#include "core/machine.h"
#include "core/parallel.h"
#include "cpu/select.h"
#include "python/anomaly.h"
#include "python/call.h"
#include "python/engine.h"
#include "python/errors.h"
#include "python/function.h"
#include "python/generator_type.h"
#include "python/guard.h"
#include "python/lapack.h"
#include "python/layer.h"
#include "python/mode.h"
#include "python/node.h"
#include "python/numbers.h"
#include "python/objects.h"
#include "python/plain.h"
#include "python/saved.h"
#include "python/site.h"
#include "python/tensor_type.h"

namespace rl::python {

void bind_ops(py::module_& m);
void add_reshape_in_place(py::module_& m);
void add_describe(py::module_& m);

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
  def_plain(m, "is_grad_enabled", "", +[] { return !(mode & kNoGrad); });
  def_plain(m, "_set_grad_enabled", "mode", +[](bool on) { mode = on ? mode & ~kNoGrad : mode | kNoGrad; });
  def_plain(m, "_mode", "", +[] { return int64_t(mode); });
  def_plain(m, "_set_mode", "value", +[](int64_t value) { mode = uint32_t(value); });
}

void set_threads(PyObject* count) {
  RL_CHECK(PyLong_Check(count) && !PyBool_Check(count), "set_num_threads expects an int, but got ",
           Py_TYPE(count)->tp_name);
  set_num_threads(int(std::clamp<int64_t>(to_int(count, {}), 0, 1 << 20)));
}

void add_core(py::module_& m) {
  def_plain(m, "get_num_threads", "", &num_threads);
  def_plain(m, "set_num_threads", "int", &set_threads);
  def_plain(m, "get_default_dtype", "", &default_dtype);
  def_plain(
      m, "_set_default_dtype", "d", +[](PyObject* d) {
        const auto dtype = dtype_from(d);
        RL_CHECK_TYPE(dtype && is_float(*dtype), "only floating-point types are supported as the default type");
        set_default_dtype(*dtype);
      });
  def_plain(m, "get_default_device", "", &default_device);
  def_plain(m, "_set_default_device", "device", &set_default_device);
  def_plain(m, "set_flush_denormal", "mode", &set_flush_denormal);
  def_plain(m, "_isa", "", +[] { return std::string(cpu::isa()); });
  m.def("_memory_report", [] {
    const MemoryReport r = memory_report();
    py::dict d;
    d["allocated"] = r.allocated;
    d["cached"] = r.cached;
    d["peak"] = r.peak;
    d["allocations"] = r.allocations;
    return d;
  });
  def_plain(m, "_reset_peak_memory", "", &reset_peak);
  def_plain(m, "_release_cached_memory", "", &release_cached);
  def_plain(m, "_fail_allocation_after", "n", &fail_allocation_after);
  def_plain(m, "_promote_types", "type1, type2", &promote);
  def_plain(m, "_can_cast", "from_, to", &ops::can_cast);
}

/// What class Tensor asks of a tensor.
void add_questions(py::module_& m) {
  def_plain(m, "_strides", "input", +[](const Tensor& t) -> Dims { return t.strides(); });
  def_plain(m, "_offset", "input", +[](const Tensor& t) { return t.offset(); });
  def_plain(m, "_data_ptr", "input", +[](const Tensor& t) { return uint64_t(reinterpret_cast<uintptr_t>(t.data())); });
  def_plain(
      m, "_storage_ptr", "input",
      +[](const Tensor& t) { return uint64_t(reinterpret_cast<uintptr_t>(t.storage().get())); });
  def_plain(
      m, "_is_contiguous", "input, memory_format=None", +[](const Tensor& t, std::optional<MemoryFormat> format) {
        return format ? has_format(t, *format) : t.is_contiguous();
      });
  def_plain(m, "_numel", "input", +[](const Tensor& t) { return t.numel(); });
  def_plain(m, "_bump_version", "input", +[](const Tensor& t) { t.version()->bump(); });
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
  add_sites(m);
  add_node_type(m);
  add_saved(m);
  add_function(m);
  add_anomaly(m);
  add_generator_type(m);
  bind_ops(m);
  add_convert(m);
  add_reshape_in_place(m);
  add_call(m);
  add_entries(m);
  add_layers(m);
  add_describe(m);
  add_guard(m);
  add_rules(m);
  add_docs(m);
  add_engine(m);
  bind_numbers(m);
  bind_index(m);
  add_modes(m);
  add_core(m);
  add_questions(m);
  add_recording(m);
}
