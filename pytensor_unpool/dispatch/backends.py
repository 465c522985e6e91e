"""The one list of backends. Whatever else depends on a backend is derived from its record here.

`cli.doctor`, the table of deviations, the rewrites and the tests read this list. The C and the
Python code are parts of the Ops, so they are not backends in this sense.
"""

from __future__ import annotations

from typing import NamedTuple


class Backend(NamedTuple):
    """What this package has to know about a backend before it is loaded."""

    name: str
    """Names `dispatch/<name>.py` and, with `whole_arrays`, `kernels/arrays/<name>.py`."""

    title: str
    """Its name in prose."""

    mode: str
    """PyTensor's mode."""

    loaded_by: str
    """PyTensor's module that loads the backend: our file is imported right after it."""

    module: str
    """The module that must be installed."""

    extra: str | None = None
    """The extra of this package that installs it; None where PyTensor itself depends on it."""

    whole_arrays: bool = False
    """Whether it runs `kernels.arrays`, rather than kernels of its own that loop over elements."""

    static_lengths: bool = False
    """Whether it compiles for known lengths. `dispatch.static` computes them for it."""

    static_inputs: bool = False
    """Whether integer inputs of a function can be such lengths: then it compiles for each value."""

    rewrite_tag: str | None = None
    """The tag by which PyTensor's mode asks for rewrites for this backend only.

    `static_lengths` and `unpools_to_windows` need one: they are rewrites.
    """

    unpools_to_windows: bool = False
    """Whether un-pooling is to be told that positions are in their windows.

    Otherwise it would check that when the function runs.
    """

    precision: str = "float64"
    """The widest floating-point dtype."""

    positions_follow_floatx: bool = False
    """Whether positions are narrow where ``floatX`` is."""

    fuses: bool = True
    """Whether an Op is compiled together with its neighbours, or is one compiled function."""

    @property
    def requirement(self) -> str:
        """What to install, as a shell takes it."""
        return f'"pytensor-unpool[{self.extra}]"' if self.extra else self.module

    def __str__(self) -> str:
        return self.name


BACKENDS: tuple[Backend, ...] = (
    Backend(
        name="numba",
        title="Numba",
        mode="NUMBA",
        loaded_by="pytensor.link.numba.dispatch",
        module="numba",
        rewrite_tag="numba",
    ),
    Backend(
        name="jax",
        title="JAX",
        mode="JAX",
        loaded_by="pytensor.link.jax.dispatch",
        module="jax",
        extra="jax",
        whole_arrays=True,
        static_lengths=True,
        static_inputs=True,
        rewrite_tag="jax",
        unpools_to_windows=True,
        positions_follow_floatx=True,
    ),
    Backend(
        name="torch",
        title="PyTorch",
        mode="PYTORCH",
        loaded_by="pytensor.link.pytorch.dispatch",
        module="torch",
        extra="torch",
        whole_arrays=True,
        fuses=False,
    ),
    Backend(
        name="mlx",
        title="MLX",
        mode="MLX",
        loaded_by="pytensor.link.mlx.dispatch",
        module="mlx",
        extra="mlx",
        whole_arrays=True,
        static_lengths=True,
        rewrite_tag="mlx",
        precision="float32",
    ),
)
