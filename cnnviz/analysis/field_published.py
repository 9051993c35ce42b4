"""Do our receptive fields agree with the published ones, and where they do not, why?

The published numbers are those behind Distill's article (Araujo, Norris, Sim 2019), computed for networks of TF-Slim.
Those that the zoo has too are not always built alike. A difference counts as explained only if the network with that
one thing changed, or those things, gives the published number: the changed network is built and followed as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from typing import Any, NamedTuple

from torch import nn

from cnnviz.analysis.fields import ReceptiveField
from cnnviz.analysis.receptive_field import receptive_fields
from cnnviz.network.construction import skeleton
from cnnviz.network.published import network_info
from cnnviz.paths import ASSETS

PUBLISHED_FILE = ASSETS / "published" / "receptive_fields.json"
RESOLUTION = "224"
"""The table's lines for pictures of 224×224: TensorFlow's padding, and so the effective one, hangs on the size."""


class FieldNumbers(NamedTuple):
    """Size, effective stride and effective padding, in pixels; rows and columns alike."""

    size: int
    stride: int
    padding: int


@dataclass(frozen=True)
class PublishedField:
    """One line of the published table beside ours.

    Attributes:
        network: the network's name in the zoo.
        published_network: its name in the published table.
        end_point: the published name of the layer.
        layer: our path of it.
        published, ours: the numbers.
        explanation: what differs in how the networks are built; empty where the numbers agree.
        explained: whether the network with that changed gives the published numbers. True where they agree at once.
    """

    network: str
    published_network: str
    end_point: str
    layer: str
    published: FieldNumbers
    ours: FieldNumbers
    explanation: str
    explained: bool

    @property
    def agrees(self) -> bool:
        """Whether all three numbers are the same."""
        return self.published == self.ours


Change = tuple[str, Callable[[Any], None]]
"""What differs, in words, and how our network is changed to be built so."""


@dataclass(frozen=True)
class _Pair:
    """A network of both, its end points' paths in ours, and the ways in which the published one is built otherwise."""

    network: str
    published: str
    paths: Mapping[str, str]
    changes: tuple[Change, ...] = ()


@cache
def published_fields() -> tuple[PublishedField, ...]:
    """The published table for the networks that the zoo has, in the table's order. Takes a few seconds, once."""
    table = json.loads(PUBLISHED_FILE.read_text(encoding="utf-8"))
    rows = [row for row in table if row["resolution"] == RESOLUTION]
    return tuple(line for pair in _pairs() for line in _compared(pair, rows))


def _compared(pair: _Pair, rows: list[dict[str, str]]) -> Iterator[PublishedField]:
    ours = _fields(pair, ())
    for row in rows:
        end_point = row["end_point"].removeprefix(f"{pair.published}/")
        if row["net"] != pair.published or end_point not in pair.paths:
            continue
        published = FieldNumbers(int(row["rf"]), int(row["stride"]), int(row["padding"]))
        path = pair.paths[end_point]
        found, numbers = _at(ours, path)
        explanation, explained = ("", True) if numbers == published else _explained(pair, path, published)
        yield PublishedField(pair.network, pair.published, end_point, found, published, numbers, explanation, explained)


def _explained(pair: _Pair, path: str, published: FieldNumbers) -> tuple[str, bool]:
    """The fewest changes with which ours is the published number, in words."""
    for count in range(1, len(pair.changes) + 1):
        for changes in combinations(pair.changes, count):
            if _at(_fields(pair, changes), path)[1] == published:
                return " ".join(words for words, _ in changes), True
    return "The published network is built otherwise in a way that is not known here.", False


_followed: dict[tuple[str, tuple[str, ...]], dict[str, ReceptiveField]] = {}


def _fields(pair: _Pair, changes: tuple[Change, ...]) -> dict[str, ReceptiveField]:
    key = (pair.network, tuple(words for words, _ in changes))
    if key not in _followed:
        info = network_info(pair.network)
        module = skeleton(info).eval()
        for _, change in changes:
            change(module)
        _followed[key] = receptive_fields(module, info.input_size)
    return _followed[key]


def _at(fields: dict[str, ReceptiveField], path: str) -> tuple[str, FieldNumbers]:
    """The layer at ``path`` or, where that is a block that ends with a layer, its last layer."""
    path = path if path in fields else [known for known in fields if known.startswith(f"{path}.")][-1]
    field = fields[path]
    return path, FieldNumbers(field.size[0], field.stride[0], field.padding[0])


def _pairs() -> tuple[_Pair, ...]:
    resnet = {f"block{n}": f"layer{n}" for n in (1, 2, 3, 4)}
    resnets = [
        _Pair(f"resnet{depth}", f"resnet_v1_{depth}", resnet, (_STRIDE_AT_END, _POOL_SAME)) for depth in (50, 101, 152)
    ]
    return (
        _Pair("alexnet", "alexnet_v2", _alexnet(), (_FIRST_UNPADDED,)),
        _Pair("vgg11", "vgg_a", _vgg((1, 1, 2, 2, 2))),
        _Pair("vgg16", "vgg_16", _vgg((2, 2, 3, 3, 3))),
        _Pair("inception_v3", "inception_v3", _inception()),
        *resnets,
    )


def _alexnet() -> dict[str, str]:
    names = ("conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5")
    return {name: f"features.{i}" for name, i in zip(names, (0, 2, 3, 5, 6, 8, 10, 12), strict=True)}


def _vgg(convolutions: tuple[int, ...]) -> dict[str, str]:
    """torchvision's numbering: each convolution is followed by a ReLU, each stage by a pooling."""
    paths, place = {}, 0
    for stage, count in enumerate(convolutions, start=1):
        for n in range(1, count + 1):
            paths[f"conv{stage}/conv{stage}_{n}"] = f"features.{place}"
            place += 2
        paths[f"pool{stage}"] = f"features.{place}"
        place += 1
    return paths


def _inception() -> dict[str, str]:
    same = ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3")
    mixed = [f"Mixed_{name}" for name in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c")]
    return {**{name: name for name in (*same, *mixed)}, "MaxPool_3a_3x3": "maxpool1", "MaxPool_5a_3x3": "maxpool2"}


def _unpad_first(module: Any) -> None:
    module.features[0].padding = (0, 0)


def _stride_at_end(module: Any) -> None:
    """The stride of a stage moves from the next stage's first block to its own last one, which skips by subsampling."""
    stages = (module.layer1, module.layer2, module.layer3, module.layer4)
    for stage, following in pairwise(stages):
        following[0].conv2.stride = following[0].downsample[0].stride = (1, 1)
        stage[-1].conv2.stride = (2, 2)
        stage[-1].downsample = nn.MaxPool2d(1, 2)


def _pool_same(module: Any) -> None:
    """TensorFlow's padding SAME on an even map: one row and column, behind."""
    module.maxpool = nn.Sequential(nn.ConstantPad2d((0, 1, 0, 1), float("-inf")), nn.MaxPool2d(3, 2))


_FIRST_UNPADDED: Change = (
    "TF-Slim's AlexNet does not pad the picture before the first convolution, torchvision's pads it by 2.",
    _unpad_first,
)
_STRIDE_AT_END: Change = (
    "TF-Slim halves the map in the last block of a stage (ResNet v1), torchvision in the 3×3 convolution of the next "
    "stage's first block (called v1.5).",
    _stride_at_end,
)
_POOL_SAME: Change = (
    "TensorFlow pads the first pooling below and on the right only, torch on all sides.",
    _pool_same,
)
