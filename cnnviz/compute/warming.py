"""How do the heavy libraries get loaded without anybody waiting for them?

Importing torch, torchvision and timm takes several seconds. ``warm_up`` does it in the background, once, after
the first page is drawn; ``settle`` then takes what they made out of the garbage collector's daily round.
"""

import atexit
import gc
import importlib
import threading
import time
from dataclasses import dataclass, field

LIBRARIES = ("torch", "torchvision.models", "timm.models.efficientnet")


@dataclass
class Warming:
    """One background warm-up: what is in so far, and what went wrong; read it from any thread."""

    libraries: tuple[str, ...]
    seconds: dict[str, float] = field(default_factory=dict)
    errors: dict[str, BaseException] = field(default_factory=dict)
    thread: threading.Thread | None = None

    def ready(self) -> bool:
        """True once every library was tried; ``errors`` names those that failed."""
        return len(self.seconds) == len(self.libraries)

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
            _warming = _start(LIBRARIES)
        return _warming


def under_way() -> Warming | None:
    """The warm-up if one was started, else None; starts nothing."""
    return _warming


def ready() -> bool:
    """True once a warm-up was started and every heavy library was tried."""
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


def _start(libraries: tuple[str, ...]) -> Warming:
    warming = Warming(libraries)
    warming.thread = threading.Thread(target=_load, args=(warming,), name="cnnviz-warm-up", daemon=True)
    warming.thread.start()
    return warming


def _load(warming: Warming) -> None:
    for library in warming.libraries:
        start = time.perf_counter()
        try:
            importlib.import_module(library)
        except BaseException as error:  # a broken library must not end in a silent thread: the asker reads it
            warming.errors[library] = error
        if library == warming.libraries[-1]:
            settle()
        warming.seconds[library] = time.perf_counter() - start
