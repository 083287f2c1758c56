// The device of a thread's factories.
#include "core/device.h"

namespace rl {
namespace {
thread_local Device default_of_thread;
}

Device default_device() { return default_of_thread; }
void set_default_device(Device d) { default_of_thread = d; }

}  // namespace rl
