"""The compilation modes that every Op and every plain graph must work in."""

import os

from pytensor.compile.mode import get_mode

MODES = ("NUMBA", "CVM", "FAST_COMPILE")

# To compile takes seconds for each function. Where there are hundreds, compiled modes run a part of
# them, but for PYTENSOR_UNPOOL_TEST_ALL=1, with which hypothesis tries more examples as well.
ALL = os.environ.get("PYTENSOR_UNPOOL_TEST_ALL", "0") != "0"

MODES_OF_MANY = MODES if ALL else ("FAST_COMPILE",)

# Where other tests compile the same Ops in all modes.
C_OR_PYTHON = MODES if ALL else ("CVM", "FAST_COMPILE")

# Where C checks what Numba would read from foreign memory.
NUMBA_OR_PYTHON = MODES if ALL else ("NUMBA", "FAST_COMPILE")

# FAST_COMPILE for `verify_grad`: by the mode's name, it would compile its finite differences in
# the default mode.
PYTHON = get_mode("FAST_COMPILE")
