"""Functions composed of ops, by family: no kernel and no row of their own, and a derivative that comes from their parts."""

from . import arrange, compare, conv, create, pointwise, pool, product, rearrange, statistics, storage, views
