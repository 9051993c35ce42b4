"""How long does a 3×3 kernel take on a 12-megapixel colour photo, beside what one would write without cnnviz?

Floats against the fastest layout of ``conv2d`` on this machine, whose input
already lies in that layout before the clock starts; bytes against OpenCV.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.harness import Row, measure
from cnnviz.layer import KERNELS, convolve, filter_picture

SIZE = (3000, 4000)
REPEATS = 11
LIMIT = 1.15


def rows() -> list[Row]:
    """One row for floats and one for bytes with each of two kernels: whole numbers, and fractions."""
    cv2.setNumThreads(torch.get_num_threads())
    pixels = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    planes = torch.from_numpy(pixels).permute(2, 0, 1).contiguous().float() / 255
    with torch.inference_mode():
        return [_floats(planes), *(_bytes(pixels, name) for name in ("sharpen", "gaussian_blur"))]


def _floats(planes: Tensor) -> Row:
    matrix = KERNELS["sharpen"].matrix
    candidates = _layouts(planes, torch.tensor(matrix, dtype=torch.float32))
    name = min(candidates, key=lambda key: measure(candidates[key], lambda: None, repeats=3)[0])
    ours, peer = measure(lambda: convolve(planes, matrix), candidates[name], REPEATS)
    return Row("3×3 kernel, 12 megapixels, colour, float32", f"bare conv2d, {name}", ours, peer, ours / peer, LIMIT)


def _layouts(planes: Tensor, kernel: Tensor) -> dict[str, Callable[[], object]]:
    """Every way to ask ``conv2d`` for one kernel on three channels, each with its input ready."""
    grouped = kernel.expand(3, 1, 3, 3).contiguous()
    single = kernel[None, None]
    full = torch.diag_embed(torch.ones(3))[:, :, None, None] * kernel
    planar, batch = planes[None], planes[:, None]
    last = planar.contiguous(memory_format=torch.channels_last)
    calls: dict[str, Callable[[], object]] = {
        "groups": lambda: F.conv2d(planar, grouped, padding=1, groups=3),
        "batch of planes": lambda: F.conv2d(batch, single, padding=1),
        "full weights": lambda: F.conv2d(planar, full, padding=1),
        "channels last": lambda: F.conv2d(last, grouped, padding=1, groups=3),
    }
    return calls | {f"{name}, without oneDNN": _without_onednn(call) for name, call in calls.items()}


def _without_onednn(call: Callable[[], object]) -> Callable[[], object]:
    def plain() -> object:
        with torch.backends.mkldnn.flags(enabled=False):
            return call()

    return plain


def _bytes(pixels: np.ndarray, name: str) -> Row:
    matrix = KERNELS[name].matrix
    kernel = matrix.astype(np.float32)
    ours, peer = measure(
        lambda: filter_picture(pixels, matrix),
        lambda: cv2.filter2D(pixels, -1, kernel, borderType=cv2.BORDER_CONSTANT),
        REPEATS,
    )
    return Row(f"the same, bytes to bytes, {name}", "OpenCV filter2D", ours, peer, ours / peer, None)
