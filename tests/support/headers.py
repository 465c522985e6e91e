"""Precompiled C++ headers for the hundreds of small modules that PyTensor compiles.

Parsing the headers of Python, NumPy and C++ takes g++ longer than compiling most of these modules,
and their debug information takes nearly as long again.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytensor.tensor as pt
from pytensor import config
from pytensor.graph.fg import FunctionGraph
from pytensor.link.c.basic import CLinker
from pytensor.link.c.cmodule import std_include_dirs

# Those of PyTensor's own modules, and of kernels/c.
HEADERS = (
    "Python.h",
    "math.h",
    "numpy/arrayobject.h",
    "numpy/arrayscalars.h",
    "numpy/npy_math.h",
    "algorithm",
    "vector",
)


def use_compiled_headers() -> None:
    """Let this process and its children compile C++ with precompiled headers.

    g++ parses the headers as usual where it rejects the precompiled ones, as with other options.
    """
    if not config.cxx:
        return
    place = Path(config.compiledir) / "headers.h"
    # PyTensor tries what g++ can do without a word of where Python's and NumPy's headers are.
    includes = "".join(f"#include <{header}>\n" for header in HEADERS)
    place.write_text(f"#if __has_include(<{HEADERS[2]}>)\n{includes}#endif\n")
    config.gcc__cxxflags = f"{config.gcc__cxxflags} -g0"
    # A precompiled header may be out of date, so always rebuild it.
    unfinished = place.with_suffix(f".{os.getpid()}")
    compiler = [config.cxx, *compiler_options(), "-x", "c++-header"]
    subprocess.run([*compiler, str(place), "-o", str(unfinished)], check=True)
    unfinished.rename(place.with_suffix(".h.gch"))
    config.gcc__cxxflags = f"{config.gcc__cxxflags} -include {place}"
    os.environ["PYTENSOR_FLAGS"] += f",gcc__cxxflags={config.gcc__cxxflags}"


def compiler_options() -> list[str]:
    """Return the arguments that PyTensor passes to g++ for the module of an Op."""
    x = pt.vector("x")
    linker = CLinker().accept(FunctionGraph([x], [x + 1], clone=False))
    directories = [f"-I{directory}" for directory in std_include_dirs()]
    return ["-shared", "-g", *linker.compile_args(), *directories, "-fvisibility=hidden"]
