"""``python -m benchmarks.probes.loop``: compile and first run of a loop, with and without rewrites.

Prints both in seconds. An earlier function pays the one-time costs of g++ and PyTensor.
"""

from time import perf_counter
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.compile.mode import get_mode

import pytensor_unpool  # noqa: F401  (registers the rewrites)

POOLED, LENGTH = 4, 20


def seconds(items: int, mode: Any) -> float:
    """Return how long it takes to compile the loop over items x items, and to call it once."""
    shape = (items, items, POOLED)
    values = pt.tensor("values", dtype="float64", shape=shape)
    positions = pt.tensor("positions", dtype="int64", shape=shape)
    y = pt.zeros((items, items, LENGTH))
    for item in np.ndindex(items, items):
        y = pt.set_subtensor(y[(*item, positions[item])], values[item])
    start = perf_counter()
    function = pytensor.function([values, positions], y, mode=mode)
    function(np.ones(shape), np.zeros(shape, np.int64))
    return perf_counter() - start


WITH = get_mode("CVM")
WITHOUT = WITH.excluding("pytensor_unpool")
for mode in (WITH, WITHOUT):
    seconds(2, mode)
print(seconds(16, WITH), seconds(16, WITHOUT))
