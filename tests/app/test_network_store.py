"""Networks on their way: so many at once, the others wait for their turn."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

from app.ui.network_store import MOST_LOADING, NetworkStore
from cnnviz.errors import NetworkError

NAMES = ("a", "b", "c", "d", "e")


class Gate:
    """A loader that lets each network through when the test says so."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.changed = threading.Condition()
        self.through = {name: threading.Event() for name in NAMES}

    def load(self, name: str, *_: object) -> Any:
        with self.changed:
            self.begun.append(name)
            self.changed.notify_all()
        assert self.through[name].wait(60)
        if name == "b":
            raise NetworkError("There is no connection.")
        return SimpleNamespace(module=SimpleNamespace(parameters=lambda: iter(())))

    def wait_for(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.begun) >= count, 60)


def test_only_so_many_networks_are_loaded_at_once_and_a_failure_makes_room() -> None:
    gate = Gate()
    store = NetworkStore(gate.load)
    loadings = {name: store.ask(name, "auto") for name in NAMES[:MOST_LOADING]}
    gate.wait_for(MOST_LOADING)
    loadings |= {name: store.ask(name, "auto") for name in NAMES[MOST_LOADING:]}
    assert not loadings["c"].finished.wait(0.1)
    assert set(gate.begun) == set(NAMES[:MOST_LOADING])
    assert [name for name in NAMES if loadings[name].started.is_set()] == list(NAMES[:MOST_LOADING])
    gate.through["b"].set()
    gate.wait_for(MOST_LOADING + 1)
    for event in gate.through.values():
        event.set()
    assert all(loading.finished.wait(60) for loading in loadings.values())
    assert [name for name in NAMES if loadings[name].error] == ["b"]
