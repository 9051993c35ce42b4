"""Did a network learn the object, or the wall behind it? Objects cut out and pasted before one another's backgrounds.

Stamps are cut-outs, so their background can be chosen. In training every class has one of its own, as when somebody
takes all cups on the desk and all mugs in the kitchen; then each object is asked about before every background. A
second time each class is learned before all of them. Answers are by the nearest class mean, with nothing to train. That
classifiers lean on backgrounds: Xiao et al., "Noise or Signal: The Role of Image Backgrounds in Object Recognition",
2021.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from cnnviz.image import SAMPLES, load_sample
from cnnviz.learn.datasets import Example, load_dataset
from cnnviz.learn.nearest import class_means
from cnnviz.learn.recorded import RECORDED_NETWORK
from cnnviz.paths import ASSETS

if TYPE_CHECKING:
    from cnnviz.learn.features import FeatureCache
    from cnnviz.network import Network

GROUNDS = {"bird": "hubble_deep_field", "flower": "grass", "food": "brick", "mammal": "gravel"}
"""The background of each class of the stamps, a sample picture's name."""
SIDE = 224
LEARNED, ASKED = 12, 10
"""Pictures of each class that are learned from, and others that are asked about."""
RECORDED_BACKGROUNDS = ASSETS / "transfer" / "backgrounds.json"
_AT_ONCE = 16

Said = npt.NDArray[np.int64]


@dataclass(frozen=True)
class BackgroundSwap:
    """What was said of each class before each background, once learned before its own, once before all.

    Attributes:
        classes: their names; background number g is that of class number g.
        own_ground: how often class c before background g was said to be class s: (classes, grounds, classes).
        all_grounds: the same where every class was learned before every background.
    """

    classes: tuple[str, ...]
    own_ground: Said
    all_grounds: Said

    def right(self, mixed: bool = False) -> npt.NDArray[np.float64]:
        """The share that was recognised, of class c before background g: (classes, grounds)."""
        said = self.all_grounds if mixed else self.own_ground
        return np.einsum("cgc->cg", said) / said.sum(axis=2)

    def swapped(self, mixed: bool = False) -> float:
        """The share that was recognised before the backgrounds of other classes."""
        return float(self.right(mixed)[~np.eye(len(self.classes), dtype=bool)].mean())

    def at_home(self, mixed: bool = False) -> float:
        """The share that was recognised before the class's own background."""
        return float(np.diag(self.right(mixed)).mean())

    def fooled(self) -> float:
        """Of objects before another class's background, the share that was said to be that class."""
        counts = self.own_ground.sum(axis=2)
        follow = np.einsum("cgg->cg", self.own_ground) / counts
        return float(follow[~np.eye(len(self.classes), dtype=bool)].mean())


def swap_backgrounds(
    network: Network, features_at_hand: FeatureCache | None = None
) -> Generator[tuple[int, int], None, BackgroundSwap]:
    """Measure it: tells how many pictures of how many the network has seen; returns the result at the end."""
    from cnnviz.learn.features import feature_stem

    stem, classes = feature_stem(network, features_at_hand), tuple(GROUNDS)
    learned, asked = _pictures(0, LEARNED), asked_pictures()
    wanted = [*((one, one.label) for one in learned), *_everywhere(learned, False), *_everywhere(asked, True)]
    examples = [(Example(before(one, GROUNDS[classes[ground]]), one.label), 0) for one, ground in wanted]
    for start in range(0, len(examples), _AT_ONCE):
        yield start, len(examples)
        stem(examples[start : start + _AT_ONCE])
    features = stem(examples).cpu().numpy()
    labels = np.array([one.label for one, _ in wanted])
    own, mixed, rest = np.split(np.arange(len(wanted)), [len(learned), 2 * len(learned)])
    said = []
    for taught in (own, mixed):
        means = class_means(features[taught], labels[taught].tolist(), classes)
        found = np.zeros((len(classes),) * 3, dtype=np.int64)
        for number in rest:
            one, ground = wanted[number]
            found[one.label, ground, classes.index(means.ask(features[number]).nearest)] += 1
        said.append(found)
    return BackgroundSwap(classes, *said)


def before(example: Example, ground: str) -> Image.Image:
    """A stamp before the middle of a sample picture, RGB of `SIDE` × `SIDE` pixels."""
    assert isinstance(example.source, Path)
    with Image.open(example.source) as file:
        cut = file.convert("RGBA").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    scene = _ground(ground).copy()
    scene.paste(cut, (0, 0), cut)
    return scene


@cache
def recorded_backgrounds() -> BackgroundSwap:
    """What is recorded for the network that ships, read once."""
    content: Mapping[str, Any] = json.loads(RECORDED_BACKGROUNDS.read_text())
    said = (np.array(content[name], dtype=np.int64) for name in ("own_ground", "all_grounds"))
    return BackgroundSwap(tuple(content["classes"]), *said)


def record_backgrounds(path: Path = RECORDED_BACKGROUNDS) -> None:
    """Compute it with the network that ships and write the file; loads torch."""
    from cnnviz.network import load_network

    found = finished(swap_backgrounds(load_network(RECORDED_NETWORK)))
    content = {
        "network": RECORDED_NETWORK,
        "grounds": GROUNDS,
        "learned": LEARNED,
        "asked": ASKED,
        "classes": found.classes,
        "own_ground": found.own_ground.tolist(),
        "all_grounds": found.all_grounds.tolist(),
    }
    path.write_text(json.dumps(content) + "\n")


def finished(steps: Generator[tuple[int, int], None, BackgroundSwap]) -> BackgroundSwap:
    """The result of `swap_backgrounds`, without looking at how far it is."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: BackgroundSwap = end.value
            return found


def asked_pictures() -> list[Example]:
    """The pictures that are asked about, `ASKED` of each class, class by class."""
    return _pictures(LEARNED, LEARNED + ASKED)


def _pictures(start: int, stop: int) -> list[Example]:
    """Stamps of every class in the order of the set, those numbered so within their class."""
    stamps = load_dataset("stamps")
    found: list[Example] = []
    for label in range(len(stamps.classes)):
        own = [one for one in stamps.examples if one.label == label]
        found += [own[place] for place in np.linspace(0, len(own) - 1, LEARNED + ASKED).round().astype(int)][start:stop]
    return found


def _everywhere(pictures: Sequence[Example], each: bool) -> list[tuple[Example, int]]:
    """Each picture before every background; else each before one of them in turn."""
    count = len(GROUNDS)
    if each:
        return [(one, ground) for one in pictures for ground in range(count)]
    return [(one, place % count) for place, one in enumerate(pictures)]


@cache
def _ground(name: str) -> Image.Image:
    assert name in SAMPLES
    picture = load_sample(name)
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return picture.crop((left, top, left + side, top + side)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
