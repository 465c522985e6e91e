"""Names of `theano.gof.optdb`: databases of rewrites, whose positions come before the tags."""

from __future__ import annotations

from typing import Any

from pytensor.graph.rewriting import db

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["SequenceDB"]

__getattr__, __dir__ = fall_back(__name__)


class SequenceDB(db.SequenceDB):
    """Rewrites that are applied in the order of their positions."""

    def register(self, name: str, obj: Any, *tags: Any, **kwargs: Any) -> None:
        """Add a rewrite: ``register(name, obj, position, *tags)``.

        Parameters
        ----------
        name : str
        obj : rewrite
        tags : str, after the position
            The position is a number, or "last".
        kwargs : as for `pytensor.graph.rewriting.db.SequenceDB`
        """
        if tags and (isinstance(tags[0], int | float) or tags[0] == "last"):
            kwargs["position"], *tags = tags  # type: ignore[assignment]
        super().register(name, obj, *tags, **kwargs)
