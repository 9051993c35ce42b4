"""Is .venv there, whole, and up to date? If not, make it so: `python scripts/setup_env.py app|dev`.

Needs nothing but Python's own library. A stamp in .venv holds a hash of what was installed (requirements,
pyproject.toml, Python's version, the place of the checkout): while it fits there is nothing to do, which takes a
fraction of a second.
An installation that was cut off is taken up again; a .venv that is half made, was moved, or was left behind by a Python
upgrade is made again from nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
REQUIREMENTS = {"app": ["requirements.txt"], "dev": ["requirements.txt", "requirements-dev.txt"]}
# Looked for, not imported: enough to see in 0.1 s that nobody took a package out since.
NEEDED = {
    "app": ["streamlit", "torch", "torchvision", "timm", "captum", "plotly", "sklearn", "PIL", "cnnviz", "app"],
    "dev": ["pytest", "hypothesis", "xdist", "mypy", "importlinter", "playwright", "websockets", "psutil"],
}
LOOK = """
import importlib.util, json, sys, sysconfig
print(json.dumps({
    "version": list(sys.version_info[:3]),
    "packages": sysconfig.get_path("purelib"),
    "missing": [name for name in sys.argv[1:] if importlib.util.find_spec(name) is None],
}))
"""


class SetupError(Exception):
    """The set-up cannot go on; the text is one sentence that says why and what would work."""


def ensure(kind: str, root: Path = ROOT) -> bool:
    """Bring `root`/.venv to the state that `kind` ("app" or "dev") asks for; True if anything had to be done.

    Raises SetupError where this Python cannot make an environment, or pip fails.
    """
    too_old = python_sentence(sys.version_info[:3])
    if too_old:
        raise SetupError(too_old)
    with _Lock(root):
        venv = root / ".venv"
        seen = _look(venv, kind)
        why = reason_to_remake(venv, seen)
        if why is None and seen is not None and not seen["missing"] and _stamp_fits(venv, kind, seen["version"], root):
            return False
        if why is not None:
            _create(venv, why)
        _install(venv, kind, root)
        seen = _look(venv, kind)
        if seen is None or seen["missing"]:
            what = "its Python" if seen is None else ", ".join(seen["missing"])
            raise SetupError(f"The new .venv lacks {what}: run `make clean`, then the same again.")
        _write_stamps(venv, kind, seen["version"], root)
    return True


def python_sentence(version: tuple[int, ...]) -> str | None:
    """What to tell the user of a Python that is too old; None if `version` will do."""
    if version >= OLDEST:
        return None
    return (
        f"cnnviz needs Python {_dotted(OLDEST)} or later, but this is Python {_dotted(version)}: "
        "install a newer one, or name one with `make app PYTHON=/path/to/python3.12`."
    )


def reason_to_remake(venv: Path, seen: dict[str, Any] | None) -> str | None:
    """Why .venv must be made from nothing, given what its Python said of itself; None if it is sound."""
    if not venv.exists():
        return "There is no .venv yet."
    if seen is None:
        return "The Python in .venv does not run."
    pip = venv / "bin/pip"
    if not pip.is_file() or not (Path(seen["packages"]) / "pip").is_dir() or tuple(seen["version"]) < OLDEST:
        return "The .venv is half made, or its Python was replaced by another."
    if str(venv.resolve()) not in pip.read_text(encoding="utf-8")[:500]:
        return "The folder was moved, so the scripts in .venv lead nowhere."
    asked = os.environ.get("PYTHON")
    if asked and tuple(seen["version"][:2]) != sys.version_info[:2]:
        return f"The .venv has Python {_dotted(seen['version'])}, not {asked}."
    return None


def fingerprint(kind: str, version: list[int], root: Path) -> str:
    """A hash of everything that decides what an installation of `kind` holds."""
    parts = [str(root.resolve()), _dotted(version[:2])]
    parts += [(root / name).read_text(encoding="utf-8") for name in [*REQUIREMENTS[kind], "pyproject.toml"]]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def clear_cut_off_packages(packages: Path) -> list[str]:
    """Remove the records of packages whose copying was cut off, and return their names.

    pip writes RECORD last, yet takes a package without it for an installed one and would leave it broken for ever.
    """
    broken = [info for info in packages.glob("*.dist-info") if not (info / "RECORD").is_file()]
    for folder in [*broken, *packages.glob("~*")]:
        shutil.rmtree(folder, ignore_errors=True)
    return sorted(info.name for info in broken)


def _look(venv: Path, kind: str) -> dict[str, Any] | None:
    names = [name for each in _within(kind) for name in NEEDED[each]]
    try:
        done = _run([venv / "bin/python", "-c", LOOK, *names], capture_output=True, timeout=60, check=True)
        return json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def _create(venv: Path, why: str) -> None:
    print(f"{why} Making it with Python {_dotted(sys.version_info[:3])}.", flush=True)
    if venv.is_symlink() or venv.is_file():
        venv.unlink()
    shutil.rmtree(venv, ignore_errors=True)
    done = _run([sys.executable, "-m", "venv", venv], capture_output=True)
    if done.returncode:
        shutil.rmtree(venv, ignore_errors=True)
        raise SetupError(venv_sentence(done.stdout + done.stderr))


def venv_sentence(said: str) -> str:
    """What to tell the user when `python -m venv` failed with the words `said`."""
    if "ensurepip" in said or "No module named venv" in said:
        return (
            "Python's venv module is not complete here: on Debian or Ubuntu run "
            f"`apt-get install python{_dotted(sys.version_info[:2])}-venv` as root, then the same `make` again."
        )
    last = (said.strip() or "no reason given").splitlines()[-1]
    return f"Python could not make .venv ({last}): see to that, then run the same `make` again."


def _install(venv: Path, kind: str, root: Path) -> None:
    what = {"app": "what the app needs", "dev": "what the app, its tests and its checks need"}[kind]
    print(f"Installing {what}: up to 5 GB and 3 to 15 minutes the first time.", flush=True)
    for stamp in venv.glob(".cnnviz-*"):
        stamp.unlink()
    for packages in venv.glob("lib/python*/site-packages"):
        if clear_cut_off_packages(packages):
            print("An installation was interrupted here: taking it up again.", flush=True)
    quiet = ["--quiet", "--progress-bar", "off", "--disable-pip-version-check", "--no-input"]
    done = _run(
        [venv / "bin/python", "-m", "pip", "install", *quiet, "-r", REQUIREMENTS[kind][-1]],
        cwd=root,
        env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"},
    )
    if done.returncode:
        raise SetupError("pip could not install the requirements: see to what it says above, then run the same again.")


def _stamp_fits(venv: Path, kind: str, version: list[int], root: Path) -> bool:
    stamp = venv / f".cnnviz-{kind}"
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == fingerprint(kind, version, root)


def _write_stamps(venv: Path, kind: str, version: list[int], root: Path) -> None:
    for each in _within(kind):
        (venv / f".cnnviz-{each}").write_text(fingerprint(each, version, root), encoding="utf-8")


def _within(kind: str) -> list[str]:
    """The developer's installation holds the user's."""
    return ["app", "dev"] if kind == "dev" else ["app"]


def _run(command: list[Any], **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, **{"stdin": subprocess.DEVNULL, "text": True, "check": False, **options})


def _dotted(version: Any) -> str:
    return ".".join(map(str, version))


class _Lock:
    """One set-up at a time in a folder: a second `make` waits for the first."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __enter__(self) -> None:
        self.handle = os.open(self.root, os.O_RDONLY)
        fcntl.flock(self.handle, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        os.close(self.handle)


if __name__ == "__main__":
    try:
        ensure(sys.argv[1])
    except SetupError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Interrupted: the same command takes it up again.")
