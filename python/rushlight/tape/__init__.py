"""The recorded graph for people: a table of it, a picture, and a guard over what is computed."""

from ._explain import Explanation, Step, explain
from ._guard import guard
from ._picture import Picture, graph

__all__ = ["Explanation", "Picture", "Step", "explain", "graph", "guard"]
