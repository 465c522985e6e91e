"""Theano's settings that PyTensor does not have, with Theano's default values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytensor_unpool.errors import ArgumentError

__all__ = ["DEFAULTS", "Setting", "of_type", "one_of"]

# Theano 1.0's default values, and those of earlier settings in the last version that had them.
DEFAULTS: dict[str, Any] = {
    "ProfileMode.min_memory_size": 1024,
    "ProfileMode.n_apply_to_print": 15,
    "ProfileMode.n_ops_to_print": 20,
    "ProfileMode.profile_memory": False,
    "assert_no_cpu_op": "ignore",
    "cache_optimizations": False,
    "cmodule.mac_framework_link": False,
    "compute_test_value": "off",
    "compute_test_value_opt": "off",
    "contexts": "",
    "conv.assert_shape": False,
    "ctc.root": "",
    "cublas.lib": "cublas",
    "cuda.enabled": True,
    "cuda.include_path": "",
    "cuda.root": "",
    "deterministic": "default",
    "device": "cpu",
    "dnn.base_path": "",
    "dnn.bin_path": "",
    "dnn.conv.algo_bwd": "",
    "dnn.conv.algo_bwd_data": "none",
    "dnn.conv.algo_bwd_filter": "none",
    "dnn.conv.algo_fwd": "small",
    "dnn.conv.precision": "as_input_f32",
    "dnn.conv.workmem": "",
    "dnn.conv.workmem_bwd": "",
    "dnn.enabled": "auto",
    "dnn.include_path": "",
    "dnn.library_path": "",
    "enable_initial_driver_test": True,
    "experimental.local_alloc_elemwise": True,
    "experimental.local_alloc_elemwise_assert": True,
    "experimental.mrg": False,
    "experimental.unpickle_gpu_on_cpu": False,
    "force_device": False,
    "gpu.local_elemwise_fusion": True,
    "gpuarray.cache_path": "",
    "gpuarray.init_device": "",
    "gpuarray.preallocate": 0.0,
    "gpuarray.sched": "default",
    "gpuarray.single_stream": True,
    "gpuarray.sync": False,
    "gpuelemwise.sync": True,
    "init_gpu_device": "",
    "int_division": "int",
    "lib.cnmem": 0.0,
    "magma.enabled": False,
    "magma.include_path": "",
    "magma.library_path": "",
    "metaopt.optimizer_excluding": "",
    "metaopt.optimizer_including": "",
    "metaopt.verbose": 0,
    "numpy.seterr_all": "ignore",
    "numpy.seterr_divide": "None",
    "numpy.seterr_invalid": "None",
    "numpy.seterr_over": "None",
    "numpy.seterr_under": "None",
    "nvcc.compiler_bindir": "",
    "nvcc.cudafe": "heuristic",
    "nvcc.fastmath": False,
    "nvcc.flags": "",
    "pickle_test_value": True,
    "print_active_device": True,
    "print_test_value": False,
    "pthreads.inc_dir": "",
    "pthreads.lib": "",
    "pthreads.lib_dir": "",
    "pycuda.init": False,
    "reoptimize_unpickled_function": False,
    "scan.debug": False,
    "tensor.local_elemwise_fusion": True,
    "unittests.rseed": "666",
    "warn.argmax_pushdown_bug": False,
    "warn.gpu_set_subtensor1": False,
    "warn.gpusum_01_011_0111_bug": False,
    "warn.identify_1pexp_bug": False,
    "warn.ignore_bug_before": "0.9",
    "warn.inc_set_subtensor1": False,
    "warn.inc_subtensor1_opt": True,
    "warn.reduce_join": False,
    "warn.round": False,
    "warn.signal_conv2d_interface": False,
    "warn.subtensor_merge_bug": False,
    "warn.sum_div_dimshuffle_bug": False,
    "warn.sum_sum_bug": False,
    "warn.vm_gc_bug": False,
}


class Setting:
    """``ConfigParam(default, filter, allow_override)``: a setting that old code adds.

    Parameters
    ----------
    default : object, or function without arguments that returns it
    filter : function, optional
        It returns the value that is stored for one that is given.
    allow_override : bool
        Whether the value may be changed.
    """

    fullname = doc = ""

    def __init__(
        self,
        default: Any,
        filter: Callable[[Any], Any] | None = None,  # noqa: A002
        allow_override: bool = True,
    ) -> None:
        self.default, self.filter, self.allow_override = default, filter, allow_override

    def first(self) -> Any:
        """Return the value that the setting begins with."""
        return self.filtered(self.default() if callable(self.default) else self.default)

    def changed(self, value: Any) -> Any:
        """Return what to store when a value is assigned."""
        if not self.allow_override:
            raise ArgumentError(
                f"theano.config.{self.fullname} cannot be changed: it was added with "
                f"allow_override=False.",
                got=value,
                wanted=self.default,
            )
        return self.filtered(value)

    def filtered(self, value: Any) -> Any:
        """Return what to store for a value."""
        return self.filter(value) if self.filter else value


class one_of(Setting):  # noqa: N801  as a function, which Theano's `EnumStr` is used like
    """``EnumStr(default, *others)``: a setting that is one of some strings."""

    def __init__(
        self,
        default: str,
        *options: str,
        convert: Callable[[Any], Any] | None = None,
        allow_override: bool = True,
    ) -> None:
        self.all = (default, *options)
        self._convert = convert
        super().__init__(default, self._checked, allow_override)

    def _checked(self, value: Any) -> Any:
        value = self._convert(value) if self._convert else value
        if value not in self.all:
            raise _invalid(value, self.fullname, f"one of {self.all}")
        return value


def of_type(
    mytype: Callable[[Any], Any],
) -> Callable[[Any, Callable[[Any], bool] | None, bool], Setting]:
    """Return a function of a default value that makes a setting of a type.

    Parameters
    ----------
    mytype : function
        It returns the value that is stored for one that is given.
    """

    def make(
        default: Any, is_valid: Callable[[Any], bool] | None = None, allow_override: bool = True
    ) -> Setting:
        def checked(value: Any) -> Any:
            value = mytype(value)
            if is_valid is not None and not is_valid(value):
                raise _invalid(value, setting.fullname, "a value that is_valid returns True for")
            return value

        setting = Setting(default, checked, allow_override)
        return setting

    return make


def _invalid(value: Any, name: str, wanted: str) -> ArgumentError:
    return ArgumentError(
        f"theano.config.{name} must be {wanted}: got {value!r}.", got=value, wanted=wanted
    )
