// Readers: one Python argument as the C++ type that an op asks for. What PyTorch overloads is understood here, once.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "ops/common.h"
#include "python/objects.h"
#include "python/tensor_type.h"

namespace rl::python {

struct OpEntry;
using ops::Value;

/// Which argument of which op is being read: for messages.
struct Place {
  const OpEntry* op;
  int slot;
};
[[noreturn]] void wrong_type(Place place, const char* expected, PyObject* got);

/// Above this many elements an op gives up the GIL while it works.
constexpr int64_t kLongWork = 1 << 15;

class ReleaseGil {
 public:
  ReleaseGil() : state_(PyEval_SaveThread()) {}
  ~ReleaseGil() { PyEval_RestoreThread(state_); }
  ReleaseGil(const ReleaseGil&) = delete;
  ReleaseGil& operator=(const ReleaseGil&) = delete;

 private:
  PyThreadState* state_;
};

bool is_number(PyObject* o);  // bool, int, float, complex, or what converts to one without being a sequence
Scalar to_scalar(PyObject* o, Place place);
int64_t to_int(PyObject* o, Place place);
double to_double(PyObject* o, Place place);
bool is_int(PyObject* o);
bool is_ints(PyObject* o);  // a tuple, list or Size of ints
Dims to_dims(PyObject* o, Place place);
Generator* to_generator(PyObject* o, Place place);
bool is_generator(PyObject* o);

/// What every reader has; the special ones override a line or two.
struct ReaderBase {
  static constexpr bool is_tensor_like = false;
  bool is_long() const { return false; }
  void secure() {}
  void write_back(PyObject*) {}
  static constexpr bool is_out() { return false; }
};

template <class T>
struct Reader;

template <>
struct Reader<const Tensor&> : ReaderBase {
  static constexpr bool is_tensor_like = true;
  const Tensor* value = nullptr;
  std::optional<Tensor> kept;
  void read(PyObject* o, Place place) {
    if (RL_UNLIKELY(!is_tensor(o))) wrong_type(place, "Tensor", o);
    value = &as_tensor(o)->value;
  }
  static bool accepts(PyObject* o) { return is_tensor(o); }
  bool is_long() const { return value->numel() > kLongWork; }
  void secure() { value = &kept.emplace(*value); }
  const Tensor& get() const { return *value; }
};

template <>
struct Reader<const Tensor*> : ReaderBase {
  static constexpr bool is_tensor_like = true;
  const Tensor* value = nullptr;
  std::optional<Tensor> kept;
  void read(PyObject* o, Place place) {
    if (o == Py_None) return;
    if (!is_tensor(o)) wrong_type(place, "Tensor or None", o);
    value = &as_tensor(o)->value;
  }
  static bool accepts(PyObject* o) { return o == Py_None || is_tensor(o); }
  void secure() {
    if (value) value = &kept.emplace(*value);
  }
  const Tensor* get() const { return value; }
};

/// The first argument of an op that works in place.
template <>
struct Reader<Tensor&> : ReaderBase {
  static constexpr bool is_tensor_like = true;
  Tensor value;
  void read(PyObject* o, Place place) {
    if (!is_tensor(o)) wrong_type(place, "Tensor", o);
    value = as_tensor(o)->value;
  }
  static bool accepts(PyObject* o) { return is_tensor(o); }
  bool is_long() const { return value.numel() > kLongWork; }
  Tensor& get() { return value; }
};

/// out=: written, and perhaps resized, so its value goes back into the Python object.
template <>
struct Reader<Tensor*> : ReaderBase {
  std::optional<Tensor> value;
  void read(PyObject* o, Place place);
  static bool accepts(PyObject* o) { return o == Py_None || is_tensor(o); }
  static constexpr bool is_out() { return true; }
  void write_back(PyObject* o) {
    if (value) as_tensor(o)->value = *value;
  }
  Tensor* get() { return value ? &*value : nullptr; }
};

/// out= of an op with several results.
template <>
struct Reader<ops::Outs*> : ReaderBase {
  std::optional<ops::Outs> value;
  void read(PyObject* o, Place place);
  static bool accepts(PyObject* o) { return o == Py_None || PyTuple_Check(o) || PyList_Check(o); }
  static constexpr bool is_out() { return true; }
  void write_back(PyObject* o);
  ops::Outs* get() { return value ? &*value : nullptr; }
};

template <>
struct Reader<const Value&> : ReaderBase {
  static constexpr bool is_tensor_like = true;
  Value value{Scalar()};
  std::optional<Tensor> kept;
  void read(PyObject* o, Place place) {
    if (RL_LIKELY(is_tensor(o)))
      value.tensor = &as_tensor(o)->value;
    else
      value.scalar = to_scalar(o, place);
  }
  static bool accepts(PyObject* o) { return is_tensor(o) || is_number(o); }
  bool is_long() const { return value.tensor && value.tensor->numel() > kLongWork; }
  void secure() {
    if (value.tensor) value.tensor = &kept.emplace(*value.tensor);
  }
  const Value& get() const { return value; }
};

template <>
struct Reader<std::optional<Value>> : Reader<const Value&> {
  bool given = false;
  void read(PyObject* o, Place place) {
    given = o != Py_None;
    if (given) Reader<const Value&>::read(o, place);
  }
  static bool accepts(PyObject* o) { return o == Py_None || Reader<const Value&>::accepts(o); }
  std::optional<Value> get() const { return given ? std::optional<Value>(value) : std::nullopt; }
};

template <>
struct Reader<const std::vector<Tensor>&> : ReaderBase {
  static constexpr bool is_tensor_like = true;
  std::vector<Tensor> value;
  void read(PyObject* o, Place place);
  static bool accepts(PyObject* o);
  bool is_long() const {
    int64_t n = 0;
    for (const Tensor& t : value) n += t.numel();
    return n > kLongWork;
  }
  const std::vector<Tensor>& get() const { return value; }
};

/// Plain values: one line says what is accepted and how it is read.
#define RL_READER(Type, Give, accept_expression, read_expression)                     \
  template <>                                                                         \
  struct Reader<Type> : ReaderBase {                                                  \
    using Given = Give;                                                               \
    Given value{};                                                                    \
    void read(PyObject* o, [[maybe_unused]] Place place) { value = read_expression; } \
    static bool accepts(PyObject* o) { return accept_expression; }                    \
    const Given& get() const { return value; }                                        \
  };
bool to_bool(PyObject* o, Place place);
DType to_dtype(PyObject* o, Place place);
Device to_device(PyObject* o, Place place);
MemoryFormat to_memory_format(PyObject* o, Place place);
std::string_view to_text(PyObject* o, Place place);

RL_READER(const Scalar&, Scalar, is_number(o), to_scalar(o, place))
RL_READER(int64_t, int64_t, is_int(o), to_int(o, place))
RL_READER(double, double, is_number(o), to_double(o, place))
RL_READER(DType, DType, dtype_from(o).has_value(), to_dtype(o, place))
RL_READER(bool, bool, PyBool_Check(o) || is_int(o), to_bool(o, place))
RL_READER(const Dims&, Dims, is_ints(o) || is_int(o), to_dims(o, place))
RL_READER(std::string_view, std::string_view, PyUnicode_Check(o), to_text(o, place))
RL_READER(Generator*, Generator*, o == Py_None || is_generator(o), o == Py_None ? nullptr : to_generator(o, place))
#define RL_OPTIONAL(Type, accept_expression, read_expression)                              \
  RL_READER(std::optional<Type>, std::optional<Type>, o == Py_None || (accept_expression), \
            o == Py_None ? std::nullopt : std::optional<Type>(read_expression))
RL_OPTIONAL(Scalar, is_number(o), to_scalar(o, place))
RL_OPTIONAL(int64_t, is_int(o), to_int(o, place))
RL_OPTIONAL(double, is_number(o), to_double(o, place))
RL_OPTIONAL(bool, PyBool_Check(o), to_bool(o, place))
RL_OPTIONAL(DType, dtype_from(o).has_value(), to_dtype(o, place))
RL_OPTIONAL(Device, device_from(o).has_value(), to_device(o, place))
RL_OPTIONAL(MemoryFormat, memory_format_from(o).has_value(), to_memory_format(o, place))
RL_OPTIONAL(std::string_view, PyUnicode_Check(o), to_text(o, place))
template <>
struct Reader<const std::optional<Dims>&> : ReaderBase {
  std::optional<Dims> value;
  void read(PyObject* o, Place place) {
    if (o != Py_None) value = to_dims(o, place);
  }
  static bool accepts(PyObject* o) { return o == Py_None || is_ints(o) || is_int(o); }
  const std::optional<Dims>& get() const { return value; }
};
#undef RL_READER
#undef RL_OPTIONAL

}  // namespace rl::python
