"""Functions that only other compiled functions call, compiled only to LLVM's intermediate code.

Numba optimizes every function and compiles it to machine code. Its callers do not run that: they
inline the intermediate code, optimize the whole again and compile that. Leaving out the wasted work
saves a third of the time that a kernel takes to compile.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from numba import _dynfunc, njit
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering

# PyTensor's own functions are compiled with fast arithmetic, which those that they call inherit if
# they do not refuse it: divisions would be rounded otherwise than in C and Python.
OPTIONS: dict[str, Any] = {
    "error_model": "numpy",
    "fastmath": False,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}


class IntermediateLibrary(JITCodeLibrary):  # type: ignore[misc]
    """A function's code, to be linked into that of others."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class DeviceLowering(NativeLowering):  # type: ignore[misc]
    """Numba's last pass, without the function that Python could call."""

    _name = "device_lowering"

    def run_pass(self, state: Any) -> bool:
        """Compile the function, and tell Numba what represents it."""
        name = state.func_id.func_qualname
        state.library = IntermediateLibrary(state.targetctx.codegen(), name)
        state.flags.no_compile = True
        super().run_pass(state)
        lowered = state["cr"]
        function = _dynfunc.make_function(
            lowered.fndesc.lookup_module(), name, "", 0, lowered.env, (state.library,)
        )
        state.targetctx.insert_user_function(function, lowered.fndesc, [state.library])
        state.reload_init.extend(state.library._reload_init)
        state["cr"] = lowered._replace(cfunc=function)
        return True


class DeviceCompiler(CompilerBase):  # type: ignore[misc]
    """Numba's compiler of functions that others call."""

    def define_pipelines(self) -> list[Any]:
        """Return the one sequence of passes."""
        manager = DefaultPassBuilder.define_nopython_pipeline(self.state)
        manager.passes = [
            (DeviceLowering if a_pass is NativeLowering else a_pass, what)
            for a_pass, what in manager.passes
        ]
        manager.finalize()
        return [manager]


# How to compile a function that only `by_address` ones call, and each other.
DEVICE_OPTIONS = {**OPTIONS, "pipeline_class": DeviceCompiler}
device_function = partial(njit, **DEVICE_OPTIONS)
