// Allocation and release of storages, by device.
#include "core/storage.h"

#include <memory>

#include "core/allocator.h"
#include "core/error.h"

namespace rl {

Ref<Storage> Storage::allocate(size_t bytes, Device device) {
  RL_CHECK(device.type != DeviceType::CUDA,
           "this build of rushlight has no CUDA; install one built with RUSHLIGHT_CUDA=ON");
  Ref<Storage> storage = Ref<Storage>::to_new(new Storage);
  storage->bytes_ = bytes;
  storage->device_ = device;
  if (device.type == DeviceType::CPU) storage->data_ = cpu_allocator().allocate(bytes, 0);
  return storage;
}

Ref<Storage> Storage::borrow(void* data, size_t bytes, void (*release)(void*), void* context, bool read_only) {
  Ref<Storage> storage = Ref<Storage>::to_new(new Storage);
  storage->data_ = data;
  storage->bytes_ = bytes;
  storage->release_ = release;
  storage->context_ = context;
  storage->read_only_ = read_only;
  return storage;
}

void Storage::destroy(Storage* storage) noexcept {
  if (storage->release_)
    storage->release_(storage->context_);
  else if (storage->data_)
    cpu_allocator().release(storage->data_, storage->bytes_, 0);
  delete storage;
}

}  // namespace rl
