"""Paint a kernel: the learner paints what the result should be, and least squares finds the kernel that does it.

Strokes are kept for the session: each is a list of points with the brush of that moment. A brush paints a tone, or what
a kernel of the catalogue would give there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import streamlit as st
import torch

from app.components.kernel_view.component import Brush
from app.ui.kernel_stages import MAX_SIZE, Stage, run_stage
from app.ui.linked import set_linked
from app.ui.picture import ChosenPicture
from cnnviz.compute import at_work
from cnnviz.image import to_tensor
from cnnviz.layer import KERNELS, KernelFit, convolve, fit_kernel

VIEW = "kernel_view"
_STROKES = "_strokes"
_POINTS = 20_000  # of one stroke: more than any hand paints
_MOST_STROKES = 100
_POOR = 0.1  # a root mean square miss from which on a fit is called bad
_NOTHING = 1e-5
_TONE, _LIKE = "a tone", "what a kernel gives"
_IMITATED = [name for name in KERNELS if name != "identity"]
_DEFAULT_TONE, _DEFAULT_RADIUS, _DEFAULT_SIZE = 1.0, 12, 3


@dataclass(frozen=True)
class Stroke:
    """One movement of the brush. `like` names the kernel whose result it painted; else it painted `tone` (0 to 1)."""

    points: tuple[tuple[int, int], ...]
    radius: int
    tone: float
    like: str | None


@dataclass(frozen=True)
class Painted:
    """What was painted and what fits it. `targets` (H, W) float32 where `mask` (H, W) is True."""

    targets: torch.Tensor
    mask: torch.Tensor
    fit: KernelFit
    stage: Stage


def paint_form() -> None:
    """The brush's settings, the size of the kernel to find, undo and clear."""
    kind = st.selectbox("Brush paints", [_TONE, _LIKE], key="brush_kind", persist_state="session")
    if kind == _TONE:
        st.slider(
            "Tone",
            0.0,
            1.0,
            _DEFAULT_TONE,
            0.05,
            key="brush_tone",
            persist_state="session",
            help="0 is black, 1 is white.",
        )
    else:
        st.selectbox(
            "Kernel to imitate",
            _IMITATED,
            key="brush_like",
            format_func=lambda name: KERNELS[name].title,
            persist_state="session",
            help="The brush paints what this kernel gives. Does a small patch suffice to find it again?",
        )
    st.slider(
        "Brush radius",
        0,
        60,
        _DEFAULT_RADIUS,
        key="brush_radius",
        persist_state="session",
        help="In pixels of the picture.",
    )
    st.slider("Size of the kernel to find", 1, MAX_SIZE, _DEFAULT_SIZE, key="fit_size", persist_state="session")
    with st.container(horizontal=True, gap="small"):
        st.button("Undo", icon=":material/undo:", on_click=_undo, disabled=not _strokes(), key="paint_undo")
        st.button("Clear", icon=":material/delete:", on_click=_clear, disabled=not _strokes(), key="paint_clear")


def brush() -> Brush:
    """What the next stroke will look like."""
    stroke = _next_stroke(())
    colour = "rgb(240 160 75 / 60%)" if stroke.like else "rgb({0} {0} {0})".format(round(255 * stroke.tone))
    return Brush(stroke.radius, colour)


def stroke_added() -> None:
    """The learner lifted the brush: keep the stroke with the brush of this moment."""
    points = st.session_state[VIEW].stroke["points"][:_POINTS]
    stroke = _next_stroke(tuple(dict.fromkeys((int(row), int(col)) for row, col in points)))
    st.session_state[_STROKES] = (*_strokes(), stroke)[-_MOST_STROKES:]
    if stroke.like and KERNELS[stroke.like].sums_to == "zero":
        set_linked("show", "signed")  # clamped, half of what was painted would be black


