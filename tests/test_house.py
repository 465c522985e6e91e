"""A family is found under its name on every floor."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pytensor_unpool"

# The modules of the public functions that are no family.
SHARED = {"arguments", "symbolic", "types"}
FAMILIES = sorted({p.stem for p in (PACKAGE / "functions").glob("[a-z]*.py")} - SHARED)

EVERYWHERE = ["pytensor_unpool/functions", "pytensor_unpool/ops", "tests/functions/test_"]
KERNELS = [f"pytensor_unpool/kernels/{kind}" for kind in ("reference", "numba", "c", "arrays")]


def is_there(place: str, family: str) -> bool:
    path = ROOT / (f"{place}{family}" if place.endswith("_") else f"{place}/{family}")
    return path.is_dir() or any(path.with_suffix(ending).exists() for ending in (".py", ".h"))


def test_the_families_are_the_ones_that_are_told():
    assert FAMILIES == [
        "adaptive", "conv", "helix", "max_pool", "max_unpool", "neighbours", "pool", "upsampling",
    ]  # fmt: skip
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert all(f"`{family}`" in text for family in FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_its_name_on_every_floor(family):
    # Adaptive pooling is made of the other families' kernels.
    floors = EVERYWHERE if family == "adaptive" else EVERYWHERE + KERNELS
    assert [floor for floor in floors if not is_there(floor, family)] == []


def test_the_root_of_the_package_shows_floors():
    loose = {p.name for p in PACKAGE.iterdir() if p.is_file() and p.suffix != ".pyc"}
    assert loose == {
        "__init__.py", "__main__.py", "errors.py", "legacy_names.py", "legacy_names.toml",
        "py.typed", "theano_names.py", "theano_names.txt",
    }  # fmt: skip
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n## Words")[0]
    floors = {p.name for p in PACKAGE.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert [floor for floor in floors if f"`{floor}/`" not in told] == []
