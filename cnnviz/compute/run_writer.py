"""How does a job write down a run while it works, so that being killed at any moment costs next to nothing?

Metrics are lines that are appended one by one. Each is with the system as soon as it is told, so a killed program loses
none; against a power cut they are forced onto the disk once a second. A checkpoint is there whole or not at all, and
its name holds how many metrics came before it: who goes on from there takes back what came after.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from cnnviz.compute.disk import PART, write_whole
from cnnviz.errors import CnnvizError, SettingsError

METRICS = "metrics.jsonl"
CHECKPOINTS = "checkpoints"
_ENDING = ".checkpoint"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_FILE = re.compile(rf"({_NAME.pattern})\.([0-9]+){re.escape(_ENDING)}")
_SYNCED = 1.0  # seconds between two times that metrics are forced onto the disk
_ROOM = 64_000  # bytes of metrics that are asked room for at once


class RunError(CnnvizError):
    """A run is not there, belongs to somebody else, or cannot be written."""


@dataclass(frozen=True)
class Metric:
    """What was measured at one moment: the seconds of work until then, and numbers by name."""

    number: int
    seconds: float
    values: Mapping[str, float]


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as it lies on disk; `metrics` were told before it was taken."""

    name: str
    metrics: int
    path: Path


Room = Callable[[int], AbstractContextManager[None]]
"""Where bytes are asked for before they are written inside; raises RunError where there is no room."""


class RunWriter:
    """The pen of the one job that works on a run; for one thread."""

    def __init__(self, folder: Path, room: Room, start: Checkpoint | None) -> None:
        """Go on after all that is there, or after what was told before the checkpoint `start`."""
        (folder / CHECKPOINTS).mkdir(exist_ok=True)
        for broken in folder.rglob(f"*{PART}"):
            broken.unlink(missing_ok=True)
        self._folder = folder
        self._room = room
        self._asked = 0
        path = folder / METRICS
        content = path.read_bytes() if path.exists() else b""
        known, length = read_metrics(content, most=None if start is None else start.metrics)
        self.count = len(known)
        self._before = known[-1].seconds if known else 0.0
        self._begun = time.monotonic()
        if start is not None:
            self._forget_after(start.metrics)  # before their metrics go: killed between, none is left without its own
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        if length < len(content):
            os.ftruncate(self._handle, length)
        self._length = length
        self._sync()

    def log(self, **values: float) -> None:
        """Append numbers by name, with the time. Raises RunError when the disk is full, SettingsError for no number."""
        try:
            numbers = {name: float(value) for name, value in values.items()}
        except (TypeError, ValueError):
            raise SettingsError(f"Metrics are numbers by name; {values!r} has something else in it.") from None
        seconds = self._before + time.monotonic() - self._begun
        line = json.dumps([round(seconds, 3), numbers], separators=(",", ":")).encode() + b"\n"
        if self._asked < len(line):
            with self._room(_ROOM):
                self._asked = _ROOM
        self._asked -= len(line)
        self._append(line)
        self.count += 1
        if time.monotonic() - self._synced >= _SYNCED:
            self._sync()

    def save(self, name: str, content: bytes) -> None:
        """Keep a checkpoint in place of the last one of that name, which stays until this one is whole.

        Raises RunError where there is no room or the disk fails, SettingsError for a name that is none.
        """
        if not _NAME.fullmatch(name):
            raise SettingsError(f"{name!r} cannot name a checkpoint; use small letters, digits, _ and -, at most 60.")
        self._sync()
        path = self._folder / CHECKPOINTS / f"{name}.{self.count}{_ENDING}"
        with self._room(len(content)):
            try:
                write_whole(path, content)
            except OSError as error:
                raise RunError(
                    f"The checkpoint could not be written: {error.strerror}; make room on the disk."
                ) from error
        for former in checkpoints_in(self._folder):
            if former.name == name and former.path != path:
                former.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Have all that was told on the disk."""
        try:
            self._sync()
        finally:
            os.close(self._handle)

    def _append(self, line: bytes) -> None:
        try:
            written = os.write(self._handle, line)
            if written < len(line):
                raise OSError(28, "no space left on device")
        except OSError as error:
            os.ftruncate(self._handle, self._length)  # half a line would make the next one unreadable
            raise RunError(f"The metrics could not be written: {error.strerror}; make room on the disk.") from error
        self._length += len(line)

    def _sync(self) -> None:
        try:
            os.fsync(self._handle)
        except OSError as error:
            raise RunError(f"The metrics could not be forced onto the disk: {error.strerror}; see to it.") from error
        self._synced = time.monotonic()

    def _forget_after(self, metrics: int) -> None:
        for later in checkpoints_in(self._folder):
            if later.metrics > metrics:
                later.path.unlink(missing_ok=True)


def read_metrics(content: bytes, after: int = 0, most: int | None = None) -> tuple[list[Metric], int]:
    """The metrics in a file's content, and the bytes they take; a broken line ends them.

    Without the first `after`, which who follows a run has read before, and none beyond the first `most`.
    """
    found: list[Metric] = []
    length = 0
    for number, line in enumerate(content.splitlines(keepends=True)[:most]):
        if not line.endswith(b"\n"):
            break
        if number >= after:
            try:
                seconds, values = json.loads(line)
                found.append(Metric(number, float(seconds), MappingProxyType(dict(values))))
            except (TypeError, ValueError):
                break
        length += len(line)
    return found, length


def checkpoints_in(folder: Path) -> tuple[Checkpoint, ...]:
    """All whole checkpoints of a run, in the order of the metrics before them."""
    found = []
    for path in (folder / CHECKPOINTS).glob(f"*{_ENDING}"):
        known = _FILE.fullmatch(path.name)
        if known is not None:
            found.append(Checkpoint(known[1], int(known[2]), path))
    return tuple(sorted(found, key=lambda one: (one.metrics, one.name)))
