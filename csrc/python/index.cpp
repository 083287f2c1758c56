// x[key]: a key is read into basic steps (views) and, after them, index tensors for one `_index` op.
#include <vector>

#include "ops/index.h"
#include "python/call.h"
#include "python/numbers.h"
#include "python/record.h"

namespace rl::python {
namespace {

const OpEntry* slice_entry;
PyObject *select_op, *slice_op, *unsqueeze_op, *index_op, *index_put_op, *fill_op, *copy_op, *masked_fill_op, *view_op,
    *as_tensor_op, *nonzero_op, *reshape_op, *to_op;

template <class... A>
Owned call(PyObject* function, const A&... arguments) {
  PyObject* list[] = {arguments...};
  return Owned::checked(PyObject_Vectorcall(function, list, sizeof...(A), nullptr));
}
Owned number(int64_t v) { return Owned::checked(PyLong_FromLongLong(v)); }

struct Advanced {
  int dim;
  Owned index;  // integer tensor
};

/// What remains of a key after its basic steps were taken.
struct Parsed {
  Owned view;
  std::vector<Advanced> advanced;
  Owned lone_mask;         // the only index, a mask of the whole view
  int masks = 0;           // how many masks are among the indices
  bool only_masks = true;  // is there nothing but masks?
};

bool is_sequence(PyObject* o) { return PySequence_Check(o); }

/// start:stop:step as C++ reads them, in NumPy's way: out-of-range ends are clamped.
struct Slice {
  Py_ssize_t start, stop, step;
  explicit Slice(PyObject* o) {
    if (PySlice_Unpack(o, &start, &stop, &step) < 0) throw PythonError();
  }
};

[[noreturn]] void out_of_bounds(int64_t i, int dim, int64_t size) {
  fail(ErrorKind::Index, "index ", i, " is out of bounds for dimension ", dim, " with size ", size);
}
[[noreturn]] void too_many(int ndim, int used) {
  fail(ErrorKind::Index, "too many indices for tensor of dimension ", ndim, ": the key asks for ", used);
}
constexpr const char* kZeroDim =
    "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim "
    "tensor to a number";

/// A key of ints, slices, None and ... is one view; taken in one step where nothing is recorded.
class BasicView {
 public:
  explicit BasicView(const Tensor& t) : sizes_(t.sizes()), strides_(t.strides()), offset_(t.offset()) {}

  /// False where the key holds anything else.
  bool take(PyObject* key) {
    if (!PyTuple_Check(key)) return take_item(key, 0);
    int used = 0, ellipses = 0;
    const Py_ssize_t n = PyTuple_GET_SIZE(key);
    for (Py_ssize_t i = 0; i < n; ++i) {
      PyObject* o = PyTuple_GET_ITEM(key, i);
      ellipses += o == Py_Ellipsis;
      used += PyLong_CheckExact(o) || PySlice_Check(o);
    }
    if (ellipses > 1 || used > sizes_.size()) return false;  // the slow way says what is wrong
    const int skipped = sizes_.size() - used;
    for (Py_ssize_t i = 0; i < n; ++i)
      if (!take_item(PyTuple_GET_ITEM(key, i), skipped)) return false;
    return true;
  }
  Tensor of(const Tensor& t) { return t.view(std::move(sizes_), std::move(strides_), offset_); }

 private:
  bool take_item(PyObject* o, int skipped) {
    if (PyLong_CheckExact(o)) {
      int overflow;
      const long long i = PyLong_AsLongLongAndOverflow(o, &overflow);
      if (overflow || dim_ >= sizes_.size()) return false;
      const int64_t size = sizes_[dim_];
      if (i < -size || i >= size) out_of_bounds(i, dim_, size);
      offset_ += (i < 0 ? i + size : i) * strides_[dim_];
      sizes_.erase(dim_);
      strides_.erase(dim_);
    } else if (PySlice_Check(o)) {
      if (dim_ >= sizes_.size()) return false;
      Slice s(o);
      const Py_ssize_t n = PySlice_AdjustIndices(sizes_[dim_], &s.start, &s.stop, s.step);
      offset_ += (s.start < 0 ? 0 : s.start) * strides_[dim_];
      sizes_[dim_] = n;
      if (n > 1) strides_[dim_] *= s.step;
      ++dim_;
    } else if (o == Py_None) {
      if (sizes_.size() >= kMaxDims) return false;
      const int64_t step = dim_ < sizes_.size() ? sizes_[dim_] * strides_[dim_] : 1;
      sizes_.insert(dim_, 1);
      strides_.insert(dim_++, step);
    } else if (o == Py_Ellipsis) {
      dim_ += skipped;
    } else {
      return false;
    }
    return true;
  }

