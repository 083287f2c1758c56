// x[key]: a key is read into basic steps (views) and, after them, index tensors for one `_index` op.
#include <vector>

#include "ops/index.h"
#include "python/call.h"
#include "python/numbers.h"

namespace rl::python {
namespace {

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
  Owned lone_mask;  // the only index, a mask of the whole view
};

bool is_sequence(PyObject* o) { return PyList_Check(o) || PyTuple_Check(o); }

/// How many dims of the tensor an item of the key uses.
int dims_used(PyObject* item) {
  if (item == Py_None || item == Py_Ellipsis || PyBool_Check(item)) return 0;
  if (is_tensor(item)) {
    const Tensor& t = as_tensor(item)->value;
    if (t.dtype() == DType::Bool || t.dtype() == DType::UInt8) return t.ndim();
  }
  return 1;
}

Parsed parse(PyObject* self, PyObject* key) {
  std::vector<Owned> items;
  if (PyTuple_Check(key))
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(key); ++i) items.push_back(Owned::borrow(PyTuple_GET_ITEM(key, i)));
  else
    items.push_back(Owned::borrow(key));
  // lists and arrays are tensors; 0-d masks are bools
  int used = 0, ellipses = 0;
  for (Owned& item : items) {
    PyObject* o = item.get();
    const bool plain =
        o == Py_None || o == Py_Ellipsis || PyBool_Check(o) || PyLong_Check(o) || PySlice_Check(o) || is_tensor(o);
    if (!plain && (is_sequence(o) || PyObject_HasAttrString(o, "__array__"))) {
      item = call(as_tensor_op, o);
      if (as_tensor(item.get())->value.numel() == 0 && is_float(as_tensor(item.get())->value.dtype()))
        item = call(to_op, item.get(), Py_None, dtype_object(DType::Int64));
    }
    ellipses += item.get() == Py_Ellipsis;
    used += dims_used(item.get());
  }
  RL_CHECK_INDEX(ellipses <= 1, "an index can only have a single ellipsis ('...')");
  const int ndim = as_tensor(self)->value.ndim();
  RL_CHECK_INDEX(used <= ndim, "too many indices for tensor of dimension ", ndim, ": the key asks for ", used);

  Parsed p;
  p.view = Owned::borrow(self);
  int dim = 0;  // of the view so far
  for (const Owned& owned : items) {
    PyObject* o = owned.get();
    const Tensor& now = as_tensor(p.view.get())->value;
    if (o == Py_Ellipsis) {
      dim += ndim - used;
    } else if (o == Py_None) {
      p.view = call(unsqueeze_op, p.view.get(), number(dim++).get());
    } else if (PySlice_Check(o)) {
      auto* slice = reinterpret_cast<PySliceObject*>(o);
      if (slice->start != Py_None || slice->stop != Py_None || slice->step != Py_None) {
        const Owned at = number(dim), one = number(1);
        p.view = call(slice_op, p.view.get(), at.get(), slice->start, slice->stop,
                      slice->step == Py_None ? one.get() : slice->step);
      }
      ++dim;
    } else if (PyBool_Check(o)) {  // a new dim of one element, kept or not
      p.view = call(unsqueeze_op, p.view.get(), number(dim).get());
      Tensor index = empty({o == Py_True ? 1 : 0}, DType::Int64);
      if (o == Py_True) ops::fill(index, Scalar(0));
      p.advanced.push_back({dim++, Owned(wrap(std::move(index)))});
    } else if (is_int(o)) {
      const int64_t i = to_int(o, {});
      RL_CHECK_INDEX(-now.size(dim) <= i && i < now.size(dim), "index ", i, " is out of bounds for dimension ", dim,
                     " with size ", now.size(dim));
      p.view = call(select_op, p.view.get(), number(dim).get(), number(i).get());
    } else if (is_tensor(o)) {
      const Tensor& index = as_tensor(o)->value;
      if (index.dtype() == DType::Bool || index.dtype() == DType::UInt8) {
        for (int d = 0; d < index.ndim(); ++d)
          RL_CHECK_INDEX(index.size(d) == now.size(dim + d), "The shape of the mask ", index.sizes(), " at index ", d,
                         " does not match the shape of the indexed tensor ", now.sizes(), " at index ", dim + d);
        if (items.size() == 1 && index.ndim() > 0 && index.dtype() == DType::Bool) p.lone_mask = Owned::borrow(o);
        if (index.ndim() == 0) {
          const bool on = load_scalar(index.dtype(), read_host(index, "index")).integer() != 0;
          p.view = call(unsqueeze_op, p.view.get(), number(dim).get());
          Tensor chosen = empty({on ? 1 : 0}, DType::Int64);
          if (on) ops::fill(chosen, Scalar(0));
          p.advanced.push_back({dim++, Owned(wrap(std::move(chosen)))});
          continue;
        }
        const Owned columns = call(nonzero_op, o);
        for (int d = 0; d < index.ndim(); ++d)
          p.advanced.push_back({dim++, Owned::borrow(PyTuple_GET_ITEM(columns.get(), d))});
      } else {
        RL_CHECK_INDEX(is_integer(index.dtype()),
                       "tensors used as indices must be long, int, byte or bool tensors, not torch.",
                       name(index.dtype()));
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
    Parsed p = parse(self, key);
    Owned given = Owned::borrow(value);
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
    if (!is_plain && as_tensor(given.get())->value.dtype() != as_tensor(self)->value.dtype())
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
