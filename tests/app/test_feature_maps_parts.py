"""The parts of Feature maps by themselves: the numbers of its maps, what is kept, the store of networks."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from app.ui.byte_cache import IN_USE, ByteCache, share_of_memory
from app.ui.feature_maps_numbers import MOST_PIXELS, kind_of, map_numbers, map_order, stride_for
from app.ui.network_picker import NetworkChoice
from app.ui.network_store import FORGET_FAILURE, NetworkStore
from cnnviz import analysis, network
from cnnviz.errors import LayerError, NetworkError
from cnnviz.image import load_sample


def test_map_numbers_are_those_of_a_loop() -> None:
    maps = np.random.default_rng(3).normal(size=(5, 4, 7)).astype(np.float32)
    maps[2] = 0
    numbers = map_numbers(maps)
    for channel, one in enumerate(maps):
        values = [float(value) for row in one for value in row]
        assert numbers.mean[channel] == pytest.approx(sum(values) / 28, abs=1e-6)
        assert (numbers.least[channel], numbers.greatest[channel]) == (min(values), max(values))
        assert numbers.place[channel] == values.index(max(values))
        assert numbers.zeros[channel] == sum(value == 0 for value in values) / 28


def test_equal_maps_stay_in_the_order_of_their_index() -> None:
    maps = np.zeros((6, 2, 2), np.float32)
    maps[4] = 1
    assert map_order(map_numbers(maps), "mean").tolist() == [4, 0, 1, 2, 3, 5]


def test_a_map_of_not_a_number_comes_last() -> None:
    maps = np.ones((3, 2, 2), np.float32)
    maps[0, 0, 0] = np.nan
    assert map_order(map_numbers(maps), "maximum").tolist() == [1, 2, 0]


def test_a_scale_is_signed_only_where_a_value_is_negative() -> None:
    maps = np.ones((2, 2, 2), np.float32)
    assert kind_of(map_numbers(maps)) == "magnitude"
    maps[1, 1, 1] = -1e-9
    assert kind_of(map_numbers(maps)) == "signed"


@pytest.mark.parametrize("shape", [(64, 56, 56), (64, 224, 224), (528, 192, 192), (7392, 7, 7), (100_000, 1, 1)])
def test_mosaics_stay_within_their_bound(shape: tuple[int, int, int]) -> None:
    stride = stride_for(shape)
    assert shape[0] * -(-shape[1] // stride) * -(-shape[2] // stride) <= MOST_PIXELS
    assert stride == 1 or shape[0] * -(-shape[1] // (stride - 1)) * -(-shape[2] // (stride - 1)) > MOST_PIXELS


def test_the_cache_drops_what_was_longest_unused() -> None:
    cache: ByteCache[str] = ByteCache(10)
    made: list[str] = []

    def get(key: str, size: int) -> str:
        def make() -> tuple[str, int]:
            made.append(key)
            return key.upper(), size

        return cache.get(key, make)

    for key in ("a", "b", "a", "c"):  # 4 bytes each: b goes when c comes
        assert get(key, 4) == key.upper()
    assert made == ["a", "b", "c"]
    get("a", 4)
    assert made == ["a", "b", "c"]
    get("b", 4)
    assert made == ["a", "b", "c", "b"]
    get("huge", 11)
    assert cache.nbytes <= 10


def test_what_others_use_is_not_worth_driving_out() -> None:
    now = [0.0]
    cache: ByteCache[str] = ByteCache(10, clock=lambda: now[0])
    cache.get("a", lambda: ("A", 6))
    assert cache.worth("a", 6)
    assert cache.worth("b", 4)
    assert not cache.worth("b", 5)
    now[0] = IN_USE + 1
    assert cache.worth("b", 5)


def test_a_share_of_the_memory_stays_between_its_bounds() -> None:
    assert share_of_memory(0.0, least=5, most=10) == 5
    assert share_of_memory(1.0, least=5, most=10) == 10


def test_what_fails_to_be_made_is_made_again() -> None:
    cache: ByteCache[int] = ByteCache(10)
    with pytest.raises(LayerError):
        cache.get("key", _fails)
    assert cache.get("key", lambda: (7, 1)) == 7


def _fails() -> tuple[int, int]:
    raise LayerError("It has no maps.")


def _fake_network(size: int) -> Any:
    parameter = torch.zeros(size, dtype=torch.uint8)
    return SimpleNamespace(module=SimpleNamespace(parameters=lambda: iter([parameter])))


def test_a_network_is_loaded_once_for_all_who_ask() -> None:
    loaded: list[str] = []
    store = NetworkStore(lambda name, weights, progress: loaded.append(name) or _fake_network(1))
    first, second = store.ask("a", "auto"), store.ask("a", "auto")
    assert first is second
    first.result()
    assert loaded == ["a"]


def test_networks_beyond_the_bound_go_longest_unused_first() -> None:
    store = NetworkStore(lambda *_: _fake_network(40), most_bytes=100)
    for name in ("a", "b", "a", "c"):
        store.ask(name, "auto").finished.wait(60)
        store.ask(name, "auto").result()
    _until(lambda: len(store.names()) == 2)
    assert store.names() == (("a", "auto"), ("c", "auto"))


def test_a_network_larger_than_the_bound_is_kept_alone() -> None:
    store = NetworkStore(lambda *_: _fake_network(40), most_bytes=10)
    store.ask("a", "auto").result()
    store.ask("b", "auto").result()
    _until(lambda: store.names() == (("b", "auto"),))


def test_a_failure_is_told_again_for_a_while_and_then_tried_again() -> None:
    now, tries = [0.0], []

    def load(*_: object) -> Any:
        tries.append(now[0])
        raise NetworkError("There is no connection.")

    store = NetworkStore(load, clock=lambda: now[0])
    for moment in (0.0, FORGET_FAILURE - 1, FORGET_FAILURE + 1):
        now[0] = moment
        with pytest.raises(NetworkError, match="no connection"):
            store.ask("a", "auto").result()
    assert tries == [0.0, FORGET_FAILURE + 1]


def test_progress_of_a_download_can_be_read_while_it_runs() -> None:
    seen = []

    def load(name: str, weights: str, progress: Any) -> Any:
        progress(3, 10)
        seen.append((store.ask("a", "auto").done_bytes, store.ask("a", "auto").total_bytes))
        return _fake_network(1)

    store = NetworkStore(load)
    store.ask("a", "auto").result()
    assert seen == [(3, 10)]


def test_an_untrained_choice_says_so_in_its_title() -> None:
    info = network.network_info("resnet18")
    assert NetworkChoice(info, "auto").title == "ResNet-18"
    assert NetworkChoice(info, "none").title == "ResNet-18, untrained"


def _until(true: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_random_weights_show_the_cats_outlines() -> None:
    """The third question: most first maps of an untrained ResNet-18 vary with the picture's own brightness edges."""
    net = network.load_network("resnet18", "none")
    maps = analysis.capture(net, load_sample("chelsea"), layers=["conv1"])["conv1"]
    grey = torch.from_numpy(np.asarray(net.crop(load_sample("chelsea")).convert("L"), dtype=np.float32).copy())
    smooth = functional.avg_pool2d(grey[None], 2)[0].flatten()
    like = [abs(float(torch.corrcoef(torch.stack([one.flatten(), smooth]))[0, 1])) for one in maps]
    assert sum(value > 0.3 for value in like) > len(maps) / 2
