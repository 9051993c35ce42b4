"""Which networks came from which, and when? The papers of the zoo as a tree, out of the networks' cards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile

from cnnviz.network.cards import Work, card, work_of
from cnnviz.network.published import NetworkInfo, list_networks

_LETTERS = 18  # that names of two members have side by side, without running into each other


@dataclass(frozen=True)
class FamilyMember:
    """One paper, with the networks of the zoo that come from it.

    Attributes:
        title: what its networks are called together: "VGG", "Swin V2".
        year: of the paper's first publication.
        introduced: what was new.
        networks: by name, in the zoo's order.
        builds_on: the members that it goes on from, by title.
        lane: where it stands beside the others, 0 in the middle; of one year, each has a lane of its own.
    """

    title: str
    year: int
    introduced: str
    networks: tuple[str, ...]
    builds_on: tuple[str, ...]
    lane: int


@cache
def family_tree() -> tuple[FamilyMember, ...]:
    """All members, the oldest first."""
    works: dict[str, tuple[Work, list[NetworkInfo]]] = {}
    for info in list_networks():
        work = work_of(info)
        works.setdefault(work.begins, (work, []))[1].append(info)
    titles = {info.name: _together(infos) for _, infos in works.values() for info in infos}
    column = {year: place for place, year in enumerate(sorted({work.year for work, _ in works.values()}))}
    members: list[FamilyMember] = []
    for work, infos in sorted(works.values(), key=lambda found: found[0].year):
        name = infos[0].name
        parents = tuple(dict.fromkeys(titles[parent] for parent in card(name).builds_on))
        lane = _lane(titles[name], column[work.year], column, parents, members)
        names = tuple(info.name for info in infos)
        members.append(FamilyMember(titles[name], work.year, work.introduced, names, parents, lane))
    return tuple(members)


def _together(infos: Sequence[NetworkInfo]) -> str:
    """What titles have in common at their beginning, without a number that only some of them share in part."""
    titles = [info.title for info in infos]
    if len(titles) == 1:
        return titles[0]
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*titles, strict=False))
    shared = "".join(letters[0] for letters in alike)
    if any(title[len(shared) : len(shared) + 1].isdigit() for title in titles):
        shared = re.sub(r"\d+$", "", shared)
    return shared.rstrip(" -×.0123456789") if shared.endswith(".") else shared.rstrip(" -×")


def _lane(
    title: str, here: int, column: Mapping[int, int], parents: Sequence[str], members: Sequence[FamilyMember]
) -> int:
    """The lane nearest to the first parent's that is free, for a member in column ``here``.

    Free is one that no other has in this column, none of a long name in the column before, and from which no line to a
    parent leads through another member.
    """
    at = {(column[member.year], member.lane): member for member in members}
    ends = [(column[member.year], member.lane) for member in members if member.title in parents]

    def free(lane: int) -> bool:
        before = at.get((here - 1, lane))
        crowded = (here, lane) in at or (before is not None and len(before.title) + len(title) > _LETTERS)
        return not crowded and not any(point in at for end in ends for point in _between(end, (here, lane)))

    first = next((member.lane for member in members if parents and member.title == parents[0]), 0)
    lanes = range(-len(members) - 1, len(members) + 2)
    return min(filter(free, lanes), key=lambda lane: (abs(lane - first), abs(lane)))


def _between(first: tuple[int, int], last: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """The places of columns and lanes on the straight line between two, without its ends."""
    columns, lanes = last[0] - first[0], last[1] - first[1]
    for step in range(1, columns):
        if lanes * step % columns == 0:
            yield first[0] + step, first[1] + lanes * step // columns
