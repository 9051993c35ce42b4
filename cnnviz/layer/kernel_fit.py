"""Which kernel turns this picture into what was painted?

Every painted pixel is one linear equation in the kernel's weights: its neighbourhood times the weights is the painted
value. Least squares solves them all at once (Golub and Van Loan, *Matrix Computations*, chapter 5). The equations are
never all in memory: blocks of them are folded one after another into a triangular matrix by QR, which keeps the full
precision of float64 where the normal equations would square the condition number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cnnviz.errors import SettingsError
from cnnviz.layer.windows import Pair, check_padding_mode, window

Array = NDArray[np.float64]

# Singular values below this fraction of the largest are rounding, not information. Float32 pictures and bytes alike are
# exact in float64, so a neighbourhood pattern that is truly absent shows as about 1e-15.
RANK_TOLERANCE = 1e-10
# 8 MB of equations at a time: few enough steps for a small kernel, little enough memory for a large one.
BLOCK_VALUES = 1 << 20
NUMPY_PAD = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@dataclass(frozen=True)
class KernelFit:
    """The kernel (kh, kw) and bias that come nearest to the painted pixels, and how well they are known."""

    kernel: Array
    bias: float
    residual: float
    """Root of the mean squared difference over the painted pixels, in the picture's own units."""
    rank: int
    """How many unknowns the painted pixels decide."""
    unknowns: int
    equations: int
    unique: bool
    """True where every unknown is decided; otherwise this is the smallest of the kernels that fit equally well."""
    reason: str
    """One or two sentences: why there is one answer, or what to paint so that there is."""


def fit_kernel(
    image: Any,
    targets: Any,
    mask: Any,
    size: Pair = (3, 3),
    padding_mode: str = "zeros",
    bias: bool = False,
) -> KernelFit:
    """The kernel of ``size`` whose cross-correlation with ``image`` is nearest to ``targets`` where ``mask`` is True.

    ``image`` is (C, H, W) or (H, W); ``targets`` the same shape or (H, W), then meant for every channel; ``mask``
    (H, W). One kernel is shared by all channels. With ``bias`` a constant is fitted too. The border is padded as by
    ``convolve`` with padding "same". Raises SettingsError where nothing is painted or the shapes disagree.
    """
    picture, wanted, painted = _checked(image, targets, mask)
    view = window(size, padding="same")
    check_padding_mode((picture.shape[1], picture.shape[2]), view, padding_mode)
    padded = np.pad(picture, ((0, 0), *view.padding), mode=NUMPY_PAD[padding_mode])  # type: ignore[call-overload]

    unknowns = view.kernel[0] * view.kernel[1] + bias
    equations = int(painted.sum()) * picture.shape[0]
    triangle = _folded(_blocks(padded, wanted, painted, view.kernel, bias), unknowns)
    solution, squared_error, rank = _solved(triangle, unknowns)
    weights = solution[: view.kernel[0] * view.kernel[1]].reshape(view.kernel)
    return KernelFit(
        kernel=weights,
        bias=float(solution[-1]) if bias else 0.0,
        residual=float(np.sqrt(squared_error / equations)),
        rank=rank,
        unknowns=unknowns,
        equations=equations,
        unique=rank == unknowns,
        reason=_reason(rank, unknowns, equations, picture.shape[0]),
    )


def _checked(image: Any, targets: Any, mask: Any) -> tuple[Array, Array, NDArray[np.bool_]]:
    picture, wanted = _array(image), _array(targets)
    painted = np.asarray(mask.cpu() if hasattr(mask, "cpu") else mask, dtype=bool)
    picture = picture[None] if picture.ndim == 2 else picture
    if picture.ndim != 3:
        raise SettingsError(f"The picture has shape {picture.shape}: it has to be (channels, height, width).")
    if painted.shape != picture.shape[1:] or wanted.shape not in (picture.shape, picture.shape[1:]):
        raise SettingsError(
            f"The picture is {picture.shape[1]}×{picture.shape[2]}, the painted values have shape {wanted.shape} and "
            f"the mask {painted.shape}: all have to be of one height and width."
        )
    if not painted.any():
        raise SettingsError("Nothing is painted yet: paint at least one pixel of the result.")
    wanted = np.broadcast_to(wanted, picture.shape)
    if not (np.isfinite(picture).all() and np.isfinite(wanted[:, painted]).all()):
        raise SettingsError("The picture or the painted values hold something that is not a number: use finite values.")
    return picture, wanted, painted


def _array(value: Any) -> Array:
    if hasattr(value, "detach"):
        value = value.detach().cpu().double().numpy()
    return np.asarray(value, dtype=np.float64)


def _blocks(
    padded: Array, wanted: Array, painted: NDArray[np.bool_], kernel: tuple[int, int], bias: bool
) -> Iterator[Array]:
    """The equations in blocks: one row each of neighbourhood (kh·kw), 1 where there is a bias, painted value."""
    rows, cols = np.nonzero(painted)
    width = padded.shape[2]
    corners = rows * width + cols
    taps = (np.arange(kernel[0])[:, None] * width + np.arange(kernel[1])).ravel()
    height = max(1, BLOCK_VALUES // taps.size)
    for plane, values in zip(padded.reshape(len(padded), -1), wanted[:, painted], strict=True):
        for start in range(0, rows.size, height):
            chosen = slice(start, start + height)
            block = np.ones((taps.size + bias + 1, corners[chosen].size))
            np.take(plane, taps[:, None] + corners[None, chosen], out=block[: taps.size], mode="clip")
            block[-1] = values[chosen]
            yield block.T


def _folded(blocks: Iterator[Array], unknowns: int) -> Array:
    """The triangle R of the QR decomposition of all equations; a block is folded in as it comes."""
    triangle = torch.zeros((0, unknowns + 1), dtype=torch.float64)
    for block in blocks:
        triangle = torch.linalg.qr(torch.cat([triangle, torch.from_numpy(block)]), mode="r")[1]
    return np.asarray(triangle)


def _solved(triangle: Array, unknowns: int) -> tuple[Array, float, int]:
    """The smallest solution of the least squares problem, its summed squared error, and its rank."""
    system, right_side = triangle[:, :unknowns], triangle[:, unknowns]
    left, singular, right = np.linalg.svd(system, full_matrices=False)
    known = singular > RANK_TOLERANCE * singular[0] if singular[0] > 0 else np.zeros(singular.size, dtype=bool)
    solution = right[known].T @ ((left[:, known].T @ right_side) / singular[known])
    error = system @ solution - right_side
    return solution, float(error @ error), int(known.sum())


def _reason(rank: int, unknowns: int, equations: int, channels: int) -> str:
    if rank == unknowns:
        return f"The painted pixels give {equations} equations for {unknowns} unknowns, and one kernel fits them best."
    if equations < unknowns:
        missing = -(-(unknowns - equations) // channels)
        return (
            f"The painted pixels give {equations} equations for {unknowns} unknowns, so many kernels fit and the "
            f"smallest is shown: paint at least {missing} more {'pixel' if missing == 1 else 'pixels'}."
        )
    return (
        f"The painted pixels look too much alike: their neighbourhoods decide only {rank} of {unknowns} unknowns, so "
        "many kernels fit and the smallest is shown. Paint over texture and over edges of several directions, or "
        "choose a smaller kernel."
    )
