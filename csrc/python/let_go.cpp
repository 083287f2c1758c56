// The queue of what waits for the GIL.
#include "python/let_go.h"

#include <mutex>
#include <utility>
#include <vector>

#include "python/python.h"

namespace rl::python {
namespace {

using Item = std::pair<void (*)(void*), void*>;
struct Queue {
  std::mutex lock;
  std::vector<Item> items;
};
Queue& queue() {
  static auto* all = new Queue;
  return *all;
}

int drain(void*) {
  std::vector<Item> now;
  {
    const std::lock_guard hold(queue().lock);
    now.swap(queue().items);
  }
  for (const auto& [release, held] : now) release(held);
  return 0;
}

}  // namespace

void let_go(void (*release)(void*), void* held) {
  if (!Py_IsInitialized() || _Py_IsFinalizing()) return;  // the interpreter's memory goes with it
  if (PyGILState_Check()) return release(held);
  {
    const std::lock_guard hold(queue().lock);
    queue().items.emplace_back(release, held);
  }
  Py_AddPendingCall(&drain, nullptr);  // where that list is full, a later one takes this item too
}

}  // namespace rl::python
