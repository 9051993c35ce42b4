"""What does the network say when parts of the picture are hidden? Occlusion and RISE.

Occlusion is Captum's in every value. It is computed here, in batches and in an order from coarse to fine: Captum's own
call runs one picture at a time, and from edge to edge, so that nothing is to be seen before its end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.analysis.attribution_question import Question
from cnnviz.analysis.progress import Watch
from cnnviz.compute.device import at_work
from cnnviz.errors import SettingsError

COARSE = 0.1
"""The share of all windows after which there is a first picture."""


def occlusion(question: Question, watch: Watch, window: int, stride: int, baseline: str) -> Tensor:
    """By pixel (H, W): the mean fall of the score over the windows that cover it.

    Windows are squares; they start at multiples of ``stride``, and the last may reach over the edge. The result so far,
    as ``watch`` tells it, takes for windows still to come the value of one nearby.

    Raises SettingsError where the window is larger than the picture or the stride larger than the window.
    """
    height, width = question.size
    if window > min(height, width):
        raise SettingsError(
            f"A window of {window} pixels does not fit a picture of {height} × {width}; make it smaller."
        )
    if stride > window:
        raise SettingsError(f"A stride of {stride} leaves pixels between windows of {window} out; make it smaller.")
    rows, columns = (_coverage(length, window, stride).to(question.picture) for length in (height, width))
    covering = rows.sum(0)[:, None] * columns.sum(0)
    other = question.baseline(baseline)
    falls = question.picture.new_zeros(len(rows), len(columns))
    done = torch.zeros(len(rows), len(columns), dtype=torch.bool)
    order, step = _coarse_to_fine(len(rows), len(columns))
    with at_work(), torch.inference_mode():
        full = question.score(question.picture)[0, 0]
    coarse = math.ceil(len(rows) / step) * math.ceil(len(columns) / step)
    watch.tell(0, len(order))
    for start, stop in _batches(len(order), batch_size(question), coarse):
        row, column = order[start:stop].T
        with at_work(), torch.inference_mode():
            hidden = torch.einsum("nh,nw->nhw", rows[row], columns[column])[:, None].bool()
            falls[row, column] = full - question.score(torch.where(hidden, other, question.picture))[:, 0]
        done[row, column] = True
        so_far = None
        if watch.wanted and coarse <= stop < len(order):
            so_far = (rows.T @ _filled(falls.cpu(), done, step).to(rows) @ columns / covering).cpu()
        if stop < len(order):
            watch.tell(stop, len(order), so_far)
    return rows.T @ falls @ columns / covering


def rise(question: Question, watch: Watch, seed: int, masks: int, cells: int, visible: float, baseline: str) -> Tensor:
    """By pixel (H, W): the mean probability of the target over random masks, each weighed by how visible the pixel is.

    That is Σ p(picture ⊙ M + baseline ⊙ (1 − M)) · M / (N · visible). With another class asked against, p is the
    target's share of the two. The same seed gives the same masks, on every device.
    """
    generator = torch.Generator().manual_seed(seed)
    other = question.baseline(baseline)
    total = question.picture.new_zeros(question.size)
    watch.tell(0, masks)
    for start, stop in _batches(masks, batch_size(question)):
        mask = random_masks(stop - start, question.size, cells, visible, generator).to(question.picture)
        with at_work(), torch.inference_mode():
            answer = question.score.probability(other + mask[:, None] * (question.picture - other))
            total += torch.einsum("n,nhw->hw", answer, mask)
        if stop < masks:
            watch.tell(stop, masks, (total / (stop * visible)).cpu() if watch.wanted else None)
    return total / (masks * visible)


def random_masks(count: int, size: tuple[int, int], cells: int, visible: float, generator: torch.Generator) -> Tensor:
    """Masks (count, H, W) in 0..1: a coarse grid of zeros and ones, enlarged smoothly and shifted at random."""
    height, width = size
    side = math.ceil(height / cells), math.ceil(width / cells)
    grids = (torch.rand(count, 1, cells, cells, generator=generator) < visible).float()
    large = F.interpolate(grids, size=((cells + 1) * side[0], (cells + 1) * side[1]), mode="bilinear")[:, 0]
    tops, lefts = (torch.randint(0, length, (count,), generator=generator).tolist() for length in side)
    cuts = zip(large, tops, lefts, strict=True)
    return torch.stack([mask[top : top + height, left : left + width] for mask, top, left in cuts])


def batch_size(question: Question) -> int:
    """Pictures that run at once: few on a CPU, whose caches they share, many on an accelerator."""
    return 8 if question.picture.device.type == "cpu" else 64


def _coverage(length: int, window: int, stride: int) -> Tensor:
    """(windows, length), 1 where the window along one axis covers the pixel."""
    starts = torch.arange(math.ceil((length - window) / stride) + 1)[:, None] * stride
    pixels = torch.arange(length)
    return ((pixels >= starts) & (pixels < starts + window)).float()


def _coarse_to_fine(rows: int, columns: int) -> tuple[Tensor, int]:
    """All places (n, 2) of a grid, ever closer together, and the distance of the first.

    The distance is a power of two, such that the first places are at most the share COARSE of all, or one.
    """
    step = 1
    while math.ceil(rows / step) * math.ceil(columns / step) > max(1, COARSE * rows * columns):
        step *= 2
    row, column = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    level = _levels(row, column, step)
    return torch.stack([row.flatten(), column.flatten()], 1)[level.flatten().argsort(stable=True)], step


def _levels(row: Tensor, column: Tensor, step: int) -> Tensor:
    """For each place, how often the distance was halved before its turn came."""
    level = torch.zeros_like(row)
    count = 1
    while step > 1:
        level[(row % step != 0) | (column % step != 0)] = count
        step, count = step // 2, count + 1
    return level


def _filled(values: Tensor, done: Tensor, step: int) -> Tensor:
    """The grid with each place that is not done at the value of the nearest coarser place above and to the left."""
    row, column = torch.meshgrid(*(torch.arange(length) for length in values.shape), indexing="ij")
    filled = values
    while step:
        known = torch.where(done, values, filled)
        filled = known[row // step * step, column // step * step]
        step //= 2
    return filled


def _batches(count: int, size: int, first: int = 0) -> Iterator[tuple[int, int]]:
    """(start, stop) of batches of at most ``size`` that end at ``first`` once, then go on to ``count``."""
    start = 0
    while start < count:
        stop = min(start + size, first if start < first else count)
        yield start, stop
        start = stop
