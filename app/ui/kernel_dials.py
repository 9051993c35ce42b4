"""Which sliders has a kernel, and what does each of their steps give? The view answers them in the browser."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from app.components.kernel_view.component import Dial
from app.ui.kernel_stages import MAX_BIAS, MAX_SIZE, Stage
from cnnviz.layer import KERNELS, Setting

_BIAS_STEP = 0.05


def dials(stage: Stage) -> tuple[Dial, ...]:
    """The settings of a catalogue kernel, or the size of a matrix; and the bias."""
    if stage.kind != "kernel":
        return ()
    settings = KERNELS[stage.kernel].settings if stage.kernel else ()
    found = [
        Dial(
            setting.name,
            setting.title,
            setting.what,
            setting.minimum,
            setting.maximum,
            setting.step,
            stage.settings.get(setting.name, setting.default),
            _built(stage.kernel or "", tuple(sorted(stage.settings.items())), setting.name),
        )
        for setting in settings
    ]
    if all(dial.name != "size" for dial in found):
        sizes = tuple(stage.resized(size).matrix for size in range(1, MAX_SIZE + 1))
        what = "Rows and columns of the matrix; new cells are zero."
        found.append(Dial("size", "Size", what, 1, MAX_SIZE, 1, max(stage.matrix.shape), sizes))
    what = "Added to every sum: 0.5 lifts the zero of an edge picture to mid grey."
    return (*found, Dial("bias", "Bias", what, -MAX_BIAS, MAX_BIAS, _BIAS_STEP, stage.bias))


def dialled(stage: Stage, name: str, value: float) -> Stage:
    """The stage after a slider came to rest."""
    if name == "bias":
        return replace(stage, bias=round(min(MAX_BIAS, max(-MAX_BIAS, float(value))), 2))
    known = {setting.name: setting for setting in KERNELS[stage.kernel].settings} if stage.kernel else {}
    if name in known:
        steps = round((value - known[name].minimum) / known[name].step)
        return replace(stage, settings={**stage.settings, name: _step(known[name], steps)})
    return stage.resized(min(MAX_SIZE, max(1, round(value))))


@lru_cache(maxsize=64)
def _built(kernel: str, settings: tuple[tuple[str, float], ...], name: str) -> tuple[np.ndarray, ...]:
    """The matrix for every step of one setting, the others as they are."""
    (setting,) = (one for one in KERNELS[kernel].settings if one.name == name)
    count = round((setting.maximum - setting.minimum) / setting.step) + 1
    return tuple(KERNELS[kernel].build(**{**dict(settings), name: _step(setting, i)}) for i in range(count))


def _step(setting: Setting, number: int) -> float:
    """The value of a step, without the crumbs of binary fractions."""
    return setting.checked(
        min(setting.maximum, max(setting.minimum, round(setting.minimum + number * setting.step, 6)))
    )
