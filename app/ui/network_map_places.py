"""Where on the map does each column stand? As far to the right as its longest way is, parallel branches in lanes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnviz.analysis import NetworkMap


@dataclass(frozen=True)
class Place:
    """One column on the map.

    `depth` counts columns from the picture, along the longest way. Of the `lanes` at this depth it stands in `lane`, 0
    on top. `sources` are the columns shown from which it comes; `through` tells how many not shown lie between.
    """

    column: int
    depth: int
    lane: int
    lanes: int
    sources: tuple[int, ...]
    through: int


def places(chart: NetworkMap, shown: Sequence[int]) -> tuple[Place, ...]:
    """The places of the columns `shown`, in execution order."""
    sources = {column: chart.sources_among(column, shown) for column in shown}
    depth: dict[int, int] = {}
    lane: dict[int, int] = {}
    taken: dict[int, set[int]] = defaultdict(set)
    for column in shown:
        read = sources[column]
        depth[column] = max((depth[one] for one in read), default=-1) + 1
        wanted = min((lane[one] for one in read), default=0)
        at = wanted
        while at in taken[depth[column]]:
            at += 1
        lane[column] = at
        taken[depth[column]].add(at)
    lanes = {at: max(taken[at]) + 1 for at in taken}
    return tuple(
        Place(
            column,
            depth[column],
            lane[column],
            lanes[depth[column]],
            sources[column],
            len(chart.between(column, shown)),
        )
        for column in shown
    )
