"""Modules' computations as functions, in files named as those of `nn.modules`."""

from .activation import *
from .attention import *
from .attention import _canonical_mask
from .conv import *
from .distance import *
from .dropout import *
from .fold import *
from .linear import *
from .loss import *
from .loss import _reduction
from .padding import *
from .pooling import *
from .sparse import *
from .upsampling import *
from .vision import *
