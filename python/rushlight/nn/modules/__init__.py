"""The modules, by kind."""

from .activation import *
from .container import *
from .conv import *
from .dropout import *
from .flatten import *
from .lazy import *
from .linear import *
from .loss import *
from .module import Module
from .rnn import *
from .parameter_container import *
from .padding import *
from .pooling import *
from .upsampling import *
