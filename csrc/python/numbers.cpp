// Operators as slots: each calls the op's own entry; what is neither tensor nor number is left to the other operand.
#include "python/numbers.h"

#include <cstring>

#include "python/call.h"

namespace rl::python {
namespace {

/// An op as a slot calls it.
struct Operator {
  FastCall call = nullptr;
  PyObject* self = nullptr;
};

// One pointer an operator, filled once the rows are bound.
// clang-format off
#define RL_OPERATORS(X)                                                                                             \
  X(add) X(sub) X(mul) X(div) X(floor_divide) X(remainder) X(pow) X(matmul) X(bitwise_and) X(bitwise_or)            \
  X(bitwise_xor) X(neg) X(abs) X(bitwise_not) X(add_) X(sub_) X(mul_) X(div_) X(floor_divide_) X(remainder_)        \
  X(pow_) X(bitwise_and_) X(bitwise_or_) X(bitwise_xor_) X(eq) X(ne) X(lt) X(le) X(gt) X(ge) X(rsub) X(reciprocal)           \
  X(bitwise_left_shift) X(bitwise_right_shift) X(bitwise_left_shift_) X(bitwise_right_shift_)
// clang-format on
#define X(name) Operator call_##name;
RL_OPERATORS(X)
#undef X

bool fits(PyObject* o) { return is_tensor(o) || is_number(o); }
bool is_array(PyObject* o) { return !is_tensor(o) && std::strcmp(Py_TYPE(o)->tp_name, "numpy.ndarray") == 0; }

/// A NumPy array beside a tensor is taken as a tensor.
PyObject* as_tensor_function;
Owned operand(PyObject* o) {
  if (RL_LIKELY(!is_array(o))) return Owned::borrow(o);
  return Owned::checked(PyObject_CallOneArg(as_tensor_function, o));
}

PyObject* binary(const Operator& op, PyObject* a, PyObject* b) {
  if (RL_UNLIKELY(!fits(a) || !fits(b))) {
    if (!is_array(a) && !is_array(b)) Py_RETURN_NOTIMPLEMENTED;
    return guarded(nullptr, [&]() -> PyObject* {
      const Owned x = operand(a), y = operand(b);
      PyObject* arguments[] = {x.get(), y.get()};
      return op.call(op.self, arguments, 2, nullptr);
    });
  }
  PyObject* arguments[] = {a, b};
  return op.call(op.self, arguments, 2, nullptr);
}
PyObject* unary(const Operator& op, PyObject* a) { return op.call(op.self, &a, 1, nullptr); }

#define RL_BINARY_SLOT(slot, op) \
  PyObject* slot(PyObject* a, PyObject* b) { return binary(call_##op, a, b); }
RL_BINARY_SLOT(slot_add, add)
RL_BINARY_SLOT(slot_mul, mul)
RL_BINARY_SLOT(slot_floor_divide, floor_divide)
RL_BINARY_SLOT(slot_remainder, remainder)
RL_BINARY_SLOT(slot_and, bitwise_and)
RL_BINARY_SLOT(slot_or, bitwise_or)
RL_BINARY_SLOT(slot_xor, bitwise_xor)
RL_BINARY_SLOT(slot_lshift, bitwise_left_shift)
RL_BINARY_SLOT(slot_rshift, bitwise_right_shift)
RL_BINARY_SLOT(slot_ilshift, bitwise_left_shift_)
RL_BINARY_SLOT(slot_irshift, bitwise_right_shift_)
RL_BINARY_SLOT(slot_iadd, add_)
RL_BINARY_SLOT(slot_isub, sub_)
RL_BINARY_SLOT(slot_imul, mul_)
RL_BINARY_SLOT(slot_idiv, div_)
RL_BINARY_SLOT(slot_ifloor_divide, floor_divide_)
RL_BINARY_SLOT(slot_iremainder, remainder_)
RL_BINARY_SLOT(slot_iand, bitwise_and_)
RL_BINARY_SLOT(slot_ior, bitwise_or_)
RL_BINARY_SLOT(slot_ixor, bitwise_xor_)
#undef RL_BINARY_SLOT

PyObject* slot_sub(PyObject* a, PyObject* b) {
  if (!is_tensor(a) && is_number(a)) return binary(call_rsub, b, a);
  return binary(call_sub, a, b);
}
PyObject* slot_div(PyObject* a, PyObject* b) {
  if (is_tensor(a) || !is_number(a)) return binary(call_div, a, b);
  const Owned inverse(unary(call_reciprocal, b));  // number / tensor: PyTorch's rounding
  return inverse ? binary(call_mul, inverse.get(), a) : nullptr;
}
PyObject* slot_pow(PyObject* a, PyObject* b, PyObject* modulus) {
  if (modulus != Py_None) Py_RETURN_NOTIMPLEMENTED;
  return binary(call_pow, a, b);
}
PyObject* slot_ipow(PyObject* a, PyObject* b, PyObject* modulus) {
  if (modulus != Py_None) Py_RETURN_NOTIMPLEMENTED;
  return binary(call_pow_, a, b);
}
PyObject* slot_matmul(PyObject* a, PyObject* b) {
  if (!is_tensor(a) || !is_tensor(b)) Py_RETURN_NOTIMPLEMENTED;
  return binary(call_matmul, a, b);
}
PyObject* slot_neg(PyObject* a) { return unary(call_neg, a); }
PyObject* slot_pos(PyObject* a) { return Py_NewRef(a); }
PyObject* slot_abs(PyObject* a) { return unary(call_abs, a); }
PyObject* slot_invert(PyObject* a) {
  if (category(as_tensor(a)->value.dtype()) <= 1) return unary(call_bitwise_not, a);
  PyErr_SetString(PyExc_TypeError, "~ (operator.invert) is only implemented on integer and Boolean-type tensors");
  return nullptr;
}

int slot_bool(PyObject* self) {
  PyObject* result = guarded("bool", [&]() -> PyObject* {
    const Tensor& t = as_tensor(self)->value;
    RL_CHECK(t.numel() != 0, "Boolean value of Tensor with no values is ambiguous");
    RL_CHECK(t.numel() == 1, "Boolean value of Tensor with more than one value is ambiguous");
    RL_CHECK(!(t.is_meta() && is_layered(self)),
             "vmap: It looks like you're attempting to use a Tensor in some data-dependent control flow. We don't "
             "support that yet: it is true for some examples of the batch and false for others. Use torch.where.");
    const Scalar s = load_scalar(t.dtype(), read_host(t, "bool"));
    return s.category() == 2   ? PyBool_FromLong(s.real() != 0)
           : s.category() == 3 ? PyBool_FromLong(s.real() != 0 || s.imag() != 0)
                               : PyBool_FromLong(s.integer() != 0);
  });
  if (!result) return -1;
  const int value = result == Py_True;
  Py_DECREF(result);
  return value;
}
/// The one element as a real Python number for int() and float(), or null with an error set.
PyObject* real_item(PyObject* self) {
  if (as_tensor(self)->value.numel() != 1) {
    PyErr_SetString(PyExc_ValueError, "only one element tensors can be converted to Python scalars");
    return nullptr;
  }
  Owned value(item(self));
  if (!value || !PyComplex_Check(value.get())) return value.release();
  if (PyComplex_ImagAsDouble(value.get()) == 0) return PyFloat_FromDouble(PyComplex_RealAsDouble(value.get()));
  PyErr_SetString(PyExc_RuntimeError, "value cannot be converted to a real type without overflow: it is complex");
  return nullptr;
}
PyObject* slot_int(PyObject* self) {
  const Owned value(real_item(self));
  return value ? PyNumber_Long(value.get()) : nullptr;
}
PyObject* slot_float(PyObject* self) {
  const Owned value(real_item(self));
  return value ? PyNumber_Float(value.get()) : nullptr;
}
PyObject* slot_index(PyObject* self) {
  const Tensor& t = as_tensor(self)->value;
  if (category(t.dtype()) > 1 || t.numel() != 1) {
    PyErr_SetString(PyExc_TypeError, "only integer tensors of a single element can be converted to an index");
    return nullptr;
  }
  return slot_int(self);
}
Py_ssize_t slot_length(PyObject* self) {
  const Tensor& t = as_tensor(self)->value;
  if (t.ndim() > 0) return t.size(0);
  PyErr_SetString(PyExc_TypeError, "len() of a 0-d tensor");
  return -1;
}

PyObject* slot_compare(PyObject* a, PyObject* b, int op) {
  const Operator* const calls[] = {&call_lt, &call_le, &call_eq, &call_ne, &call_gt, &call_ge};  // Py_LT ... Py_GE
  return binary(*calls[op], a, b);
}
/// id(self), as in PyTorch. An address is never -1.
Py_hash_t slot_hash(PyObject* self) { return reinterpret_cast<Py_hash_t>(self); }

template <class F>
void* pointer(F* f) {
  return reinterpret_cast<void*>(f);
}

}  // namespace

void append_number_slots(std::vector<PyType_Slot>& slots) {
  const PyType_Slot all[] = {
      {Py_nb_add, pointer(&slot_add)},
      {Py_nb_subtract, pointer(&slot_sub)},
      {Py_nb_multiply, pointer(&slot_mul)},
      {Py_nb_true_divide, pointer(&slot_div)},
      {Py_nb_floor_divide, pointer(&slot_floor_divide)},
      {Py_nb_remainder, pointer(&slot_remainder)},
      {Py_nb_power, pointer(&slot_pow)},
      {Py_nb_matrix_multiply, pointer(&slot_matmul)},
      {Py_nb_and, pointer(&slot_and)},
      {Py_nb_or, pointer(&slot_or)},
      {Py_nb_xor, pointer(&slot_xor)},
      {Py_nb_lshift, pointer(&slot_lshift)},
      {Py_nb_rshift, pointer(&slot_rshift)},
      {Py_nb_inplace_lshift, pointer(&slot_ilshift)},
      {Py_nb_inplace_rshift, pointer(&slot_irshift)},
      {Py_nb_inplace_add, pointer(&slot_iadd)},
      {Py_nb_inplace_subtract, pointer(&slot_isub)},
      {Py_nb_inplace_multiply, pointer(&slot_imul)},
      {Py_nb_inplace_true_divide, pointer(&slot_idiv)},
      {Py_nb_inplace_floor_divide, pointer(&slot_ifloor_divide)},
      {Py_nb_inplace_remainder, pointer(&slot_iremainder)},
      {Py_nb_inplace_power, pointer(&slot_ipow)},
      {Py_nb_inplace_and, pointer(&slot_iand)},
      {Py_nb_inplace_or, pointer(&slot_ior)},
      {Py_nb_inplace_xor, pointer(&slot_ixor)},
      {Py_nb_negative, pointer(&slot_neg)},
      {Py_nb_positive, pointer(&slot_pos)},
      {Py_nb_absolute, pointer(&slot_abs)},
      {Py_nb_invert, pointer(&slot_invert)},
      {Py_nb_bool, pointer(&slot_bool)},
      {Py_nb_int, pointer(&slot_int)},
      {Py_nb_float, pointer(&slot_float)},
      {Py_nb_index, pointer(&slot_index)},
      {Py_mp_length, pointer(&slot_length)},
      {Py_mp_subscript, pointer(&get_index)},
      {Py_mp_ass_subscript, pointer(&set_index)},
      {Py_tp_richcompare, pointer(&slot_compare)},
      {Py_tp_hash, pointer(&slot_hash)},
  };
  slots.insert(slots.end(), std::begin(all), std::end(all));
}

void bind_numbers(py::module_& m) {
  const auto find = [&m](const char* name) {
    const OpEntry* op = entry_of(py::object(m.attr(name)).ptr());
    RL_ASSERT(op != nullptr);
    return Operator{reinterpret_cast<FastCall>(reinterpret_cast<void*>(op->method.ml_meth)), op->self};
  };
#define X(name) call_##name = find(#name);
  RL_OPERATORS(X)
#undef X
  as_tensor_function = py::object(m.attr("_as_tensor")).release().ptr();
}

}  // namespace rl::python
