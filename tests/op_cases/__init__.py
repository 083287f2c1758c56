"""The one table of sample inputs: every op, its reference and its promises. tests/test_ops.py runs the properties over it."""

import importlib
import pkgutil

FAMILIES = [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
CASES = [case for family in FAMILIES for case in getattr(family, "CASES", ())]
