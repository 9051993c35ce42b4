"""One operation of a forward pass as it ran: what a rule of receptive fields can ask about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from cnnviz.analysis.field_reach import Reach, Shape


class Untraceable(Exception):
    """An operation has no rule, or hangs on values that are not there."""


@dataclass(frozen=True, slots=True)
class Call:
    """One operation as it ran: what it was given, what it gave, and how to ask for the reach of a tensor.

    ``places`` names its arguments, each with its place in ``args`` and its default; ``tensors`` are those among them
    and in lists among them, in their order.
    """

    name: str
    places: Mapping[str, tuple[int, Any]]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    tensors: Sequence[Tensor]
    output: Any
    reach_of: Callable[[Tensor], Reach | None]

    def __getitem__(self, name: str) -> Any:
        place, default = self.places[name]
        return self.args[place] if place < len(self.args) else self.kwargs.get(name, default)

    def get(self, name: str, default: Any = None) -> Any:
        """The argument of this name, ``default`` where the operation takes none."""
        return self[name] if name in self.places else default

    @property
    def input(self) -> Tensor:
        """The first tensor, or the first of a list of them."""
        if not self.tensors:
            raise Untraceable(f"{self.name} has no tensor.")
        return self.tensors[0]

    @property
    def shape(self) -> Shape:
        """The shape of the first tensor."""
        return tuple(self.input.shape)

    @property
    def result(self) -> Shape:
        """The shape of what came out, of several tensors the first."""
        output = self.output[0] if isinstance(self.output, list | tuple) else self.output
        return tuple(output.shape)

    @property
    def reach(self) -> Reach:
        """The reach of the first tensor."""
        reach = self.reach_of(self.input)
        if reach is None:
            raise Untraceable(f"{self.name} takes the picture in an unusual place.")
        return reach

    @property
    def reaches(self) -> list[tuple[Tensor, Reach]]:
        """All tensors that see something of the input."""
        return [(tensor, reach) for tensor in self.tensors if (reach := self.reach_of(tensor)) is not None]


Rule = Callable[[Call], Any]
"""From a call to the reach of its output, or to a list of one for each output."""


def pairs(value: Any, count: int, default: Any = None) -> list[Any]:
    """Settings of ``count`` axes, of which torch lets one stand for all; ``default`` for an empty list."""
    given = list(value) if isinstance(value, list | tuple) else [value]
    given = given or list(default)
    return given * count if len(given) == 1 else given
