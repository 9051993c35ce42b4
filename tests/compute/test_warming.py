"""The heavy libraries come in once, in the background, and what goes wrong is kept to be read."""

import gc
import sys

import pytest

from cnnviz.compute import settle, warm_up, warming
from cnnviz.compute.warming import Warming


@pytest.fixture(autouse=True)
def afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warming, "_warming", None)


def finished(libraries: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, later: tuple[str, ...] = ()) -> Warming:
    monkeypatch.setattr(warming, "LIBRARIES", libraries)
    monkeypatch.setattr(warming, "LATER", later)
    started = warm_up()
    assert started.wait(20)
    return started


def test_warming_up_twice_is_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert finished(("json", "csv"), monkeypatch) is warm_up()


def test_ready_only_after_a_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not warming.ready()
    assert warming.under_way() is None
    started = finished(("json",), monkeypatch)
    assert warming.ready()
    assert warming.under_way() is started


def test_nobody_waits_for_what_is_loaded_later(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Warming(("json",), ("csv",), seconds={"json": 0.1}).ready()
    started = finished(("json",), monkeypatch, later=("csv", "no_such_library"))
    started.wait_for(("csv", "no_such_library"))
    assert list(started.seconds) == ["json", "csv", "no_such_library"]
    assert list(started.errors) == ["no_such_library"]


def test_a_library_that_cannot_be_loaded_stops_nothing_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    started = finished(("no_such_library", "json"), monkeypatch)
    assert started.ready()
    assert list(started.errors) == ["no_such_library"]
    assert isinstance(started.errors["no_such_library"], ImportError)


def test_the_heavy_libraries_are_in_afterwards() -> None:
    started = warm_up()
    assert started.libraries + started.later == (*warming.LIBRARIES, *warming.LATER)
    assert started.wait(200) and started.errors == {}
    assert all(name in sys.modules for name in (*warming.LIBRARIES, *warming.LATER))


def test_settling_takes_what_there_is_out_of_later_collections() -> None:
    frozen = settle()
    assert 1000 < gc.get_freeze_count() <= frozen  # threads of tests before this one may let go of some
