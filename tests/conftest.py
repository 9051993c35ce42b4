"""What holds for every test: no network, the same examples each time, and one thread a worker."""

from __future__ import annotations

import atexit
import gc
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from scripts.environment import SETTINGS

if TYPE_CHECKING:
    from cnnviz.network import Network

ROOT = Path(__file__).resolve().parent.parent

# Before torch is imported: the workers of `pytest -n` share the cores, more threads would only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# As the app is started: memory of one pass serves the next. It counts for processes that begin from now on, so for the
# workers, which the process that reads this first starts.
for name, value in SETTINGS.items():
    os.environ.setdefault(name, value)
# A library that tries its hub anyway is told at once that there is none.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

# Looking for cycles while libraries and tests are loaded finds none, and took a fifth of that time.
gc.disable()


def pytest_collection_finish() -> None:
    """From here on look for cycles, though not among what was loaded, and a tenth as often as usual."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()
    # What is frozen is not taken down at the end of Python, and libraries complain of it at length.
    atexit.register(gc.unfreeze)


settings.register_profile(
    "cnnviz",
    deadline=None,  # the first torch call of a process takes seconds
    derandomize=True,  # a failure in one place is a failure in every place
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("cnnviz")


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the checkout."""
    return ROOT


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Refuse every connection that leaves this machine, so that no test can depend on one."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def local_connect(sock: socket.socket, address: Any) -> None:
        if sock.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address[0]):
            raise OSError(f"Tests use no network, but something connects to {address[0]}.")
        connect(sock, address)

    def local_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host is not None and not _is_local(host):
            raise socket.gaierror(f"Tests use no network, but something looks up {host}.")
        return look_up(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", local_connect)
        patch.setattr(socket, "getaddrinfo", local_look_up)
        yield


@pytest.fixture(scope="session")
def lite0() -> Network:
    """The network that ships: loaded once for all tests, so they leave it as it is."""
    from cnnviz.network import load_network

    return load_network("efficientnet_lite0")


def _is_local(host: str | bytes) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    return name in ("localhost", "::1", "::", "0.0.0.0", "") or name.startswith("127.")
