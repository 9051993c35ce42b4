"""What does a long job leave on disk, who may see and steer it, and how much of the disk is that?

A run is a folder: what it was begun with, its metrics as they came, its checkpoints. It is reached by a link alone.
From the owner's link the view link is derived, and from that the folder's name, each by a one-way function: who may
look cannot find out how to steer, and who reads the names of the folders cannot make a link.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import platform
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal

from cnnviz.compute.disk import bytes_in, hold, is_held, write_whole
from cnnviz.compute.run_writer import (
    METRICS,
    Checkpoint,
    Metric,
    RunError,
    RunWriter,
    checkpoints_in,
    read_metrics,
)
from cnnviz.errors import Cancelled, CnnvizError, SettingsError
from cnnviz.paths import home

RunState = Literal["new", "running", "done", "stopped", "failed", "broken off"]

MOST_BYTES = 4_000_000_000
"""What all runs together may take on the disk."""
_FACTS, _STATE, _PINNED, _WRITING, _IN_USE, _ROOM = "run.json", "state.json", "pinned", "writing", "in_use", "room"
_GONE = ".gone-"
_VERSIONS = ("cnnviz", "torch", "torchvision", "timm", "numpy")
_GONE_WORDS = "There is no run under this link; it was deleted, or made room for newer ones."


@dataclass(frozen=True)
class RunFacts:
    """What a run was begun with: what gives the same curve again. `created` is in seconds since 1970."""

    settings: Mapping[str, Any]
    seed: int
    threads: int
    versions: Mapping[str, str]
    created: float


class Runs:
    """All runs under one folder, by their links. Safe to call from any thread, and from several programs at once."""

    def __init__(self, folder: Path | None = None, most_bytes: int = MOST_BYTES) -> None:
        """`folder`: ``runs`` in the user's folder for data where none is given."""
        self.folder = home() / "runs" if folder is None else folder
        self._most_bytes = most_bytes
        self._lock = threading.Lock()

    def create(self, settings: Mapping[str, Any], seed: int, threads: int) -> Run:
        """A new run, open for its owner, with the versions at hand. Settings are what JSON can hold.

        Raises SettingsError for other settings, RunError where there is no room or the folder cannot be written.
        """
        try:
            facts = RunFacts(dict(settings), seed, threads, _versions(), time.time())
            content = json.dumps(asdict(facts), indent=1).encode()
        except (TypeError, ValueError) as error:
            raise SettingsError(
                f"These settings cannot be kept: {error}; use numbers, texts, lists of these."
            ) from None
        owner = secrets.token_urlsafe(24)
        folder = self.folder / _folder_name(_view_of(owner))
        with self.room(len(content)):
            try:
                folder.mkdir(mode=0o700)
                write_whole(folder / _FACTS, content)
            except OSError as error:
                shutil.rmtree(folder, ignore_errors=True)
                raise RunError(f"The run could not be begun: {error.strerror}; see to {self.folder}.") from error
            return self.open(owner)

    def open(self, link: str) -> Run:
        """The run of a view link or an owner link, open until it is closed: it is not deleted meanwhile.

        Raises RunError where there is none.
        """
        for owner, view in ((link, _view_of(link)), (None, link)):
            folder = self.folder / _folder_name(view)
            if folder.exists():
                in_use = _kept(folder)
                return Run(self, folder, _read_facts(folder), view, owner, in_use)
        raise RunError(_GONE_WORDS)

    @property
    def nbytes(self) -> int:
        """What all runs take on the disk."""
        return bytes_in(self.folder)

    @contextmanager
    def room(self, wanted: int) -> Iterator[None]:
        """Write `wanted` bytes inside; for them the longest unused runs go, but none that is pinned or in use.

        One at a time writes here, so that room that was made is not taken twice. Raises RunError where there is none.
        """
        with self._lock:
            try:
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                alone = hold(self.folder / _ROOM, alone=True, patience=60)
            except OSError as error:
                raise RunError(f"Runs cannot be kept: {error.strerror}; see to {self.folder}.") from error
            if alone is None:
                raise RunError(f"Another program keeps {self.folder} locked; end it.")
            with alone:
                self._make_room(wanted)
                yield

    def _make_room(self, wanted: int) -> None:
        for broken in self.folder.glob(f"{_GONE}*"):
            shutil.rmtree(broken, ignore_errors=True)
        over = self.nbytes + wanted - self._most_bytes
        if over <= 0:
            return
        sizes = {folder: bytes_in(folder) for folder in self.folder.iterdir() if folder.is_dir() and _may_go(folder)}
        if sum(sizes.values()) >= over:  # else none goes: it would be for nothing
            for folder in sorted(sizes, key=_last_used):
                over -= sizes[folder] if _deleted(folder) else 0
                if over <= 0:
                    return
        raise RunError(
            f"All runs together may take {self._most_bytes / 1e6:,.0f} MB, and what is there is pinned or in use; "
            "unpin or delete some."
        )


