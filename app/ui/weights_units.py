"""What do the three small drawings of one output unit show? Weights on the picture made small, and their counts."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.components.weights_units.component import Wiring
from app.ui.picture import ChosenPicture
from app.ui.weights_form import GRID, Form
from cnnviz.image import to_tensor
from cnnviz.layer import Connection, UnitWeights, unit_weights

Floats = npt.NDArray[np.float64]
TITLES: dict[Connection, str] = {"full": "Fully connected", "local": "Locally connected", "conv": "Convolutional"}
_SHARING: dict[Connection, str] = {
    "full": "No other unit uses any of these weights.",
    "local": "The next unit reads a window too, through other weights.",
    "conv": "Every unit reads its window through these same weights.",
}


def small_picture(chosen: ChosenPicture) -> Floats:
    """The picture in grey, 0 to 1, as GRID × GRID means of its middle square."""
    side = min(chosen.picture.size)
    left, top = (chosen.picture.width - side) // 2, (chosen.picture.height - side) // 2
    square = chosen.picture.resize((GRID, GRID), Image.Resampling.BOX, (left, top, left + side, top + side))
    return to_tensor(square, "grey")[0].double().numpy()


def wirings(inputs: Floats, form: Form, size: tuple[int, int]) -> tuple[Wiring, ...]:
    """The three ways to connect `inputs` to as many units, with random weights; counts for `size` as well."""
    return tuple(_wiring(connection, inputs, form, size) for connection in TITLES)


def counts(size: tuple[int, int], form: Form) -> tuple[UnitWeights, ...]:
    """The three layers on a picture of `size` with as many outputs each."""
    return tuple(unit_weights(size, connection, form.channels, form.maps, form.kernel) for connection in TITLES)


def _wiring(connection: Connection, inputs: Floats, form: Form, size: tuple[int, int]) -> Wiring:
    weights = connections(connection, GRID, form.kernel)
    outputs = np.nansum(weights * inputs.ravel(), axis=1)
    here = unit_weights(GRID, connection, 1, 1, form.kernel)
    real = unit_weights(size, connection, form.channels, form.maps, form.kernel)
    note = f"Here: {here.per_unit} weights a unit, {here.weights:,} in all."
    on_picture = f"On {size[0]} × {size[1]} × {form.channels}: {real.per_unit:,} a unit, {real.weights:,} in all."
    return Wiring(connection, TITLES[connection], weights, outputs, note, on_picture, _SHARING[connection])


@lru_cache
def connections(connection: Connection, side: int, kernel: int) -> Floats:
    """Weights (units, inputs) of a layer on a grid of `side`, normal and seeded, not a number where none is."""
    source = np.random.default_rng(0)
    shared = source.normal(size=(kernel, kernel))
    table = np.full((side * side, side, side), np.nan)
    reach = kernel // 2
    for unit in range(side * side):
        if connection == "full":
            table[unit] = source.normal(size=(side, side))
            continue
        row, col = divmod(unit, side)
        weights = shared if connection == "conv" else source.normal(size=(kernel, kernel))
        for (i, j), weight in np.ndenumerate(weights):
            at = (row + i - reach, col + j - reach)
            if 0 <= at[0] < side and 0 <= at[1] < side:
                table[unit][at] = weight
    return table.reshape(side * side, side * side)
