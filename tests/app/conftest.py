"""What holds for every test that opens pages without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import local_script_runner

from app.ui.jobs import FILM, JOBS, SLOW
from app.ui.network_store import NETWORKS
from cnnviz.analysis import Activations, capture
from cnnviz.image import load_sample
from cnnviz.network import Network


@pytest.fixture(autouse=True, scope="session")
def packages_are_searched_once() -> Iterator[None]:
    """Read the metadata of all installed packages for Streamlit components once.

    `AppTest` does so for every page it opens, which takes longer than the page itself.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(autouse=True, scope="session")
def scripts_are_compiled_once() -> Iterator[None]:
    """`AppTest` reads and compiles the app's scripts for every run of a page."""
    compiled = ScriptCache()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_script_runner, "ScriptCache", lambda: compiled)
        yield


@pytest.fixture(scope="session")
def lite0() -> Network:
    """The network that ships, as the pages have it: loaded once for all tests, so they leave it as it is."""
    return NETWORKS.ask("efficientnet_lite0", "auto").result()


@pytest.fixture(scope="session")
def on_chelsea(lite0: Network) -> Activations:
    """All that it computes for the picture on which the pages open."""
    return capture(lite0, load_sample("chelsea"))


@pytest.fixture(autouse=True)
def what_a_page_left_at_work_ends_with_its_test() -> Iterator[None]:
    """Stop long work that nobody waits for any more; it would take the processor from the tests that follow."""
    yield
    for job in JOBS.jobs():
        if job.live and job.lane in (SLOW, FILM):
            JOBS.stop(job.key)


@pytest.fixture(autouse=True, scope="session")
def pages_wait_for_torch() -> Iterator[None]:
    """Without a browser nothing looks a second time: what comes as soon as torch is in, comes at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.ui.transfer_later.PATIENCE", 120.0)
        yield
