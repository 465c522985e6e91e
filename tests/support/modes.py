"""The compilation modes that every Op and every plain graph must work in."""

import os

import pytest
from pytensor.compile.mode import Mode, get_mode

COMPILED = ("NUMBA", "CVM")
MODES = (*COMPILED, "FAST_COMPILE")

every_mode = pytest.mark.parametrize("mode", MODES)
compiled_modes = pytest.mark.parametrize("mode", COMPILED)

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

# All rewrites of PyTensor's default mode, and nothing is compiled.
REWRITTEN = Mode(linker="py", optimizer="fast_run")
