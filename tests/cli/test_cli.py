"""The commands, in PyTensor's Python mode where the mode does not matter."""

import re
import subprocess
import sys

import numpy as np
import pytensor
import pytest
from matplotlib.image import imread, imsave

from pytensor_unpool.cli import demo, doctor, main
from pytensor_unpool.cli.demo import reduce_picture, smooth
from pytensor_unpool.cli.doctor import Finding
from pytensor_unpool.cli.terminal import format_table, progress
from pytensor_unpool.dispatch.backends import BACKENDS
from pytensor_unpool.symbolic import unpool_flat

pytestmark = pytest.mark.usefixtures("without_compiling")


@pytest.fixture
def photograph(tmp_path, rng):
    path = tmp_path / "photograph.png"
    imsave(path, rng.random((25, 31, 3)))
    return path


def run(*arguments):
    return main(list(map(str, arguments)))


class TestDemo:
    def test_writes_a_picture_and_compares(self, photograph, tmp_path, capsys):
        output = tmp_path / "out.png"
        assert run("demo", "--image", photograph, "--output", output, "--window", "3x2") == 0
        assert imread(output).shape[1] > 4 * 25
        printed = capsys.readouterr()
        assert "from 3 x 9 x 16 to 3 x 25 x 31" in printed.out
        rows = re.findall(r"^(\S.*?) {2,}yes +\d+\.\d\d +\d+\.\d{6}$", printed.out, re.MULTILINE)
        assert rows == [
            "max_unpool (the Op)",
            "symbolic.unpool_loop",
            "symbolic.unpool_flat",
            "symbolic.unpool_arange",
        ]
        assert printed.err == ""

    def test_says_when_a_technique_differs(self, photograph, tmp_path, capsys, monkeypatch):
        wrong = {
            "wrong": lambda values, positions, shape: unpool_flat(values, positions, shape) + 1
        }
        monkeypatch.setattr(demo, "TECHNIQUES", demo.TECHNIQUES | wrong)
        assert run("demo", "--image", photograph, "--output", tmp_path / "out.png") == 1
        assert re.search(r"^wrong +NO ", capsys.readouterr().out, re.MULTILINE)

    @pytest.mark.parametrize("channels", [0, 1, 4])
    def test_takes_grey_and_transparent_pictures(
        self, channels, tmp_path, rng, capsys, monkeypatch
    ):
        path = tmp_path / "picture.npy"
        pixels = rng.integers(0, 256, size=(8, 9, channels) if channels else (8, 9))
        np.save(path, pixels.astype("uint8"))
        monkeypatch.setattr("matplotlib.image.imread", np.load)
        assert run("demo", "--image", path, "--output", tmp_path / "out.png") == 0
        assert f"to {3 if channels == 4 else 1} x 8 x 9" in capsys.readouterr().out

    def test_without_a_file_it_takes_the_sample_photograph(self, tmp_path, capsys, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert run("demo") == 0
        assert "to 3 x 600 x 512" in capsys.readouterr().out
        assert (tmp_path / "unpool_demo.png").stat().st_size < 400_000

    def test_without_matplotlib_it_says_how_to_install_it(self, monkeypatch, capsys):
        monkeypatch.setitem(sys.modules, "matplotlib.image", None)
        assert run("demo") == 2
        assert 'pip install "pytensor-unpool[plot]"' in capsys.readouterr().err

    def test_missing_file(self, tmp_path, capsys):
        assert run("demo", "--image", tmp_path / "none.jpg") == 2
        assert re.search(r"error: cannot read .*none\.jpg as a picture", capsys.readouterr().err)

    @pytest.mark.parametrize("name", ["text.png", "text.jpg"])
    def test_file_that_is_no_picture(self, name, tmp_path, capsys):
        (tmp_path / name).write_text("not a picture")
        assert run("demo", "--image", tmp_path / name) == 2
        assert "as a picture" in capsys.readouterr().err

    def test_output_that_cannot_be_written(self, photograph, tmp_path, capsys):
        output = tmp_path / "no" / "such" / "folder.png"
        assert run("demo", "--image", photograph, "--output", output) == 2
        assert "cannot write" in capsys.readouterr().err

    @pytest.mark.parametrize("window", ["0", "2x", "2x2x2", "-1", "two"])
    def test_window_that_is_none(self, window, capsys):
        with pytest.raises(SystemExit, match="2"):
            run("demo", f"--window={window}")
        assert "pass 2x2" in capsys.readouterr().err


def test_reducing_takes_means_of_squares():
    picture = np.array([[[1, 3, 5, 9], [1, 3, 7, 9], [2, 2, 2, 2]]], "float32")
    np.testing.assert_array_equal(reduce_picture(picture, 2), [[[2, 7.5]]])
    np.testing.assert_array_equal(reduce_picture(picture, 1), picture)


def test_smoothing_over_smoothed_ones_keeps_a_flat_picture():
    """The border has fewer neighbours: without the division it would turn dark."""
    flat = np.full((3, 5, 7), 0.5, "float32")
    for window in ((1, 1), (2, 2), (4, 3), (9, 9)):
        filled = smooth(flat, window) / smooth(np.ones_like(flat), window)
        np.testing.assert_allclose(filled, flat, rtol=1e-6)


class TestDoctor:
    def test_default_mode_works(self, capsys, monkeypatch):
        """Whether Numba and C work is for the Ops' tests: here they only must be tried."""
        tried = []

        def try_mode(mode):
            tried.append(mode)
            return real("FAST_COMPILE")

        real = doctor.try_mode
        monkeypatch.setattr(doctor, "try_mode", try_mode)
        assert run("doctor") == 0
        printed = capsys.readouterr().out
        assert {"NUMBA", "FAST_COMPILE", None} <= set(tried)
        assert ("CVM" in tried) == bool(pytensor.config.cxx)
        assert "default mode (mode=FAST_COMPILE, linker=auto): works" in printed
        for title in ("C", "Python", *(backend.title for backend in BACKENDS)):
            assert re.search(rf"^{title} +(yes|no) ", printed, re.MULTILINE)

    def test_default_mode_fails(self, capsys, monkeypatch):
        monkeypatch.setattr(doctor, "try_mode", lambda mode: Finding(mode is not None, "tried"))
        assert run("doctor") == 1
        assert re.search(r"default mode .*: FAILS, tried", capsys.readouterr().out)

    def test_result_is_looked_at(self, monkeypatch):
        monkeypatch.setattr("pytensor_unpool.max_unpool", lambda values, positions, shape: values)
        finding = doctor.try_mode("FAST_COMPILE")
        assert not finding.usable
        assert "wrong result: got [[3.0, 5.0], [1, 2], [3.0, 5.0]]" in finding.why

    def test_error_is_told(self, monkeypatch):
        def broken(*arguments):
            raise RuntimeError("no such thing\nat all")

        monkeypatch.setattr("pytensor_unpool.max_pool", broken)
        assert doctor.try_mode(None) == Finding(False, "RuntimeError: no such thing")

    def test_c_mode_that_runs_python_is_found_out(self):
        """Without a compiler, or where an Op has no C code, CVM calls Python and says nothing."""
        with pytensor.config.change_flags(cxx=""):
            why = doctor.try_mode("CVM").why
        assert why.startswith("no C code was used for ")
        assert why.endswith("MaxPool, MaxUnpool")

    def test_compiler_is_missing(self):
        with pytensor.config.change_flags(cxx=""):
            assert "no compiler" in doctor.examine(doctor.C).why

    def test_package_is_missing(self, monkeypatch):
        monkeypatch.setattr(doctor, "find_spec", lambda name: None)
        findings = {way.title: doctor.examine(way) for way in doctor.known_ways() if way.module}
        command = "not installed: python -m pip install"
        assert findings["Numba"] == Finding(False, f"{command} numba")
        assert findings["PyTorch"] == Finding(False, f'{command} "pytensor-unpool[torch]"')


def test_table_aligns_columns():
    table = format_table(("a", "long header"), [("longer cell", "b"), ("c", "")])
    assert table.splitlines() == ["a            long header", "longer cell  b", "c"]


def test_progress_is_for_terminals_only(capsys, monkeypatch):
    with progress("compiling"):
        assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress("compiling"):
        assert capsys.readouterr().err == "compiling ..."
    assert capsys.readouterr().err == "\r\x1b[K"


def test_command_is_needed(capsys):
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert "command" in capsys.readouterr().err


def test_package_runs_as_a_module():
    answer = subprocess.run(
        [sys.executable, "-m", "pytensor_unpool", "--version"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert answer.stdout.startswith("pytensor-unpool ")


def test_help_does_not_import_what_only_commands_need():
    script = (
        "import sys\n"
        "from pytensor_unpool.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('matplotlib', 'numba', 'jax', 'torch') if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    assert answer.stdout.splitlines()[-1] == "[]"
