"""The set-up says what is wrong in one sentence, mends what is broken, and the house keeps its rules."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts import serve
from scripts.browser import find_browser
from scripts.setup_env import (
    SetupError,
    clear_cut_off_packages,
    ensure,
    fingerprint,
    python_sentence,
    reason_to_remake,
    venv_sentence,
)

ROOT = Path(__file__).resolve().parent.parent
ROOMS = sorted(f"cnnviz.{path.parent.name}" for path in (ROOT / "cnnviz").glob("*/__init__.py"))
HEAVY = ("torch", "torchvision", "timm", "captum", "plotly", "streamlit", "scipy", "sklearn", "cv2")
TARGETS = ("app", "test", "lint", "unit", "browser", "bench", "assets")


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["cnnviz", *ROOMS])
def test_importing_a_room_loads_nothing_heavy(name: str) -> None:
    code = f"import sys, {name}; print([heavy for heavy in {HEAVY!r} if heavy in sys.modules])"
    assert run_python(code).strip() == "[]"


def test_every_python_before_3_11_is_refused_in_one_sentence() -> None:
    assert python_sentence((3, 11, 0)) is None
    assert python_sentence((3, 13, 2)) is None
    sentence = python_sentence((3, 9, 6))
    assert sentence is not None
    assert "3.11 or later" in sentence
    assert "Python 3.9.6" in sentence


def test_the_launcher_names_the_old_python_that_it_was_given(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.6" && exit 0\nexit 1\n')
    old.chmod(0o755)
    done = subprocess.run(
        ["sh", "scripts/with_python.sh", "-c", "print(1)"],
        cwd=ROOT, env={**os.environ, "PYTHON": str(old)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "needs Python 3.11 or later" in done.stderr
    assert "Python 3.9.6" in done.stderr


@pytest.mark.parametrize("folder", ["plain", "with two spaces"])
def test_the_launcher_runs_the_python_that_it_was_given(tmp_path: Path, folder: str) -> None:
    named = tmp_path / folder / "python"
    named.parent.mkdir()
    named.symlink_to(sys.executable)
    done = subprocess.run(
        ["sh", "scripts/with_python.sh", "-c", "import sys; print(sys.argv[1:])", "one two", "three"],
        cwd=ROOT, env={**os.environ, "PYTHON": str(named)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "['one two', 'three']", done.stderr


def test_a_missing_venv_module_is_named_with_the_package_that_brings_it() -> None:
    sentence = venv_sentence("The virtual environment was not created successfully because ensurepip is not available.")
    assert f"apt-get install python{sys.version_info[0]}.{sys.version_info[1]}-venv" in sentence


@dataclass(frozen=True)
class Failed:
    """A set-up whose packages pip could not install: its project, why it ended, what it said."""

    project: Path
    error: Exception
    printed: str


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Failed:
    project = tmp_path_factory.mktemp("project")
    (project / "requirements.txt").write_text("./there_is_no_such_package\n")
    (project / "requirements-dev.txt").write_text("-r requirements.txt\n")
    (project / "pyproject.toml").write_text("")
    with contextlib.redirect_stdout(io.StringIO()) as printed, pytest.raises(SetupError) as caught:
        ensure("app", project)
    return Failed(project, caught.value, printed.getvalue())


@pytest.fixture(scope="module")
def made(failed: Failed) -> Path:
    """A small real environment, without what pip would download: what the set-up makes before it installs."""
    return failed.project / ".venv"


class TestEnvironment:
    """When is .venv made again from nothing?"""

    @staticmethod
    def seen(venv: Path) -> dict[str, object]:
        packages = next(venv.glob("lib/python*/site-packages"))
        return {"version": list(sys.version_info[:3]), "packages": str(packages), "missing": []}

    def test_a_sound_one_is_kept(self, made: Path) -> None:
        assert reason_to_remake(made, self.seen(made)) is None

    def test_a_missing_one_is_made(self, tmp_path: Path) -> None:
        assert reason_to_remake(tmp_path / ".venv", None) is not None

    def test_one_whose_python_is_gone_is_made_again(self, made: Path) -> None:
        assert "does not run" in str(reason_to_remake(made, None))

    def test_a_moved_one_is_made_again(self, made: Path, tmp_path: Path) -> None:
        moved = tmp_path / ".venv"
        shutil.copytree(made, moved, symlinks=True)
        assert "moved" in str(reason_to_remake(moved, self.seen(moved)))

    def test_a_half_made_one_is_made_again(self, made: Path, tmp_path: Path) -> None:
        half = tmp_path / ".venv"
        shutil.copytree(made, half, symlinks=True)
        (half / "bin/pip").unlink()
        assert "half made" in str(reason_to_remake(half, self.seen(half)))

    def test_a_package_whose_copying_was_cut_off_is_installed_again(self, tmp_path: Path) -> None:
        for name, files in {"whole-1.0.dist-info": ["METADATA", "RECORD"], "cut-1.0.dist-info": ["METADATA"]}.items():
            (tmp_path / name).mkdir()
            for file in files:
                (tmp_path / name / file).touch()
        (tmp_path / "~orch").mkdir()
        assert clear_cut_off_packages(tmp_path) == ["cut-1.0.dist-info"]
        assert [path.name for path in tmp_path.iterdir()] == ["whole-1.0.dist-info"]


def test_failing_pip_ends_in_a_sentence_and_leaves_no_stamp(failed: Failed) -> None:
    assert "pip could not install" in str(failed.error)
    assert not list((failed.project / ".venv").glob(".cnnviz-*"))
    assert "Installing what the app needs" in failed.printed


@pytest.mark.parametrize("changed", ["requirements.txt", "pyproject.toml", "version"])
def test_a_change_of_what_is_installed_changes_the_stamp(tmp_path: Path, changed: str) -> None:
    for name in ("requirements.txt", "pyproject.toml"):
        (tmp_path / name).write_text("a")
    before = fingerprint("app", [3, 11, 7], tmp_path)
    assert before == fingerprint("app", [3, 11, 9], tmp_path)
    if changed != "version":
        (tmp_path / changed).write_text("b")
    assert fingerprint("app", [3, 12, 0] if changed == "version" else [3, 11, 7], tmp_path) != before


def test_a_port_that_is_taken_is_passed_over_and_refused_by_name() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert serve.choose_port("127.0.0.1") != port
        with pytest.raises(SystemExit, match=f"Port {port} is taken"):
            serve.choose_port("127.0.0.1", port)


def test_a_free_port_is_chosen_and_can_be_used() -> None:
    port = serve.choose_port("127.0.0.1")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


@pytest.mark.parametrize("port", [0, 65536])
def test_a_port_out_of_range_is_refused(port: int) -> None:
    with pytest.raises(SystemExit, match="is not a port"):
        serve.choose_port("127.0.0.1", port)


def test_only_a_classroom_gets_an_address_for_the_board() -> None:
    assert serve.addresses("127.0.0.1", 8501) == ("http://localhost:8501", None)
    here, board = serve.addresses("0.0.0.0", 8501, https=True)
    assert here == "https://localhost:8501"
    assert re.fullmatch(r"https://[\w.:-]+:8501", str(board))
    assert "0.0.0.0" not in str(board)


def test_an_ipv6_host_stands_in_brackets() -> None:
    assert serve.addresses("::1", 8501) == ("http://[::1]:8501", None)
    assert serve.addresses("fd00::7", 8501, https=True) == ("https://[fd00::7]:8501", "https://[fd00::7]:8501")


def test_https_needs_both_files() -> None:
    command = [sys.executable, "-m", "scripts.serve", "--cert", "cert.pem"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "HTTPS needs both files" in done.stderr


def test_a_browser_named_by_hand_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "my-chrome"
    own.write_text("#!/bin/sh\necho Chromium 1\n")
    own.chmod(0o755)
    monkeypatch.setenv("CHROME", str(own))
    assert find_browser() == own


def test_a_browser_that_does_not_start_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CHROME", str(broken))
    assert find_browser() != broken


@pytest.mark.parametrize("target", TARGETS)
def test_make_knows_the_target(target: str) -> None:
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "scripts/setup_env.py" in done.stdout


def test_the_rules_of_the_house_are_checked_by_make_test() -> None:
    done = subprocess.run(["make", "-n", "test"], cwd=ROOT, capture_output=True, text=True, check=True)
    for check in ("ruff check", "mypy", "lint-imports", "tests/browser", "scripts.browser"):
        assert check in done.stdout


@pytest.mark.parametrize("path", sorted((ROOT / "app/pages").rglob("*.py")), ids=lambda path: path.stem)
def test_a_page_imports_no_other_page(path: Path) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    assert not [name for name in names if name.startswith("app.pages")]


def test_no_file_of_the_product_is_longer_than_400_lines() -> None:
    paths = [*(ROOT / "cnnviz").rglob("*"), *(ROOT / "app").rglob("*")]
    files = [path for path in paths if path.suffix in (".py", ".js")]
    assert len(files) > 20
    too_long = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {name: lines for name, lines in too_long.items() if lines > 400} == {}
