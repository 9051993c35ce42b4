"""Where does heavy work run: on which device, with how many threads, and how much of it at once?

Nothing is decided at import: each answer is found when first asked for, and torch loads only then.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cnnviz.errors import CnnvizError

if TYPE_CHECKING:
    import torch

CHOICE = "CNNVIZ_DEVICE"
LIMIT = "OMP_NUM_THREADS"


class DeviceError(CnnvizError):
    """The device that was asked for is not there."""


def device() -> "torch.device":
    """The device to compute on: what the environment variable ``CNNVIZ_DEVICE`` names, else cuda, mps or cpu.

    Float32 means float32 everywhere: TF32, which rounds to 10 bits of fraction, is off, so that devices agree.
    Raises DeviceError when the variable names no device, or one that this machine lacks.
    """
    import torch

    wanted = os.environ.get(CHOICE, "").strip().lower()
    chosen = _named(wanted) if wanted else torch.device(_best())
    if chosen.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
    return chosen


def describe() -> str:
    """The device in words, for the foot of a page: ``CPU, 2 cores`` or ``NVIDIA H200 (cuda)``."""
    import torch

    chosen = device()
    if chosen.type == "cuda":
        return f"{torch.cuda.get_device_name(chosen)} (cuda)"
    if chosen.type == "mps":
        return "Apple GPU (mps)"
    cores = usable_cores()
    return f"CPU, {cores} core{'s' if cores > 1 else ''}"


def usable_cores() -> int:
    """Cores this process may use: its CPU affinity, or less where a control group's quota says so; at least 1."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _cgroup_quota()
    return max(1, allowed if quota is None else min(allowed, int(quota + 0.5)))


def heavy_at_once() -> int:
    """How many jobs that keep a device busy go at once: one a GPU, else one a core. Loads torch."""
    import torch

    kind = device().type
    if kind == "cuda":
        return torch.cuda.device_count()
    return 1 if kind == "mps" else usable_cores()


@contextmanager
def at_work() -> Iterator[int]:
    """Do one heavy computation inside; yields the number of threads it was given.

    At most as many computations as cores run at once, further ones wait here. Whoever comes alone gets all cores; the
    more are at work or waiting, the fewer threads each gets, down to one, and never more than the environment variable
    ``OMP_NUM_THREADS`` allows: who sets it wants the other cores for something else. torch keeps that number per
    calling thread, so one learner's does not touch another's. Inside another ``at_work`` of the same thread it changes
    nothing.
    """
    outer = getattr(_here, "threads", None)
    if outer is not None:
        yield outer
        return
    import torch

    with _desk.place() as threads:
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        _here.threads = threads
        try:
            yield threads
        finally:
            _here.threads = None
            torch.set_num_threads(before)


@contextmanager
def one_thread() -> Iterator[None]:
    """Do many small operations inside, or decorate a function that does: torch gives them one thread.

    Shared among threads, such operations wait for each other longer than they work: on two busy cores the 13 gradient
    flows of a page took 18 s by two threads and 1.6 s by one, with a tenth of the processor time. Nobody queues here.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def fixed_threads(count: int) -> Iterator[None]:
    """Do work inside that is to give the same numbers again: sums depend on the number of threads they are made by.

    ``at_work`` inside changes nothing and queues nowhere, so this is for jobs, which are bounded by their lane.
    """
    import torch

    before, outer = torch.get_num_threads(), getattr(_here, "threads", None)
    torch.set_num_threads(count)
    _here.threads = count
    try:
        yield
    finally:
        _here.threads = outer
        torch.set_num_threads(before)


class _Desk:
    """Counts who is at work or waiting, and lets in as many as there are cores."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._working = 0
        self._present = 0

    @contextmanager
    def place(self) -> Iterator[int]:
        cores = usable_cores()
        with self._changed:
            self._present += 1
            try:
                self._changed.wait_for(lambda: self._working < cores)
            except BaseException:
                self._present -= 1
                raise
            self._working += 1
            threads = max(1, min(cores // self._present, _allowed(cores)))
        try:
            yield threads
        finally:
            with self._changed:
                self._working -= 1
                self._present -= 1
                self._changed.notify()


def _allowed(cores: int) -> int:
    """How many threads one computation may have: the first number of ``OMP_NUM_THREADS``, else ``cores``."""
    first = os.environ.get(LIMIT, "").split(",")[0].strip()
    return int(first) if first.isdecimal() and int(first) > 0 else cores


_desk = _Desk()
_here = threading.local()


def _named(wanted: str) -> "torch.device":
    import torch

    try:
        chosen = torch.device(wanted)
    except RuntimeError:
        chosen = None
    if chosen is None or chosen.type not in ("cpu", "cuda", "mps"):
        raise DeviceError(f"{CHOICE} is {wanted!r}, which names no device; use cpu, cuda, cuda:1 or mps.")
    missing = chosen.type == "mps" and not torch.backends.mps.is_available()
    if chosen.type == "cuda":
        missing = not torch.cuda.is_available() or (chosen.index or 0) >= torch.cuda.device_count()
    if missing:
        raise DeviceError(f"{CHOICE} asks for {wanted}, which this machine does not have; unset it, or use cpu.")
    return chosen


def _best() -> str:
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _cgroup_quota(root: Path = Path("/sys/fs/cgroup")) -> float | None:
    """Cores' worth of time that the control group grants (version 2, else version 1); None where there is no limit."""
    try:
        quota, period = (root / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota = (root / "cpu" / "cpu.cfs_quota_us").read_text().strip()
            period = (root / "cpu" / "cpu.cfs_period_us").read_text().strip()
        except OSError:
            return None
    if quota == "max" or int(quota) <= 0:
        return None
    return int(quota) / int(period)
