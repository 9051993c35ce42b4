"""What ships has the classes it says, own pictures are opened once, and a bad one costs none of the others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cnnviz.learn import DATASETS, DatasetError, Example, load_dataset, own_dataset
from cnnviz.learn import datasets as datasets_module
from tests.learn.pictures import blobs, png


@pytest.mark.parametrize(
    ("name", "classes", "counts"),
    [("stamps", 4, {25, 35, 44, 65}), ("mnist", 10, {500}), ("fashion", 10, {1200})],
)
def test_what_ships_has_its_classes_and_pictures(name: str, classes: int, counts: set[int]) -> None:
    dataset = load_dataset(name)
    assert len(dataset.classes) == classes
    assert set(dataset.counts) == counts
    assert dataset.title == DATASETS[name].title and dataset.credit == DATASETS[name].credit
    assert dataset.examples[-1].picture().mode == "RGB"
    assert load_dataset(name) is dataset


def test_labels_and_pictures_of_the_digits_belong_together() -> None:
    dataset = load_dataset("mnist")
    with np.load(Path(datasets_module.ASSETS) / "datasets" / "mnist_5k.npz") as data:
        for number in (0, 1234, 4999):
            assert dataset.examples[number].label == data["labels"][number]
            np.testing.assert_array_equal(
                np.asarray(dataset.examples[number].picture())[..., 0], data["images"][number]
            )


def test_a_trouser_of_fashion_is_named_so() -> None:
    dataset = load_dataset("fashion")
    trousers = [example for example in dataset.examples[:200] if dataset.classes[example.label] == "Trouser"]
    for example in trousers:  # two legs side by side: narrower than high
        drawn = np.asarray(example.picture())[..., 0] > 30
        assert np.ptp(np.flatnonzero(drawn.any(axis=0))) < np.ptp(np.flatnonzero(drawn.any(axis=1)))
    assert len(trousers) > 10


def test_unknown_data_set_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(DatasetError, match="stamps, mnist, fashion"):
        load_dataset("cifar")


def test_own_pictures_are_files_paths_or_pictures(tmp_path: Path) -> None:
    (tmp_path / "cup.png").write_bytes(png(blobs(1)))
    found = own_dataset([(png(blobs(0)), "mine"), (tmp_path / "cup.png", "yours", "burst 1"), (blobs(2), "mine")])
    assert found.refused == ()
    assert found.dataset.classes == ("mine", "yours")
    assert found.dataset.counts == (2, 1)
    assert [example.group for example in found.dataset.examples] == [None, "burst 1", None]
    assert found.dataset.examples[1].name == "cup.png"
    for number, example in enumerate(found.dataset.examples):
        np.testing.assert_array_equal(np.asarray(example.picture()), np.asarray(blobs(number)))


def test_a_corrupt_file_among_good_ones_costs_none_of_them() -> None:
    found = own_dataset(
        [(png(blobs(0)), "a"), (png(blobs(1))[:200], "a"), (b"no picture", "b"), (blobs(1, side=1), "b")]
    )
    assert found.dataset.counts == (1, 1)
    assert [one.class_name for one in found.refused] == ["a", "b"]
    assert all(one.reason.endswith(".") for one in found.refused)


def test_more_pictures_than_are_learned_from_are_refused_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets_module, "MOST_PICTURES", 3)
    found = own_dataset([(blobs(n, side=8), "ab"[n % 2]) for n in range(5)])
    assert found.dataset.counts == (2, 1)
    assert len(found.refused) == 2 and "3 pictures already" in found.refused[0].reason


def test_a_named_class_may_be_empty_an_unnamed_one_not_be_used() -> None:
    assert own_dataset([(blobs(0), "a")], classes=["a", "b"]).dataset.counts == (1, 0)
    with pytest.raises(DatasetError, match="no class 'c'; the classes are a, b"):
        own_dataset([(blobs(0), "c")], classes=["a", "b"])


def test_digest_tells_contents_apart_not_names(tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(png(blobs(1)))
    assert Example(tmp_path / "one.png", 0).digest == Example(png(blobs(1)), 1, "other").digest
    assert Example(blobs(1), 0).digest != Example(blobs(2), 0).digest
    assert Example(blobs(1).convert("L"), 0).digest != Example(blobs(1), 0).digest


def test_forms_and_data_sets_are_there_before_torch_is() -> None:
    script = (
        "import sys; from cnnviz import learn;"
        "stamps = learn.load_dataset('stamps'); learn.own_dataset([]); learn.ARMS, learn.AUGMENTATIONS, learn.Split;"
        "assert 'torch' not in sys.modules and 'scipy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
