"""The figures of the notes' small examples: one step of training, and what 1×1 convolutions save."""

from __future__ import annotations

from functools import partial

import torch

from cnnviz.analysis.lecture.entries import Entry, Found
from cnnviz.analysis.lecture.sources import convolution, plain, products, ratio, shape, total, weights

SLIDES = 2


def entries() -> tuple[Entry, ...]:
    """In the order of the notes."""
    return (*_training(), *_one_by_one())


def _training() -> tuple[Entry, ...]:
    topic = "Training CNN using Backpropagation"
    return (
        *(
            Entry(
                SLIDES, topic, f"output probabilities ... [{', '.join(map(str, answer))}]",
                "sum of the four probabilities", "1", partial(_sum_of, answer), step=1e-6,
            )
            for answer in ((0.2, 0.4, 0.1, 0.3), (0.1, 0.1, 0.7, 0.1))
        ),
        Entry(
            SLIDES, topic, "closer to the target vector [0, 0, 1, 0]",
            "total error after the step as a part of that before; less than", "1", _error_falls, step=1.0,
        ),
    )  # fmt: skip


def _one_by_one() -> tuple[Entry, ...]:
    topic, quote = "1×1 convolution", "The bottom one is about ~3.7x slower"
    return (
        Entry(
            3, topic, quote, "multiply-adds of 4×4 on 256 channels, over those of 1×1 to 64 and then 4×4 back to 256",
            "~3.7x", _four_by_four, "3.76, cut off: rounded it is 3.8.",
        ),
        Entry(
            3, topic, "28 × 28 × 192 × 5 × 5 × 32 = ~120 Million!", "multiplications of 32 5×5 filters",
            "~120 Million", lambda: products(convolution(192, 32, 5, 28, padding=2)), step=1.0,
        ),
        Entry(
            3, topic, "28 × 28 × 192 × 1 × 1 × 16 = ~2.4 Million", "multiplications of 16 1×1 filters",
            "~2.4 Million", lambda: products(convolution(192, 16, 1, 28)),
        ),
        Entry(
            3, topic, "28 × 28 × 16 × 5 × 5 × 32 = ~10 Million", "multiplications of the 5×5 filters after them",
            "~10 Million", lambda: products(convolution(16, 32, 5, 28, padding=2)), step=1.0,
        ),
        Entry(
            3, topic, "Total = ~12 Million", "multiplications of both", "~12 Million",
            lambda: total([products(convolution(192, 16, 1, 28)), products(convolution(16, 32, 5, 28, padding=2))]),
        ),
        Entry(
            3, topic, "The 28 × 28 × 16 intermediate output", "output of 16 1×1 filters", "28x28x16",
            lambda: shape(convolution(192, 16, 1, 28)),
        ),
        Entry(
            3, "Normalization", "bounded range (such as [-1,1] for tanh)", "range of tanh", "[-1, 1]", _tanh_range,
        ),
    )  # fmt: skip


def _sum_of(answer: tuple[float, ...]) -> Found:
    return plain(sum(answer), f"{' + '.join(map(str, answer))} = {sum(answer):g}", "a sum")


def _error_falls() -> Found:
    target = torch.tensor([0.0, 0, 1, 0], dtype=torch.float64)
    before, after = (
        (0.5 * (target - torch.tensor(answer, dtype=torch.float64)).square().sum()).item()
        for answer in ((0.2, 0.4, 0.1, 0.3), (0.1, 0.1, 0.7, 0.1))
    )
    return plain(after / before, f"{after:.3g} / {before:.3g} = {after / before:.4g}", "½ Σ (target − output)²")


def _four_by_four() -> Found:
    parts = [weights(convolution(256, 64, 1, 32)), weights(convolution(64, 256, 4, 32))]
    reduced = total(parts)
    return ratio(weights(convolution(256, 256, 4, 32)), reduced, "multiply-adds at one place, by layer_costs")


def _tanh_range() -> Found:
    low, high = torch.tanh(torch.tensor([-1e3, 1e3])).tolist()
    return Found((low, high), f"tanh(−1000) = {low:g}, tanh(1000) = {high:g}", "torch.tanh")
