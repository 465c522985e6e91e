"""The rules, one per file, in the order in which they visit a node."""

from __future__ import annotations

from pytensor_unpool.codemod.rules.base import Rule
from pytensor_unpool.codemod.rules.booleans import BOOLEANS
from pytensor_unpool.codemod.rules.builtins_gone import BUILTINS_GONE
from pytensor_unpool.codemod.rules.clocks import CLOCKS
from pytensor_unpool.codemod.rules.conv_arguments import CONV_ARGUMENTS
from pytensor_unpool.codemod.rules.deconvolution import DECONVOLUTION
from pytensor_unpool.codemod.rules.defaults import DEFAULTS
from pytensor_unpool.codemod.rules.depooling import DEPOOLING
from pytensor_unpool.codemod.rules.division import DIVISION
from pytensor_unpool.codemod.rules.flags import FLAGS
from pytensor_unpool.codemod.rules.iterators import ITERATORS
from pytensor_unpool.codemod.rules.list_results import LIST_RESULTS
from pytensor_unpool.codemod.rules.names import NAMES
from pytensor_unpool.codemod.rules.numpy_cast import NUMPY_CAST
from pytensor_unpool.codemod.rules.numpy_names import NUMPY_NAMES
from pytensor_unpool.codemod.rules.old_methods import OLD_METHODS
from pytensor_unpool.codemod.rules.op_gradients import OP_GRADIENTS
from pytensor_unpool.codemod.rules.op_shapes import OP_SHAPES
from pytensor_unpool.codemod.rules.pickles import PICKLES
from pytensor_unpool.codemod.rules.pool_arguments import POOL_ARGUMENTS
from pytensor_unpool.codemod.rules.rounding import ROUNDING
from pytensor_unpool.codemod.rules.softmax import SOFTMAX
from pytensor_unpool.codemod.rules.stack import STACK
from pytensor_unpool.codemod.rules.stdlib_modules import STDLIB_MODULES
from pytensor_unpool.codemod.rules.tensor_arguments import TENSOR_ARGUMENTS
from pytensor_unpool.codemod.rules.transfers import TRANSFERS
from pytensor_unpool.codemod.rules.unpooling_loops import UNPOOLING_LOOPS
from pytensor_unpool.codemod.rules.upsampling import UPSAMPLING

__all__ = ["NAMES", "RULES", "Rule"]

RULES: tuple[Rule, ...] = (
    POOL_ARGUMENTS,
    CONV_ARGUMENTS,
    TENSOR_ARGUMENTS,
    STACK,
    DEFAULTS,
    SOFTMAX,
    DIVISION,
    BOOLEANS,
    ROUNDING,
    DECONVOLUTION,
    UNPOOLING_LOOPS,
    DEPOOLING,
    UPSAMPLING,
    TRANSFERS,
    NUMPY_NAMES,
    NUMPY_CAST,
    CLOCKS,
    STDLIB_MODULES,
    BUILTINS_GONE,
    OLD_METHODS,
    ITERATORS,
    LIST_RESULTS,
    PICKLES,
    OP_GRADIENTS,
    OP_SHAPES,
    FLAGS,
    # Last: it takes the names that the others left.
    NAMES,
)
