"""``python -m benchmarks.probes.import_time``: seconds that our import adds to PyTensor's."""

from time import perf_counter

import pytensor  # noqa: F401

start = perf_counter()

import pytensor_unpool  # noqa: E402, F401

print(perf_counter() - start)
