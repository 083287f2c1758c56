"""What is timed: short programs, the same text for rushlight and for a peer, which both are called `torch` in it.

`array(*shape)` gives the same standard normal float32 numbers to both.
"""

from .elements import elements
from .folds import folds
from .graphs import graphs
from .norms import norms
from .places import places
from .programs import programs
from .spatial import spatial

ROWS = [*programs(), *elements(), *folds(), *places(), *graphs(), *spatial(), *norms()]
