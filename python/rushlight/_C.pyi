# The compiled half; its ops are made from the registry when it is loaded.
from typing import Any

class TensorBase:
    def __getattr__(self, name: str) -> Any: ...

def __getattr__(name: str) -> Any: ...
