"""The Python lines of the ops: derivatives and docstrings, grouped as csrc/ops is."""
