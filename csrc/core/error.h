// Errors: the caller's mistakes (RL_CHECK...) carry the Python class to raise; ours (RL_ASSERT) say "internal error".
#pragma once

#include <concepts>
#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>

#include "core/macros.h"

namespace rl {

/// The Python exception that an error becomes; csrc/python/errors.cpp maps each to its class.
enum class ErrorKind : uint8_t { Runtime, Index, Type, Value, Overflow, NotImplemented, OutOfMemory, Internal };

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

class OutOfMemory : public Error {
 public:
  explicit OutOfMemory(const std::string& message) : Error(ErrorKind::OutOfMemory, message) {}
};

template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

template <class... Parts>
[[noreturn]] RL_COLD void fail(ErrorKind kind, const Parts&... parts) {
  throw Error(kind, concat(parts...));
}

}  // namespace rl

#define RL_CHECK_KIND(kind, cond, ...) (RL_LIKELY(cond) ? (void)0 : ::rl::fail(::rl::ErrorKind::kind, __VA_ARGS__))
#define RL_CHECK(cond, ...) RL_CHECK_KIND(Runtime, cond, __VA_ARGS__)
#define RL_CHECK_INDEX(cond, ...) RL_CHECK_KIND(Index, cond, __VA_ARGS__)
#define RL_CHECK_TYPE(cond, ...) RL_CHECK_KIND(Type, cond, __VA_ARGS__)
#define RL_CHECK_VALUE(cond, ...) RL_CHECK_KIND(Value, cond, __VA_ARGS__)
#define RL_CHECK_OVERFLOW(cond, ...) RL_CHECK_KIND(Overflow, cond, __VA_ARGS__)
#define RL_CHECK_IMPLEMENTED(cond, ...) RL_CHECK_KIND(NotImplemented, cond, __VA_ARGS__)
#define RL_ASSERT(cond) RL_CHECK_KIND(Internal, cond, "internal error: ", #cond, " (", __FILE__, ":", __LINE__, ")")
