"""Every figure of the five lecture notes, recomputed: does it hold, and if not, why?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from cnnviz.analysis.lecture import examples, history, layers, modules, networks, tables
from cnnviz.analysis.lecture.entries import Entry, Found, Written, read

Verdict = Literal["agrees", "differs"]

NOTES = (
    "CNN architectures, in short",
    "Convolutional neural networks, the slides",
    "Transfer learning, Inception, ResNet",
    "Transfer learning with CNNs",
    "CNNs, a summary",
)
"""The five notes; a figure's ``note`` counts them from 1."""

TOPICS = (
    "Formulas", "Images as vectors", "Locally connected", "Implementation", "Convolutional Layer", "Filters",
    "Convolution operation", "Different activation maps", "Receptive Fields", "Padding", "Stride", "Examples time",
    "Another way to think about Conv layers", "Common settings", "Pooling Layer", "LeNet",
    "Training CNN using Backpropagation", "Normalization", "Well known ConvNet architectures", "CNN architectures",
    "AlexNet", "AlexNet's table", "ZF", "VGG Net", "VGGNet", "VGG-16's table", "AlexNet vs VGG-16",
    "GoogLeNet (Inception)", "GoogLeNet", "Inception modules", "Inception module", "1×1 convolution",
    "Batch Normalization", "GoogLeNet's stem", "GoogLeNet's stem in all", "Auxiliary classifiers", "GoogLeNet's end",
    "VGG-16's end", "ResNet", "ResNet's competitions", "ResNet's stem", "ResNet architectures", "ResNet's training",
)  # fmt: skip
"""What the notes speak of, in their order; a topic's name up to a colon."""


@dataclass(frozen=True)
class LectureFigure:
    """One figure of the notes beside the computed one.

    Attributes:
        number: its place in the list, from 1.
        note: which of the notes, from 1: ``NOTES[note - 1]`` is its title.
        topic, quote: where it stands there.
        what: what it counts.
        given: as the notes write it.
        computed: the recomputed number in the same unit, with more digits where they differ.
        values: the recomputed numbers in units of one.
        working: the way to them.
        source: what they were computed from.
        verdict: whether the two are the same, to the digits that the notes give.
        why: where they differ the explanation, else a remark or nothing.
        reference: the paper that the explanation rests on; empty where none is needed.
    """

    number: int
    note: int
    topic: str
    quote: str
    what: str
    given: str
    computed: str
    values: tuple[float, ...]
    working: str
    source: str
    verdict: Verdict
    why: str
    reference: str

    @property
    def agrees(self) -> bool:
        """Whether the notes have the computed number."""
        return self.verdict == "agrees"


@cache
def lecture_figures() -> tuple[LectureFigure, ...]:
    """Every figure, in the order of the notes. Computed once; takes a few seconds."""
    lists = (layers, examples, tables, networks, modules, history)
    found = [entry for each in lists for entry in each.entries()]
    ordered = sorted(found, key=lambda entry: (entry.note, TOPICS.index(entry.topic.partition(":")[0])))
    return tuple(_recomputed(number, entry) for number, entry in enumerate(ordered, start=1))


def _recomputed(number: int, entry: Entry) -> LectureFigure:
    written, found = read(entry), entry.find()
    return LectureFigure(
        number=number,
        note=entry.note,
        topic=entry.topic,
        quote=entry.quote,
        what=entry.what,
        given=entry.given,
        computed=_shown(entry, written, found),
        values=found.values,
        working=found.working,
        source=found.source,
        verdict="agrees" if written.agrees(found.values) else "differs",
        why=entry.why,
        reference=entry.reference,
    )


def _shown(entry: Entry, written: Written, found: Found) -> str:
    """The numbers as the notes would write them, to one digit more; a suffix is repeated."""
    parts = [_number(value / written.scale, written.step) for value in found.values]
    if entry.given.startswith("["):
        return f"[{', '.join(parts)}]"
    if len(parts) > 1:
        return "x".join(parts)
    suffix = entry.given.lstrip("~≈ ").lstrip("0123456789.,e-").strip()
    if suffix in ("", "x", "%"):
        return parts[0] + suffix
    return f"{parts[0]} {suffix}"


def _number(value: float, step: float) -> str:
    """To one digit more than ``step``, but no digit that is not there."""
    if abs(value - round(value)) < 1e-9:
        return f"{round(value):,}" if abs(value) >= 10_000 else f"{round(value)}"
    decimals = next(count for count in range(12) if 10.0**-count <= step * 1.0000001) + 1
    return f"{value:,.{decimals}f}".rstrip("0").rstrip(".")
