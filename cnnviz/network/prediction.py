"""What does a network say a picture is?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image

from cnnviz.compute.device import at_work
from cnnviz.errors import SettingsError
from cnnviz.network.zoo import Network


@dataclass(frozen=True)
class Prediction:
    """One answer: a label, its place among the outputs, and its softmax probability in 0..1."""

    label: str
    index: int
    probability: float


def predict(network: Network, image: Image.Image, k: int = 5) -> list[Prediction]:
    """The ``k`` most probable answers of the network for a picture, most probable first."""
    batch = network.batch(image)
    with at_work(), torch.inference_mode():
        answer = logits(network.module(batch))
    return predictions_from_logits(answer[0], network.categories, k)


def predictions_from_logits(values: torch.Tensor, categories: Sequence[str], k: int = 5) -> list[Prediction]:
    """The ``k`` highest of logits (N,), as softmax probabilities with their labels; all N where k is greater."""
    if k < 1:
        raise SettingsError(f"k is {k}; ask for at least 1 answer.")
    if values.ndim != 1 or len(values) != len(categories):
        raise SettingsError(f"{tuple(values.shape)} logits do not fit {len(categories)} categories; give one for each.")
    probabilities = values.detach().to("cpu", torch.float32).softmax(0)
    highest = probabilities.topk(min(k, len(categories)))
    return [
        Prediction(categories[index], index, probability)
        for probability, index in zip(highest.values.tolist(), highest.indices.tolist(), strict=True)
    ]


def logits(output: Any) -> torch.Tensor:
    """The logits (batch, classes) in whatever a network returned: a tensor, or a tuple or mapping that opens with them.

    GoogLeNet and Inception v3 can return a named tuple whose first entry is the answer and the others auxiliary ones.
    """
    if isinstance(output, Mapping):
        output = next(iter(output.values()))
    while isinstance(output, tuple | list):
        output = output[0]
    if not isinstance(output, torch.Tensor):
        raise SettingsError(
            f"The network returned {type(output).__name__}, not logits; use one that classifies pictures."
        )
    return output
