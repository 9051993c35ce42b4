"""From a unit's ledger to what the view draws: its lines, the largest terms, where each term leads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from app.components.ledger_view.component import LedgerScene, Line, Source, Sum
from app.ui.ledger_units import UnitName
from cnnviz.analysis import Ledger, Step, Terms, class_ledger, logit_difference, unit_ledger, value_ledger
from cnnviz.analysis.layouts import token_grid
from cnnviz.analysis.ledger_pass import PICTURE
from cnnviz.errors import LayerError

if TYPE_CHECKING:
    import numpy.typing as npt

    from app.ui.feature_maps_layers import Strip
    from cnnviz.analysis.ledger_data import Unit
    from cnnviz.analysis.ledger_pass import Pass
    from cnnviz.network import Network

MOST_TERMS = 1024
"""Of one sum; so many are sent, the others as their sum."""
_COMPARED = 10  # classes offered for a difference
_WIDEST = 32  # rows and columns of a window that is drawn


def ledger_scene(
    network: Network, strip: Strip, recorded: Pass, unit: UnitName, less: int | None, scenes: str
) -> LedgerScene:
    """The ledger of one unit; of an answer, with the classes it can be compared with, and with `less` less that class.

    Raises LayerError where the network has no such module, call or unit.
    """
    answer = _answers_with(recorded, unit)
    place = f"[{', '.join(map(str, unit.index))}]"
    title = f"{unit.id} {place}"
    if not answer:
        if unit.value is None:
            ledger = unit_ledger(recorded, unit.path, unit.index, unit.call)
        else:
            ledger = value_ledger(recorded, unit.value, unit.index)
            title = f"{_plain(ledger.unit.name)} {place}"
        return _scene(network, strip, recorded, unit, ledger, title, scenes)
    found = _logits(recorded)
    chosen = unit.index[0]
    if not 0 <= chosen < len(found):
        raise LayerError(f"The network has no class {chosen}; use one from 0 to {len(found) - 1}.")
    ledger = class_ledger(recorded, chosen)
    shares = np.exp(found - found.max())
    best = [int(index) for index in np.argsort(-found, kind="stable")[: _COMPARED + 1] if index != chosen][:_COMPARED]
    if less is not None and less != chosen and 0 <= less < len(found):
        best += [less] if less not in best else []
        return _compared(network, strip, recorded, unit, less, title, scenes, _classes(network, best, shares))
    return _scene(network, strip, recorded, unit, ledger, title, scenes, _classes(network, best, shares))


def _answers_with(recorded: Pass, unit: UnitName) -> bool:
    """Whether the unit is a class of the network's answer."""
    if unit.value is not None:
        return False
    return recorded.value_of(unit.path, unit.call)[0] == recorded.output and len(unit.index) == 1


def _logits(recorded: Pass) -> npt.NDArray[np.float64]:
    found: npt.NDArray[np.float64] = recorded.values[recorded.output].detach().double().cpu().numpy().reshape(-1)
    return found


def _classes(
    network: Network, indices: list[int], shares: npt.NDArray[np.float64]
) -> tuple[tuple[int, str, float], ...]:
    return tuple((index, network.categories[index], float(shares[index] / shares.sum())) for index in indices)


def _scene(
    network: Network,
    strip: Strip,
    recorded: Pass,
    unit: UnitName,
    ledger: Ledger,
    title: str,
    scenes: str,
    classes: tuple[tuple[int, str, float], ...] = (),
) -> LedgerScene:
    folded = ledger.folded()
    return LedgerScene(
        scenes=scenes,
        unit=unit.text,
        title=title,
        trained=network.trained,
        lines=_lines(network, strip, recorded, ledger.steps),
        asked=ledger.asked,
        folded=None if folded is ledger else _lines(network, strip, recorded, folded.steps),
        folded_asked=max(0, folded.asked),
        classes=classes,
        label=network.categories[unit.index[0]] if classes else "",
    )


def _compared(
    network: Network,
    strip: Strip,
    recorded: Pass,
    unit: UnitName,
    less: int,
    title: str,
    scenes: str,
    classes: tuple[tuple[int, str, float], ...],
) -> LedgerScene:
    """The answer's logit less that of another class."""
    difference = logit_difference(recorded, unit.index[0], less)
    return LedgerScene(
        scenes=scenes,
        unit=unit.text,
        title=title,
        trained=network.trained,
        lines=_lines(network, strip, recorded, (difference.step,)),
        classes=classes,
        label=network.categories[unit.index[0]],
        less=less,
    )


