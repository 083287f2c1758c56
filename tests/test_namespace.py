"""The flat namespace holds PyTorch's names and no others."""

import json
import types

import rushlight

#: PyTorch has them, the list of its documented names leaves them out
UNDOCUMENTED = {
    "TypedStorage", "UntypedStorage", "get_deterministic_debug_mode", "is_conj", "is_deterministic_algorithms_warn_only_enabled",
    "is_inference", "is_inference_mode_enabled", "is_neg", "layout", "narrow_copy", "negative_", "set_deterministic_debug_mode", "strided",
}  # fmt: skip


def public(module):
    return {n for n in dir(module) if n[0] != "_" and not isinstance(getattr(module, n), types.ModuleType)}


def test_every_name_is_one_of_pytorchs(shared):
    listed = json.loads((shared / "api" / "torch-2.13.json").read_text())["torch"]
    dtypes = {n for n in public(rushlight) if isinstance(getattr(rushlight, n), rushlight.dtype)}
    assert public(rushlight) - set(listed) - UNDOCUMENTED - dtypes == set()


def test_every_name_is_in_pytorch(peer):
    assert {n for n in public(rushlight) if not hasattr(peer, n)} == set()


def test_all_is_what_is_public():
    eager = {n for n in vars(rushlight) if n[0] != "_" and not isinstance(vars(rushlight)[n], types.ModuleType)}
    assert set(rushlight.__all__) <= eager and eager - set(rushlight.__all__) <= rushlight._FUNCTIONAL
