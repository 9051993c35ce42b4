"""What does a ledger say? Its lines as data: a page draws them and computes nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

Kind = Literal[
    "convolution", "linear", "product", "attention", "mean", "maximum", "addition",
    "gate", "norm", "activation", "scale", "softmax", "part", "input", "other",
]  # fmt: skip
"""What a step does. The first seven add up or choose among terms; "gate" multiplies two computed values; "norm",
"activation", "scale" and "softmax" change one value; "part" is a piece of a concatenation or another rearrangement;
"input" is the picture's own number; "other" is an operation that the ledger does not take apart."""

FLOAT32_BITS = 24
"""Binary digits of a float32's fraction."""
BATCH_NORM = "batch normalisation"
"""The label of steps that :meth:`Ledger.folded` folds."""


@dataclass(frozen=True)
class Unit:
    """One value of a network: entry ``index`` of what module ``path`` put out in a call.

    ``index`` is as in ``capture``'s tensors, without the batch axis: (channel, row, col) in maps. ``path`` is None
    where no module put the value out (the picture, a parameter, an addition between modules); ``name`` says what it
    is, in words, always. ``value`` is the value's number in its pass, None where the unit was not found in one.
    """

    name: str
    index: tuple[int, ...]
    path: str | None = None
    call: int = 0
    value: int | None = None


@dataclass(frozen=True)
class Window:
    """The window of a convolution or pooling, in the map that it reads; kh × kw taps.

    ``rows`` (kh,) and ``cols`` (kw,) may lie outside the map, in the padding; ``outside`` (kh, kw) is True there.
    """

    rows: NDArray[np.int64]
    cols: NDArray[np.int64]
    outside: NDArray[np.bool_]


@dataclass(frozen=True)
class Terms:
    """What is added up, the largest contribution in absolute size first; T terms.

    Attributes:
        units: for one source (1,), else one for each term: whose values are read. With one source only its name, path
            and call count.
        indices: (T, axes) each term's entry in its source. A convolution's term is a channel with its whole window;
            here stands the tap whose product is largest in absolute size.
        inputs: (T,) the value read, or (T, kh, kw) a channel's pixels under the window.
        weights: like ``inputs``, by what they are multiplied.
        contributions: (T,) each term's products, added up.
        running: (T,) the total after each term.
        bias: what is added after the last term, None where the layer has none.
        window: of a convolution or pooling.
    """

    units: tuple[Unit, ...]
    indices: NDArray[np.int64]
    inputs: Numbers
    weights: Numbers
    contributions: Numbers
    running: Numbers
    bias: float | None = None
    window: Window | None = None

    def __len__(self) -> int:
        return len(self.contributions)

    def unit(self, term: int) -> Unit:
        """Where a term's number came from: the unit whose ledger is one step further back."""
        origin = self.units[term if len(self.units) > 1 else 0]
        axes = len(origin.index)
        entry = self.indices[term][-axes:] if axes else ()
        return replace(origin, index=tuple(int(place) for place in entry))


@dataclass(frozen=True)
class Step:
    """One line of a ledger.

    Attributes:
        kind: what is done, see :data:`Kind`.
        label: the operation in words.
        path: the module that does it; "" for the network's own code between modules.
        before: torch's value that goes in, None where several do.
        total: what the step comes to, computed in float64 from torch's float32 inputs.
        after: torch's own value after the step.
        numbers: what else enters, by name, in the order of the formula.
        text: the formula with its numbers, "" for long sums.
        terms: what was added up; of a gate its two sources, each with what it is multiplied by.
        largest: the largest number on the way to the step's value, in absolute size; terms apart.
    """

    kind: Kind
    label: str
    path: str
    before: float | None
    total: float
    after: float
    numbers: Mapping[str, float]
    text: str = ""
    terms: Terms | None = None
    largest: float = 0.0

    @property
    def residual(self) -> float:
        """The step's own total less torch's value: what rounding to float32 on the way has made."""
        return self.total - self.after

    def agrees(self, digits: int = 3) -> bool:
        """Whether total and torch's value, to so many significant digits, differ by one unit of the last at most.

        Where large terms cancel, float32 itself knows fewer digits of what is left; then they agree if they differ by
        no more than float32's rounding of the largest number added up, once for each doubling of the terms.
        """
        size = max(abs(self.total), abs(self.after))
        if size == 0.0 or not math.isfinite(size):
            return self.total == self.after
        unit = 10.0 ** (math.floor(math.log10(size)) - digits + 1)
        return abs(self.residual) <= max(unit, self.resolution)

    @property
    def resolution(self) -> float:
        """How finely float32 can know this step's value: its rounding of the largest number on the way."""
        largest = [abs(self.after), self.largest]
        doublings = 1.0
        if self.terms is not None and len(self.terms):
            taps = self.terms.inputs.size
            largest += [float(np.abs(self.terms.running).max()), float(np.abs(self.terms.contributions).max())]
            doublings += math.log2(taps) if taps > 1 else 0.0
        return max(largest) * 2.0**-FLOAT32_BITS * doublings