  Dims sizes_, strides_;
  int64_t offset_;
  int dim_ = 0;
};

bool is_recorded(PyObject* o) { return (mode & ~kNoGrad) || (!(mode & kNoGrad) && requires_grad(as_tensor(o))); }

/// PyTorch's reading of a list as a key: a tuple, if it is short and holds what no index tensor can.
Owned as_key(PyObject* key) {
  if (PyTuple_Check(key) || is_tensor(key) || !is_sequence(key)) return Owned::borrow(key);
  const Py_ssize_t n = PySequence_Size(key);
  if (n < 0) throw PythonError();
  if (n >= 32 || !PyList_Check(key)) return Owned::borrow(key);
  for (Py_ssize_t i = 0; i < n; ++i) {
    PyObject* o = PyList_GET_ITEM(key, i);
    if (o == Py_None || o == Py_Ellipsis || PySlice_Check(o) || is_tensor(o) || is_sequence(o))
      return Owned::checked(PyList_AsTuple(key));
  }
  return Owned::borrow(key);
}

bool is_mask(PyObject* o) {
  if (!is_tensor(o)) return false;
  const DType d = as_tensor(o)->value.dtype();
  return d == DType::Bool || d == DType::UInt8;
}

/// How many dims of the tensor an item of the key uses.
int dims_used(PyObject* item) {
  if (item == Py_None || item == Py_Ellipsis || PyBool_Check(item)) return 0;
  return is_mask(item) ? as_tensor(item)->value.ndim() : 1;
}

Parsed parse(PyObject* self, PyObject* given) {
  const Owned kept = as_key(given);
  PyObject* key = kept.get();
  std::vector<Owned> items;
  if (PyTuple_Check(key))
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(key); ++i) items.push_back(Owned::borrow(PyTuple_GET_ITEM(key, i)));
  else
    items.push_back(Owned::borrow(key));
  // lists and arrays are tensors; 0-d masks are bools
  int used = 0;
  for (Owned& item : items) {
    PyObject* o = item.get();
    const bool plain =
        o == Py_None || o == Py_Ellipsis || PySlice_Check(o) || is_tensor(o) || (PyIndex_Check(o) && !is_sequence(o));
    if (!plain && (is_sequence(o) || PyObject_HasAttrString(o, "__array__"))) {
      item = call(as_tensor_op, o);
      if (as_tensor(item.get())->value.numel() == 0 && is_float(as_tensor(item.get())->value.dtype()))
        item = call(to_op, item.get(), Py_None, dtype_object(DType::Int64));
    }
    used += dims_used(item.get());
  }
  const int ndim = as_tensor(self)->value.ndim();
  if (used > ndim) {
    RL_CHECK_INDEX(ndim > 0 || PySlice_Check(items[0].get()) || items.size() > 1, kZeroDim);
    RL_CHECK_INDEX(ndim > 0 || items.size() > 1, "slice() cannot be applied to a 0-dim tensor.");
    too_many(ndim, used);
  }

