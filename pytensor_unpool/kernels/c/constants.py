"""Headers of constants that C shares with Python, which is where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pytensor_unpool import errors
from pytensor_unpool.geometry import helix
from pytensor_unpool.kernels import conv_tuning, tuning


def header(name: str, constants: Mapping[str, int], ctype: str = "npy_intp") -> str:
    """Return the text of a header that defines integer constants.

    Parameters
    ----------
    name : str
        The name that it is included by, such as ``"conv/tuning.h"``; it makes the include guard.
    constants : mapping of str to int
        What is defined, in that order.
    ctype : str
        Their type. A constant can be the length of a C array, but not a condition of ``#if``.

    Examples
    --------
    >>> print(header("tuning.h", {"PANELS": 4}))
    #ifndef PYTENSOR_UNPOOL_TUNING_H
    #define PYTENSOR_UNPOOL_TUNING_H
    namespace pytensor_unpool {
    const npy_intp PANELS = 4;
    }  // namespace pytensor_unpool
    #endif
    """
    guard = "PYTENSOR_UNPOOL_" + "".join(c if c.isalnum() else "_" for c in name).upper()
    return "\n".join(
        [
            f"#ifndef {guard}",
            f"#define {guard}",
            "namespace pytensor_unpool {",
            *(f"const {ctype} {key} = {value};" for key, value in constants.items()),
            "}  // namespace pytensor_unpool",
            "#endif",
        ]
    )


def shared_constants() -> dict[str, dict[str, int]]:
    """Return the constants of each generated header, by the name that C includes it by."""
    numbers = {name: value for name, value in vars(errors).items() if isinstance(value, int)}
    return {
        # The kinds of LengthError, by which all backends name them, and the largest number.
        "errors.h": {name: value for name, value in numbers.items() if name[0] != "_"},
        "tuning.h": {
            **tuning.constants(),
            "PRODUCTS_OF_STEP": helix.PRODUCTS_OF_STEP,
            "PRODUCTS_OF_CALL": helix.PRODUCTS_OF_CALL,
        },
        "conv/tuning.h": conv_tuning.constants(),
    }


def generated(name: str) -> str | None:
    """Return the text of a header, or None if it is not one of these."""
    constants = shared_constants().get(name)
    return None if constants is None else header(name, constants)


def write_headers(folder: str, **changed: int) -> None:
    """Write all of these headers, for a compiler that PyTensor does not run.

    Some constants can be `changed`, so that small arrays are treated as large ones are.
    """
    for name, constants in shared_constants().items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        values = {key: changed.get(key, value) for key, value in constants.items()}
        path.write_text(header(name, values) + "\n", encoding="utf-8")
