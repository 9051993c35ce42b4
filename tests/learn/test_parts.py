"""A network is cut at its head and its last block, and both halves compute what the whole does."""

from __future__ import annotations

import threading

import pytest
import torch
from torch import nn

from cnnviz.errors import NetworkError
from cnnviz.learn.parts import cut_before, find_parts, without_head
from cnnviz.network import evaluating, load_network
from tests.learn.networks import Small, small_network


@pytest.mark.parametrize(
    ("name", "head", "block", "features"),
    [
        ("efficientnet_lite0", "classifier", "blocks.6.0", 1280),
        ("resnet18", "fc", "layer4.1", 512),
        ("squeezenet1_1", "classifier.1", "features.12", 512),
        ("mobilenet_v3_small", "classifier.3", "features.11", 1024),
        ("googlenet", "fc", "inception5b", 1024),
    ],
)
def test_head_and_last_block_of_published_networks(name: str, head: str, block: str, features: int) -> None:
    network = load_network(name, weights="auto" if name == "efficientnet_lite0" else "none")
    parts = find_parts(network)
    assert (parts.head, parts.block) == (head, block)
    body = without_head(evaluating(network.module), parts.head)
    cut = cut_before(body, parts.block)
    assert cut is not None
    pictures = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        whole = body(pictures)
        assert torch.equal(cut[1](cut[0](pictures)), whole)
        layer = network.module.get_submodule(parts.head)
        if isinstance(layer, nn.Linear):  # SqueezeNet's head is a convolution, applied before the mean
            torch.testing.assert_close(layer(whole), network.module(pictures), rtol=1e-4, atol=1e-4)
    assert whole.shape == (2, features)


def test_what_comes_after_the_block_belongs_to_it_and_the_head_does_not() -> None:
    parts = find_parts(small_network())
    assert parts.block == "blocks.1"
    held = {name for name, _ in Small().named_parameters() if parts.holds(name)}
    assert held == {
        "blocks.1.conv.weight", "blocks.1.norm.weight", "blocks.1.norm.bias", "last.weight", "last.bias",
    }  # fmt: skip


def test_a_network_without_blocks_gives_its_last_convolution() -> None:
    plain = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.Flatten(), nn.Linear(576, 3))
    parts = find_parts(small_network(module=plain))
    assert (parts.head, parts.block) == ("4", "2")


def test_code_that_cannot_be_followed_is_not_cut() -> None:
    class Wilful(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.block, self.head = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 2)

        def forward(self, values: torch.Tensor) -> torch.Tensor:
            first = self.first(values)
            return self.head(self.block(first) if first.sum() > 0 else first)

    class Skipping(Wilful):
        def forward(self, values: torch.Tensor) -> torch.Tensor:
            first = self.first(values)
            return self.head(self.block(first) + values)

    assert cut_before(Wilful(), "block") is None
    assert cut_before(Skipping(), "block") is None


def test_one_layer_is_too_few() -> None:
    with pytest.raises(NetworkError, match="fewer than two layers"):
        find_parts(small_network(module=nn.Sequential(nn.Flatten(), nn.Linear(768, 3))))


def test_while_one_thread_cuts_networks_others_run_theirs() -> None:
    """Following a module's code changes torch for the whole process: no pass of another thread may notice."""
    asked, pictures = small_network(), torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    expected = asked.module(pictures)
    going, wrong = threading.Event(), list[object]()

    def run() -> None:
        while not going.is_set():
            try:
                with torch.no_grad():
                    wrong.extend([] if torch.equal(asked.module(pictures), expected) else ["another answer"])
            except Exception as error:  # what the test is about; a thread's own would only be printed
                wrong.append(error)

    def cut() -> None:
        wrong.extend([] if cut_before(evaluating(asked.module), "blocks.1") is not None else ["no cut"])

    runner = threading.Thread(target=run)
    runner.start()
    for _ in range(15):
        cutters = [threading.Thread(target=cut) for _ in range(2)]
        for cutter in cutters:
            cutter.start()
        for cutter in cutters:
            cutter.join()
    going.set()
    runner.join()
    assert not wrong, wrong[:3]
    assert torch.nn.Module.__call__.__name__ == "_wrapped_call_impl"
