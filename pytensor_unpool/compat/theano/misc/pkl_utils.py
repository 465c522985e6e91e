"""Names of `theano.misc.pkl_utils`: pickles in zip files, with arrays that NumPy can load."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.errors import ArgumentError

__all__ = [
    "PersistentNdarrayID",
    "PersistentNdarrayLoad",
    "PersistentSharedVariableID",
    "dump",
    "load",
    "zipadd",
]

__getattr__, __dir__ = fall_back(__name__)


def zipadd(func: Callable[[Any], Any], zip_file: ZipFile, name: str) -> None:
    """Write what `func` writes into a file to a zip file, under a name."""
    content = BytesIO()
    func(content)
    zip_file.writestr(name, content.getvalue())


class PersistentNdarrayID:
    """Writes arrays to a zip file, one file each, for ``Pickler.persistent_id``.

    Parameters
    ----------
    zip_file : ZipFile
    """

    def __init__(self, zip_file: ZipFile) -> None:
        self.zip_file = zip_file
        self.count = 0
        # With the arrays: an array that is gone could have the id of another.
        self.seen: dict[int, tuple[str, Any]] = {}

    def _resolve_name(self, obj: Any) -> str:
        self.count += 1
        return f"array_{self.count - 1}"

    def __call__(self, obj: Any) -> str | None:
        """Return the name of an array in the pickle, None for other objects."""
        if type(obj) not in (np.ndarray, np.memmap) or obj.dtype.hasobject:
            return None
        if id(obj) not in self.seen:
            name = self._resolve_name(obj)
            zipadd(lambda f: np.lib.format.write_array(f, np.asarray(obj)), self.zip_file, name)
            self.seen[id(obj)] = f"ndarray.{name}", obj
        return self.seen[id(obj)][0]


class PersistentSharedVariableID(PersistentNdarrayID):
    """The same, with the names of shared variables for their values.

    Parameters
    ----------
    zip_file : ZipFile
    allow_unnamed : bool
        Whether shared variables may have no name.
    allow_duplicates : bool
        Whether several may have the same; then there are numbers behind it: ``W``, ``W_2``.
    """

    def __init__(
        self, zip_file: ZipFile, allow_unnamed: bool = True, allow_duplicates: bool = True
    ) -> None:
        super().__init__(zip_file)
        self.allow_unnamed, self.allow_duplicates = allow_unnamed, allow_duplicates
        self.name_counter: Counter[str] = Counter()
        self.ndarray_names: dict[int, str] = {}

    def _resolve_name(self, obj: Any) -> str:
        name = self.ndarray_names.get(id(obj))
        if name is None:
            return super()._resolve_name(obj)
        self.name_counter[name] += 1
        number = self.name_counter[name]
        if number > 1 and not self.allow_duplicates:
            raise ArgumentError(
                f"multiple shared variables with the name {name!r} found. Rename one, or allow it "
                f"(allow_duplicates=True).",
                got=name,
                wanted="one",
            )
        return name if number == 1 else f"{name}_{number}"

    def __call__(self, obj: Any) -> str | None:
        """Return the name of an array in the pickle, None for other objects."""
        if isinstance(obj, SharedVariable):
            if obj.name == "pkl":
                raise ArgumentError(
                    "a shared variable cannot be named 'pkl', as the pickle is: rename it.",
                    got="pkl",
                    wanted="another name",
                )
            if obj.name:
                self.ndarray_names[id(obj.container.storage[0])] = obj.name
            elif not self.allow_unnamed:
                raise ArgumentError(
                    f"unnamed shared variable, {obj}. Give it a name.", got=obj, wanted="a name"
                )
        return super().__call__(obj)


class PersistentNdarrayLoad:
    """Reads arrays from a zip file, for ``Unpickler.persistent_load``.

    Parameters
    ----------
    zip_file : ZipFile
    """

    def __init__(self, zip_file: ZipFile) -> None:
        self.zip_file = zip_file
        self.cache: dict[str, np.ndarray] = {}

    def __call__(self, persid: str) -> np.ndarray:
        """Return the array of a name, also one that was on a GPU."""
        kind, _, name = persid.partition(".")
        if name not in self.cache:
            with self.zip_file.open(name) as file:
                if kind == "gpuarray":
                    # The context that the array was in comes first.
                    pickle.load(file)
                self.cache[name] = np.lib.format.read_array(file)
        return self.cache[name]


def dump(
    obj: Any,
    file_handler: str | IO[bytes],
    protocol: int = pickle.DEFAULT_PROTOCOL,
    persistent_id: Callable[[ZipFile], Callable[[Any], str | None]] = PersistentSharedVariableID,
) -> None:
    """Pickle an object to a zip file, with a file of its own for each array.

    ``numpy.load`` reads the arrays.

    Parameters
    ----------
    obj : object
    file_handler : file, or path
    protocol : int
    persistent_id : class
        What writes the arrays.
    """
    with ZipFile(file_handler, "w", ZIP_DEFLATED, allowZip64=True) as zip_file:
        persistent = persistent_id(zip_file)

        class Pickler(pickle.Pickler):
            def persistent_id(self, some: Any) -> Any:
                return persistent(some)

        zipadd(lambda file: Pickler(file, protocol=protocol).dump(obj), zip_file, "pkl")


def load(
    f: str | IO[bytes],
    persistent_load: Callable[[ZipFile], Callable[[str], Any]] = PersistentNdarrayLoad,
) -> Any:
    """Return the object that was dumped to a zip file."""
    with ZipFile(f) as zip_file:
        load_array = persistent_load(zip_file)

        class Unpickler(pickle.Unpickler):
            def persistent_load(self, persid: str) -> Any:
                return load_array(persid)

        return Unpickler(BytesIO(zip_file.read("pkl"))).load()
