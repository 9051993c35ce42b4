"""Pictures that tests learn from: each from a seed, no two alike."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image

from cnnviz.learn import Dataset, Example


def blobs(seed: int, side: int = 48) -> Image.Image:
    """Coloured patches without a plan: no two seeds give near-duplicates."""
    patches = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize((side, side), Image.Resampling.BICUBIC)


def saved_again(picture: Image.Image, quality: int = 60) -> Image.Image:
    """Half as large, as JPEG: other bytes and other pixels, the same picture."""
    file = BytesIO()
    picture.resize((picture.width // 2, picture.height // 2)).save(file, "JPEG", quality=quality)
    return Image.open(file)


def png(picture: Image.Image) -> bytes:
    """The picture as a file."""
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def dataset_of(counts: tuple[int, ...], bursts: int = 0) -> Dataset:
    """Classes a, b, … with so many pictures; ``bursts`` cuts each class into bursts of that many, one after another."""
    examples, seed = [], 0
    for label, count in enumerate(counts):
        for number in range(count):
            group = f"{label}/{number // bursts}" if bursts else None
            examples.append(Example(blobs(seed), label, f"{label}-{number}", group))
            seed += 1
    return Dataset("test", "Test", tuple("abcdefgh"[: len(counts)]), tuple(examples))