def sentence(painted: Painted | None) -> str:
    """What the painting has determined so far, with the live numbers."""
    if painted is None:
        return (
            "**Paint a kernel.** Paint on the middle picture what the result should be. From the first stroke on, "
            "least squares finds the kernel that comes nearest, and the right picture shows what it does everywhere."
        )
    fit = painted.fit
    found = "No other kernel of this size comes as near." if fit.unique else fit.reason
    if fit.unique and fit.residual > _POOR:
        found += (
            " It fits badly: the strokes contradict each other, or ask for more than one kernel of this size can do."
        )
    miss = f"{fit.residual:.3g}" if fit.residual >= _NOTHING else f"less than {_NOTHING:f}".rstrip("0")
    return (
        f"**Paint a kernel.** {fit.equations:,} painted pixels for {fit.unknowns} unknown weights. The best kernel "
        f"misses what you painted by {miss} (root mean square; 1 is from black to white). {found}"
    )


def _strokes() -> tuple[Stroke, ...]:
    return st.session_state.get(_STROKES, ())


def _undo() -> None:
    st.session_state[_STROKES] = _strokes()[:-1]


def _clear() -> None:
    st.session_state.pop(_STROKES, None)


def fitted(chosen: ChosenPicture, before: tuple[Stage, ...], side: int, border: str) -> Painted | None:
    """The kernel that fits all strokes so far best, on the picture as it goes into the stage; None before the first.

    Raises SettingsError where the picture is too small for the border.
    """
    if not _strokes():
        return None
    size = int(st.session_state.get("fit_size", _DEFAULT_SIZE))
    with at_work():
        image = to_tensor(chosen.fitted(side), "grey")
        for stage in before:
            image = run_stage(stage, image, border)
        targets, mask = _rasterised(image, _strokes(), border)
        if not mask.any():
            return None
        fit = fit_kernel(image, targets, mask, size=(size, size), padding_mode=border)
    return Painted(targets, mask, fit, Stage(None).with_matrix(_without_crumbs(fit.kernel)))


def _without_crumbs(kernel: np.ndarray) -> np.ndarray:
    """Rounded to a millionth of the largest weight: the picture is float32, what lies beyond is its rounding."""
    largest = np.abs(kernel).max()
    if largest == 0:
        return kernel
    step = 10.0 ** (np.floor(np.log10(largest)) - 6)
    return np.round(np.round(kernel / step) * step, 12) + 0.0


def _brush_kind() -> str:
    return st.session_state.get("brush_kind", _TONE)


def _next_stroke(points: tuple[tuple[int, int], ...]) -> Stroke:
    state = st.session_state
    like = state.get("brush_like", _IMITATED[0]) if _brush_kind() == _LIKE else None
    return Stroke(
        points, int(state.get("brush_radius", _DEFAULT_RADIUS)), float(state.get("brush_tone", _DEFAULT_TONE)), like
    )


def _rasterised(image: torch.Tensor, strokes: tuple[Stroke, ...], border: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Every stroke as discs of its radius; later strokes cover earlier ones."""
    height, width = image.shape[1:]
    targets, mask = image[0].clone(), torch.zeros(height, width, dtype=torch.bool)
    for stroke in strokes:
        touched = _discs(stroke.points, stroke.radius, height, width)
        if stroke.like is None:
            targets[touched] = stroke.tone
        else:
            targets[touched] = convolve(image, KERNELS[stroke.like].matrix, padding_mode=border)[0][touched]
        mask |= touched
    return targets, mask


@lru_cache(maxsize=256)
def _discs(points: tuple[tuple[int, int], ...], radius: int, height: int, width: int) -> torch.Tensor:
    """(H, W) bool: which pixels lie within `radius` (and a half) of one of the points."""
    from scipy.ndimage import distance_transform_edt

    away = np.ones((height, width), dtype=bool)
    for row, col in points:
        if row < height and col < width:
            away[row, col] = False
    if away.all():
        return torch.zeros(height, width, dtype=torch.bool)
    return torch.from_numpy(distance_transform_edt(away) <= radius + 0.5)