@dataclass(frozen=True)
class Ledger:
    """How one unit came by its value, and what the network makes of it next.

    Attributes:
        unit: which unit.
        value: its value, torch's own.
        steps: in the order in which the network takes them, from the sum that made the value.
        asked: the step that ends with ``value``; those after it are the normalisation and activation that follow.
    """

    unit: Unit
    value: float
    steps: tuple[Step, ...]
    asked: int

    @property
    def shown(self) -> float:
        """The value at the end of the last step: after normalisation and activation."""
        return self.steps[-1].after

    @property
    def residual(self) -> float:
        """The largest of the steps' residuals in absolute size, with its sign."""
        return max((step.residual for step in self.steps), key=abs)

    def agrees(self, digits: int = 3) -> bool:
        """Whether every step's total agrees with torch's value to so many significant digits."""
        return all(step.agrees(digits) for step in self.steps)

    def folded(self) -> Ledger:
        """The same ledger with batch normalisation folded into kernel and bias before it, where it follows one.

        Weights become w · γ / √(variance + ε), the bias (bias − mean) · γ / √(variance + ε) + β: one sum for two steps,
        as deployed networks compute it.
        """
        for place, (first, second) in enumerate(zip(self.steps, self.steps[1:], strict=False)):
            if first.kind in ("convolution", "linear") and second.label == BATCH_NORM:
                joined = _fold(first, second)
                steps = (*self.steps[:place], joined, *self.steps[place + 2 :])
                asked = self.asked - 1 if self.asked > place else self.asked
                return replace(self, steps=steps, asked=asked)
        return self


def _fold(summed: Step, norm: Step) -> Step:
    assert summed.terms is not None
    numbers = norm.numbers
    scale = numbers["weight"] / math.sqrt(numbers["variance"] + numbers["epsilon"])
    bias = ((summed.terms.bias or 0.0) - numbers["mean"]) * scale + numbers["bias"]
    terms = replace(
        summed.terms,
        weights=summed.terms.weights * scale,
        contributions=summed.terms.contributions * scale,
        running=summed.terms.running * scale,
        bias=bias,
    )
    total = float(terms.contributions.sum()) + bias
    label = f"{summed.label}, {norm.label} folded in"
    return replace(summed, label=label, total=total, after=norm.after, numbers={}, terms=terms)


def ranked(
    units: tuple[Unit, ...],
    indices: NDArray[np.int64],
    inputs: Numbers,
    weights: Numbers,
    bias: float | None = None,
    window: Window | None = None,
) -> Terms:
    """Terms from what is read and what it is multiplied by, sorted, with running totals.

    ``units`` are one for all terms, or one for each of them in the order given here.
    """
    contributions = (inputs * weights).reshape(len(inputs), -1).sum(axis=1)
    order = np.argsort(-np.abs(contributions), kind="stable")
    contributions = contributions[order]
    kept = tuple(units[place] for place in order) if len(units) > 1 else units
    return Terms(
        kept, indices[order], inputs[order], weights[order], contributions, contributions.cumsum(), bias, window
    )