def _lines(network: Network, strip: Strip, recorded: Pass, steps: tuple[Step, ...]) -> tuple[Line, ...]:
    return tuple(
        Line(
            kind=step.kind,
            label=step.label,
            path=step.path,
            module=_module_of(recorded, step),
            before=step.before,
            total=step.total,
            after=step.after,
            residual=step.residual,
            agrees=step.agrees(),
            text=step.text,
            numbers=step.numbers,
            sum=None if step.terms is None else _sum(network, strip, step, step.terms),
        )
        for step in steps
    )


def _module_of(recorded: Pass, step: Step) -> str:
    """The class of the module that did the step; "" where a block did it in a function of its own, as F.relu is."""
    module = recorded.modules.get(step.path)
    if module is None or (step.kind == "activation" and next(module.children(), None) is not None):
        return ""
    return type(module).__name__


def _sum(network: Network, strip: Strip, step: Step, terms: Terms) -> Sum:
    sent = slice(0, MOST_TERMS)
    units = terms.units[sent] if len(terms.units) > 1 else terms.units
    window = terms.window
    labels: tuple[str, ...] = ()
    if step.kind == "softmax":
        labels = tuple(network.categories[index] for index in terms.indices[sent, 0])
    plane, spots = _plane(step, terms)
    return Sum(
        count=len(terms),
        rest=float(terms.contributions[MOST_TERMS:].sum()),
        bias=terms.bias,
        sources=tuple(_source(unit) for unit in units),
        indices=terms.indices[sent].astype(np.int32),
        inputs=terms.inputs[sent],
        weights=terms.weights[sent],
        contributions=terms.contributions[sent],
        running=terms.running[sent],
        outside=None if window is None else window.outside.astype(np.uint8),
        channel_axis=_channel_axis(strip, units[0]) if window is not None else None,
        labels=labels,
        plane=plane,
        spots=None if spots is None else spots[sent],
    )


def _source(unit: Unit) -> Source:
    """A unit's name begins with its module, and its call where that is not the first.

    Where no module put it out, with its number in the pass; the picture's own numbers have no ledger.
    """
    if unit.path is None:
        known = unit.value is not None and unit.name != PICTURE
        return Source(_plain(unit.name), f"${unit.value}" if known else None)
    return Source(unit.name, UnitName(unit.path, unit.call, ()).id)


def _plain(name: str) -> str:
    """A value's name without torch's names of its kernels for attention and matrix products."""
    return re.sub(r"^(addmm|mm) in", "weighted sum in", re.sub(r"_scaled_dot_product\w*", "attention", name))


def _channel_axis(strip: Strip, unit: Unit) -> int:
    """Which axis of a source counts the channels: the first, but the last where a layer has them there."""
    layouts = {layer.layer.path: layer.layer.layout for layer in strip.layers}
    return 2 if layouts.get(unit.path or "") == "maps-last" and len(unit.index) == 3 else 0


def _plane(step: Step, terms: Terms) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]] | tuple[None, None]:
    """The values under a pooling's window, or attention's weights over the patches; and where each term lies there."""
    if len(terms.units) > 1 or not len(terms):
        return None, None
    axes = terms.indices.shape[1]
    kept = np.ones(len(terms), dtype=bool)
    if step.kind in ("maximum", "mean") and axes == 3:
        rows, cols = terms.indices[:, 1], terms.indices[:, 2]
        values = terms.inputs
    elif step.kind == "attention" and axes >= 2 and (grid := token_grid(len(terms))):
        tokens = np.argsort(np.argsort(_token_axis(terms)))
        kept = tokens >= grid[0]
        rows, cols = np.divmod(np.maximum(tokens - grid[0], 0), grid[1])
        values = terms.weights
    else:
        return None, None
    rows, cols = rows - rows[kept].min(), cols - cols[kept].min()
    height, width = int(rows[kept].max()) + 1, int(cols[kept].max()) + 1
    if min(rows.min(), cols.min()) < 0 or max(height, width) > _WIDEST:
        return None, None
    plane = np.full((height, width), np.nan)
    plane[rows[kept], cols[kept]] = values[kept]
    return plane, np.where(kept, rows * width + cols, -1).astype(np.int32)


def _token_axis(terms: Terms) -> npt.NDArray[np.int64]:
    """Each term's token: along the only axis in which the terms of attention differ."""
    axis = int(np.argmax(np.ptp(terms.indices, axis=0)))
    return terms.indices[:, axis]
