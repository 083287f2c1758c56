// What changes the tensor object itself: in-place views, resize_, set_; and memory seen as bytes.
#include "core/launch.h"
#include "ops/common.h"
#include "python/call.h"
#include "python/record.h"

namespace rl::python {
namespace {

PyTensor* tensor_argument(const py::object& o, const char* op) {
  RL_CHECK_TYPE(is_tensor(o.ptr()), op, "(): expected a Tensor, got ", Py_TYPE(o.ptr())->tp_name);
  return as_tensor(o.ptr());
}

/// `self` becomes `made`, a view of it: t_(), squeeze_() and their kin.
py::object become(const py::object& self, const py::object& made, const std::string& op) {
  PyTensor *to = tensor_argument(self, op.c_str()), *from = tensor_argument(made, op.c_str());
  RL_CHECK((mode & kNoGrad) || !requires_grad(to) || current_grad_fn(to), op,
           ": a leaf Variable that requires grad is being used in an in-place operation. Write under torch.no_grad(), "
           "or compute a new tensor.");
  to->value = from->value;
  to->value.version()->bump();
  if (from->grad_fn) {
    Py_XSETREF(to->grad_fn, Py_NewRef(from->grad_fn));
    to->output_nr = from->output_nr;
    to->requires_grad = true;
  }
  if (to->extra && to->extra->base) {  // a view stays a view of the same base
    PyObject* now = as_tensor(to->extra->base)->grad_fn;
    Py_XINCREF(now);
    Py_XSETREF(to->extra->base_fn, now);
  }
  return self;
}

/// Row-major in new sizes; the elements stay in the order of memory. More memory than there is is taken anew, and is
/// then this tensor's own.
py::object resize(const py::object& self, const py::object& size) {
  PyTensor* p = tensor_argument(self, "resize_");
  RL_CHECK(!requires_grad(p), "resize_: cannot resize variables that require grad");
  const Dims sizes = to_dims(size.ptr(), {});
  Tensor& t = p->value;
  const int64_t item = item_size(t.dtype());
  const int64_t bytes = checked_mul(checked_numel(sizes, "resize_"), item, "resize_");
  const int64_t before = t.offset() * item;
  int64_t reach;
  RL_CHECK(!__builtin_add_overflow(bytes, before, &reach), "resize_: the number of bytes overflows 63 bits");
  Ref<Storage> storage = t.storage();
  if (bytes > 0 && reach > int64_t(storage->bytes())) {
    RL_CHECK(!storage->borrowed(), "resize_: Trying to resize storage that is not resizable");
    storage = Storage::allocate(size_t(reach), t.device());
    if (!t.is_meta()) {
      const Tensor old(t.storage(), t.version(), DType::UInt8, {int64_t(t.storage()->bytes())}, {1}, 0);
      const Tensor copy(storage, Version::make(), DType::UInt8, old.sizes(), {1}, 0);
      ops::copy_values(copy, old, "resize_");
    }
  }
  t = Tensor(std::move(storage), t.version(), t.dtype(), sizes, contiguous_strides(sizes), t.offset());
  t.version()->bump();
  return self;
}

py::object frombuffer(const py::object& buffer, const py::object& dtype, int64_t count, int64_t offset) {
  const DType d = to_dtype(dtype.ptr(), {});
  auto* view = new Py_buffer;
  const auto release = [](void* held) {
    auto* b = static_cast<Py_buffer*>(held);
    if (Py_IsInitialized() && !_Py_IsFinalizing()) {
      const PyGILState_STATE state = PyGILState_Ensure();
      PyBuffer_Release(b);
      PyGILState_Release(state);
    }
    delete b;
  };
  if (PyObject_GetBuffer(buffer.ptr(), view, PyBUF_WRITABLE) < 0) {
    PyErr_Clear();
    if (PyObject_GetBuffer(buffer.ptr(), view, PyBUF_SIMPLE) < 0) {
      delete view;
      PyErr_Clear();
      fail(ErrorKind::Value, "object does not implement Python buffer protocol.");
    }
    if (PyErr_WarnEx(PyExc_UserWarning,
                     "The given buffer is not writable, and PyTorch does not support non-writable tensors. This means "
                     "you can write to the underlying (supposedly non-writable) buffer using the tensor.",
                     1) < 0) {
      PyBuffer_Release(view);
      delete view;
      throw PythonError();
    }
  }
  const int64_t length = view->len, item = item_size(d);
  struct Held {  // until the storage owns it
    Py_buffer* buffer;
    ~Held() {
      if (!buffer) return;
      PyBuffer_Release(buffer);
      delete buffer;
    }
  } held{view};
  RL_CHECK_VALUE(length > 0 && count != 0, "both buffer length (", length, ") and count (", count, ") must not be 0");
  RL_CHECK_VALUE(0 <= offset && offset < length, "offset (", offset,
                 " bytes) must be non-negative and no greater than buffer length (", length, " bytes) minus 1");
  RL_CHECK_VALUE(count > 0 || (length - offset) % item == 0, "buffer length (", length - offset,
                 " bytes) after offset (", offset, " bytes) must be a multiple of element size (", item, ")");
  const int64_t n = count < 0 ? (length - offset) / item : count;
  RL_CHECK_VALUE(n <= (length - offset) / item, "requested buffer length (", n, " * ", item, " bytes) after offset (",
                 offset, " bytes) must not be greater than actual buffer length (", length, " bytes)");
  // the storage begins at the offset, which need not be a multiple of an element
  held.buffer = nullptr;
  Ref<Storage> storage =
      Storage::borrow(static_cast<char*>(view->buf) + offset, size_t(length - offset), +release, view);
  return py::reinterpret_steal<py::object>(wrap(Tensor(std::move(storage), Version::make(), d, {n}, {1}, 0)));
}

}  // namespace

void add_reshape_in_place(py::module_& m) {
  m.def("_become", &become);
  m.def("_resize", &resize);
  m.def("_frombuffer", &frombuffer);
}

}  // namespace rl::python
