"""What did the network that ships say of pictures that ship, so that a first answer waits for no network?

Recorded by ``make assets``; a test computes some of it anew. Reading it needs no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cnnviz.image import SAMPLES, load_sample
from cnnviz.learn.datasets import DATASETS, Dataset, Example, load_dataset
from cnnviz.paths import ASSETS

Array = npt.NDArray[np.float32]

RECORDED = ASSETS / "transfer" / "features.npz"
RECORDED_NETWORK = "efficientnet_lite0"
MOST = 100
"""Pictures of a data set that a first answer is drawn from, as many of each class."""


@dataclass(frozen=True, eq=False)
class RecordedFeatures:
    """Features of `few_of` each data set that ships, (pictures, features), and of each sample picture, by name."""

    datasets: Mapping[str, Array]
    samples: Mapping[str, Array]


def few_of(dataset: Dataset, most: int = MOST) -> tuple[int, ...]:
    """The numbers of at most so many pictures, spread evenly over each class, the same number of each where it can be.

    At least one of each class that is not empty.
    """
    each = max(1, most // max(1, len(dataset.classes)))
    found: list[int] = []
    for label in range(len(dataset.classes)):
        own = np.flatnonzero(dataset.labels == label)
        count = min(each, len(own))
        places = np.linspace(0, max(0, len(own) - 1), count).round().astype(int) if count else own
        found += [int(own[place]) for place in places]
    return tuple(found)


@cache
def recorded_features() -> RecordedFeatures:
    """All that is recorded for ``RECORDED_NETWORK``, read once."""
    with np.load(RECORDED) as content:
        return RecordedFeatures(
            {name: content[f"dataset {name}"] for name in DATASETS},
            {name: content[f"sample {name}"] for name in SAMPLES},
        )


def record_features(path: Path = RECORDED) -> None:
    """Compute all of it and write the file; loads torch."""
    from cnnviz.learn.features import picture_features
    from cnnviz.network import load_network

    network = load_network(RECORDED_NETWORK)
    arrays = {}
    for name in DATASETS:
        dataset = load_dataset(name)
        examples = [dataset.examples[number] for number in few_of(dataset)]
        arrays[f"dataset {name}"] = picture_features(network, examples).cpu().numpy()
    features = picture_features(network, [Example(load_sample(name), 0) for name in SAMPLES]).cpu().numpy()
    arrays |= {f"sample {name}": row for name, row in zip(SAMPLES, features, strict=True)}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, allow_pickle=False, **arrays)
