"""Which networks are there, and what has been published about each?

The facts are tables: one that ships (``assets/weights/networks.json``, copied from torchvision's own metadata) and one
here of the networks that have no published weights. So a page can list the networks before torch is loaded.
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
    """torchvision's own name for it, where it is torchvision's."""
    title: str
    family: str
    parameters: int
    """As published: torchvision's GoogLeNet without auxiliary heads, Inception v3 and the paper's GoogLeNet with."""
    input_size: tuple[int, int, int]
    """(channels, height, width) of what the published weights were tested on, or of the paper's pictures."""
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
    """Where the weights are downloaded from; None where they ship, and where there are none."""
    resize: int
    """The shorter side is resized to this many pixels before the central crop of ``input_size``."""
    interpolation: str
    """``bilinear`` or ``bicubic``."""
    mean: tuple[float, ...]
    """Per channel, subtracted from values in 0..1."""
    std: tuple[float, ...]
    """Per channel, divided by after that."""
    classes: int = 1000
    """How many answers it chooses among: ImageNet's 1000, or 10 digits."""

    @property
    def has_weights(self) -> bool:
        """Whether there are published weights; a network without can be had untrained only."""
        return self.offline or self.url is not None


def list_networks() -> tuple[NetworkInfo, ...]:
    """Every network by name: the one whose weights ship, torchvision's in alphabetical order, those without weights."""
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


def categories(classes: int = 1000) -> tuple[str, ...]:
    """The labels of a network's outputs, in their order: the 1000 of ImageNet, or ten digits."""
    return tuple(_table()["categories"]) if classes == 1000 else tuple(str(digit) for digit in range(classes))


@cache
def _networks() -> tuple[NetworkInfo, ...]:
    return (_lite0(), *(_torchvision(facts) for facts in _table()["networks"]), *(_bare(*row) for row in UNTRAINED))


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


UNTRAINED = (
    ("lenet5", "LeNet-5", "LeNet", 60_000, 32),
    ("alexnet_paper", "AlexNet of 2012", "AlexNet", 60_965_224, 227),
    ("zfnet", "ZFNet", "ZFNet", 62_357_608, 224),
    ("googlenet_paper", "GoogLeNet of 2014", "GoogLeNet", 13_378_280, 224),
    ("plain18", "Plain-18", "Plain", 11_515_688, 224),
    ("plain34", "Plain-34", "Plain", 21_623_848, 224),
    ("plain50", "Plain-50", "Plain", 22_780_456, 224),
    ("plain101", "Plain-101", "Plain", 41_772_584, 224),
    ("plain152", "Plain-152", "Plain", 57_416_232, 224),
    ("seresnet18", "SE-ResNet-18", "SENet", 11_779_624, 224),
    ("seresnet34", "SE-ResNet-34", "SENet", 21_960_416, 224),
    ("seresnet50", "SE-ResNet-50", "SENet", 28_088_024, 224),
    ("seresnet101", "SE-ResNet-101", "SENet", 49_326_872, 224),
    ("seresnet152", "SE-ResNet-152", "SENet", 66_821_848, 224),
    ("mobilenet_v1", "MobileNet V1", "MobileNet", 4_231_976, 224),
)
"""Networks of which there are no published weights here: name, title, family, parameters, side of the picture.

LeNet-5's parameters are those that the paper counts. Of the others, the number is that of the module.
"""


def _bare(name: str, title: str, family: str, parameters: int, side: int) -> NetworkInfo:
    digits = name == "lenet5"
    return NetworkInfo(
        name=name,
        title=title,
        family=family,
        parameters=parameters,
        input_size=(1 if digits else 3, side, side),
        weights="none: untrained only",
        megabytes=0.0,
        offline=False,
        top1=None,
        top5=None,
        url=None,
        resize=32 if digits else 256,
        interpolation="bilinear",
        # LeNet-5's paper: the background is -0.1 and the ink 1.175.
        mean=(0.1 / 1.275,) if digits else (0.485, 0.456, 0.406),
        std=(1 / 1.275,) if digits else (0.229, 0.224, 0.225),
        classes=10 if digits else 1000,
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
