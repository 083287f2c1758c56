// Where a storage lives. `meta` has shapes and dtypes and no values.
#pragma once

#include <cstdint>
#include <string>

namespace rl {

enum class DeviceType : uint8_t { CPU, Meta, CUDA };

struct Device {
  DeviceType type = DeviceType::CPU;
  int8_t index = -1;  // -1: the current one; PyTorch prints no index then
  friend bool operator==(Device, Device) = default;
};

/// Where factories make their tensors when they are not told: one a thread, so that `with torch.device(...)` in one
/// thread is not seen in another.
Device default_device();
void set_default_device(Device d);

inline std::string to_string(Device d) {
  const char* type = d.type == DeviceType::CPU ? "cpu" : d.type == DeviceType::Meta ? "meta" : "cuda";
  return d.index < 0 ? type : type + (":" + std::to_string(int(d.index)));
}

}  // namespace rl
