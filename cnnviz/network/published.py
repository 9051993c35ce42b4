"""Which networks are there, and what has been published about each?

The facts are a table that ships (``assets/weights/networks.json``, copied from torchvision's own metadata), so that a
page can list the networks before torch is loaded.
"""

import difflib
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from cnnviz.errors import NetworkError
from cnnviz.paths import ASSETS

WEIGHTS_FOLDER = ASSETS / "weights"
SHIPPED = "efficientnet_lite0"


@dataclass(frozen=True)
class NetworkInfo:
    """One network of the zoo: what it is, and where its published weights come from."""

    name: str
    """torchvision's own name for it, or ``efficientnet_lite0``."""
    title: str
    family: str
    parameters: int
    """As published: GoogLeNet's without its auxiliary heads, Inception v3's with."""
    input_size: tuple[int, int, int]
    """(3, height, width) of what the published weights were tested on."""
    weights: str
    """Where the published weights come from, in a few words."""
    megabytes: float
    """Size of the file of weights."""
    offline: bool
    """The weights ship with cnnviz: no connection is needed."""
    top1: float | None
    """Published ImageNet accuracy in percent, None where none was published with the weights."""
    top5: float | None
    url: str | None
    """Where the weights are downloaded from; None where they ship."""
    resize: int
    """The shorter side is resized to this many pixels before the central crop of ``input_size``."""
    interpolation: str
    """``bilinear`` or ``bicubic``."""
    mean: tuple[float, float, float]
    """Per channel, subtracted from values in 0..1."""
    std: tuple[float, float, float]
    """Per channel, divided by after that."""


def list_networks() -> tuple[NetworkInfo, ...]:
    """Every network by name: the one whose weights ship first, then torchvision's in alphabetical order."""
    return _networks()


def network_names() -> tuple[str, ...]:
    """The names of ``list_networks``, in its order."""
    return tuple(info.name for info in _networks())


def network_info(name: str) -> NetworkInfo:
    """The record of one network; NetworkError names the nearest ones where there is none of that name."""
    for info in _networks():
        if info.name == name:
            return info
    near = difflib.get_close_matches(str(name).lower(), network_names(), n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "list_networks() names those there are."
    raise NetworkError(f"There is no network called {name!r}; {hint}")


def categories() -> tuple[str, ...]:
    """The 1000 ImageNet labels, in the order of every network's outputs."""
    return tuple(_table()["categories"])


@cache
def _networks() -> tuple[NetworkInfo, ...]:
    return (_lite0(), *(_torchvision(facts) for facts in _table()["networks"]))


def _lite0() -> NetworkInfo:
    half = (0.5, 0.5, 0.5)
    return NetworkInfo(
        name=SHIPPED,
        title="EfficientNet-Lite0",
        family="EfficientNet",
        parameters=4_652_008,
        input_size=(3, 224, 224),
        weights="ships with cnnviz",
        megabytes=18.8,
        offline=True,
        top1=None,
        top5=None,
        url=None,
        resize=256,
        interpolation="bicubic",
        mean=half,
        std=half,
    )


def _torchvision(facts: dict[str, Any]) -> NetworkInfo:
    return NetworkInfo(
        name=facts["name"],
        title=facts["title"],
        family=facts["family"],
        parameters=facts["parameters"],
        input_size=(3, facts["crop"], facts["crop"]),
        weights=f"torchvision, {facts['megabytes']:.0f} MB download",
        megabytes=facts["megabytes"],
        offline=False,
        top1=facts["top1"],
        top5=facts["top5"],
        url=facts["url"],
        resize=facts["resize"],
        interpolation=facts["interpolation"],
        mean=tuple(facts["mean"]),
        std=tuple(facts["std"]),
    )


@cache
def _table() -> dict[str, Any]:
    path = WEIGHTS_FOLDER / "networks.json"
    try:
        table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise NetworkError(
            f"{path} is missing; install cnnviz from a complete checkout with pip install -e ."
        ) from None
    return table
