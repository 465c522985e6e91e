"""Convolution with several threads in C, as requested by PyTensor's `config.openmp`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytensor.tensor as pt
import pytest
from pytensor import config
from pytensor.link.c.op import OpenMPOp

import pytensor_unpool as pu

ROOT = Path(__file__).parents[2]

needs_openmp = pytest.mark.skipif(
    not (config.cxx and OpenMPOp.test_gxx_support()), reason="the C++ compiler has no OpenMP"
)

# Three threads, whatever the machine has, and batches of one, two and more images.
RUN_CASES = """
import numpy as np
from tests.support import conv_checks
from tests.support.conv_cases import CASES, PLAIN, Case
from tests.support.headers import use_compiled_headers

use_compiled_headers()
rng = np.random.default_rng(5)
for case in CASES:
    if len(case.rows) == 2 and not case.flip:
        if case.groups < 5:
            conv_checks.check(case, "CVM", rng, laid_out=conv_checks.with_gaps)
conv_checks.check(Case((1, 2, 20, 21), (26, 2, 1, 3), (PLAIN, (2, 1, 1, 1))), "CVM", rng)
conv_checks.check_large_arrays("CVM", rng)
(status,) = (line for line in open("/proc/self/status") if line.startswith("Threads:"))
print(status)
"""


@needs_openmp
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_threads_give_what_one_gives() -> None:
    """Runs in a separate process: one with threads must not be forked, and this one may be."""
    ran = subprocess.run(
        [sys.executable, "-c", RUN_CASES],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTENSOR_FLAGS": f"{os.environ['PYTENSOR_FLAGS']},openmp=True",
            "OMP_NUM_THREADS": "3",
            # No others than these.
            "OPENBLAS_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["Threads:", "3"]


@needs_openmp
def test_one_thread_but_where_openmp_is_asked_for() -> None:
    x, kernel = pt.tensor4("x"), pt.tensor4("kernel")
    for openmp in (False, True):
        with config.change_flags(openmp=openmp):
            y = pu.conv(x, kernel)
            gradients = pt.grad(y.sum(), [x, kernel])
        for op in (y.owner.op, *(gradient.owner.op for gradient in gradients)):
            assert ("-fopenmp" in op.c_compile_args()) == openmp
