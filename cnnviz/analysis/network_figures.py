"""How do all networks of the zoo compare, in the numbers that were published? Nothing is built for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cnnviz.analysis.cost_published import published_multiply_adds
from cnnviz.network import card, list_networks


@dataclass(frozen=True)
class NetworkFigures:
    """One network: its name, title, family and year, and its published numbers; None where none are published.

    ``top1`` is ImageNet accuracy in percent; ``multiply_adds`` are for one picture of the size that it was tested on.
    """

    name: str
    title: str
    family: str
    year: int
    parameters: int
    multiply_adds: float | None
    top1: float | None

    @property
    def comparable(self) -> bool:
        """Whether accuracy and multiply-adds are both published."""
        return self.top1 is not None and self.multiply_adds is not None


@cache
def network_figures() -> tuple[NetworkFigures, ...]:
    """All networks, in the zoo's order."""
    return tuple(
        NetworkFigures(
            info.name, info.title, info.family, card(info.name).year, info.parameters, published_multiply_adds(info),
            info.top1,
        )
        for info in list_networks()
    )  # fmt: skip
