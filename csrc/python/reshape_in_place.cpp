// What changes the tensor object itself: in-place views, resize_, set_; and memory seen as bytes.
#include <cstring>
#include <memory>

#include "core/launch.h"
#include "ops/common.h"
#include "python/let_go.h"
#include "python/plain.h"
#include "python/record.h"

namespace rl::python {
namespace {

/// `self` becomes `made`, a view of it: t_(), squeeze_() and their kin.
Owned become(PyTensor* to, PyTensor* from, std::string_view op) {
  RL_CHECK((mode & kNoGrad) || !requires_grad(to) || current_grad_fn(to), op,
           ": a leaf Variable that requires grad is being used in an in-place operation. Write under torch.no_grad(), "
           "or compute a new tensor.");
  RL_CHECK((mode & kNoGrad) || !current_grad_fn(to) || from->grad_fn, op, ": derivative for ", op,
           " is not implemented: call it under torch.no_grad(), or on detach()");
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
  return Owned::borrow(as_object(to));
}

/// Row-major in new sizes; the elements stay in the order of memory. More memory than there is is taken anew, and is
/// then this tensor's own.
Owned resize(PyTensor* self, const Dims& sizes) {
  RL_CHECK(!requires_grad(self), "resize_: cannot resize variables that require grad");
  Tensor& t = self->value;
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
  return Owned::borrow(as_object(self));
}

/// A buffer of Python's, held until its last tensor dies.
struct Buffer {
  Py_buffer view;
  bool writable = true;

  explicit Buffer(PyObject* o) {
    if (PyObject_GetBuffer(o, &view, PyBUF_WRITABLE) == 0) return;
    PyErr_Clear();
    writable = false;
    if (PyObject_GetBuffer(o, &view, PyBUF_SIMPLE) == 0) return;
    PyErr_Clear();
    fail(ErrorKind::Value, "object does not implement Python buffer protocol.");
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { PyBuffer_Release(&view); }

  static void release(void* buffer) {
    let_go([](void* held) { delete static_cast<Buffer*>(held); }, buffer);
  }
};

Tensor frombuffer(PyObject* object, DType dtype, int64_t count, int64_t offset) {
  auto buffer = std::make_unique<Buffer>(object);
  const int64_t length = buffer->view.len, item = item_size(dtype);
  RL_CHECK_VALUE(length > 0 && count != 0, "both buffer length (", length, ") and count (", count, ") must not be 0");
  RL_CHECK_VALUE(0 <= offset && offset < length, "offset (", offset,
                 " bytes) must be non-negative and no greater than buffer length (", length, " bytes) minus 1");
  RL_CHECK_VALUE(count > 0 || (length - offset) % item == 0, "buffer length (", length - offset,
                 " bytes) after offset (", offset, " bytes) must be a multiple of element size (", item, ")");
  const int64_t n = count < 0 ? (length - offset) / item : count;
  RL_CHECK_VALUE(n <= (length - offset) / item, "requested buffer length (", n, " * ", item, " bytes) after offset (",
                 offset, " bytes) must not be greater than actual buffer length (", length, " bytes)");
  char* const first = static_cast<char*>(buffer->view.buf) + offset;
  const bool aligned = reinterpret_cast<uintptr_t>(first) % uintptr_t(item) == 0;
  const char* const warning =
      !aligned ? "The elements do not lie at multiples of their size in the given buffer: the tensor is a copy."
      : !buffer->writable
          ? "The given buffer is not writable: the tensor shares its memory, and writing to it raises. You may want to "
            "copy the buffer to protect its data or make it writable before converting it to a tensor."
          : nullptr;
  if (warning && PyErr_WarnEx(PyExc_UserWarning, warning, 1) < 0) throw PythonError();
  if (!aligned) {
    Tensor copy = empty({n}, dtype);
    std::memcpy(copy.data(), first, size_t(n * item));
    return copy;
  }
  const bool read_only = !buffer->writable;
  auto storage = Storage::borrow(first, size_t(length - offset), &Buffer::release, buffer.release(), read_only);
  return Tensor(std::move(storage), Version::make(), dtype, {n}, {1}, 0);
}

}  // namespace

void add_reshape_in_place(py::module_& m) {
  def_plain(m, "_become", "input, made, op", &become);
  def_plain(m, "_resize", "input, size", &resize);
  def_plain(m, "_frombuffer", "buffer, dtype, count, offset", &frombuffer);
}

}  // namespace rl::python
