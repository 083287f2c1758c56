// Hooks of the backward pass.
#pragma once

#include <vector>

#include "python/python.h"

namespace rl::python {

/// From the first hook on (or custom Function, whose backward may look around) a walk finishes each leaf as soon as it
/// can; a program without them is spared finding out when that is.
void note_hooks();
bool hooks_used();

/// Keeps a dict of hooks in a slot of its object, nothing for None; -1 and a TypeError for anything else.
int set_hooks(PyObject*& slot, PyObject* value);

/// The gradient once the functions in a dict (or null) have seen it, in order: each may return another.
Owned run_hooks(PyObject* dict, Owned gradient);

/// Among a node's prehooks: (output_nr, function, keeps); output -1 is all of them.
bool is_result_hook(PyObject* o);
/// Those that keep .grad see what the others left.
void run_result_hooks(PyObject* dict, std::vector<Owned>& grads);

Owned tuple_of(const std::vector<Owned>& grads);
/// A hook on all gradients of a node: what it returns, if anything, takes their place.
void replace(std::vector<Owned>& grads, PyObject* hook, PyObject* others, const char* what);

}  // namespace rl::python
