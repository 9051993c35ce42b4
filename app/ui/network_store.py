"""Which networks are loaded? One copy each for the whole process, read by every learner, within bounds."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cnnviz import compute
from cnnviz.errors import CnnvizError, NetworkError

if TYPE_CHECKING:
    from cnnviz.network import Network

MOST_BYTES = 3_000_000_000
"""Of all loaded networks' parameters together, in bytes; the newest is kept even if it alone is larger."""
MOST_NETWORKS = 16
MOST_LOADING = 2  # at once; each holds its parameters twice while they are read
FORGET_FAILURE = 30.0  # seconds; so that a page without connection waits once and not at every gesture
_NEEDED = ("torch", "torchvision.models", "timm.models.efficientnet")

Key = tuple[str, str]
Progress = Callable[[int, int], None]


@dataclass
class Loading:
    """One network on its way, loaded in a thread of its own; waits for its turn until `started`. Read it anywhere."""

    name: str
    weights: str
    done_bytes: int = 0
    total_bytes: int = 0
    network: Network | None = None
    error: CnnvizError | None = None
    ended: float = 0.0
    started: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)

    def result(self) -> Network:
        """The network; waits for it. Raises NetworkError when it cannot be had."""
        self.finished.wait()
        if self.network is None:
            raise self.error or NetworkError(f"{self.name} could not be loaded; try again.")
        return self.network


class NetworkStore:
    """Networks by name and kind of weights. Nobody waits for a network that somebody else asked for."""

    def __init__(
        self,
        load: Callable[[str, str, Progress], Network] | None = None,
        most_bytes: int = MOST_BYTES,
        most_networks: int = MOST_NETWORKS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load or _load
        self._most_bytes = most_bytes
        self._most_networks = most_networks
        self._clock = clock
        self._kept: OrderedDict[Key, Loading] = OrderedDict()
        self._lock = threading.Lock()
        self._loading = threading.BoundedSemaphore(MOST_LOADING)

    def ask(self, name: str, weights: str) -> Loading:
        """The network if it is here or on its way; else start loading it. Returns at once."""
        key = (name, weights)
        with self._lock:
            known = self._kept.get(key)
            if known is not None and not self._is_old_failure(known):
                self._kept.move_to_end(key)
                return known
            loading = self._kept[key] = Loading(name, weights)
            self._kept.move_to_end(key)
        threading.Thread(target=self._run, args=(loading,), name=f"cnnviz-load-{name}", daemon=True).start()
        return loading

    def forget(self, name: str, weights: str) -> None:
        """Let go of a network, so that the next who asks has it loaded again."""
        with self._lock:
            self._kept.pop((name, weights), None)

    def names(self) -> tuple[Key, ...]:
        """What is here or on its way, longest unused first."""
        with self._lock:
            return tuple(self._kept)

    def _run(self, loading: Loading) -> None:
        def report(done: int, total: int) -> None:
            loading.done_bytes, loading.total_bytes = done, total

        try:
            with self._loading:
                loading.started.set()
                loading.network = self._load(loading.name, loading.weights, report)
        except CnnvizError as error:
            loading.error = error
        except Exception as error:  # the thread must end with an answer: whoever waits reads it
            loading.error = NetworkError(f"{loading.name} could not be loaded: {error}")
        finally:
            loading.ended = self._clock()
            loading.finished.set()
            self._bound()

    def _is_old_failure(self, loading: Loading) -> bool:
        return loading.error is not None and self._clock() - loading.ended > FORGET_FAILURE

    def _bound(self) -> None:
        with self._lock:
            loaded = {key: _nbytes(entry.network) for key, entry in self._kept.items() if entry.network is not None}
            for key in list(loaded)[:-1]:
                if sum(loaded.values()) <= self._most_bytes and len(loaded) <= self._most_networks:
                    return
                del self._kept[key], loaded[key]


def _load(name: str, weights: str, progress: Progress) -> Network:
    """Loads once the warm-up has the libraries in."""
    compute.warm_up().wait_for(_NEEDED)
    from cnnviz.network import load_network

    return load_network(name, weights, progress)


def _nbytes(network: Network) -> int:
    return sum(parameter.nbytes for parameter in network.module.parameters())


NETWORKS = NetworkStore()
