"""Where is a Chromium for the tests? `python -m scripts.browser` finds one, or gets one, and says which."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
MAC_APPS = ("Google Chrome", "Chromium", "Google Chrome for Testing", "Microsoft Edge", "Brave Browser")


def find_browser() -> Path | None:
    """The first of the Chromium family that starts: $CHROME, the PATH, a Mac's applications, Playwright's own."""
    return next((path for path in _candidates() if _starts(path)), None)


def get_browser() -> Path:
    """The browser that is there, else a new one: by apt as root, else Playwright's own. Exits where none can be had."""
    found = find_browser()
    if found is None:
        _install()
        found = find_browser()
    if found is None:
        sys.exit("No browser for the tests could be installed: install Chromium or Chrome, or set CHROME=/path/to/it.")
    return found


def _candidates() -> list[Path]:
    paths = [os.environ.get("CHROME"), *(shutil.which(name) for name in NAMES)]
    for applications in (Path("/Applications"), Path.home() / "Applications"):
        paths += [str(applications / f"{app}.app/Contents/MacOS/{app}") for app in MAC_APPS]
    candidates = [Path(path) for path in paths if path and Path(path).is_file()]
    return candidates + _playwrights_own()


def _playwrights_own() -> list[Path]:
    """What `playwright install chromium` left, newest first."""
    folders = [Path.home() / ".cache/ms-playwright", Path.home() / "Library/Caches/ms-playwright"]
    if os.environ.get("PLAYWRIGHT_BROWSERS_PATH"):
        folders.insert(0, Path(os.environ["PLAYWRIGHT_BROWSERS_PATH"]))
    patterns = (
        "chromium-*/chrome-linux*/chrome",
        "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
        "chromium_headless_shell-*/chrome-*/*headless*shell",
    )
    return [path for folder in folders for pattern in patterns for path in sorted(folder.glob(pattern), reverse=True)]


def _starts(path: Path) -> bool:
    """Whether it runs at all: Ubuntu's chromium-browser, for one, may be a note that says where to get it."""
    try:
        done = subprocess.run(
            [path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _install() -> None:
    if shutil.which("apt-get") and os.geteuid() == 0:
        print(
            "No Chromium or Chrome found: installing Chromium by apt (about 100 MB, one to three minutes).", flush=True
        )
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        _quietly(["apt-get", "update", "-qq"], environment)
        _quietly(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], environment)
        if find_browser():
            return
    print("No Chromium or Chrome found: installing Playwright's own (about 200 MB, one to three minutes).", flush=True)
    with_libraries = ["--with-deps"] if shutil.which("apt-get") and os.geteuid() == 0 else []
    _quietly([sys.executable, "-m", "playwright", "install", *with_libraries, "chromium"], dict(os.environ))


def _quietly(command: list[str], environment: dict[str, str]) -> bool:
    """Run a command without a word unless it fails; True if it went well."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=environment, check=False,
    )  # fmt: skip
    if done.returncode:
        print(f"`{' '.join(command)}` failed:", done.stdout[-2000:], sep="\n", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    print(f"Browser for the tests: {get_browser()}", flush=True)
