"""Networks: modules, their functions, first values."""

from . import functional, init, modules, parameter
from .modules import *
from .modules.module import Module
from .parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter
