"""What exactly is asked of a network: how much does it say for one class, or for one class rather than another?

The question is put to a replica with which every method can live: in evaluation mode, its parameters frozen, nothing
computed in place where a module has a choice. The network itself is neither hooked nor changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.transforms.functional import gaussian_blur

from cnnviz.analysis.batches import normalisation, prepared_one
from cnnviz.analysis.layers import Shape, module_of
from cnnviz.compute.device import at_work
from cnnviz.errors import SettingsError
from cnnviz.network import evaluating, logits

if TYPE_CHECKING:
    from cnnviz.network import Network

BLUR = 10.0
"""Standard deviation of the blurred picture in pixels of 224; RISE's authors take the same for insertion."""


class Score(nn.Module):
    """The logit of ``target``, less that of ``against`` where there is one: pictures (N, C, H, W) to (N, 1).

    ``evaluations`` counts the pictures that went through. Without gradients, pictures are laid out channels last, which
    the convolutions of a CPU run fastest. With gradients that saves nothing, and rounds otherwise than Captum does.
    """

    def __init__(self, network: nn.Module, target: int, against: int | None) -> None:
        super().__init__()
        self.network = network
        self.target = target
        self.against = against
        self.evaluations = 0

    def forward(self, pictures: Tensor) -> Tensor:
        self.evaluations += len(pictures)
        return self.of(self.answer(pictures))

    def answer(self, pictures: Tensor) -> Tensor:
        """The logits (N, classes)."""
        if not torch.is_grad_enabled():
            pictures = pictures.contiguous(memory_format=torch.channels_last)
        return logits(self.network(pictures))

    def of(self, values: Tensor) -> Tensor:
        """The score (N, 1) in logits (N, classes). Raises SettingsError where the network has no such class."""
        own = _column(values, self.target)
        return own if self.against is None else own - _column(values, self.against)

    def probability(self, pictures: Tensor) -> Tensor:
        """The target's softmax probability (N,); beside another class, its share of the two."""
        self.evaluations += len(pictures)
        values = self.answer(pictures)
        if self.against is None:
            return self.of(values.softmax(1))[:, 0]
        return self.of(values)[:, 0].sigmoid()


@dataclass(frozen=True, eq=False)
class Question:
    """A score, the picture it is asked about, and how that picture is made to say nothing."""

    score: Score
    picture: Tensor
    """(1, C, H, W), as the network reads it, on its device."""
    original: nn.Module
    """The module that was asked about; not for running."""
    normalisation: tuple[Tensor, Tensor] | None
    """Mean and standard deviation of the network's preprocessing, (C, 1, 1) each; None for a plain module."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the picture."""
        return self.picture.shape[-2], self.picture.shape[-1]

    @property
    def shape(self) -> Shape:
        """(C, height, width) of the picture."""
        channels, height, width = self.picture.shape[1:]
        return channels, height, width

    def baseline(self, kind: str) -> Tensor:
        """A picture (1, C, H, W) without the information: "zero", "black", "white" or "blurred"."""
        if kind == "zero":
            return torch.zeros_like(self.picture)
        if kind == "blurred":
            return blurred(self.picture)
        if self.normalisation is None:
            raise SettingsError(f"A plain module does not say what {kind} is; compare with zero or blurred.")
        mean, std = self.normalisation
        return ((float(kind == "white") - mean) / std).expand_as(self.picture).contiguous()


def ask(
    network: Network | nn.Module, image: Image.Image | Tensor, target: int | None = None, against: int | None = None
) -> Question:
    """The question why ``target`` (the most probable class when None), rather than ``against``, for a picture.

    Raises:
        SettingsError: the image is no single picture, a picture comes with a plain module, or both classes are the
            same. That the network has no such class is said when it is first run.
    """
    module, picture = module_of(network), prepared_one(network, image)
    score = Score(askable(module), 0 if target is None else target, against).eval()
    if target is None:
        with at_work(), torch.inference_mode():
            score.target = int(score.answer(picture).argmax())
    if score.target == against:
        raise SettingsError(f"Class {against} cannot be asked against itself; choose another one.")
    return Question(score, picture, module, normalisation(network))


def askable(module: nn.Module) -> nn.Module:
    """A replica in evaluation mode whose parameters are frozen and whose modules write no result over their input."""
    twin = evaluating(module)
    for part in twin.modules():
        if getattr(part, "inplace", False) is True:
            vars(part)["inplace"] = False
        for name, parameter in part._parameters.items():
            if parameter is not None and parameter.requires_grad:
                part._parameters[name] = nn.Parameter(parameter.detach(), requires_grad=False)
    return twin


def blurred(picture: Tensor) -> Tensor:
    """The picture (1, C, H, W) without its detail: a Gaussian blur as wide as its size asks for."""
    short = min(picture.shape[-2:])
    sigma = max(BLUR * short / 224, 0.1)
    side = 2 * min(round(3 * sigma), (short - 1) // 2) + 1
    return gaussian_blur(picture, [side, side], [sigma, sigma])


def _column(values: Tensor, label: int) -> Tensor:
    if values.ndim != 2:
        raise SettingsError(f"The network's answer is {tuple(values.shape)}, not logits; use one that classifies.")
    if not 0 <= label < values.shape[1]:
        raise SettingsError(f"There is no class {label}; the network has {values.shape[1]}, counted from 0.")
    return values[:, label : label + 1]
