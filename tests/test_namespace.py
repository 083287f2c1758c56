"""The flat namespace holds PyTorch's names and no others."""

import types

import rushlight


def public(module):
    return {n for n in dir(module) if n[0] != "_" and not isinstance(getattr(module, n), types.ModuleType)}


def test_every_name_is_in_pytorch(peer):
    assert {n for n in public(rushlight) if not hasattr(peer, n)} == set()


def test_all_is_what_is_public():
    eager = {n for n in vars(rushlight) if n[0] != "_" and not isinstance(vars(rushlight)[n], types.ModuleType)}
    assert set(rushlight.__all__) <= eager and eager - set(rushlight.__all__) <= set(rushlight._LATER)