class Run:
    """One run as the holder of a link sees it; a context manager, as it is kept from deletion while it is open."""

    def __init__(
        self, runs: Runs, folder: Path, facts: RunFacts, view: str, owner: str | None, in_use: BinaryIO
    ) -> None:
        self.facts = facts
        self.view_link = view
        self.owner_link = owner
        self.id = folder.name
        self._runs = runs
        self._folder = folder
        self._in_use = in_use

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """From now on the run may be deleted when room is needed, others that were used less lately before it."""
        if not self._in_use.closed:
            os.utime(self._in_use.fileno())
            self._in_use.close()

    @property
    def state(self) -> RunState:
        """How it stands; "broken off" where the program ended in the middle of it."""
        return self._state()[0]

    @property
    def error(self) -> str:
        """What it failed with, in words."""
        return self._state()[1]

    @property
    def pinned(self) -> bool:
        """Whether it stays when others need the room."""
        return (self._folder / _PINNED).exists()

    def pin(self, pinned: bool = True) -> None:
        """Keep it, or let it go when others need the room. Raises RunError for who only looks."""
        self._for_owner("pin it")
        if pinned:
            (self._folder / _PINNED).touch()
        else:
            (self._folder / _PINNED).unlink(missing_ok=True)

    def metrics(self, after: int = 0) -> tuple[Metric, ...]:
        """What was measured so far, without the first `after`."""
        try:
            content = (self._folder / METRICS).read_bytes()
        except FileNotFoundError:
            return ()
        return tuple(read_metrics(content, after)[0])

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """All checkpoints, the last taken at the end; one of each name, but where the program was killed meanwhile."""
        return checkpoints_in(self._folder)

    def load(self, name: str) -> bytes:
        """The content of the last checkpoint of that name. Raises RunError where there is none."""
        for one in reversed(self.checkpoints()):
            if one.name == name:
                with suppress(FileNotFoundError):  # a newer one came meanwhile
                    return one.path.read_bytes()
        there = ", ".join(sorted({one.name for one in self.checkpoints()})) or "none"
        raise RunError(f"This run has no checkpoint {name!r}; there is {there}.")

    @contextmanager
    def writing(self, start: str | None = None) -> Iterator[RunWriter]:
        """Do the run's work inside, going on after all that is there, or from the last checkpoint named `start`.

        At the end the run is done, stopped if the work was cancelled, or failed if it raised something else. Raises
        RunError for who only looks, where the run is at work already, and where there is no such checkpoint.
        """
        self._for_owner("go on with it")
        with _kept(self._folder), self._alone():
            writer = RunWriter(self._folder, self._runs.room, None if start is None else self._found(start))
            self._note("running")
            try:
                yield writer
            except Cancelled:
                self._note("stopped")
                raise
            except Exception as error:
                self._note("failed", str(error) if isinstance(error, CnnvizError) else f"It broke off: {error}")
                raise
            else:
                self._note("done")
            finally:
                writer.close()

    def delete(self) -> None:
        """Delete it with all that it holds. Raises RunError for who only looks, and while others have it open."""
        self._for_owner("delete it")
        self.close()
        if not _deleted(self._folder):
            raise RunError("This run is at work or looked at elsewhere; stop it first, then delete it.")

    def _alone(self) -> BinaryIO:
        """Held as long as this run is being written."""
        alone = hold(self._folder / _WRITING, alone=True)
        if alone is None:
            raise RunError("This run is at work already; look at it, or stop it first.")
        return alone

    def _for_owner(self, wish: str) -> None:
        if self.owner_link is None:
            raise RunError(f"This link only shows the run; to {wish}, use the owner's link.")

    def _found(self, name: str) -> Checkpoint:
        self.load(name)  # says so where there is none
        return [one for one in self.checkpoints() if one.name == name][-1]

    def _state(self) -> tuple[RunState, str]:
        told = self._told()
        if told[0] == "running" and not is_held(self._folder / _WRITING):
            told = self._told()  # it may have said that it is done just before it let go
            return ("broken off", "") if told[0] == "running" else told
        return told

    def _told(self) -> tuple[RunState, str]:
        try:
            told = json.loads((self._folder / _STATE).read_bytes())
        except FileNotFoundError:
            return "new", ""
        return told["state"], told["error"]

    def _note(self, state: RunState, error: str = "") -> None:
        with suppress(OSError):  # a full disk: what the work itself met is the better answer
            write_whole(self._folder / _STATE, json.dumps({"state": state, "error": error}).encode())


