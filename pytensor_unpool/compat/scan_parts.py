"""``op.inputs`` and ``op.outputs`` of scans, as Theano called what is inside of them."""

from __future__ import annotations

from operator import attrgetter

from pytensor.scan.op import Scan

__all__ = ["follow_pytensor", "follow_theano"]

NAMES = {"inputs": "inner_inputs", "outputs": "inner_outputs"}


def follow_theano() -> None:
    """Give scans Theano's attributes."""
    for old, new in NAMES.items():
        setattr(Scan, old, property(attrgetter(new)))


def follow_pytensor() -> None:
    """Take them away."""
    for old in NAMES:
        if old in vars(Scan):
            delattr(Scan, old)