  Parsed p;
  p.view = Owned::borrow(self);
  int dim = 0;  // of the view so far
  for (const Owned& owned : items) {
    PyObject* o = owned.get();
    const Tensor& now = as_tensor(p.view.get())->value;
    // only a second ellipsis, which PyTorch lets stand at the end, leads beyond the dims
    RL_CHECK_INDEX(dim + dims_used(o) <= now.ndim(), "Dimension out of range (expected to be in range of [",
                   -now.ndim(), ", ", now.ndim() - 1, "], but got ", dim, ")");
    if (o == Py_Ellipsis) {
      dim += ndim - used;
    } else if (o == Py_None) {
      p.view = call(unsqueeze_op, p.view.get(), number(dim++).get());
    } else if (PySlice_Check(o)) {
      auto* slice = reinterpret_cast<PySliceObject*>(o);
      if (slice->start != Py_None || slice->stop != Py_None || slice->step != Py_None) {
        const Slice s(o);
        p.view = call(slice_op, p.view.get(), number(dim).get(), number(s.start).get(), number(s.stop).get(),
                      number(s.step).get());
      }
      ++dim;
    } else if (PyBool_Check(o)) {  // a new dim of one element, kept or not
      p.view = call(unsqueeze_op, p.view.get(), number(dim).get());
      Tensor index = empty({o == Py_True ? 1 : 0}, DType::Int64);
      if (o == Py_True) ops::fill(index, Scalar(0));
      p.only_masks = false;
      p.advanced.push_back({dim++, Owned(wrap(std::move(index)))});
    } else if (is_int(o) && !is_mask(o) && !(is_tensor(o) && is_layered(o))) {
      const int64_t i = to_int(o, {});
      if (i < -now.size(dim) || i >= now.size(dim)) out_of_bounds(i, dim, now.size(dim));
      p.view = call(select_op, p.view.get(), number(dim).get(), number(i).get());
    } else if (is_tensor(o)) {
      const Tensor& index = as_tensor(o)->value;
      if (is_mask(o)) {
        for (int d = 0; d < index.ndim(); ++d)
          RL_CHECK_INDEX(index.size(d) == now.size(dim + d), "The shape of the mask ", index.sizes(), " at index ", d,
                         " does not match the shape of the indexed tensor ", now.sizes(), " at index ", dim + d);
        if (items.size() == 1 && index.ndim() > 0 && index.dtype() == DType::Bool) p.lone_mask = Owned::borrow(o);
        if (index.ndim() == 0) {
          const bool on = load_scalar(index.dtype(), read_host(index, "index")).integer() != 0;
          p.view = call(unsqueeze_op, p.view.get(), number(dim).get());
          Tensor chosen = empty({on ? 1 : 0}, DType::Int64);
          if (on) ops::fill(chosen, Scalar(0));
          p.only_masks = false;
          p.advanced.push_back({dim++, Owned(wrap(std::move(chosen)))});
          continue;
        }
        ++p.masks;
        const Owned columns = call(nonzero_op, o);
        for (int d = 0; d < index.ndim(); ++d)
          p.advanced.push_back({dim++, Owned::borrow(PyTuple_GET_ITEM(columns.get(), d))});
      } else {
        RL_CHECK_INDEX(index.dtype() == DType::Int64 || index.dtype() == DType::Int32,
                       "tensors used as indices must be long, int, byte or bool tensors, not torch.",
                       name(index.dtype()));
        p.only_masks = false;
        p.advanced.push_back({dim++, owned});
      }
    } else {
      fail(ErrorKind::Index,
           "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got ",
           Py_TYPE(o)->tp_name, ")");
    }
  }
  return p;
}

/// dims and indices of what is left, as the op takes them.
std::pair<Owned, Owned> lists(const std::vector<Advanced>& advanced) {
  Owned dims = Owned::checked(PyTuple_New(Py_ssize_t(advanced.size()))),
        indices = Owned::checked(PyList_New(Py_ssize_t(advanced.size())));
  for (size_t i = 0; i < advanced.size(); ++i) {
    PyTuple_SET_ITEM(dims.get(), Py_ssize_t(i), number(advanced[i].dim).release());
    PyList_SET_ITEM(indices.get(), Py_ssize_t(i), Py_NewRef(advanced[i].index.get()));
  }
  return {std::move(dims), std::move(indices)};
}

/// The value to write, without leading dims of size 1 that the place does not have.
Owned shaped_value(PyObject* value, int ndim) {
  const Tensor& t = as_tensor(value)->value;
  if (t.ndim() <= ndim) return Owned::borrow(value);
  Dims sizes = t.sizes();
  while (sizes.size() > ndim && sizes[0] == 1) sizes.erase(0);
  if (sizes.size() == t.ndim()) return Owned::borrow(value);
  const Owned size = Owned::checked(size_object(sizes));
  return call(reshape_op, value, size.get());
}

}  // namespace

