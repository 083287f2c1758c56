// Places in a program: a code object and an instruction, turned into a file and a line only where an error names them.
#pragma once

#include <cstdint>
#include <string>

#include "core/storage.h"
#include "python/python.h"

namespace rl::python {

struct Site {
  PyObject* code = nullptr;  // owned by whoever keeps the site
  int instruction = 0;
};

/// The line that is being run; null where it is none of Python's.
Site site_here();
/// The innermost line that is not this package's own.
Site users_site();
/// "train.py:12"; of this package's own lines "linear.py:53 in Linear.forward"; empty for no site.
std::string told(PyObject* code, int instruction);

/// Where a tensor was last written, kept beside its version.
class WrittenAt : public Origin {
 public:
  explicit WrittenAt(uint32_t version) : version_(version), site_(site_here()) {}
  ~WrittenAt() override;
  /// Empty where a write came after it that nobody noted.
  std::string told_at(uint32_t version) const {
    return version == version_ ? told(site_.code, site_.instruction) : std::string();
  }

 private:
  uint32_t version_;
  Site site_;
};

/// What the program calls a tensor: the name of a local variable that holds it, or one of the same memory; or empty.
std::string variable_of(const Version* version);

void add_sites(py::module_& m);

}  // namespace rl::python
