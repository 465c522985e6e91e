"""The compilation modes that every Op and every plain graph must work in."""

MODES = ("NUMBA", "CVM", "FAST_COMPILE")
