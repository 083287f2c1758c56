"""Networks: modules, their functions, first values."""

from . import functional, init, modules, parameter  # noqa: F401
from .modules import *  # noqa: F403
from .modules.module import Module  # noqa: F401
from .parameter import Buffer, Parameter  # noqa: F401
