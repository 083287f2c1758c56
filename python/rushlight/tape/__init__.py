"""The recorded graph for people: a table of it, and a picture."""

from ._explain import Explanation, Step, explain
from ._picture import Picture, graph

__all__ = ["Explanation", "Picture", "Step", "explain", "graph"]