def _view_of(owner: str) -> str:
    """The view link that belongs to an owner link."""
    digest = hashlib.blake2b(owner.encode(errors="replace"), digest_size=24, person=b"cnnviz view").digest()
    return base64.urlsafe_b64encode(digest).decode()


def _folder_name(view: str) -> str:
    return hashlib.blake2b(view.encode(errors="replace"), digest_size=16, person=b"cnnviz folder").hexdigest()


def _versions() -> dict[str, str]:
    """What is installed, without importing it."""
    from importlib import metadata  # takes longer to load than all the rest here

    found = {"python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}"}
    for name in _VERSIONS:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def _kept(folder: Path) -> BinaryIO:
    """Held as long as the run is not to be deleted. Raises RunError where it is gone, or just going."""
    with suppress(OSError):
        in_use = hold(folder / _IN_USE, alone=False)
        if in_use is not None:
            if (folder / _FACTS).exists():
                os.utime(in_use.fileno())
                return in_use
            in_use.close()
    raise RunError(_GONE_WORDS)


def _read_facts(folder: Path) -> RunFacts:
    try:
        return RunFacts(**json.loads((folder / _FACTS).read_bytes()))
    except (OSError, TypeError, ValueError):
        raise RunError(f"{folder / _FACTS} cannot be read any more; delete that folder and begin a new run.") from None


def _may_go(folder: Path) -> bool:
    """Whether nobody has it open or pinned."""
    if folder.name.startswith(_GONE) or (folder / _PINNED).exists():
        return False
    with suppress(OSError):
        alone = hold(folder / _IN_USE, alone=True, patience=0)
        if alone is not None:
            alone.close()
            return True
    return False


def _last_used(folder: Path) -> float:
    with suppress(OSError):
        return (folder / _IN_USE).stat().st_mtime
    return 0.0


def _deleted(folder: Path) -> bool:
    """Delete a run, if nobody has it open; it goes at once or not at all, whoever is killed meanwhile."""
    try:
        alone = hold(folder / _IN_USE, alone=True, patience=0)
    except OSError:
        return False
    if alone is None:
        return False
    with alone:
        gone = folder.with_name(f"{_GONE}{secrets.token_hex(8)}")
        folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)
    return True
