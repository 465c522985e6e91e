"""Vectors as wide as the machine has them, as code for LLVM; see kernels/c/simd_wide.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from pytensor_unpool.kernels.numba.simd import INT32, INT64, data_of

FEATURES = binding.get_host_cpu_features()
HAS_AVX512 = bool(FEATURES.get("avx512f"))

VECTOR_BYTES = 64 if HAS_AVX512 else 32 if FEATURES.get("avx") else 16


class Wide:
    """Code for vectors of a dtype, and for a loop that keeps some of them in registers."""

    def __init__(self, context: Any, builder: Any, dtype: Any) -> None:
        self.context, self.builder = context, builder
        self.element = context.get_data_type(dtype)
        self.lanes = VECTOR_BYTES * 8 // dtype.bitwidth
        self.itemsize = dtype.bitwidth // 8
        self.type = ir.VectorType(self.element, self.lanes)

    def load(self, start: Any, vector: int = 0) -> Any:
        """Read vector number `vector` from `start` on."""
        pointer = self.builder.gep(start, [INT64(vector * self.lanes)])
        pointer = self.builder.bitcast(pointer, self.type.as_pointer())
        return self.builder.load(pointer, align=self.itemsize)

    def store(self, value: Any, start: Any, vector: int) -> None:
        """Write vector number `vector` from `start` on."""
        pointer = self.builder.gep(start, [INT64(vector * self.lanes)])
        pointer = self.builder.bitcast(pointer, self.type.as_pointer())
        self.builder.store(value, pointer, align=self.itemsize)

    def splat(self, value: Any) -> Any:
        """Return a vector of one value."""
        undefined = ir.Constant(self.type, ir.Undefined)
        first_lane = self.builder.insert_element(undefined, value, INT32(0))
        mask = ir.Constant(ir.VectorType(INT32, self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(first_lane, undefined, mask)

    def add(self, a: Any, b: Any) -> Any:
        """Return ``a + b``."""
        is_integer = isinstance(self.element, ir.IntType)
        return self.builder.add(a, b) if is_integer else self.builder.fadd(a, b)

    def multiply_add(self, a: Any, b: Any, c: Any) -> Any:
        """Return ``a * b + c``."""
        if isinstance(self.element, ir.IntType):
            return self.builder.add(self.builder.mul(a, b), c)
        name = f"llvm.fmuladd.v{self.lanes}f{8 * self.itemsize}"
        kind = ir.FunctionType(self.type, [self.type] * 3)
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, [a, b, c])

    def sum(self, vector: Any) -> Any:
        """Return the sum of the lanes, added up in pairs."""
        is_integer = isinstance(self.element, ir.IntType)
        kind, letter = ("add", "i") if is_integer else ("fadd", "f")
        name = f"llvm.vector.reduce.{kind}.v{self.lanes}{letter}{8 * self.itemsize}"
        arguments = [vector] if is_integer else [ir.Constant(self.element, -0.0), vector]
        function = ir.FunctionType(self.element, [a.type for a in arguments])
        function = cgutils.get_or_insert_function(self.builder.module, function, name)
        return self.builder.call(function, arguments, fastmath=() if is_integer else ("reassoc",))

    def loop(
        self, number: Any, step: int, count: int, body: Callable[[Any, list[Any]], list[Any]]
    ) -> list[Any]:
        """Return `count` sums after ``sums = body(i, sums)`` for i = 0, step, ... < `number`."""
        builder = self.builder
        before = builder.block
        inside, end = (builder.append_basic_block(name) for name in ("sum", "summed"))
        is_any = builder.icmp_signed(">", number, INT64(0))
        builder.cbranch(is_any, inside, end)
        builder.position_at_end(inside)
        i = builder.phi(INT64)
        sums = [builder.phi(self.type) for _ in range(count)]
        results = body(i, sums)
        following = builder.add(i, INT64(step))
        last = builder.block
        i.add_incoming(INT64(0), before)
        i.add_incoming(following, last)
        zeros = ir.Constant(self.type, None)
        for value, result in zip(sums, results, strict=True):
            value.add_incoming(zeros, before)
            value.add_incoming(result, last)
        builder.cbranch(builder.icmp_signed("<", following, number), inside, end)
        builder.position_at_end(end)
        totals = [builder.phi(self.type) for _ in range(count)]
        for total, result in zip(totals, results, strict=True):
            total.add_incoming(zeros, before)
            total.add_incoming(result, last)
        return totals


@intrinsic
def pointer(typing_context, array, index):  # type: ignore[no-untyped-def]
    """Return a pointer to an element of a contiguous array, which has to outlive it.

    Unlike arrays in tuples, pointers are not counted as references: for small tiles, the atomic
    counters took as long as the products.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = data_of(context, builder, signature.args[0], arguments[0])
        return builder.gep(data, [arguments[1]])

    return types.CPointer(array.dtype)(array, types.intp), generate


@intrinsic
def add_elements(typing_context, source, at, number, to, begin):  # type: ignore[no-untyped-def]
    """Add `number` elements, ``source[at:]``, to ``to[begin:]`` of another array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = Wide(context, builder, signature.args[0].dtype)
        pairs = list(zip(signature.args, arguments, strict=True))
        source, to = (data_of(context, builder, *pairs[i]) for i in (0, 3))
        _, at, number, _, begin = arguments
        source, to = builder.gep(source, [at]), builder.gep(to, [begin])
        vectors = builder.sdiv(number, INT64(wide.lanes))
        done = builder.mul(vectors, INT64(wide.lanes))
        with cgutils.for_range(builder, vectors) as loop:
            first = builder.mul(loop.index, INT64(wide.lanes))
            read, written = builder.gep(source, [first]), builder.gep(to, [first])
            wide.store(wide.add(wide.load(read), wide.load(written)), written, 0)
        with cgutils.for_range(builder, builder.sub(number, done)) as loop:
            rest = builder.add(done, loop.index)
            read, written = builder.gep(source, [rest]), builder.gep(to, [rest])
            builder.store(wide.add(builder.load(read), builder.load(written)), written)
        return context.get_dummy_value()

    return types.none(source, at, number, to, begin), generate
