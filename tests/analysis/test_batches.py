"""Pictures become a batch of their own, in the network's numbers; what is no picture is refused."""

from __future__ import annotations

import pytest
import torch
from PIL import Image
from torch import nn

from cnnviz.analysis.batches import normalisation, prepared, prepared_one
from cnnviz.errors import SettingsError
from cnnviz.image import load_sample
from cnnviz.network import Network

PLAIN = nn.Conv2d(3, 1, 3)


def test_pictures_and_tensors_may_come_together(lite0: Network) -> None:
    picture = load_sample("chelsea")
    ready = lite0.preprocess(picture)
    batch = prepared(lite0, [picture, ready, torch.stack([ready, ready])])
    assert batch.shape == (4, *lite0.input_size)
    assert all(torch.equal(one, ready) for one in batch)


@pytest.mark.parametrize("shape", [(3, 8, 8), (1, 3, 8, 8)])
def test_the_batch_has_memory_of_its_own_and_no_gradient(shape: tuple[int, ...]) -> None:
    picture = torch.rand(shape, requires_grad=True)
    batch = prepared_one(PLAIN, picture)
    assert not batch.requires_grad
    batch.zero_()
    assert picture.detach().any()


def test_the_batch_has_the_floating_type_of_the_network() -> None:
    assert prepared(nn.Conv2d(3, 1, 3).double(), torch.zeros(3, 4, 4)).dtype == torch.float64


def test_black_is_what_the_preprocessing_makes_of_it(lite0: Network) -> None:
    known = normalisation(lite0)
    assert known is not None
    mean, std = known
    black = prepared_one(lite0, Image.new("RGB", (224, 224)))
    torch.testing.assert_close(black * std + mean, torch.zeros_like(black))
    assert normalisation(PLAIN) is None


@pytest.mark.parametrize(
    ("images", "words"),
    [
        ([], "at least one"),
        ([torch.zeros(3, 8, 8), torch.zeros(3, 8, 9)], "only of one size"),
        (torch.zeros(8, 8), r"not \(8, 8\)"),
        (Image.new("RGB", (8, 8)), "plain module"),
    ],
)
def test_what_is_no_batch_is_refused(images: object, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        prepared(PLAIN, images)


def test_several_pictures_are_refused_where_one_is_asked_for() -> None:
    with pytest.raises(SettingsError, match="One picture"):
        prepared_one(PLAIN, torch.zeros(2, 3, 8, 8))
