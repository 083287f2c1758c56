"""write_stubs.py EXTENSION DIRECTORY: the stubs of a package whose extension has just been built elsewhere."""

import importlib.util
import sys

sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("rushlight._C", sys.argv[1])
extension = sys.modules["rushlight._C"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(extension)

from rushlight import _stubs  # noqa: E402  it needs the extension

_stubs.write(sys.argv[2])
