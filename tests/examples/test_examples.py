"""The examples run, and what README, migration guide and docstrings show is true."""

import doctest
import re
import runpy
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytensor
import pytensor.tensor
import pytest

# What the examples and documents show holds in any mode; the Ops' own tests run all.
pytestmark = pytest.mark.usefixtures("without_compiling")

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "migration_guide.md", "docs/idioms.md")

# Those that the scripts import. Below `theano.tensor`, PyTensor has none of these names.
OLD_MODULES = (
    "tensor.nnet",
    "tensor.nnet.abstract_conv",
    "tensor.nnet.neighbours",
    "tensor.signal.downsample",
    "tensor.signal.pool",
    "sandbox.cuda.basic_ops",
    "sandbox.cuda.dnn",
)

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language):
    """Return (document and line, text) of every block of a language."""
    found = []
    for document in DOCUMENTS:
        # What follows is the migrator's: tests/codemod runs it.
        text = (ROOT / document).read_text().partition("\n## Rules\n")[0]
        for match in FENCE.finditer(text):
            if match[1] == language:
                line = text.count("\n", 0, match.start()) + 1
                found.append(pytest.param(match[2], id=f"{document}:{line}"))
    return found


def test_every_block_is_run_by_some_test():
    for document in DOCUMENTS:
        text = (ROOT / document).read_text()
        assert {match[1] for match in FENCE.finditer(text)} <= {"python", "diff"}
        assert text.count("```") == 2 * len(FENCE.findall(text))
    assert len(blocks("python")) >= 3
    assert len(blocks("diff")) >= 5


@pytest.mark.parametrize("text", blocks("python"))
def test_shown_output_is_what_comes_out(text):
    example = doctest.DocTestParser().get_doctest(text, {}, "block", None, None)
    assert example.examples
    said = []
    result = doctest.DocTestRunner(verbose=False).run(example, out=said.append)
    assert result.failed == 0, "".join(said)


@pytest.mark.parametrize("text", blocks("diff"))
def test_scripts_before_and_after_give_the_same(text, monkeypatch, tmp_path, rng):
    """Theano's names in the script before are PyTensor's, which kept them, or those of compat."""
    monkeypatch.setitem(sys.modules, "theano", pytensor)
    monkeypatch.setitem(sys.modules, "theano.tensor", pytensor.tensor)
    for name in OLD_MODULES:
        compat = import_module(f"pytensor_unpool.compat.theano.{name}")
        monkeypatch.setitem(sys.modules, f"theano.{name}", compat)
    lines = text.splitlines()
    before, after = (
        "\n".join(line[1:] for line in lines if not line.startswith(other)) for other in "+-"
    )
    assert "theano.tensor" in before
    assert "pytensor_unpool" in after
    (tmp_path / "before.py").write_text(before)
    (tmp_path / "after.py").write_text(after)
    (name,) = (n for n in ("upsample", "unpool", "pool", "convolve") if f" {n} = " in text)
    run_before = runpy.run_path(str(tmp_path / "before.py"))[name]
    run_after = runpy.run_path(str(tmp_path / "after.py"))[name]
    if name == "upsample":
        pixels = rng.normal(size=(2, 3, 4, 5))
        upsampled = run_after(pixels)
        assert upsampled.size > pixels.size
        np.testing.assert_array_equal(upsampled, run_before(pixels), strict=True)
        return
    if name == "pool":
        pixels = rng.normal(size=(2, 3, 5, 6))
        pooled = run_after(pixels)
        assert 0 < pooled.size < pixels.size
        np.testing.assert_array_equal(pooled, run_before(pixels), strict=True)
        return

    if name == "convolve":
        arrays = rng.normal(size=(2, 3, 6, 7)), rng.normal(size=(3, 3, 5, 5))
        convolved = run_after(*arrays)
        assert convolved.shape in ((2, 3, 3, 4), (2, 3, 12, 14))
        np.testing.assert_array_equal(convolved, run_before(*arrays), strict=True)
        return

    images = "tensor4" in text
    shape, length = ((2, 3, 2, 3), 24) if images else ((2, 3, 4), 20)
    values = rng.normal(size=shape)
    # Each row takes some of the positions, in any order and none twice.
    every = rng.permuted(np.tile(np.arange(length), (6, 1)), axis=1)
    positions = every[:, : values[0, 0].size].reshape(shape)
    unpooled = run_after(values, positions)
    assert unpooled.shape == ((2, 3, 4, 6) if images else (2, 3, 20))
    assert np.count_nonzero(unpooled) == values.size
    np.testing.assert_array_equal(unpooled, run_before(values, positions), strict=True)


