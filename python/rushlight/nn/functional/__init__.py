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
from .loss import _legacy, _reduction
from .margin import *
from .normalization import *
from .padding import *
from .pooling import *
from .sequence import *
from .sparse import *
from .upsampling import *
from .vision import *
