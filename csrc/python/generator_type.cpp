// Generator: seeds and states of the random streams, and the slot of the default one.
#include "python/generator_type.h"

#include "core/tensor.h"
#include "python/arguments.h"
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
uint64_t seed_from(const py::int_& seed) {
  int overflow = 0;
  const long long v = PyLong_AsLongLongAndOverflow(seed.ptr(), &overflow);
  if (overflow == 0) return uint64_t(v);
  const unsigned long long u = overflow > 0 ? PyLong_AsUnsignedLongLong(seed.ptr()) : 0;
  if (overflow < 0 || PyErr_Occurred()) {
    PyErr_Clear();
    fail(ErrorKind::Value, "manual_seed: Overflow when unpacking long long; a seed lies in [-2^63, 2^64)");
  }
  return u;
}

PyGenerator default_one() { return {Ref<Generator>(&default_generator())}; }

}  // namespace

void add_generator_type(py::module_& m) {
  py::class_<PyGenerator> type(m, "Generator",
                               "A stream of random numbers: mt19937, as PyTorch's CPU generator draws them.");
  type.def(py::init([](const py::object& device) {
             if (!device.is_none()) {
               const auto d = device_from(device.ptr());
               RL_CHECK(d && d->type == DeviceType::CPU, "Generator: only the cpu has generators in this build");
             }
             return PyGenerator{Generator::make()};
           }),
           py::arg("device") = py::none())
      .def(
          "manual_seed",
          [](py::object self, const py::int_& seed) {
            self.cast<PyGenerator&>().value->manual_seed(seed_from(seed));
            return self;
          },
          py::arg("seed"))
      .def("seed", [](PyGenerator& g) { return g.value->seed(); })
      .def("initial_seed", [](PyGenerator& g) { return g.value->initial_seed(); })
      .def("get_state", [](PyGenerator& g) { return state_of(*g.value); })
      .def(
          "set_state",
          [](py::object self, const Tensor& state) {
            restore(*self.cast<PyGenerator&>().value, state);
            return self;
          },
          py::arg("new_state"))
      .def("clone_state", [](PyGenerator& g) { return PyGenerator{g.value->clone()}; })
      .def_property_readonly("device", [](PyGenerator&) { return Device{}; })
      .def("__reduce__",
           [](py::object self) {
             return py::make_tuple(py::type::of(self).attr("_restored"), py::make_tuple(self.attr("get_state")()));
           })
      .def_static("_restored", [](const Tensor& state) {
        PyGenerator g{Generator::make()};
        restore(*g.value, state);
        return g;
      });
  type.attr("__module__") = "torch._C";
  m.def("_default_generator", &default_one,
        "The generator that ops draw from in this thread when they are given none.");
  m.def(
      "_exchange_default_generator",
      [](const py::object& next) {
        Ref<Generator> set = next.is_none() ? Ref<Generator>() : next.cast<PyGenerator&>().value;
        Ref<Generator> before = exchange_default_generator(set);
        return before ? py::cast(PyGenerator{before}) : py::object(py::none());
      },
      "Puts a generator into this thread's slot; None empties it. Returns what was there.");
}

}  // namespace rl::python
