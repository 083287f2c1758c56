"""The modules, by kind."""

from .container import *
from .layers import *
from .loss import *
from .module import Module
