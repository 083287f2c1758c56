// Generator: seeds and states of the random streams, and the slot of the default one.
#include "python/generator_type.h"

#include "core/tensor.h"
#include "python/plain.h"
#include "python/tensor_type.h"

namespace rl::python {

bool is_generator(PyObject* o) { return py::isinstance<PyGenerator>(py::handle(o)); }

Generator* to_generator(PyObject* o, Place place) {
  if (!is_generator(o)) wrong_type(place, "torch.Generator", o);
  return py::handle(o).cast<PyGenerator&>().value.get();
}

namespace {

Tensor state_of(Generator& g) {
  std::vector<uint8_t> bytes = g.get_state();
  Tensor state = empty({int64_t(bytes.size())}, DType::UInt8);
  std::copy(bytes.begin(), bytes.end(), static_cast<uint8_t*>(state.data()));
  return state;
}

void restore(Generator& g, const Tensor& state) {
  RL_CHECK_TYPE(state.dtype() == DType::UInt8 && !state.is_meta(), "RNG state must be a torch.ByteTensor");
  RL_CHECK(state.is_contiguous(), "RNG state must be contiguous");
  g.set_state(static_cast<const uint8_t*>(state.data()), size_t(state.numel()));
}

/// Negative seeds stand for the top half of 64 bits, as in PyTorch.
uint64_t seed_from(PyObject* seed) {
  RL_CHECK(PyLong_Check(seed), "manual_seed expected a long, but got ", Py_TYPE(seed)->tp_name);
  int overflow = 0;
  const long long v = PyLong_AsLongLongAndOverflow(seed, &overflow);
  if (overflow == 0) return uint64_t(v);
  const unsigned long long u = overflow > 0 ? PyLong_AsUnsignedLongLong(seed) : 0;
  if (overflow < 0 || PyErr_Occurred()) {
    PyErr_Clear();
    fail(ErrorKind::Value, "manual_seed: Overflow when unpacking long long; a seed lies in [-2^63, 2^64)");
  }
  return u;
}

Owned object_of(Ref<Generator> g) { return Owned(py::cast(PyGenerator{std::move(g)}).release().ptr()); }

Owned set_seed(PyObject* self, PyObject* seed) {
  to_generator(self, {})->manual_seed(seed_from(seed));
  return Owned::borrow(self);
}
Owned set_state(PyObject* self, PyObject* state) {
  RL_CHECK_TYPE(is_tensor(state), "expected a torch.ByteTensor, but got ", Py_TYPE(state)->tp_name);
  restore(*to_generator(self, {}), as_tensor(state)->value);
  return Owned::borrow(self);
}
/// A generator out of a pickle.
Owned restored(const Tensor& state) {
  Ref<Generator> made = Generator::make();
  restore(*made, state);
  return object_of(std::move(made));
}
Owned reduce(PyObject* self) {
  const py::object rebuild = py::module_::import("rushlight._C").attr("_restored_generator");
  return Owned(py::make_tuple(rebuild, py::make_tuple(py::cast(state_of(*to_generator(self, {}))))).release().ptr());
}

Owned make(std::optional<Device> device) {
  RL_CHECK(!device || device->type == DeviceType::CPU, "only the cpu has generators in this build");
  return object_of(Generator::make());
}
PyObject* make_function;

Owned default_one() { return object_of(Ref<Generator>(&default_generator())); }
Owned exchange_default(Generator* next) {
  Ref<Generator> before = exchange_default_generator(next ? Ref<Generator>(next) : Ref<Generator>());
  return before ? object_of(std::move(before)) : Owned::borrow(Py_None);
}

}  // namespace

void add_generator_type(py::module_& m) {
  py::class_<PyGenerator> type(m, "Generator",
                               "A stream of random numbers: mt19937, as PyTorch's CPU generator draws them.");
  make_function = plain("Generator", "device=None", "", &make);
  type.def(py::init([](const py::args& args, const py::kwargs& kwargs) {
        return py::reinterpret_steal<py::object>(
                   Owned::checked(PyObject_Call(make_function, args.ptr(), kwargs.ptr())).release())
            .cast<PyGenerator>();
      }))
      .def_property_readonly("device", [](PyGenerator&) { return Device{}; });
  def_method(type, "manual_seed", "input, seed", &set_seed);
  def_method(type, "seed", "input", +[](Generator& g) { return g.seed(); });
  def_method(type, "initial_seed", "input", +[](Generator& g) { return g.initial_seed(); });
  def_method(type, "get_state", "input", &state_of);
  def_method(type, "set_state", "input, new_state", &set_state);
  def_method(type, "clone_state", "input", +[](Generator& g) { return object_of(g.clone()); });
  def_method(type, "__reduce__", "input", &reduce);
  type.attr("__module__") = "torch._C";
  reinterpret_cast<PyTypeObject*>(type.ptr())->tp_name = "torch._C.Generator";  // as messages name it
  def_plain(m, "_restored_generator", "state", &restored);
  def_plain(m, "_default_generator", "", &default_one,
            "The generator that ops draw from in this thread when they are given none.");
  def_plain(m, "_exchange_default_generator", "next", &exchange_default,
            "Puts a generator into this thread's slot; None empties it. Returns what was there.");
}

}  // namespace rl::python
