// What Python lent to a storage goes back under the GIL, whichever thread let the last tensor die.
#pragma once

namespace rl::python {

/// Calls `release(held)` where this thread has the GIL; else the main thread does so soon. Nothing after the
/// interpreter.
void let_go(void (*release)(void*), void* held);

}  // namespace rl::python