def test_first_screen_of_the_readme():
    """A reader sees the picture, the install line, code with its output, and a migration."""
    first = "\n".join((ROOT / "README.md").read_text().splitlines()[:25])
    assert (ROOT / "docs" / "demo.png").stat().st_size < 400_000
    for part in ("docs/demo.png", "pip install", "```python", ">>> ", "```diff"):
        assert part in first
    assert first.count("```") == 4


def test_setup_commands_stand_in_the_readme():
    """There are two, and nothing else is to be installed."""
    readme = (ROOT / "README.md").read_text()
    assert 'python -m pip install ".[plot]" && python -m pytensor_unpool demo' in readme
    assert 'python -m pip install ".[test]" && python -m pytest\n' in readme
    assert readme.count("pip install") == 2


def test_links_lead_somewhere():
    for document in DOCUMENTS:
        # The rules' code has brackets before parentheses, and no links.
        text = (ROOT / document).read_text().partition("\n## Rules\n")[0]
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (ROOT / target).exists(), f"{document} links to {target}"


def test_unpool_question(capsys):
    runpy.run_path(str(ROOT / "examples" / "unpool_question.py"))["main"]()
    printed = capsys.readouterr().out
    rows = re.findall(r"^(\w.*?) {2,}True +(?:True +\d+\.\d+ +)?\d+\.\d$", printed, re.MULTILINE)
    assert rows == [
        "NumPy, loop",
        "NumPy, flat",
        "NumPy, arange",
        "symbolic.unpool_loop",
        "symbolic.unpool_flat",
        "symbolic.unpool_arange",
        "max_unpool, the Op",
    ]
    assert printed.count("20  .  .  .  .  . 21  .  .  .  .  . 22  .  .  .  .  . 23  .") == 7


def test_max_pool_backward(capsys):
    runpy.run_path(str(ROOT / "examples" / "max_pool_backward.py"))["main"]()
    printed = capsys.readouterr().out
    assert printed.count("equal True") == 10
    assert printed.count("maxima equal those of the Op: True") == 4
    assert "False" not in printed
    kept, masked = map(int, re.findall(r"^ +(\d+) with ", printed, re.MULTILINE))
    assert kept == 16 * 8 * 14 * 14
    assert masked > 1.4 * kept


def test_conv_backward(capsys):
    runpy.run_path(str(ROOT / "examples" / "conv_backward.py"))["main"]()
    printed = capsys.readouterr().out
    assert printed.count("equal True") == 12
    assert printed.count("kernels ") == printed.count("backward_by_loops") == 4
    assert "False" not in printed


def test_helix_deconvolution(capsys, tmp_path):
    run = runpy.run_path(str(ROOT / "examples" / "helix_deconvolution.py"))["main"]
    run(None, str(tmp_path / "plot.png"))
    printed = capsys.readouterr().out
    assert float(re.search(r"off by (\d+\.\d) %", printed)[1]) < 1
    before, after = map(float, re.findall(r"(\d+\.\d+) before", printed))
    assert after < before / 1000
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_filter_acts(capsys, rng):
    """On bars in ten places, in place of the digits that only scikit-learn has."""
    example = runpy.run_path(str(ROOT / "examples" / "filter_acts.py"))
    labels = np.arange(200) % 10
    images = rng.uniform(0, 0.3, size=(200, 1, 8, 8)).astype("float32")
    for image, label in zip(images, labels, strict=True):
        image[
            0, 2 * (label // 2) - 1 if label > 1 else 0, 4 * (label % 2) : 4 * (label % 2) + 4
        ] = 1
    example["show_padding"]()
    assert "72    90    69" in capsys.readouterr().out
    for network in ("cuda_convnet", "mixed"):
        costs, right = example["train"](example[network], images, labels)
        assert costs[-1] < 0.8 * costs[0]
        assert right > 0.3


def test_filter_acts_on_digits(capsys):
    pytest.importorskip("sklearn", reason="its digits are what the example trains on")
    runpy.run_path(str(ROOT / "examples" / "filter_acts.py"))["main"]()
    right = re.findall(r"(\d+)\.\d% of 1797", capsys.readouterr().out)
    assert [int(percent) > 45 for percent in right] == [True, True]
