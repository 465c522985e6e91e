"""``python -m benchmarks.probes.first_call MODE``: seconds from the first import to a result."""

from time import perf_counter

start = perf_counter()

import sys  # noqa: E402

import numpy as np  # noqa: E402
import pytensor  # noqa: E402
import pytensor.tensor as pt  # noqa: E402

import pytensor_unpool as pu  # noqa: E402

x = pt.tensor("x", dtype="float32", shape=(None, None, None, None))
function = pytensor.function([x], list(pu.max_pool(x, (2, 2))), mode=sys.argv[1])
function(np.zeros((2, 3, 8, 8), np.float32))
print(perf_counter() - start)
