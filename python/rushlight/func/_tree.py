"""Nested tuples, lists and dicts of arguments as a flat list of leaves and back.

Recursive functions of the module and not of a function: one that calls itself by a closure is a cycle, and would keep the
tensors that it saw until the collector comes.
"""

from rushlight import _C


def _is_leaf(node):
    return isinstance(node, _C.TensorBase) or not isinstance(node, (tuple, list, dict))


def _collect(node, leaves):
    if _is_leaf(node):
        leaves.append(node)
        return None
    if isinstance(node, dict):
        return type(node), list(node), [_collect(child, leaves) for child in node.values()]
    return type(node), None, [_collect(child, leaves) for child in node]


def flatten(tree):
    """The leaves of a tree in order, and what `unflatten` needs to build it again."""
    leaves = []
    return leaves, _collect(tree, leaves)


def _build(shape, rest):
    if shape is None:
        return next(rest)
    kind, keys, children = shape
    children = [_build(child, rest) for child in children]
    if keys is not None:
        made = kind()
        made.update(zip(keys, children))
        return made
    return kind(*children) if hasattr(kind, "_fields") else kind(children)


def unflatten(leaves, shape):
    """The tree of `flatten` with other leaves."""
    return _build(shape, iter(leaves))


def tree_map(function, tree):
    """The tree with `function` applied to every leaf."""
    leaves, shape = flatten(tree)
    return unflatten([function(leaf) for leaf in leaves], shape)


def _pair(value, node, found, name):
    if _is_leaf(node):
        found.append(value)
        return
    children = list(node.values()) if isinstance(node, dict) else list(node)
    if not isinstance(value, (tuple, list, dict)):
        values = [value] * len(children)
    elif isinstance(node, dict) and isinstance(value, dict) and list(value) == list(node):
        values = list(value.values())
    elif not isinstance(value, dict) and not isinstance(node, dict) and len(value) == len(children):
        values = list(value)
    else:
        raise ValueError(f"{name} is not compatible with the structure of what it belongs to: {value!r}")
    for pair in zip(values, children):
        _pair(*pair, found, name)


def spread(values, tree, name):
    """One of `values`, a tree that may end early, for every leaf of `tree`."""
    found = []
    _pair(values, tree, found, name)
    return found
