"""The flat namespace holds PyTorch's names and the few of our own."""

import types

import rushlight

#: what nobody else has
OWN = {"check", "explain", "graph", "guard", "progress", "summary"}


def public(module):
    return {n for n in dir(module) if n[0] != "_" and not isinstance(getattr(module, n), types.ModuleType)}


def test_every_name_is_in_pytorch(peer):
    assert {n for n in public(rushlight) if not hasattr(peer, n)} == OWN


def test_all_is_what_is_public():
    eager = {n for n in vars(rushlight) if n[0] != "_" and not isinstance(vars(rushlight)[n], types.ModuleType)}
    assert set(rushlight.__all__) <= eager and eager - set(rushlight.__all__) <= set(rushlight._LATER)
