"""Features are what goes into the head, computed once, and computing them changes nothing in the network."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cnnviz.errors import SettingsError
from cnnviz.learn import Example, feature_steps, known_features, picture_features
from cnnviz.learn.augmentation import AUGMENTATIONS, augmentation, levels, normalised, view
from cnnviz.learn.features import FeatureCache, Stem, fingerprint
from cnnviz.network import Preprocessing, load_network
from tests.learn.networks import small_network
from tests.learn.pictures import blobs

EXAMPLES = [Example(blobs(n), n % 3) for n in range(11)]


def test_features_are_the_input_of_the_last_linear_layer() -> None:
    network = small_network()
    seen: list[torch.Tensor] = []
    handle = network.module.head.register_forward_hook(lambda part, inputs, output: seen.append(inputs[0]))
    for example in EXAMPLES:
        network.module(network.batch(example.picture()))
    handle.remove()
    torch.testing.assert_close(picture_features(network, EXAMPLES, FeatureCache()), torch.cat(seen))


def test_features_of_the_shipped_network_give_its_own_answers() -> None:
    network = load_network("efficientnet_lite0")
    example = Example(blobs(1, side=300), 0)
    features = picture_features(network, [example], FeatureCache())
    with torch.no_grad():
        expected = network.module(network.batch(example.picture()))
    torch.testing.assert_close(network.module.classifier(features), expected, rtol=1e-4, atol=1e-4)


def test_no_weight_and_no_running_statistic_changes() -> None:
    network = small_network()
    network.module.train()  # as somebody may leave it
    before = {name: tensor.clone() for name, tensor in network.module.state_dict().items()}
    picture_features(network, EXAMPLES, FeatureCache())
    assert network.module.training
    for name, tensor in network.module.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_a_picture_has_the_same_features_alone_and_among_others() -> None:
    network = small_network()
    together = picture_features(network, EXAMPLES, FeatureCache())
    for number, example in enumerate(EXAMPLES):
        assert torch.equal(picture_features(network, [example], FeatureCache())[0], together[number])


def test_features_are_computed_once_for_each_picture_and_network(monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[int] = []
    compute = Stem._compute
    monkeypatch.setattr(Stem, "_compute", lambda self, wanted: computed.append(len(wanted)) or compute(self, wanted))
    cache, one, other = FeatureCache(), small_network(0), small_network(1)
    first = picture_features(one, EXAMPLES, cache)
    assert sum(computed) == 11
    again = picture_features(small_network(0), [Example(blobs(n), 0, "another name") for n in range(12)], cache)
    assert sum(computed) == 12, "only the new picture is computed"
    assert torch.equal(again[:11], first)
    assert not torch.allclose(picture_features(other, EXAMPLES, cache), first)


def test_steps_count_what_is_missing_and_leave_nothing_to_do() -> None:
    cache, network = FeatureCache(), small_network()
    picture_features(network, EXAMPLES[:2], cache)
    told = [(step.done, step.total) for step in feature_steps(network, EXAMPLES, cache)]
    assert told == [(0, 9), (8, 9), (9, 9)]
    assert [(step.done, step.total) for step in feature_steps(network, EXAMPLES, cache)] == [(0, 0)]


def test_what_is_known_is_told_without_computing_and_goes_when_asked() -> None:
    cache, network = FeatureCache(), small_network()
    first = picture_features(network, EXAMPLES[:2], cache)
    known = known_features(network, EXAMPLES[:3], cache)
    assert torch.equal(known[0], first[0]) and torch.equal(known[1], first[1]) and known[2] is None
    cache.drop({EXAMPLES[0].digest})
    assert [one is None for one in known_features(network, EXAMPLES[:3], cache)] == [True, False, True]
    assert cache.nbytes == first[1].nbytes


def test_changed_weights_have_another_fingerprint() -> None:
    network = small_network()
    before = fingerprint(network)
    assert fingerprint(small_network()) == before
    with torch.no_grad():
        network.module.head.bias[0] += 1
    assert fingerprint(network) != before


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 12)), max_size=30))
def test_a_cache_never_holds_more_than_its_bound_and_keeps_what_was_used_last(puts: list[tuple[int, int]]) -> None:
    cache = FeatureCache(most_bytes=10)
    kept: dict[tuple[str], int] = {}
    for key, size in puts:
        cache.put((str(key),), torch.zeros(size, dtype=torch.uint8))
        kept.pop((str(key),), None)
        if size <= 10:
            kept[(str(key),)] = size
        while sum(kept.values()) > 10:
            del kept[next(iter(kept))]
        assert cache.nbytes == sum(kept.values()) <= 10
    for key, size in kept.items():
        found = cache.get(key)
        assert found is not None and len(found) == size


def test_a_full_cache_changes_no_feature() -> None:
    network = small_network()
    assert torch.equal(
        picture_features(network, EXAMPLES, FeatureCache(100)), picture_features(network, EXAMPLES, FeatureCache())
    )


def test_many_threads_on_one_cache_get_the_same() -> None:
    network, cache, found = small_network(), FeatureCache(200), []
    threads = [
        threading.Thread(target=lambda: found.append(picture_features(network, EXAMPLES, cache))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and all(torch.allclose(one, found[0]) for one in found)


@settings(max_examples=30)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 3))
def test_normalised_levels_are_bit_by_bit_the_networks_own_preprocessing(width: int, height: int, seed: int) -> None:
    preprocess = Preprocessing(20, 16, "bicubic", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    picture = blobs(seed).resize((width, height))
    found = normalised(levels(preprocess.crop(picture))[None], preprocess)[0]
    assert torch.equal(found, preprocess(picture))


@pytest.mark.parametrize("name", list(AUGMENTATIONS))
def test_a_view_drawn_again_is_the_same_and_view_0_is_the_picture(name: str) -> None:
    preprocess, how = Preprocessing(16, 16, "bilinear", (0,) * 3, (1,) * 3), augmentation(name)
    drawn = [[np.asarray(view(EXAMPLES[0], n, preprocess, how, seed=4)) for n in range(8)] for _ in range(2)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    np.testing.assert_array_equal(drawn[0][0], np.asarray(preprocess.crop(EXAMPLES[0].picture())))
    different = len({one.tobytes() for one in drawn[0]})
    assert different == {"none": 1, "flip": 2}.get(name, 8)
    assert view(EXAMPLES[1], 3, preprocess, how).size == (16, 16)


def test_a_flip_is_the_mirror_image() -> None:
    preprocess = Preprocessing(16, 16, "bilinear", (0,) * 3, (1,) * 3)
    plain = np.asarray(preprocess.crop(EXAMPLES[0].picture()))
    views = [np.asarray(view(EXAMPLES[0], n, preprocess, augmentation("flip"))) for n in range(1, 30)]
    mirrored = [not np.array_equal(one, plain) for one in views]
    assert all(np.array_equal(one[:, ::-1], plain) for one, flipped in zip(views, mirrored, strict=True) if flipped)
    assert 5 < sum(mirrored) < 25


def test_a_view_of_one_pixel_is_that_pixel_everywhere() -> None:
    dot = Example(Image.new("RGB", (1, 1), (9, 8, 7)), 0)
    seen = view(dot, 1, Preprocessing(16, 16, "bilinear", (0,) * 3, (1,) * 3), augmentation("crop and flip"))
    assert np.unique(np.asarray(seen).reshape(-1, 3), axis=0).tolist() == [[9, 8, 7]]


def test_an_unknown_augmentation_is_refused() -> None:
    with pytest.raises(SettingsError, match="none, flip"):
        augmentation("mixup")
