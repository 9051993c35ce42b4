"""One output unit three times: fully connected, locally connected, convolutional, on the same small grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.components import view
from app.components.blob import pack

_render = view("weights_units")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Wiring:
    """One way to connect n × n inputs to n × n units.

    `weights` (n², n²): row u, column i is the weight through which unit u reads input i, not a number where it does
    not read it. `outputs` (n²,). `note` is the count for this grid, `real` for the learner's picture.
    """

    name: str
    title: str
    weights: Floats
    outputs: Floats
    note: str
    real: str
    sharing: str


def weights_units(key: str, inputs: Floats, wirings: tuple[Wiring, ...]) -> None:
    """Mount the view; `inputs` (n, n) are grey values from 0 to 1."""
    side = inputs.shape[0]
    if any(wiring.weights.shape != (side**2, side**2) for wiring in wirings):
        raise ValueError(f"Each wiring needs weights ({side**2}, {side**2}).")
    header = {
        "side": side,
        "wirings": [
            {"name": w.name, "title": w.title, "note": w.note, "real": w.real, "sharing": w.sharing} for w in wirings
        ],
    }
    _render(
        key=key,
        data=pack(
            header,
            inputs=inputs.ravel(),
            weights=np.stack([wiring.weights for wiring in wirings]),
            outputs=np.stack([wiring.outputs for wiring in wirings]),
        ),
    )
