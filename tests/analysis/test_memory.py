"""What a pass kept is let go of with it: a hundred megabytes must not wait for the garbage collector."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnnviz.analysis import capture, record_pass


@pytest.fixture
def without_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize(
    ("watch", "kept"),
    [(capture, lambda found: found["1"]), (record_pass, lambda found: found.output_of("1"))],
    ids=["capture", "record_pass"],
)
def test_outputs_go_with_what_kept_them(
    watch: Callable[..., Any], kept: Callable[[Any], Tensor], without_collector: None
) -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2))
    found = watch(network, torch.randn(1, 3, 8, 8))
    output = weakref.ref(whole(kept(found)))
    assert output() is not None
    del found
    assert output() is None


def whole(tensor: Tensor) -> Tensor:
    """The tensor that is kept, of which this may be a view."""
    return tensor if tensor._base is None else tensor._base
