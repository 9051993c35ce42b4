"""What is a value of a recorded pass called, and which index does a place in it have?"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.analysis.ledger_data import Numbers, Unit
from cnnviz.analysis.ledger_moves import Places, source
from cnnviz.analysis.ledger_pass import Pass


def origins(recorded: Pass, value: int, places: Places) -> tuple[tuple[Unit, ...], NDArray[np.int64]]:
    """Where places of a value were computed: the unit of the first, and the indices of all, (T, axes)."""
    found = source(recorded, value, places)
    unit = unit_at(recorded, found.value, int(found.places[0]))
    return (unit,), entries(recorded, found.value, found.places)


def unit_at(recorded: Pass, value: int, place: int) -> Unit:
    """The unit at a place of a value; −1 in every axis for a zero put in by padding."""
    home = recorded.home(value)
    index = tuple(entries(recorded, value, np.array([place]))[0].tolist())
    path, call = home or (None, 0)
    return Unit(recorded.name(value), index, path, call, value)


def entries(recorded: Pass, value: int, places: Places) -> NDArray[np.int64]:
    """Places as indices (T, axes) without the batch axis; −1 throughout where there is none."""
    shape = own_shape(recorded, value)
    found = np.stack(np.unravel_index(np.maximum(places, 0), shape or (1,)), axis=1).astype(np.int64)
    found[places < 0] = -1
    return found


def own_shape(recorded: Pass, value: int) -> tuple[int, ...]:
    """A value's shape without its batch axis, as ``capture`` has it."""
    shape = tuple(recorded.values[value].shape)
    return shape[1:] if len(shape) > 1 and shape[0] == 1 else shape


def tensor_of(recorded: Pass, argument: Any) -> Tensor:
    """The tensor that an argument of an operation was."""
    return recorded.values[argument.id].detach()


def number_at(recorded: Pass, value: int, place: int) -> float:
    """One number of a value."""
    tensor = recorded.values[value].detach()
    return float(tensor[np.unravel_index(place, tensor.shape)]) if tensor.ndim else float(tensor)


def numbers_of(tensor: Tensor) -> Numbers:
    """A tensor's numbers as float64 on the CPU."""
    numbers: Numbers = tensor.detach().to("cpu", torch.float64).numpy()
    return numbers
