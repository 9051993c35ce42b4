"""Does a heat map find what the answer rests on? Take its brightest pixels away, or give only those.

Deletion covers pixels from the brightest down; the sooner the probability falls, the smaller the area under its curve,
the better the map. Insertion uncovers them on a picture without information; there a large area is good (Petsiuk, Das,
Saenko 2018, arXiv:1806.07421).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from PIL import Image
from torch import Tensor, nn

from cnnviz.analysis.attribution_methods import BASELINE
from cnnviz.analysis.attribution_question import Question, ask
from cnnviz.analysis.attribution_sampling import batch_size
from cnnviz.analysis.progress import Progress, Stop, Watch
from cnnviz.compute.device import at_work
from cnnviz.errors import SettingsError

if TYPE_CHECKING:
    from cnnviz.network import Network


@dataclass(frozen=True)
class Curve:
    """How probable the answer is while pixels go or come, brightest first.

    Attributes:
        kind: "deletion" or "insertion".
        target: the class asked about.
        fractions: the share of pixels deleted or inserted, from 0 to 1.
        probabilities: the target's softmax probability at each; beside another class, its share of the two.
        area: under the curve, by trapezia, 0 to 1.
    """

    kind: Literal["deletion", "insertion"]
    target: int
    fractions: tuple[float, ...]
    probabilities: tuple[float, ...]
    area: float


def deletion_curve(
    network: Network | nn.Module,
    image: Image.Image | Tensor,
    target: int | None,
    heat: Tensor,
    *,
    against: int | None = None,
    steps: int = 56,
    baseline: str = "zero",
    progress: Progress | None = None,
    cancelled: Stop | None = None,
) -> Curve:
    """Cover the pixels of the picture with those of ``baseline``, the highest values of ``heat`` (H, W) first.

    ``steps`` is how many times as many pixels more are covered; ``baseline`` is one of "zero", "black", "white" and
    "blurred". The class is the most probable one when ``target`` is None, beside ``against`` where there is one.
    ``progress`` is called with (done, total, probabilities so far). Raises SettingsError where the map does not fit the
    picture, and Cancelled when it was stopped.
    """
    question = ask(network, image, target, against)
    other = question.baseline(BASELINE.checked(baseline))
    return _curve("deletion", question, question.picture, other, heat, steps, Watch(progress, cancelled))


def insertion_curve(
    network: Network | nn.Module,
    image: Image.Image | Tensor,
    target: int | None,
    heat: Tensor,
    *,
    against: int | None = None,
    steps: int = 56,
    baseline: str = "blurred",
    progress: Progress | None = None,
    cancelled: Stop | None = None,
) -> Curve:
    """Uncover the pixels of the picture on ``baseline``, the highest values of ``heat`` (H, W) first.

    Progress and errors as for :func:`deletion_curve`.
    """
    question = ask(network, image, target, against)
    other = question.baseline(BASELINE.checked(baseline))
    return _curve("insertion", question, other, question.picture, heat, steps, Watch(progress, cancelled))


def _curve(
    kind: Literal["deletion", "insertion"],
    question: Question,
    start: Tensor,
    end: Tensor,
    heat: Tensor,
    steps: int,
    watch: Watch,
) -> Curve:
    """The probability on the way from one picture (1, C, H, W) to another, pixel by pixel as the map orders them."""
    if tuple(heat.shape) != question.size:
        raise SettingsError(
            f"A map of {tuple(heat.shape)} does not fit a picture of {question.size}; enlarge it first."
        )
    pixels = heat.numel()
    if not 1 <= steps <= pixels:
        raise SettingsError(f"{steps} steps do not fit {pixels} pixels; give 1 to {pixels}.")
    place = torch.empty(pixels, dtype=torch.long)
    place[heat.detach().cpu().flatten().argsort(descending=True, stable=True)] = torch.arange(pixels)
    place = place.view(question.size).to(question.picture.device)
    counts = [round(step * pixels / steps) for step in range(steps + 1)]
    found: list[float] = []
    watch.tell(0, len(counts))
    size = batch_size(question)
    while len(found) < len(counts):
        moved = torch.tensor(counts[len(found) : len(found) + size], device=place.device)
        with at_work(), torch.inference_mode():
            mixed = torch.where((place < moved[:, None, None])[:, None], end, start)
            found += question.score.probability(mixed).tolist()
        if len(found) < len(counts):
            watch.tell(len(found), len(counts), tuple(found))
    watch.finish(tuple(found))
    fractions = tuple(count / pixels for count in counts)
    area = sum((b - a) * (p + q) / 2 for a, b, p, q in zip(fractions, fractions[1:], found, found[1:], strict=False))
    return Curve(kind, question.score.target, fractions, tuple(found), area)
