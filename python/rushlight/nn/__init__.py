"""Networks: modules, their functions, first values."""

from importlib import import_module

from . import functional, init, modules, parameter
from .modules import *
from .modules.module import Module
from .parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter

utils = import_module(".utils", __name__)  # the star has brought that of modules/
