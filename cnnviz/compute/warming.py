"""How do the heavy libraries get loaded without anybody waiting for them?

Importing torch, torchvision, timm and captum takes several seconds. ``warm_up`` does it in the background, once, after
the first page is drawn; ``settle`` then takes what they made out of the garbage collector's daily round.
"""

import atexit
import gc
import importlib
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

LIBRARIES = ("torch", "torchvision.models", "timm.models.efficientnet")
LATER = ("captum.attr",)
"""What single pages need; nobody is told to wait for these."""
_LOOK = 0.02  # seconds between two looks at what is in


@dataclass
class Warming:
    """One background warm-up: what is in so far, and what went wrong; read it from any thread."""

    libraries: tuple[str, ...]
    later: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    errors: dict[str, BaseException] = field(default_factory=dict)
    thread: threading.Thread | None = None

    def ready(self) -> bool:
        """True once every library but those for later was tried; ``errors`` names those that failed."""
        return set(self.libraries) <= set(self.seconds)

    def wait_for(self, libraries: Iterable[str]) -> None:
        """Wait until these were tried: two threads that import one at once can see half a module."""
        while not set(libraries) <= set(self.seconds):
            time.sleep(_LOOK)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait up to ``timeout`` seconds (for ever by default) and say whether it is ready."""
        if self.thread is not None:
            self.thread.join(timeout)
        return self.ready()


def warm_up() -> Warming:
    """Start loading the heavy libraries in a background thread, or return the warm-up that is already under way."""
    global _warming
    with _lock:
        if _warming is None:
            _warming = _start(LIBRARIES, LATER)
        return _warming


def under_way() -> Warming | None:
    """The warm-up if one was started, else None; starts nothing."""
    return _warming


def ready() -> bool:
    """True once a warm-up was started and every heavy library but those for later was tried."""
    return _warming is not None and _warming.ready()


def settle() -> int:
    """Collect what is garbage now and freeze the rest, so that later collections skip it; returns the objects frozen.

    A full collection walks every object: with torch imported that holds the interpreter for about 260 ms, after this
    for a few.
    """
    gc.collect()
    gc.freeze()
    # What is frozen is not taken down at the end of Python, and libraries complain of it at length.
    atexit.register(gc.unfreeze)
    return gc.get_freeze_count()


_lock = threading.Lock()
_warming: Warming | None = None


def _start(libraries: tuple[str, ...], later: tuple[str, ...]) -> Warming:
    warming = Warming(libraries, later)
    warming.thread = threading.Thread(target=_load, args=(warming,), name="cnnviz-warm-up", daemon=True)
    warming.thread.start()
    return warming


def _load(warming: Warming) -> None:
    for library in (*warming.libraries, *warming.later):
        start = time.perf_counter()
        try:
            importlib.import_module(library)
        except BaseException as error:  # a broken library must not end in a silent thread: the asker reads it
            warming.errors[library] = error
        if library in (warming.libraries[-1:] + warming.later[-1:]):
            settle()
        warming.seconds[library] = time.perf_counter() - start