PyObject* get_index(PyObject* self, PyObject* key) {
  return guarded(nullptr, [&]() -> PyObject* {
    if (Py_TYPE(self) == tensor_class && !is_recorded(self)) {
      BasicView basic(as_tensor(self)->value);
      if (basic.take(key)) {
        Owned made(wrap(basic.of(as_tensor(self)->value)));
        note_view(*slice_entry, made.get(), as_tensor(self), false);
        return made.release();
      }
    }
    Parsed p = parse(self, key);
    if (!p.advanced.empty()) {
      const auto [dims, indices] = lists(p.advanced);
      return call(index_op, p.view.get(), dims.get(), indices.get()).release();
    }
    if (p.view.get() != self) return p.view.release();
    const Owned size = Owned::checked(size_object(as_tensor(self)->value.sizes()));
    return call(view_op, self, size.get()).release();  // x[...] and x[:] are views, not x
  });
}

int set_index(PyObject* self, PyObject* key, PyObject* value) {
  PyObject* done = guarded(nullptr, [&]() -> PyObject* {
    RL_CHECK_TYPE(value != nullptr, "Tensor does not support deleting items");
    Owned given = Owned::borrow(value);
    // a layer's values into a tensor that is not the layer's: all of it becomes the layer's, not the part alone
    if (RL_UNLIKELY(is_tensor(value) && is_layered(value)) && !is_layered(self))
      Owned::checked(PyObject_CallMethod(as_tensor(value)->extra->layer, "adopt", "O", self));
    Parsed p;
    BasicView basic(as_tensor(self)->value);
    if (!is_recorded(self) && !(is_tensor(value) && is_recorded(value)) && basic.take(key))
      p.view = Owned(wrap(basic.of(as_tensor(self)->value)));
    else
      p = parse(self, key);
    if (!is_tensor(value) && !is_number(value)) given = call(as_tensor_op, value);
    const bool is_plain = !is_tensor(given.get());
    if (p.advanced.empty()) {
      if (is_plain || as_tensor(given.get())->value.ndim() == 0)
        call(fill_op, p.view.get(), given.get());
      else
        call(copy_op, p.view.get(), shaped_value(given.get(), as_tensor(p.view.get())->value.ndim()).get());
      return Py_None;
    }
    if (p.lone_mask && (is_plain || as_tensor(given.get())->value.ndim() == 0) &&
        as_tensor(p.lone_mask.get())->value.ndim() == as_tensor(self)->value.ndim()) {
      call(masked_fill_op, p.view.get(), p.lone_mask.get(), given.get());
      return Py_None;
    }
    const auto [dims, indices] = lists(p.advanced);
    // PyTorch asks for the same dtype but where it can fill by a mask, or a lone bool decides
    const bool converts = !is_plain && (given.get() != value || PyBool_Check(key) ||
                                        (p.masks == 1 && p.only_masks && as_tensor(given.get())->value.numel() == 1));
    if (converts && as_tensor(given.get())->value.dtype() != as_tensor(self)->value.dtype())
      given = call(to_op, given.get(), Py_None, dtype_object(as_tensor(self)->value.dtype()));
    call(index_put_op, p.view.get(), dims.get(), indices.get(), given.get());
    return Py_None;
  });
  return done ? 0 : -1;
}

void bind_index(py::module_& m) {
  const auto find = [&m](const char* name) { return py::object(m.attr(name)).release().ptr(); };
  select_op = find("select");
  slice_op = find("_slice");
  slice_entry = entry_of(slice_op);
  unsqueeze_op = find("unsqueeze");
  index_op = find("_index");
  index_put_op = find("_index_put_");
  fill_op = find("fill_");
  copy_op = find("copy_");
  masked_fill_op = find("masked_fill_");
  view_op = find("view");
  nonzero_op = find("_nonzero_columns");
  reshape_op = find("reshape");
  to_op = find("_to");
  as_tensor_op = find("_as_tensor");
}

}  // namespace rl::python
